"""The one result schema: what every backend returns and every view reads.

One *replication* gives one `xarray.Dataset` with the variables below. The
datasets of several replications, workloads and variants are joined along the
dims ``replication``, ``workload`` and ``variant`` by `join`.

Coordinates
-----------
phase : str
    Names of the workload's measured phases, in order.
component : str
    Names of the components that ran, or should have run, a workload.
core : int
    Number of the cell of the affinity space, ``y * width + x``.
bucket : str
    `BUCKETS`: what a core's time went to.
latency_bin : float, seconds
    Upper edge of each latency bin, `LATENCY_EDGES_SECONDS`; bins merge exactly.
time_bin : float, seconds
    Start of each bin of the occupancy raster.

Variables (dims; unit)
----------------------
operations (phase, component; operations)
    Finished operations.
start_seconds, finish_seconds (phase, component; s)
    The component's own span in the phase, on the run's common clock, exact.
reported_seconds (phase, component; s)
    The span as the component itself measures it, with the clock it has.
operations_in_window (phase, component; operations)
    Operations finished inside the common window of the phase.
window_start_seconds, window_finish_seconds (phase; s)
    The span in which every component is in the phase; NaN where there is none.
throughput_window, throughput_makespan, throughput_self (phase, component; op/s)
    See `with_throughputs`.
total_window, total_makespan, total_self (phase; op/s)
    The same over all components together.
accounting_seconds (component, core, bucket; core-seconds)
    Exact; with `idle_seconds` it sums to `elapsed_seconds` for every core.
    The bucket ``idle`` of a component is 0.
idle_seconds (core; s)
    Time in which the core had nothing to run.
elapsed_seconds (; s)
    Length of the run on the common clock.
latency_count (phase, component, latency_bin; operations)
    Histogram of the operations' latency; beyond the last edge in the last bin.
occupancy_seconds (component, core, time_bin; s)
    How long the component held the core in each time bin.
context_switches (core; switches)
tasks, delegated_tasks (component; tasks)
    Executed tasks, and those of them that were sent to another worker.
peak_ram_bytes, ram_quota_bytes (component; bytes)
exit_reason (component; str)
    One of `EXIT_REASONS`.
exit_detail (component; str)
    One sentence for people; empty for ``finished``.
timer (component; str)
    Name of the component that provides its Timer session, ``parent``, or "".

Optional variables
------------------
latency_mean_seconds (phase, component; s)
    Mean latency of the finished operations, exact where the histogram is in bins.
operations_in_bin (component, core, time_bin; operations)
    Operations of any phase that ended on the core in each time bin.
lost_operations (phase, component; operations)
    Operations that arrived and were turned away.
slice_luck (; 1)
    How favourably the replication drew the moments at which cores switch: of expectation 0,
    a control variate for `workbench.results.statistics`.
shared_core_seconds (core; s)
    How much less of the useful time would have done, had no worker held the other hardware
    thread of the core.
segment_core, segment_bucket, segment_component (segment; uint8)
    The timeline, where one was recorded: what each core did in the recorded span, in order
    of the segments' ends. Cell of the affinity space, index into `BUCKETS`, index into
    ``component`` (`NO_COMPONENT` where the core belonged to nobody). The time a worker
    waits for remote memory or for bandwidth lies in its ``useful`` segments.
segment_start_ns, segment_duration_ns (segment; int64 and int32; ns)
    The segments of a core follow each other without gaps or overlaps. ``attrs`` hold the
    span, ``timeline_start_seconds`` and ``timeline_end_seconds``: shorter than asked for
    where the run ended or the segments were used up. `join` leaves segments out.
workers (component; workers)
counters_per_operation (phase, component, counter; events per operation)
    Hardware counters and the like, as the program named them (imports).

What a backend cannot measure is NaN (or "" for text). ``attrs`` hold the
provenance (`PROVENANCE`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "BUCKETS",
    "EXIT_REASONS",
    "LATENCY_EDGES_SECONDS",
    "METRICS",
    "NO_COMPONENT",
    "PROVENANCE",
    "SCHEMA_VERSION",
    "core_accounting",
    "join",
    "validate",
    "with_throughputs",
]

SCHEMA_VERSION = 1

BUCKETS = (
    "useful",
    "poll_idle",
    "wait_owner",
    "lock_spin",
    "switch",
    "refill",
    "remote_memory",
    "bandwidth",
    "idle",
)
"""Accounting buckets; they sum to elapsed time per core."""

METRICS = ("throughput_window", "throughput_makespan", "throughput_self")
"""The three throughputs, always shown together."""

EXIT_REASONS = ("finished", "out-of-memory", "not-started", "cancelled", "failed")

LATENCY_EDGES_SECONDS = 1e-7 * 2.0 ** (np.arange(1, 97) / 4)
"""Upper edges of the latency bins: four to the octave from 0.1 us to 1.7 s."""

PROVENANCE = (
    "schema_version",
    "workbench_version",
    "backend",
    "kind",
    "accelerator",
    "machine",
    "seed",
    "parameters",
)
"""Keys of ``attrs`` that every backend fills; `kind` is simulation or measurement."""

NO_COMPONENT = 255
"""In ``segment_component``: the core belonged to nobody."""

_DIMS: Mapping[str, tuple[str, ...]] = {
    "operations": ("phase", "component"),
    "start_seconds": ("phase", "component"),
    "finish_seconds": ("phase", "component"),
    "reported_seconds": ("phase", "component"),
    "operations_in_window": ("phase", "component"),
    "window_start_seconds": ("phase",),
    "window_finish_seconds": ("phase",),
    "accounting_seconds": ("component", "core", "bucket"),
    "idle_seconds": ("core",),
    "elapsed_seconds": (),
    "latency_count": ("phase", "component", "latency_bin"),
    "occupancy_seconds": ("component", "core", "time_bin"),
    "context_switches": ("core",),
    "tasks": ("component",),
    "delegated_tasks": ("component",),
    "peak_ram_bytes": ("component",),
    "ram_quota_bytes": ("component",),
    "exit_reason": ("component",),
    "exit_detail": ("component",),
    "timer": ("component",),
}

_OPTIONAL_DIMS: Mapping[str, tuple[str, ...]] = {
    "latency_mean_seconds": ("phase", "component"),
    "lost_operations": ("phase", "component"),
    "operations_in_bin": ("component", "core", "time_bin"),
    "slice_luck": (),
    "shared_core_seconds": ("core",),
    "segment_core": ("segment",),
    "segment_bucket": ("segment",),
    "segment_component": ("segment",),
    "segment_start_ns": ("segment",),
    "segment_duration_ns": ("segment",),
}


def with_throughputs(dataset: xr.Dataset) -> xr.Dataset:
    """Return a dataset with the three throughputs added; all in operations per second.

    - ``throughput_window``: operations finished in the span in which every
      compared component is in the phase, divided by that span; NaN without one.
    - ``throughput_makespan``: the component's operations divided by the span from
      the first start to the last finish of all components.
    - ``throughput_self``: the component's operations divided by its own span as it
      reports it (the talk's metric).

    The totals over components are ``total_window``, ``total_makespan`` and
    ``total_self``. Components that did no operation count as 0 in the totals.
    """
    window = dataset.window_finish_seconds - dataset.window_start_seconds
    makespan = dataset.finish_seconds.max("component") - dataset.start_seconds.min("component")
    per_component = {
        "throughput_window": dataset.operations_in_window / window.where(window > 0),
        "throughput_makespan": dataset.operations / makespan.where(makespan > 0),
        "throughput_self": dataset.operations
        / dataset.reported_seconds.where(dataset.reported_seconds > 0),
    }
    named = {}
    for name, value in per_component.items():
        named[name] = value.transpose(..., "phase", "component").assign_attrs(units="op/s")
        total = value.sum("component", min_count=1).assign_attrs(units="op/s")
        named[name.replace("throughput", "total")] = total
    return dataset.assign(named)


def core_accounting(dataset: xr.Dataset) -> xr.DataArray:
    """Return where each core's time went, over all components: dims (core, bucket), in s."""
    spent: xr.DataArray = dataset.accounting_seconds.sum("component", min_count=1)
    return spent.where(spent.bucket != "idle", dataset.idle_seconds)


def validate(dataset: xr.Dataset) -> xr.Dataset:
    """Return the dataset of one replication unchanged if it keeps to the schema.

    Raises
    ------
    ValueError
        Naming the first variable that is missing or has other dims, an unknown
        exit reason, a missing provenance key, or cores whose accounting does
        not sum to the elapsed time (within 1 ns).
    """
    for name in _DIMS:
        if name not in dataset:
            raise ValueError(f"result without the variable {name}")
    for name, dims in {**_DIMS, **_OPTIONAL_DIMS}.items():
        if name in dataset and dataset[name].dims != dims:
            raise ValueError(f"{name} has dims {dataset[name].dims}, expected {dims}")
    unknown = set(dataset.exit_reason.values.tolist()) - set(EXIT_REASONS)
    if unknown:
        raise ValueError(f"unknown exit reasons: {sorted(unknown)}")
    missing = [key for key in PROVENANCE if key not in dataset.attrs]
    if missing:
        raise ValueError(f"result without provenance: {', '.join(missing)}")
    spent = core_accounting(dataset).sum("bucket", skipna=False)
    off = float(np.abs(spent - dataset.elapsed_seconds).fillna(0.0).max())
    if off > 1e-9:
        raise ValueError(f"the accounting of a core misses the elapsed time by {off:.3g} s")
    return dataset


def join(replications: Sequence[xr.Dataset], **coordinates: Sequence[Any]) -> xr.Dataset:
    """Join datasets along one new dim, for example ``join(parts, replication=range(10))``.

    Components, cores and time bins need not agree; what one part lacks is NaN. Timelines,
    which have nothing in common, are left out.
    Provenance that differs between the parts becomes a list in `attrs`.
    """
    from workbench.results.light_xarray import xr  # noqa: PLC0415 - slow to import

    (dim, labels), *more = coordinates.items()
    if more:
        raise TypeError("join along one dim at a time")
    joined = xr.concat(
        [part.drop_dims("segment", errors="ignore") for part in replications],
        dim=dim,
        join="outer",
        combine_attrs="drop",
        data_vars="all",
    ).assign_coords({dim: list(labels)})
    attrs: dict[str, Any] = {}
    for key in dict.fromkeys(key for part in replications for key in part.attrs):
        values = list(dict.fromkeys(_hashable(part.attrs.get(key)) for part in replications))
        attrs[key] = values[0] if len(values) == 1 else values
    return joined.assign_attrs(attrs)


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
