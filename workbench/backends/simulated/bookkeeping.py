"""The books of a core: its next event, its accounting buckets, its raster, its timeline."""

from __future__ import annotations

from workbench.backends.simulated.jit import inlined, internal
from workbench.backends.simulated.layout import (
    BANDWIDTH,
    EVENT_BITS,
    IDLE,
    NOBODY,
    RASTER_BINS,
    REFILL,
    REMOTE_MEMORY,
    STARTING,
    SWITCH,
    USEFUL,
    Engine,
)
from workbench.results.schema import NO_COMPONENT

__all__ = [
    "account",
    "count_even",
    "count_one",
    "list_core",
    "occupy",
    "post",
    "post_source",
    "set_activity",
]

_LONGEST_NS = (1 << 31) - 1


@inlined
def _put_leaf(engine: Engine, leaf: int, time: int) -> None:
    tree = engine.tree
    node = len(tree) // 2 + leaf
    earliest = (time << EVENT_BITS) | leaf
    tree[node] = earliest
    while node > 1:
        # Not read back from the tree: each level would wait for the store of the last one.
        earliest = min(earliest, tree[node ^ 1])
        node >>= 1
        if tree[node] == earliest:
            break
        tree[node] = earliest


@inlined
def post(engine: Engine, core: int) -> None:
    """Put the core's next event into the tree."""
    c = engine.cores[core]
    _put_leaf(engine, core, min(c.busy_until, c.slice_end))


@internal
def post_source(engine: Engine, source: int, time: int) -> None:
    """Put a source's next event into the tree."""
    _put_leaf(engine, len(engine.cores) + source, time)


@inlined
def list_core(engine: Engine, core: int) -> None:
    """Have a core looked at before the present event is over."""
    c = engine.cores[core]
    if not c.listed:
        c.listed = 1
        c.next_listed = engine.clock[0].agenda
        engine.clock[0].agenda = core + 1


@internal
def _record(engine: Engine, core: int, begin: int, end: int, bucket: int) -> None:
    """Add a piece to the timeline, as far as it lies in the recorded span."""
    clock = engine.clock[0]
    start = max(begin, clock.record_from) // 1000
    stop = min(end, clock.record_until) // 1000
    while start < stop:
        if clock.recorded == len(engine.segments):
            clock.record_until = min(clock.record_until, start * 1000)
            return
        segment = engine.segments[clock.recorded]
        segment.start = start
        segment.duration = min(stop - start, _LONGEST_NS)
        segment.core = core
        segment.bucket = bucket
        running = engine.cores[core].running
        segment.component = (
            NO_COMPONENT
            if running == NOBODY or bucket == IDLE
            else engine.workers[running].component
        )
        clock.recorded += 1
        start += _LONGEST_NS


@internal
def account(engine: Engine, core: int) -> None:
    """Book the time since the last booking on what the core has been doing."""
    c = engine.cores[core]
    clock = engine.clock[0]
    spent_ps = clock.now - c.since
    if spent_ps == 0:
        return
    recording = c.since < clock.record_until and clock.now > clock.record_from
    if c.activity == IDLE:
        engine.accounting[0, core, IDLE] += spent_ps
    else:
        books = engine.accounting[engine.workers[c.running].component, core]
        if c.activity == STARTING:
            switching = max(min(clock.now, c.switch_until) - c.since, 0)
            books[SWITCH] += switching
            books[REFILL] += spent_ps - switching
            if recording:
                _record(engine, core, c.since, c.since + switching, SWITCH)
                _record(engine, core, c.since + switching, clock.now, REFILL)
                recording = False
        elif c.activity == USEFUL:
            remote = int(spent_ps * c.remote_share)
            stalled = int(spent_ps * c.stall_share)
            books[REMOTE_MEMORY] += remote
            books[BANDWIDTH] += stalled
            books[USEFUL] += spent_ps - remote - stalled
            if c.sibling != NOBODY and engine.cores[c.sibling].running != NOBODY:
                c.lost += int(spent_ps * (1.0 - clock.thread_speed))
        else:
            books[c.activity] += spent_ps
    if recording:
        _record(engine, core, c.since, clock.now, c.activity)
    c.since = clock.now


@inlined
def set_activity(engine: Engine, core: int, activity: int) -> None:
    """Book what the core has been doing, and note what it does from now on."""
    if engine.cores[core].activity != activity:
        account(engine, core)
        engine.cores[core].activity = activity


@internal
def _widen_bins(engine: Engine) -> None:
    """Double the width of the rasters' bins."""
    for b in range(RASTER_BINS):
        for component in range(engine.occupancy.shape[1]):
            for core in range(engine.occupancy.shape[2]):
                held = 0
                ended = 0
                if b < RASTER_BINS // 2:
                    held = engine.occupancy[2 * b, component, core]
                    held += engine.occupancy[2 * b + 1, component, core]
                    ended = engine.finished[2 * b, component, core]
                    ended += engine.finished[2 * b + 1, component, core]
                engine.occupancy[b, component, core] = held
                engine.finished[b, component, core] = ended
    clock = engine.clock[0]
    clock.bin_width *= 2
    clock.bin >>= 1
    clock.bin_end = (clock.bin + 1) * clock.bin_width


@internal
def _turn_to_bin(engine: Engine) -> None:
    """Go on to the bin of the present moment; a division in every event would be dear."""
    clock = engine.clock[0]
    while clock.now > clock.bin_width * RASTER_BINS:
        _widen_bins(engine)
    while clock.now > clock.bin_end:
        clock.bin += 1
        clock.bin_end += clock.bin_width


@inlined
def count_one(engine: Engine, component: int, core: int) -> None:
    """Add an operation that ends now to the raster; the end of a bin belongs to it."""
    clock = engine.clock[0]
    if clock.now > clock.bin_end:
        _turn_to_bin(engine)
    engine.finished[max(clock.bin, 0), component, core] += 1


@internal
def count_even(engine: Engine, component: int, core: int, begin: int, operations: int) -> None:
    """Add operations to the raster that ended evenly spread from a moment until now."""
    clock = engine.clock[0]
    while clock.now > clock.bin_width * RASTER_BINS:
        _widen_bins(engine)
    width = clock.bin_width
    last = max(clock.now - 1, 0) // width
    counted = 0
    for b in range(begin // width, last):
        so_far = int(((b + 1) * width - begin) / (clock.now - begin) * operations)
        engine.finished[b, component, core] += so_far - counted
        counted = so_far
    engine.finished[last, component, core] += operations - counted


@internal
def occupy(engine: Engine, core: int) -> None:
    """Add the time its worker has held the core to the raster."""
    c = engine.cores[core]
    clock = engine.clock[0]
    while clock.now > clock.bin_width * RASTER_BINS:
        _widen_bins(engine)
    component = engine.workers[c.running].component
    at = c.held_since
    while at < clock.now:
        b = at // clock.bin_width
        until = min((b + 1) * clock.bin_width, clock.now)
        engine.occupancy[b, component, core] += until - at
        at = until
