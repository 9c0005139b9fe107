"""What happened when, for runs side by side: their rasters on one clock for each workload.

Runs differ in their length and in the bins they counted in. Here the time from the start of
the longest run of a workload to its end is cut into `SLOTS` equal slots, and what a bin holds
is taken to be evenly spread over it. Added to each dataset:

held_in_slot (replication, component, core, slot; s)
    How long the component held the core.
operations_in_slot (replication, component, core, slot; operations)
    Operations that ended on the core; absent where none of the runs counted them.
slot_seconds (; s)
    Length of a slot; slot i begins at i times that.

NaN where a replication was over before the slot began, or did not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["SLOTS", "with_slots"]

SLOTS = 120
_NAMES = {"occupancy_seconds": "held_in_slot", "operations_in_bin": "operations_in_slot"}
_DIMS = ("replication", "component", "core", "slot")


def with_slots(
    datasets: Mapping[str, xr.Dataset], workloads: Mapping[str, str]
) -> dict[str, xr.Dataset]:
    """Return datasets with slots in place of the dim ``time_bin``.

    Parameters
    ----------
    datasets
        Of runs, by id, each with the dim ``replication``.
    workloads
        Names of what they ran, by id.
    """
    longest: dict[str, float] = {}
    for run_id, dataset in datasets.items():
        length = float(dataset.elapsed_seconds.max())
        longest[workloads[run_id]] = max(longest.get(workloads[run_id], 0.0), length)
    return {
        run_id: _slotted(dataset, longest[workloads[run_id]])
        for run_id, dataset in datasets.items()
    }


def _slotted(dataset: xr.Dataset, length: float) -> xr.Dataset:
    rest = dataset.drop_dims("time_bin", errors="ignore")
    if "time_bin" not in dataset.dims or not length > 0:
        return rest
    starts = dataset.time_bin.values.astype(float)
    elapsed = dataset.elapsed_seconds.values
    found = {}
    for name, slotted in _NAMES.items():
        if name not in dataset:
            continue
        bins = dataset[name].transpose(*_DIMS[:-1], "time_bin").values
        rows = [_rebinned(*one, starts, length) for one in zip(bins, elapsed, strict=True)]
        found[slotted] = (_DIMS, np.stack(rows).astype(np.float32))
    return rest.assign({**found, "slot_seconds": length / SLOTS})


def _rebinned(
    bins: NDArray[np.float64], elapsed: float, starts: NDArray[np.float64], length: float
) -> NDArray[np.float64]:
    """Return the (component, core, bin) counts of one replication by slot."""
    there = ~np.isnan(bins).all(axis=(0, 1))  # the bins of the other replications are not
    wanted = np.arange(SLOTS + 1) * (length / SLOTS)
    if not there.any():
        return np.full((*bins.shape[:2], SLOTS), np.nan)
    own = starts[there]
    width = own[1] - own[0] if own.size > 1 else elapsed
    end = elapsed if own[-1] < elapsed < own[-1] + width else own[-1] + width
    edges = np.append(own, end)
    sums = np.cumsum(np.nan_to_num(bins[..., there]), axis=-1)
    sums = np.concatenate([np.zeros((*sums.shape[:2], 1)), sums], axis=-1)
    at = np.clip(np.searchsorted(edges, wanted, "right") - 1, 0, own.size - 1)
    part = np.clip((wanted - edges[at]) / (edges[at + 1] - edges[at]), 0.0, 1.0)
    slots: NDArray[np.float64] = np.diff(
        sums[..., at] * (1 - part) + sums[..., at + 1] * part, axis=-1
    )
    slots[..., wanted[:-1] >= elapsed * (1 - 1e-9)] = np.nan
    return slots
