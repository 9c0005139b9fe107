"""A comparison narrowed to what is selected of it: replications, cores, a span of time.

Where operations were counted by core and time (`workbench.experiments.slots`), cores and a
span of time leave one throughput instead of three:

throughput_part (component; op/s)
    Operations that ended on the selected cores in the selected span, over as much of the
    span as the run lasted. Without a selected span that of the makespan is taken: from
    the first start of the workload's phase to its last finish.

What the cores' time went to is not known by time, only who held them: a span leaves the
buckets ``held`` and ``idle``. Latencies are known neither by core nor by time; those of
components that held a selected core are shown.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import xarray as xr

from workbench.analysis.comparison import Comparison
from workbench.analysis.labels import number
from workbench.analysis.selection import Selection, ranges
from workbench.experiments.slots import SLOTS

__all__ = ["Narrowed", "holders", "narrowed", "told"]

_MOST_KEPT = 12


class Narrowed(Comparison):
    """Part of a comparison; `told` says which, for titles."""

    metrics: tuple[str, ...] = ("throughput_part",)

    def phases(self, workload: str) -> tuple[str, ...]:
        """Return the one phase that is compared, where the throughput is that of a part."""
        found = super().phases(workload)
        return found if len(self.metrics) > 1 else (self.phase_of(workload, found),)


def narrowed(
    comparison: Comparison, selection: Selection, *, but: Collection[str] = ()
) -> Comparison:
    """Return the part of a comparison that is selected, or itself where it has no such part.

    Parameters
    ----------
    comparison
        The whole.
    selection
        What counts are its replications, cores and time.
    but
        Names of those that are not to count.
    """
    dataset = comparison.dataset
    replications, cores, time = (
        () if kind in but else getattr(selection, kind) or ()
        for kind in ("replications", "cores", "time")
    )
    replications = tuple(i for i in replications if i in dataset.replication.values)
    cores = tuple(core for core in cores if core in dataset.core.values)
    time = time if "held_in_slot" in dataset else ()
    key = (replications, cores, time)
    if not any(key):
        return comparison
    kept = comparison.parts
    if key not in kept:
        while len(kept) >= _MOST_KEPT:
            kept.pop(next(iter(kept)))
        kept[key] = _part(comparison, replications, cores, time)
    found: Comparison = kept[key]
    return found


def told(comparison: Comparison, selection: Selection, *, but: Collection[str] = ()) -> str:
    """Return what a comparison is narrowed to, as the middle of a title; "" for nothing."""
    replications = () if "replications" in but else selection.replications
    cores = () if "cores" in but else selection.cores
    parts = []
    if any(i in comparison.dataset.replication.values for i in replications):
        parts.append(f"replication{'s' * (len(replications) > 1)} {ranges(replications)}")
    if any(core in comparison.dataset.core.values for core in cores):
        parts.append(f"core{'s' * (len(cores) > 1)} {ranges(cores)}")
    if selection.time and "time" not in but and "held_in_slot" in comparison.dataset:
        begin, end = selection.time
        parts.append(f"{number(begin * 1e3)} to {number(end * 1e3)} ms")
    return "".join(f" · {part}" for part in parts)


def holders(
    comparison: Comparison, variant: str, workload: str, cores: tuple[int, ...]
) -> tuple[str, ...]:
    """Return the components that held any of some cores in a run; all where none is known."""
    there = [core for core in cores if core in comparison.dataset.core.values]
    if not there:
        return comparison.components
    held = comparison.component_shares(variant, workload).sel(core=there).sum(("core", "bucket"))
    names = tuple(map(str, held.component.values[(held > 0).values]))
    return names or comparison.components


def _part(
    comparison: Comparison,
    replications: tuple[int, ...],
    cores: tuple[int, ...],
    time: tuple[float, float] | tuple[()],
) -> Comparison:
    dataset = comparison.dataset
    if replications:
        dataset = dataset.sel(replication=list(replications))
    counted = (cores or time) and "operations_in_slot" in dataset
    if counted:
        dataset = _with_part(comparison, dataset, cores, time)
    if cores:
        dataset = dataset.sel(core=list(cores))
    if time:
        dataset = _within(dataset, time)
    part = Narrowed(dataset, space=comparison.space)
    if not counted:
        part.metrics = comparison.metrics
    return part


def _with_part(
    comparison: Comparison,
    dataset: xr.Dataset,
    cores: tuple[int, ...],
    time: tuple[float, float] | tuple[()],
) -> xr.Dataset:
    """Add the throughput of a part, for each component and for all."""
    if time:
        begin, end = (xr.zeros_like(dataset.elapsed_seconds) + t for t in time)
    else:
        own = [
            dataset[["start_seconds", "finish_seconds"]].sel(
                workload=name, phase=comparison.phase(name), drop=True
            )
            for name in comparison.workloads
        ]
        spans = xr.concat(own, dim=dataset.workload)
        begin = spans.start_seconds.min("component")
        end = spans.finish_seconds.max("component")
    end = np.minimum(end, dataset.elapsed_seconds)
    lasted = end - begin
    ended = dataset.operations_in_slot
    ended = ended.sel(core=list(cores)) if cores else ended
    ended = ended.sum("core", min_count=1)
    rate = (ended * _covered(dataset, begin, end)).sum("slot", min_count=1)
    rate = (rate / lasted.where(lasted > 0)).expand_dims(phase=dataset.phase)
    return dataset.assign(throughput_part=rate, total_part=rate.sum("component", min_count=1))


def _covered(dataset: xr.Dataset, begin: xr.DataArray, end: xr.DataArray) -> xr.DataArray:
    """Return how much of what a slot holds lies in a span, from 0 to 1.

    A run may end within a slot; then all that the slot holds lies before that.
    """
    slot = xr.DataArray(np.arange(SLOTS), dims="slot")
    width = dataset.slot_seconds
    until = np.minimum(slot + 1, dataset.elapsed_seconds / width)
    inside = np.minimum(end / width, until) - np.maximum(begin / width, slot)
    covered: xr.DataArray = (inside / (until - slot).where(until > slot)).clip(0.0, 1.0)
    return covered


def _within(dataset: xr.Dataset, time: tuple[float, float]) -> xr.Dataset:
    """Return a dataset whose accounting is that of a span: who held the cores, and idle time."""
    begin, end = (xr.zeros_like(dataset.elapsed_seconds) + t for t in time)
    end = np.minimum(end, dataset.elapsed_seconds)
    held = (dataset.held_in_slot * _covered(dataset, begin, end)).sum("slot", min_count=1)
    lasted = (end - begin).clip(0.0).where(end > begin)
    buckets = xr.DataArray([1.0, 0.0], {"bucket": ["held", "idle"]}, "bucket")
    idle = (lasted - held.sum("component", min_count=1)).clip(0.0)
    return dataset.drop_dims("bucket").assign(
        accounting_seconds=held * buckets,
        idle_seconds=idle.where(dataset.idle_seconds.notnull()),
        elapsed_seconds=lasted,
    )
