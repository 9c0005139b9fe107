"""The fluid level as a backend of its own: rates without random numbers, within milliseconds.

It is made for sweeps of many points and for previews. What its rates leave out, and how far they
are from the event level, stands in `fluid`. A phase begins when every component has ended the
one before it, and rates stay what they are while all are in it: who ends first leaves nothing
to the others, so a makespan is an upper limit. What only the event level knows (accounting,
latencies, occupancy) is NaN. Its runs are never pooled with those of the event level.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

import workbench
from workbench.backends.base import Job, Log, ParameterInfo, Progress
from workbench.backends.execution import Report, ThreadExecution
from workbench.backends.simulated.backend import SimulatedBackend
from workbench.backends.simulated.fluid import Preview, solved
from workbench.backends.simulated.setup import Plan
from workbench.errors import InputError
from workbench.results.schema import (
    BUCKETS,
    LATENCY_EDGES_SECONDS,
    SCHEMA_VERSION,
    validate,
    with_throughputs,
)
from workbench.scenario.experiment import Parameter
from workbench.scenario.problem import Problem

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FluidBackend"]

_LEFT_OUT = "Left out: locks, batches, blocking workers, arrivals, changing placements."


class FluidBackend:
    """Predicts rates; the parameters are those of the simulation."""

    name = "fluid"
    title = "Fluid preview"
    kind: Literal["simulation", "measurement"] = "simulation"
    exclusive = False

    def __init__(self) -> None:
        self._events = SimulatedBackend()

    def workloads(self) -> tuple[str, ...]:
        """Return the names of all workload tables."""
        return self._events.workloads()

    def parameters(
        self, workload: str, chosen: Mapping[str, Parameter]
    ) -> tuple[ParameterInfo, ...]:
        """Return the parameters of the event level."""
        return self._events.parameters(workload, chosen)

    def validate(self, job: Job) -> list[Problem]:
        """Return what keeps a job from running as written."""
        return self._events.validate(job)

    def start(self, job: Job) -> _FluidExecution:
        """Start one replication; all of them are equal."""
        for problem in self.validate(job):
            if problem.severity == "error":
                raise InputError(problem.message, problem.consequence, problem.location)
        return _FluidExecution(job)


class _FluidExecution(ThreadExecution):
    """A prediction under way; it is over too soon to be cancelled."""

    def __init__(self, job: Job) -> None:
        super().__init__("fluid")
        self._job = job
        self._thread.start()

    def cancel(self) -> None:
        """Let it end."""

    def work(self, report: Report) -> xr.Dataset:
        """Solve in this thread."""
        plan, previews = solved(self._job)
        error = max((one.error for one in previews), default=0.0)
        report(Log(f"Rates within {error:.0%} of the event level. {_LEFT_OUT}"))
        report(Progress(1.0))
        return _dataset(plan, previews, self._job)


def _dataset(plan: Plan, previews: tuple[Preview, ...], job: Job) -> xr.Dataset:
    from workbench.results.light_xarray import xr  # noqa: PLC0415 - slow to import

    labels = [one.label for one in plan.instances]
    cores, many = plan.cores, len(labels)
    ran = np.array([one.prediction.starts for one in plan.instances], bool)
    asked = [plan.settings.number(phase.operations) for phase in plan.settings.workload.phases]
    rates = np.array([[one.rates[label] for label in labels] for one in previews])
    operations = np.where(ran, np.array(asked)[:, np.newaxis], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        spans = np.where(ran & (rates > 0), operations / rates, np.nan)
    ends = np.cumsum(np.nan_to_num(np.nanmax(spans, axis=1, initial=0.0)))
    start = np.where(np.isnan(spans), np.nan, (ends - np.nanmax(spans, 1, initial=0.0))[:, None])
    finish = start + spans
    everyone = ~np.isnan(spans).any(axis=1)
    window_start = np.where(everyone, start.max(axis=1, initial=0.0), np.nan)
    window_finish = np.where(everyone, finish.min(axis=1, initial=np.inf), np.nan)

    def unknown(*shape: int) -> Any:
        return np.full(shape, np.nan)

    phased = ("phase", "component")
    result = xr.Dataset(
        {
            "operations": (phased, operations),
            "start_seconds": (phased, start),
            "finish_seconds": (phased, finish),
            "reported_seconds": (phased, spans),
            "operations_in_window": (phased, rates * (window_finish - window_start)[:, None]),
            "window_start_seconds": ("phase", window_start),
            "window_finish_seconds": ("phase", window_finish),
            "accounting_seconds": (
                ("component", "core", "bucket"),
                unknown(many, cores, len(BUCKETS)),
            ),
            "idle_seconds": ("core", unknown(cores)),
            "elapsed_seconds": ((), float(ends[-1])),
            "latency_count": (
                ("phase", "component", "latency_bin"),
                unknown(len(previews), many, LATENCY_EDGES_SECONDS.size),
            ),
            "occupancy_seconds": (("component", "core", "time_bin"), unknown(many, cores, 1)),
            "context_switches": ("core", unknown(cores)),
            "tasks": ("component", unknown(many)),
            "delegated_tasks": ("component", unknown(many)),
            "peak_ram_bytes": ("component", unknown(many)),
            "ram_quota_bytes": (
                "component",
                [float(one.quota_bytes) for one in plan.instances],
            ),
            "exit_reason": ("component", np.where(ran, "finished", "not-started").astype(object)),
            "exit_detail": ("component", np.full(many, "", object)),
            "timer": ("component", np.array([one.timer for one in plan.instances], object)),
        },
        coords={
            "phase": [one.phase for one in previews],
            "component": labels,
            "core": np.arange(cores),
            "bucket": list(BUCKETS),
            "latency_bin": LATENCY_EDGES_SECONDS,
            "time_bin": [0.0],
        },
        attrs={
            "schema_version": SCHEMA_VERSION,
            "workbench_version": workbench.__version__,
            "backend": "fluid",
            "kind": "simulation",
            "accelerator": "none",
            "machine": str(plan.settings.values["machine"]),
            "seed": job.seed,
            "parameters": json.dumps(dict(plan.settings.values), sort_keys=True),
            "largest_known_error": max((one.error for one in previews), default=0.0),
        },
    )
    return with_throughputs(validate(result))
