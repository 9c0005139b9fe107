"""The simulated backend: a job runs in a thread, in chunks of events, without the GIL."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from workbench.backends.base import (
    BackendError,
    Cancelled,
    Job,
    Log,
    ParameterInfo,
    Progress,
)
from workbench.backends.execution import Report, ThreadExecution
from workbench.backends.instances import Instance, instance_problems
from workbench.backends.simulated import layout, parameters, setup
from workbench.backends.simulated.loading import chunks, scheduling_policy
from workbench.backends.simulated.results import dataset
from workbench.backends.workload import workload_names
from workbench.errors import InputError
from workbench.folders import cache_folder
from workbench.scenario.experiment import Parameter
from workbench.scenario.problem import Problem

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["CHUNK_EVENTS", "SimulatedBackend", "SimulatedExecution", "simulate"]

CHUNK_EVENTS = 100_000
"""Events between two looks at the cancel flag, some 10 ms."""


class SimulatedBackend:
    """Simulates workers on the cores of a machine profile; see the package."""

    name = "simulated"
    title = "Simulation"
    kind: Literal["simulation", "measurement"] = "simulation"
    exclusive = False

    def workloads(self) -> tuple[str, ...]:
        """Return the names of all workload tables."""
        return workload_names()

    def parameters(
        self, workload: str, chosen: Mapping[str, Parameter]
    ) -> tuple[ParameterInfo, ...]:
        """Return every parameter of a workload on the chosen machine."""
        return parameters.infos(workload, chosen)

    def validate(self, job: Job) -> list[Problem]:
        """Return what keeps a job from running as written.

        Raises
        ------
        workbench.errors.InputError
            If the folder of compiled code cannot be made.
        """
        cache_folder()
        return parameters.problems(job) or _scenario_problems(job)

    def start(self, job: Job) -> SimulatedExecution:
        """Start one replication in a thread of its own."""
        for problem in self.validate(job):
            if problem.severity == "error":
                raise InputError(problem.message, problem.consequence, problem.location)
        return SimulatedExecution(job)


class SimulatedExecution(ThreadExecution):
    """A running simulation."""

    def __init__(self, job: Job) -> None:
        super().__init__("simulation")
        self._job = job
        self._cancelled = threading.Event()
        self._thread.start()

    def cancel(self) -> None:
        """Ask it to stop after the present chunk of events."""
        self._cancelled.set()

    def work(self, report: Report) -> xr.Dataset:
        """Simulate in this thread."""
        return simulate(self._job, report, self._cancelled)


def simulate(
    job: Job,
    report: Report = lambda _: None,
    cancelled: threading.Event | None = None,
    chunk_events: int = CHUNK_EVENTS,
) -> xr.Dataset:
    """Run a job in this thread and return its dataset.

    The result does not depend on `chunk_events`.

    Raises
    ------
    Cancelled
        Soon after the event `cancelled` has been set.
    BackendError
        If the components wait for each other for ever (``stalled``).
    """
    settings = parameters.resolve(job)
    plan = setup.plan(job, settings)
    for one in plan.instances:
        report(Log(_welcome(one), one.label))
    policy = scheduling_policy(str(settings.values["policy"]))
    engine = plan.engine._replace(table=policy.prepare(plan.engine))
    plan = replace(plan, engine=engine)
    measured = engine.phases[: len(plan.started)]
    total = max(int(measured["operations"].sum()), 1)
    try:
        for _ in chunks(engine, policy, chunk_events):
            if cancelled is not None and cancelled.is_set():
                raise Cancelled
            report(Progress(min(int(measured["done"].sum()) / total, 1.0)))
    except RuntimeError as error:
        raise BackendError("stalled", str(error)) from error
    report(Progress(1.0))
    result = dataset(plan, job)
    for line in _farewell(result):
        report(line)
    return result


def _scenario_problems(job: Job) -> list[Problem]:
    space = job.scenario.effective_space
    cores = space.width * space.height
    if not 0 < cores <= layout.MAX_CORES:
        return [
            Problem(
                "unsupported-space",
                "error",
                f"The affinity space has {cores} cores; the simulation has 1 to "
                f"{layout.MAX_CORES}.",
                consequence="Nothing is run.",
            )
        ]
    return instance_problems(job.scenario)


def _welcome(one: Instance) -> str:
    if not one.prediction.starts:
        return f"not started: {one.prediction.reason}"
    cores = f"{one.cores[0]} to {one.cores[-1]}" if len(one.cores) > 1 else str(one.cores[0])
    return f"{len(one.cores)} workers on cores {cores}, Timer from {one.timer or 'nobody'}"


def _farewell(result: xr.Dataset) -> Iterator[Log]:
    for name in result.component.values.tolist():
        one = result.sel(component=name)
        if str(one.exit_reason.item()) == "not-started":
            continue
        for phase in result.phase.values.tolist():
            done = one.sel(phase=phase)
            span = float(done.reported_seconds)
            if np.isfinite(span):
                rate = f", {float(done.throughput_self):.4g} op/s" if span > 0 else ""
                text = f"{phase}: {int(done.operations)} op in {span * 1e3:.0f} ms{rate}"
                yield Log(text, name)
        yield Log(f"{one.exit_reason.item()} {one.exit_detail.item()}".strip(), name)
