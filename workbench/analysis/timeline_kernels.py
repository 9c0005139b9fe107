"""The timeline's kernels: loops over the segments of every core, compiled when first used."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

from workbench.backends.simulated.jit import compiled
from workbench.results.schema import NO_COMPONENT

__all__ = ["Rows", "bounds", "count_switches", "fill", "firsts", "look", "search"]

Array = NDArray[Any]
Columns = tuple[Array, Array, Array]
"""Component and whether it waits, by segment; when each component first got each core."""


class Rows(NamedTuple):
    """What the kernels are given of a timeline: where each core begins, and its segments."""

    offsets: Array
    start: Array
    duration: Array


@compiled
def first(rows: Rows, low: int, high: int, begin: int) -> int:
    """Return the first segment of a core, between two places, that ends after `begin`."""
    while low < high:
        middle = (low + high) // 2
        if rows.start[middle] + rows.duration[middle] > begin:
            high = middle
        else:
            low = middle + 1
    return low


@compiled
def bounds(rows: Rows, begin: int, end: int, starts: Array, ends: Array) -> None:
    """Note which segments of each core overlap a span: from a start up to before an end."""
    for core in range(starts.size):
        low, high = rows.offsets[core], rows.offsets[core + 1]
        starts[core] = first(rows, low, high, begin)
        while low < high:
            middle = (low + high) // 2
            if rows.start[middle] >= end:
                high = middle
            else:
                low = middle + 1
        ends[core] = max(low, starts[core])


@compiled
def look(
    rows: Rows, component: Array, bucket: Array, time: int, holder: Array, what: Array
) -> None:
    """Note component and bucket of every core at a moment."""
    for core in range(holder.size):
        place = first(rows, rows.offsets[core], rows.offsets[core + 1], time)
        if place < rows.offsets[core + 1] and rows.start[place] <= time:
            holder[core] = component[place]
            what[core] = bucket[place]


@compiled
def fill(rows: Rows, kind: Array, span: tuple[int, int], held: Array, raster: Array) -> None:
    """Sum up per core, bin and kind how long it was held, in ns.

    `held` is scratch for one bin. Within a bin a segment costs one addition; only where one
    crosses a bin's edge is there more to do.
    """
    cores, bins, kinds = raster.shape
    begin, end = span
    width = (end - begin) / bins
    for core in range(cores):
        place = first(rows, rows.offsets[core], rows.offsets[core + 1], begin)
        column = 0
        edge = begin + width
        held[:] = 0.0
        while place < rows.offsets[core + 1] and rows.start[place] < end:
            left = float(max(rows.start[place], begin))
            right = float(min(rows.start[place] + rows.duration[place], end))
            which = min(kind[place], kinds)
            while right > edge and column < bins - 1:
                if left < edge:
                    held[which] += edge - left
                    left = edge
                for number in range(kinds):
                    raster[core, column, number] = held[number]
                    held[number] = 0.0
                column += 1
                edge = begin + (column + 1) * width
            held[which] += right - left
            place += 1
        for number in range(kinds):
            raster[core, column, number] = held[number]


@compiled
def firsts(rows: Rows, component: Array, begun: Array) -> None:
    """Note when each component first got each core."""
    for core in range(begun.shape[0]):
        for place in range(rows.offsets[core], rows.offsets[core + 1]):
            who = component[place]
            begun[core, who] = min(begun[core, who], rows.start[place])


@compiled
def _is_switch(component: Array, begin: int, place: int) -> bool:
    """Whether a core goes over to another component with a segment."""
    who = component[place]
    if who == NO_COMPONENT:
        return False
    before = place - 1
    while before >= begin and component[before] == NO_COMPONENT:
        before -= 1
    return bool(before >= begin and component[before] != who)


@compiled
def _is_wait(component: Array, waiting: Array, begin: int, place: int) -> bool:
    """Whether a worker begins to wait with a segment; `waiting` says of each whether it is."""
    return (
        waiting[place]
        and component[place] != NO_COMPONENT
        and not (place > begin and waiting[place - 1] and component[place - 1] != NO_COMPONENT)
    )


@compiled
def _is_event(rows: Rows, columns: Columns, event: int, core: int, place: int) -> bool:
    """Whether a segment begins with an event of a kind, by its place in `_EVENTS`."""
    component, waiting, begun = columns
    if event == 0:
        return _is_switch(component, rows.offsets[core], place)
    if event == 2:
        return _is_wait(component, waiting, rows.offsets[core], place)
    who, start = component[place], rows.start[place]
    if who == NO_COMPONENT or begun[core, who] != start:
        return False
    earliest = start
    for other in range(begun.shape[0]):
        earliest = min(earliest, begun[other, who])
    return bool(earliest < start)


@compiled
def search(
    rows: Rows, columns: Columns, event: int, time: int, backwards: bool, best: Array
) -> None:
    """Find the nearest event after or before a moment; -1 stays where there is none."""
    for core in range(rows.offsets.size - 1):
        begin, end = rows.offsets[core], rows.offsets[core + 1]
        low, high = begin, end
        while low < high:  # the first segment that starts after (or at) the moment
            middle = (low + high) // 2
            if rows.start[middle] > time or (backwards and rows.start[middle] == time):
                high = middle
            else:
                low = middle + 1
        place = low - 1 if backwards else low
        while begin <= place < end:
            start = rows.start[place]
            if best[0] >= 0 and (start <= best[0] if backwards else start >= best[0]):
                break
            if _is_event(rows, columns, event, core, place):
                best[0] = start
                break
            place += -1 if backwards else 1


@compiled
def count_switches(rows: Rows, component: Array, begin: int, starts: Array, ends: Array) -> int:
    """Return how many segments from a moment on give their core to another component."""
    count = 0
    for core in range(starts.size):
        for place in range(starts[core], ends[core]):
            if rows.start[place] >= begin and _is_switch(component, rows.offsets[core], place):
                count += 1
    return count
