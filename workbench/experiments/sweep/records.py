"""What a sweep keeps of a replication: a row of numbers with a fixed layout.

Totals over the components, so that points with different numbers of instances have the
same layout. `LAYOUT` names the variables in the row's order with their dims; dims have
the sizes of `sizes`. What a result does not have is NaN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from workbench.results.schema import BUCKETS, LATENCY_EDGES_SECONDS

__all__ = ["LAYOUT", "UNITS", "record", "sizes", "slices"]

LAYOUT: Mapping[str, tuple[str, ...]] = {
    "total_window": ("phase",),
    "total_makespan": ("phase",),
    "total_self": ("phase",),
    "operations": ("phase",),
    "latency_count": ("phase", "latency_bin"),
    "accounting_seconds": ("bucket",),
    "elapsed_seconds": (),
    "context_switches": (),
    "delegated_tasks": (),
    "finished": (),
}
"""Dims of each variable, in the order of a row."""

UNITS = {
    "total_window": "op/s",
    "total_makespan": "op/s",
    "total_self": "op/s",
    "operations": "operations",
    "latency_count": "operations",
    "accounting_seconds": "core-seconds",
    "elapsed_seconds": "s",
    "context_switches": "switches",
    "delegated_tasks": "tasks",
    "finished": "components",
}


def sizes(phases: Sequence[str]) -> dict[str, int]:
    """Return the size of each dim of a row."""
    return {
        "phase": len(phases),
        "latency_bin": LATENCY_EDGES_SECONDS.size,
        "bucket": len(BUCKETS),
    }


def slices(phases: Sequence[str]) -> dict[str, slice]:
    """Return where each variable stands in a row; the last one's end is the row's width."""
    length = sizes(phases)
    found, start = {}, 0
    for name, dims in LAYOUT.items():
        stop = start + int(np.prod([length[dim] for dim in dims], dtype=int))
        found[name] = slice(start, stop)
        start = stop
    return found


def record(dataset: xr.Dataset, phases: Sequence[str]) -> NDArray[np.float64]:
    """Return the row of one replication.

    Parameters
    ----------
    dataset
        Of `workbench.results.schema`.
    phases
        Of all workloads of the sweep; those that this one lacks are NaN.
    """
    # NumPy alone: a sweep of fluid points has no time for labelled arithmetic.
    places = [phases.index(name) for name in dataset.phase.values.tolist()]
    length = sizes(phases)
    row = []
    for name, dims in LAYOUT.items():
        full = np.full([length[dim] for dim in dims], np.nan)
        value = _value(dataset, name)
        if dims[:1] == ("phase",):
            full[places] = value
        else:
            full[...] = value
        row.append(full.ravel())
    return np.concatenate(row)


def _value(dataset: xr.Dataset, name: str) -> NDArray[np.float64]:
    match name:
        case "finished":
            return np.float64((dataset["exit_reason"].values == "finished").sum())  # type: ignore[return-value]
        case "accounting_seconds":
            spent = dataset[name].values.sum(axis=(0, 1))
            spent[BUCKETS.index("idle")] = dataset["idle_seconds"].values.sum()
            return spent  # type: ignore[no-any-return]
        case "operations" | "latency_count":
            return _total(dataset[name].values, axis=1)
        case "context_switches" | "delegated_tasks":
            return _total(dataset[name].values, axis=0)
    return dataset[name].values


def _total(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Return the sum over the components that have a value; NaN where none has."""
    there = ~np.isnan(values)
    return np.where(there.any(axis), np.where(there, values, 0.0).sum(axis), np.nan)
