"""A sweep of the store as one dataset whose numbers are read when they are needed."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from xarray.backends import BackendArray
from xarray.core import indexing

from workbench.experiments.sweep.records import LAYOUT, UNITS, sizes, slices
from workbench.results.schema import BUCKETS, LATENCY_EDGES_SECONDS
from workbench.results.store import RunStore
from workbench.results.sweeps import SweepRecord, SweepStore

__all__ = ["open_sweep"]


def open_sweep(store: RunStore, sweep_id: str) -> xr.Dataset:
    """Return a sweep as a dataset.

    Dims of every variable: one per axis for a grid, else ``point``; then ``workload``,
    ``variant``, ``replication``; then its own (``phase``, ``latency_bin``, ``bucket``). What is
    not known (yet) is NaN. Numbers are read from the store when a variable's values
    are asked for, all of them at once.

    Raises
    ------
    workbench.errors.InputError
        If there is no such sweep.
    """
    sweeps = SweepStore(store)
    found = sweeps.sweep(sweep_id)
    spec = found.spec
    axes, points = spec["axes"], spec["points"]
    tail = ("workload", "variant", "replication")
    replications = found.tasks // (len(points) * len(spec["workloads"]) * len(spec["variants"]))
    coords: dict[str, Any] = {}
    if spec["design"] == "grid":
        columns = [list(dict.fromkeys(point[i] for point in points)) for i in range(len(axes))]
        coords |= dict(zip(axes, columns, strict=True))
        head = tuple(axes)
    else:
        coords |= {name: ("point", [point[i] for point in points]) for i, name in enumerate(axes)}
        coords["point"] = np.arange(len(points))
        head = ("point",)
    coords |= {
        "workload": spec["workloads"],
        "variant": spec["variants"],
        "replication": np.arange(replications),
        "phase": spec["phases"],
        "latency_bin": LATENCY_EDGES_SECONDS,
        "bucket": list(BUCKETS),
    }
    lengths = {name: len(value) for name, value in coords.items() if not isinstance(value, tuple)}
    outer = tuple(lengths[dim] for dim in (*head, *tail))
    rows = _Rows(sweeps, found, slices(spec["phases"]))
    inner = sizes(spec["phases"])
    variables = {}
    for name, dims in LAYOUT.items():
        shape = (*outer, *(inner[dim] for dim in dims))
        lazy = indexing.LazilyIndexedArray(_Stored(rows, name, shape))
        variables[name] = xr.Variable((*head, *tail, *dims), lazy, {"units": UNITS[name]})
    attrs = {
        "sweep": found.id,
        "experiment": found.experiment,
        "design": spec["design"],
        "axes": axes,
        "backend": spec["backend"],
        "kind": _kind(spec["backend"]),
        "tasks": found.tasks,
        "done": found.done,
        "failed": found.failed,
        "workbench_version": spec["workbench_version"],
    }
    return xr.Dataset(variables, coords, attrs)


def _kind(name: str) -> str:
    from workbench.backends.base import backend, backend_names  # noqa: PLC0415

    return backend(name).kind if name in backend_names() else "unknown"


class _Rows:
    """All rows of a sweep, read once."""

    def __init__(self, sweeps: SweepStore, record: SweepRecord, places: dict[str, slice]) -> None:
        self._sweeps = sweeps
        self._record = record
        self.places = places

    @cached_property
    def table(self) -> NDArray[np.float64]:
        width = max(place.stop for place in self.places.values())
        tasks, numbers = self._sweeps.numbers(self._record.id, width)
        if len(tasks) == self._record.tasks:  # in order and complete: no copy needed
            return numbers
        full = np.full((self._record.tasks, width), np.nan)
        full[tasks] = numbers
        return full


class _Stored(BackendArray):
    """One variable of a sweep, for xarray to read lazily."""

    def __init__(self, rows: _Rows, name: str, shape: tuple[int, ...]) -> None:
        self._rows = rows
        self._name = name
        self.shape = shape
        self.dtype = np.dtype(np.float64)

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.BASIC, self._read
        )

    def _read(self, key: tuple[Any, ...]) -> NDArray[np.float64]:
        place = self._rows.places[self._name]
        whole: NDArray[np.float64] = self._rows.table[:, place].reshape(self.shape)[key]
        return whole
