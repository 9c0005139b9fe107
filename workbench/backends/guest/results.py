"""From what the guest reported to the dataset of `workbench.results.schema`.

The run's common clock begins here with the first measured phase. Of the
accounting the guest measures ``useful``, ``poll_idle``, ``wait_owner`` and ``lock_spin``
inside the phases; what a switch, a refill or remote memory costs is hidden in
``useful``, and NaN by itself.

Beside the schema's variables there are, by component, ``cpu_user_seconds``,
``cpu_system_seconds``, ``switches_voluntary``, ``switches_involuntary``, ``faults_minor``
and ``faults_major``, and by phase and component ``inserts``, ``lookups``, ``updates`` and
the hardware counters; all of them counts, NaN where not measured.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import workbench
from workbench.backends.guest.plan import GuestPlan
from workbench.backends.guest.protocol import Transcript
from workbench.results.schema import (
    BUCKETS,
    EXIT_REASONS,
    LATENCY_EDGES_SECONDS,
    SCHEMA_VERSION,
    validate,
    with_throughputs,
)

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["dataset"]

_SECOND_NS = 1e9
_MOST_BINS = 200
_COUNTERS = ("cycles", "instructions", "cache_references", "cache_misses")
_OPERATIONS = ("inserts", "lookups", "updates")
_PHASED = ("phase", "component")
Floats = npt.NDArray[np.float64]


def dataset(plan: GuestPlan, said: Transcript, provenance: Mapping[str, Any]) -> xr.Dataset:
    """Return the result of one replication.

    Parameters
    ----------
    plan
        What was asked for.
    said
        What the runner reported, to its final line.
    provenance
        ``backend``, ``accelerator`` and whatever else the backend knows of the run.
    """
    from workbench.results.light_xarray import xr  # noqa: PLC0415 - slow to import

    labels = [one.label for one in plan.instances]
    origin = min((phase["start_ns"] for phase in said.phases.values()), default=0)
    start = _phased(plan, said, lambda phase: (phase["start_ns"] - origin) / _SECOND_NS)
    finish = _phased(plan, said, lambda phase: (phase["finish_ns"] - origin) / _SECOND_NS)
    begin, end = start.max(axis=1), finish.min(axis=1)
    overlap = end > begin
    begin, end = np.where(overlap, begin, np.nan), np.where(overlap, end, np.nan)
    elapsed = float(np.nanmax(finish)) if np.isfinite(finish).any() else 0.0
    occupancy, bins = _occupancy(plan, said, origin, elapsed)
    exits = [said.exits.get(label, {}) for label in labels]
    result = xr.Dataset(
        {
            "operations": (_PHASED, np.nan_to_num(_phased(plan, said, lambda p: p["operations"]))),
            "start_seconds": (_PHASED, start),
            "finish_seconds": (_PHASED, finish),
            "reported_seconds": (_PHASED, _phased(plan, said, _reported)),
            "operations_in_window": (_PHASED, _in_window(plan, said, origin, begin, end)),
            "window_start_seconds": ("phase", begin),
            "window_finish_seconds": ("phase", end),
            "accounting_seconds": (("component", "core", "bucket"), _accounting(plan, said)),
            "idle_seconds": ("core", np.full(plan.cores, np.nan)),
            "elapsed_seconds": ((), elapsed),
            "latency_count": (("phase", "component", "latency_bin"), _latency(plan, said)),
            "occupancy_seconds": (("component", "core", "time_bin"), occupancy),
            "context_switches": ("core", _switches(plan, said)),
            "tasks": ("component", _summed(plan, said, "tasks")),
            "delegated_tasks": ("component", _summed(plan, said, "delegated")),
            "peak_ram_bytes": ("component", [_number(e.get("peak_ram_bytes")) for e in exits]),
            "ram_quota_bytes": ("component", [float(one.quota_bytes) for one in plan.instances]),
            "exit_reason": ("component", [_reason(exit) for exit in exits]),
            "exit_detail": ("component", [str(exit.get("detail", "")) for exit in exits]),
            "timer": ("component", [one.timer for one in plan.instances]),
            **_counters(plan, said, exits),
        },
        coords={
            "phase": list(plan.phases),
            "component": labels,
            "core": np.arange(plan.cores),
            "bucket": list(BUCKETS),
            "latency_bin": LATENCY_EDGES_SECONDS,
            "time_bin": bins,
        },
        attrs={
            "schema_version": SCHEMA_VERSION,
            "workbench_version": workbench.__version__,
            "kind": "measurement",
            "machine": str(said.topology.get("model", "unknown")),
            "seed": plan.job.seed,
            "parameters": json.dumps(dict(plan.settings.values), sort_keys=True),
            "no_window": _why_no_window(plan, said, overlap),
            "kernel": str(said.hello.get("kernel", "")),
            "compiler": str(said.hello.get("compiler", "")),
            "clock_source": str(said.hello.get("clock_source", "")),
            "cpus": json.dumps(said.topology.get("cpus", [])),
            "numa_nodes": json.dumps(said.topology.get("nodes", [])),
            "quota_means": _quota_means(plan, said),
            "workers": json.dumps({one.label: plan.workers(one) for one in plan.instances}),
            "left_out": ", ".join(component.label for component in plan.left_out),
            **provenance,
        },
    )
    return with_throughputs(validate(result))


def _each(plan: GuestPlan, said: Transcript) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Yield every measured phase with its place among the phases and the instances."""
    for index in range(len(plan.phases)):
        for number, one in enumerate(plan.instances):
            if phase := said.phases.get((one.label, index)):
                yield index, number, phase


def _phased(plan: GuestPlan, said: Transcript, value: Callable[[dict[str, Any]], float]) -> Floats:
    """Return a value of each measured phase, dims (phase, component); NaN elsewhere."""
    values = np.full((len(plan.phases), len(plan.instances)), np.nan)
    for index, number, phase in _each(plan, said):
        values[index, number] = value(phase)
    return values


def _reported(phase: dict[str, Any]) -> float:
    span = phase["reported_ns"]
    return span / _SECOND_NS if span >= 0 else np.nan


def _in_window(
    plan: GuestPlan, said: Transcript, origin: int, begin: Floats, end: Floats
) -> Floats:
    """Return the operations inside each phase's common window, read off the series."""
    values = np.full((len(plan.phases), len(plan.instances)), np.nan)
    for index, number, phase in _each(plan, said):
        times = [phase["start_ns"], *phase["grid_ns"], phase["finish_ns"]]
        done = [0, *phase["done"], phase["operations"]]
        at = (np.array(times, float) - origin) / _SECOND_NS
        first, last = np.interp([begin[index], end[index]], at, done)
        values[index, number] = last - first if np.isfinite(begin[index]) else np.nan
    return values


def _accounting(plan: GuestPlan, said: Transcript) -> Floats:
    shape = (len(plan.instances), plan.cores, len(BUCKETS))
    spent = np.full(shape, np.nan)
    measured = [BUCKETS.index(b) for b in ("useful", "poll_idle", "wait_owner", "lock_spin")]
    spent[:, :, measured] = 0.0
    spent[:, :, BUCKETS.index("idle")] = 0.0
    for number, core, worker in _workers(plan, said):
        lost = [worker["poll_ns"], worker["wait_ns"], worker["spin_ns"]]
        useful = max(worker["cpu_ns"] - sum(lost), 0)
        spent[number, core, measured] += np.array([useful, *lost]) / _SECOND_NS
    return spent


def _workers(plan: GuestPlan, said: Transcript) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Yield every worker of every phase with its instance and its core."""
    cores = {cpu: core for core, cpu in enumerate(plan.cpus[: plan.cores])}
    for _, number, phase in _each(plan, said):
        for worker in phase["workers"]:
            if worker["cpu"] in cores:
                yield number, cores[worker["cpu"]], worker


def _switches(plan: GuestPlan, said: Transcript) -> Floats:
    switches = np.zeros(plan.cores)
    for _, core, worker in _workers(plan, said):
        switches[core] += worker["switches_voluntary"] + worker["switches_involuntary"]
    return switches


def _latency(plan: GuestPlan, said: Transcript) -> Floats:
    """Return the histogram, the counted operations standing for those between them."""
    counts = np.zeros((len(plan.phases), len(plan.instances), len(LATENCY_EDGES_SECONDS)))
    for index, number, phase in _each(plan, said):
        counts[index, number] = np.array(phase["latency"], float) * phase["latency_every"]
    return counts


def _occupancy(
    plan: GuestPlan, said: Transcript, origin: int, elapsed: float
) -> tuple[Floats, Floats]:
    """Return when each instance was on each core, on a raster of equal bins, in s."""
    cores = {cpu: core for core, cpu in enumerate(plan.cpus[: plan.cores])}
    points = max((len(phase["grid_ns"]) for phase in said.phases.values()), default=1)
    count = int(np.clip(points, 1, _MOST_BINS))
    edges = np.linspace(0.0, elapsed or 1.0, count + 1)
    held = np.zeros((len(plan.instances), plan.cores, count))
    for _, number, phase in _each(plan, said):
        at = (np.array([phase["start_ns"], *phase["grid_ns"]], float) - origin) / _SECOND_NS
        for worker in phase["workers"]:
            if worker["cpu"] in cores and len(worker["on_cpu_ns"]) == len(phase["grid_ns"]):
                spent = np.array([0, *worker["on_cpu_ns"]], float) / _SECOND_NS
                held[number, cores[worker["cpu"]]] += np.diff(np.interp(edges, at, spent))
    return held, edges[:-1]


def _summed(plan: GuestPlan, said: Transcript, key: str) -> Floats:
    total: Floats = np.zeros(len(plan.instances))
    for _, number, phase in _each(plan, said):
        total[number] += phase[key]
    return total


def _counters(
    plan: GuestPlan, said: Transcript, exits: Sequence[Mapping[str, Any]]
) -> dict[str, tuple[Any, Any]]:
    found: dict[str, tuple[Any, Any]] = {}
    for key in ("cpu_user_ns", "cpu_system_ns"):
        seconds = [_number(exit.get(key)) / _SECOND_NS for exit in exits]
        found[key.replace("_ns", "_seconds")] = ("component", seconds)
    for key in ("switches_voluntary", "switches_involuntary", "faults_minor", "faults_major"):
        found[key] = ("component", [_number(exit.get(key)) for exit in exits])
    for key in _OPERATIONS:
        found[key] = (_PHASED, _phased(plan, said, lambda phase, key=key: _number(phase.get(key))))  # type: ignore[misc]
    for key in _COUNTERS:
        found[key] = (
            _PHASED,
            _phased(plan, said, lambda phase, key=key: _number(phase["hardware"].get(key))),  # type: ignore[misc]
        )
    return found


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _reason(exit: Mapping[str, Any]) -> str:
    reason = str(exit.get("reason", "failed"))
    return reason if reason in EXIT_REASONS else "failed"


def _quota_means(plan: GuestPlan, said: Transcript) -> str:
    means = {said.quotas[o.label]["means"] for o in plan.instances if o.label in said.quotas}
    return ", ".join(sorted(means)) or "none"


def _why_no_window(plan: GuestPlan, said: Transcript, overlap: npt.NDArray[np.bool_]) -> str:
    reasons = []
    for index, phase in enumerate(plan.phases):
        if not overlap[index]:
            missing = [o.label for o in plan.instances if (o.label, index) not in said.phases]
            why = f"{', '.join(missing)} never ran it" if missing else "its spans do not overlap"
            reasons.append(f"{phase}: {why}")
    return "; ".join(reasons)
