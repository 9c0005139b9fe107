"""Core x time: what every core did when, from the whole recording down to single segments.

A timeline is the segments of one replication (`workbench.results.schema`), ordered by core
and time. The overview is an occupancy raster: for every core and bin how long each
component (or accounting bucket) held the core. Its kernel looks at each segment in the
window once; our prototype took 34 ms for 1e7 segments.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from workbench.analysis.timeline_kernels import (
    Rows,
    bounds,
    count_switches,
    fill,
    firsts,
    look,
    search,
)
from workbench.errors import InputError
from workbench.results.schema import BUCKETS, NO_COMPONENT

__all__ = ["By", "Event", "Segments", "Timeline"]

By = Literal["component", "bucket"]
Event = Literal["switch", "migration", "wait"]
_EVENTS: tuple[Event, ...] = get_args(Event)

_WAITING = tuple(BUCKETS.index(name) for name in ("poll_idle", "wait_owner", "lock_spin"))
_IDLE = BUCKETS.index("idle")


@dataclass(frozen=True)
class Segments:
    """Some segments, one per element of each array.

    Parameters
    ----------
    core, component, bucket
        Cell of the affinity space; indices into `Timeline.components` (`NO_COMPONENT` for
        none) and into `BUCKETS`.
    start_ns, end_ns
        On the run's clock.
    """

    core: NDArray[np.uint8]
    component: NDArray[np.uint8]
    bucket: NDArray[np.uint8]
    start_ns: NDArray[np.int64]
    end_ns: NDArray[np.int64]


class Timeline:
    """The recorded segments of one replication.

    Parameters
    ----------
    dataset
        Of one replication, with its segments.

    Raises
    ------
    workbench.errors.InputError
        If no timeline was recorded.
    """

    def __init__(self, dataset: xr.Dataset) -> None:
        if "segment_core" not in dataset or not dataset.sizes["segment"]:
            raise InputError(
                "This run has no timeline.",
                "Run it again with a recording, for example --set timeline_ms=50.",
            )
        core = dataset["segment_core"].values
        # A stable sort of bytes is a radix sort; within a core they are in order already.
        order = np.argsort(core, kind="stable")
        self.components = tuple(map(str, dataset["component"].values))
        self.cores = dataset.sizes["core"]
        self.core = core[order]
        self.component = dataset["segment_component"].values[order]
        self.bucket = dataset["segment_bucket"].values[order]
        self.start_ns: NDArray[np.int64] = dataset["segment_start_ns"].values[order]
        self.duration_ns = dataset["segment_duration_ns"].values[order]
        offsets = np.searchsorted(self.core, np.arange(self.cores + 1)).astype(np.int64)
        self._rows = Rows(offsets, self.start_ns, self.duration_ns)
        self.begin_ns = int(self.start_ns.min())
        self.end_ns = int((self.start_ns[self._last] + self.duration_ns[self._last]).max())
        self.space: tuple[int, int] = tuple(dataset.attrs.get("space", (self.cores, 1)))

    @property
    def _last(self) -> NDArray[np.int64]:
        offsets = self._rows.offsets
        return offsets[1:][offsets[1:] > offsets[:-1]] - 1

    def __len__(self) -> int:
        return int(self.start_ns.size)

    @property
    def nbytes(self) -> int:
        """Memory of the segments, in bytes."""
        arrays = (self.core, self.component, self.bucket, self.start_ns, self.duration_ns)
        return sum(array.nbytes for array in arrays)

    @property
    def figure(self) -> Any:
        """The timeline as a figure; `workbench.analysis.plots.timeline.TimelineFigure` has more."""
        from workbench.analysis.plots.timeline import TimelineFigure  # noqa: PLC0415 - as needed

        return TimelineFigure(self).figure

    def trace(self, file: str | Path) -> int:
        """Write a trace for Perfetto; see `workbench.analysis.trace.write_trace`."""
        from workbench.analysis.trace import write_trace  # noqa: PLC0415 - it is of timelines

        return write_trace(self, Path(file))

    # -- looking ---------------------------------------------------------------------------------

    def occupancy(
        self, begin_ns: int, end_ns: int, bins: int, by: By = "component"
    ) -> NDArray[np.float32]:
        """Return what part of each bin was held by whom: (core, bin, kind), from 0 to 1.

        Kinds are the components in order, or the buckets without ``idle``, which is their last;
        what is outside the recording is nobody's.
        """
        kind = self.component if by == "component" else self.bucket
        kinds = len(self.components) if by == "component" else _IDLE
        raster = np.zeros((self.cores, bins, kinds), np.float32)
        fill(self._rows, kind, (begin_ns, end_ns), np.zeros(kinds + 1), raster)
        raster *= bins / (end_ns - begin_ns)
        return raster

    def picture(
        self,
        begin_ns: int,
        end_ns: int,
        bins: int,
        colours: NDArray[np.uint8],
        by: By = "component",
    ) -> NDArray[np.uint32]:
        """Return the overview as pixels (core, bin): RGBA, little-endian, mixed by held time.

        Parameters
        ----------
        begin_ns, end_ns
            The span.
        bins
            Pixels across.
        colours
            RGB of each kind, shape (kinds, 3).
        by
            What is coloured.
        """
        raster = self.occupancy(begin_ns, end_ns, bins, by)
        held = raster.sum(axis=2, keepdims=True)
        mixed = raster @ colours.astype(np.float32) / np.maximum(held, 1e-9)
        pixels = np.empty((self.cores, bins, 4), np.uint8)
        pixels[..., :3] = np.rint(mixed).clip(0, 255)
        pixels[..., 3:] = np.rint(held * 255).clip(0, 255)
        return pixels.view(np.uint32)[..., 0]

    def count(self, begin_ns: int, end_ns: int) -> int:
        """Return how many segments overlap a span."""
        first, last = self._reach(begin_ns, end_ns)
        return int((last - first).sum())

    def window(self, begin_ns: int, end_ns: int) -> Segments:
        """Return the segments that overlap a span."""
        first, last = self._reach(begin_ns, end_ns)
        spans = [np.arange(a, b) for a, b in zip(first, last, strict=True)]
        index = np.concatenate(spans) if spans else np.empty(0, np.int64)
        start = self.start_ns[index]
        return Segments(
            self.core[index],
            self.component[index],
            self.bucket[index],
            start,
            start + self.duration_ns[index],
        )

    def at(self, time_ns: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return component and bucket of every core at a moment.

        `NO_COMPONENT` and ``idle`` where nothing was recorded.
        """
        component = np.full(self.cores, NO_COMPONENT, np.uint8)
        bucket = np.full(self.cores, _IDLE, np.uint8)
        look(self._rows, self.component, self.bucket, time_ns, component, bucket)
        return component, bucket

    # -- searching and measuring -----------------------------------------------------------------

    def next(self, event: Event, after_ns: int, *, backwards: bool = False) -> int | None:
        """Return when the next event after a moment is (or the last before it); None without.

        ``switch``: another component gets a core. ``migration``: a component gets a core that
        it had not held before in the recording. ``wait``: a worker begins to poll or spin.
        """
        best = np.array([-1], np.int64)
        search(
            self._rows, (self.component, self._waiting, self._begun), _EVENTS.index(event),
            after_ns, backwards, best,
        )  # fmt: skip
        return int(best[0]) if best[0] >= 0 else None

    def measure(self, begin_ns: int, end_ns: int) -> xr.DataArray:
        """Return core-seconds between two moments: dims (component, bucket); exact to the ns."""
        begin_ns, end_ns = min(begin_ns, end_ns), max(begin_ns, end_ns)
        found = self.window(begin_ns, end_ns)
        held = np.minimum(found.end_ns, end_ns) - np.maximum(found.start_ns, begin_ns)
        owned = found.component != NO_COMPONENT
        place = found.component[owned].astype(np.int64) * len(BUCKETS) + found.bucket[owned]
        size = len(self.components) * len(BUCKETS)
        # Sums of whole ns are exact as floats up to 2**53 ns, a hundred days.
        total = np.bincount(place, held[owned].astype(float), size)
        return xr.DataArray(
            total.reshape(len(self.components), len(BUCKETS)) / 1e9,
            dims=("component", "bucket"),
            coords={"component": list(self.components), "bucket": list(BUCKETS)},
            attrs={"units": "core-seconds"},
        )

    def switches(self, begin_ns: int, end_ns: int) -> int:
        """Return how often another component got a core in a span."""
        first, last = self._reach(begin_ns, end_ns)
        return int(count_switches(self._rows, self.component, begin_ns, first, last))

    @cached_property
    def _waiting(self) -> NDArray[np.bool_]:
        """Whether a segment is polling or spinning."""
        table = np.zeros(256, bool)
        table[list(_WAITING)] = True
        waiting: NDArray[np.bool_] = table[self.bucket]
        return waiting

    @cached_property
    def _begun(self) -> NDArray[np.int64]:
        """When each component first got each core (core, component); the latest time if never."""
        begun = np.full((self.cores, 256), np.iinfo(np.int64).max)
        firsts(self._rows, self.component, begun)
        return begun

    def _reach(self, begin_ns: int, end_ns: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        first = np.empty(self.cores, np.int64)
        last = np.empty(self.cores, np.int64)
        bounds(self._rows, begin_ns, end_ns, first, last)
        return first, last
