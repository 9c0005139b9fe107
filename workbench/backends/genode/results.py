"""From a console of Genode to the dataset of `workbench.results.schema`.

The benchmark's instances tell how long each phase took by their own clocks, and nothing
of when it began: there are ``reported_seconds`` and the throughput that follows, and
everything on a common clock is NaN.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

import workbench
from workbench.backends.base import Job
from workbench.backends.genode.log import Denied, Exited, Fault, Finding, Finished, QuotaRequest
from workbench.backends.instances import Instance
from workbench.results.importers.base import Measurement
from workbench.results.importers.console import read_console
from workbench.results.schema import (
    BUCKETS,
    LATENCY_EDGES_SECONDS,
    SCHEMA_VERSION,
    validate,
    with_throughputs,
)
from workbench.scenario.experiment import Parameter

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["PHASES", "Seen", "dataset"]

PHASES: Mapping[str, tuple[str, ...]] = {
    "insert-lookup": ("insert", "lookup"),
    "insert": ("insert",),
    "lookup": ("lookup",),
}
"""Measured phases of each workload; the benchmark always runs both, fill and mixed."""

_NUMBER = {"insert": 0, "lookup": 1}
_PHASED = ("phase", "component")


@dataclass
class Seen:
    """What a console has told so far of the instances, by their label below `init`."""

    release: str = ""
    finished: set[str] = field(default_factory=set)
    values: dict[str, int] = field(default_factory=dict)
    troubles: dict[str, list[str]] = field(default_factory=dict)
    stuck: set[str] = field(default_factory=set)
    hungry: set[str] = field(default_factory=set)
    lines: list[str] = field(default_factory=list)

    def take(self, finding: Finding) -> None:
        """Take in what a line meant."""
        match finding:
            case Finished(component):
                self.finished.add(component)
            case Exited(component, value):
                self.values[component] = value
            case Denied(component, _, why):
                self._trouble(component, why)
                self.stuck.add(component)
            case QuotaRequest(component, ram_bytes, caps):
                wanted = f"{ram_bytes} bytes of RAM" if ram_bytes else f"{caps} capabilities"
                self._trouble(component, f"It used its quota up and asks for {wanted} more.")
                self.hungry.add(component)
            case Fault(component, what):
                self._trouble(component, what)
                self.stuck.add(component)

    def ended(self, label: str) -> bool:
        """Whether nothing more will come from an instance."""
        return any(
            label in found for found in (self.finished, self.values, self.stuck, self.hungry)
        )

    def exit(self, label: str) -> tuple[str, str]:
        """Return an instance's exit reason and a sentence about it."""
        told = " ".join(self.troubles.get(label, []))
        if label in self.hungry:
            return "out-of-memory", told
        if label in self.finished or self.values.get(label) == 0:
            return "finished", told
        if label in self.values:
            return "failed", f"It exited with value {self.values[label]}. {told}".strip()
        return "failed", told or "It did not say that it finished."

    def _trouble(self, component: str, what: str) -> None:
        said = self.troubles.setdefault(component, [])
        if what not in said:
            said.append(what)


def dataset(
    job: Job,
    instances: Sequence[Instance],
    seen: Seen,
    values: Mapping[str, Parameter],
    provenance: Mapping[str, str],
) -> xr.Dataset:
    """Return the result of one replication.

    Parameters
    ----------
    job, instances
        What was run.
    seen
        The whole console.
    values
        Of all parameters.
    provenance
        ``backend``, ``accelerator`` and whatever else is known of the run.
    """
    from workbench.results.light_xarray import xr  # noqa: PLC0415 - slow to import

    phases = PHASES[job.workload]
    cores = job.scenario.effective_space.width * job.scenario.effective_space.height
    measured = _measured(seen.lines)
    shape = (len(phases), len(instances))
    operations, reported = np.zeros(shape), np.full(shape, np.nan)
    for row, phase in enumerate(phases):
        for column, one in enumerate(instances):
            found = measured.get((one.label, _NUMBER[phase]))
            if found is not None and found.milliseconds:
                reported[row, column] = found.milliseconds / 1000
                operations[row, column] = round(found.throughput * found.milliseconds / 1000)
    exits = [_exit(one, seen) for one in instances]
    unknown = np.full(shape, np.nan)
    count = len(instances)
    result = xr.Dataset(
        {
            "operations": (_PHASED, operations),
            "start_seconds": (_PHASED, unknown),
            "finish_seconds": (_PHASED, unknown),
            "reported_seconds": (_PHASED, reported),
            "operations_in_window": (_PHASED, unknown),
            "window_start_seconds": ("phase", unknown[:, 0]),
            "window_finish_seconds": ("phase", unknown[:, 0]),
            "accounting_seconds": (
                ("component", "core", "bucket"),
                np.full((count, cores, len(BUCKETS)), np.nan),
            ),
            "idle_seconds": ("core", np.full(cores, np.nan)),
            "elapsed_seconds": ((), float("nan")),
            "latency_count": (
                ("phase", "component", "latency_bin"),
                np.full((*shape, len(LATENCY_EDGES_SECONDS)), np.nan),
            ),
            "occupancy_seconds": (
                ("component", "core", "time_bin"),
                np.full((count, cores, 1), np.nan),
            ),
            "context_switches": ("core", np.full(cores, np.nan)),
            "tasks": ("component", np.full(count, np.nan)),
            "delegated_tasks": ("component", np.full(count, np.nan)),
            "peak_ram_bytes": ("component", np.full(count, np.nan)),
            "ram_quota_bytes": ("component", [float(one.quota_bytes) for one in instances]),
            "exit_reason": ("component", [reason for reason, _ in exits]),
            "exit_detail": ("component", [detail for _, detail in exits]),
            "timer": ("component", [one.timer for one in instances]),
        },
        coords={
            "phase": list(phases),
            "component": [one.label for one in instances],
            "core": np.arange(cores),
            "bucket": list(BUCKETS),
            "latency_bin": LATENCY_EDGES_SECONDS,
            "time_bin": [0.0],
        },
        attrs={
            "schema_version": SCHEMA_VERSION,
            "workbench_version": workbench.__version__,
            "kind": "measurement",
            "machine": "the run tool's",
            "seed": job.seed,
            "parameters": json.dumps(dict(values), sort_keys=True),
            "no_window": "the instances' clocks are their own",
            "genode": seen.release,
            **provenance,
        },
    )
    return with_throughputs(validate(result))


def _measured(lines: Sequence[str]) -> dict[tuple[str, int], Measurement]:
    """Return the first iteration's result by label below `init` and phase."""
    found: dict[tuple[str, int], Measurement] = {}
    for measurement in read_console(lines).measurements:
        label = " -> ".join(measurement.label.split(" -> ")[1:]) or measurement.label
        found.setdefault((label, measurement.phase), measurement)
    return found


def _exit(one: Instance, seen: Seen) -> tuple[str, str]:
    reason, detail = seen.exit(one.label)
    if reason == "failed" and not one.prediction.starts:
        return "not-started", detail if one.label in seen.troubles else one.prediction.reason
    return reason, detail
