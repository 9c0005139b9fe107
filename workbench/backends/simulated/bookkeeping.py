"""The books of a core: its next event, its accounting buckets, its place in the raster."""

from __future__ import annotations

from workbench.backends.simulated.jit import compiled, inlined
from workbench.backends.simulated.layout import (
    CORE_BITS,
    IDLE,
    RASTER_BINS,
    REFILL,
    STARTING,
    SWITCH,
    Engine,
)

__all__ = ["account", "occupy", "post", "set_activity"]


@inlined
def post(engine: Engine, core: int) -> None:
    """Put the core's next event into the tree."""
    c = engine.cores[core]
    tree = engine.tree
    node = len(tree) // 2 + core
    tree[node] = (min(c.busy_until, c.slice_end) << CORE_BITS) | core
    while node > 1:
        node >>= 1
        earliest = min(tree[2 * node], tree[2 * node + 1])
        if tree[node] == earliest:
            break
        tree[node] = earliest


@compiled
def account(engine: Engine, core: int) -> None:
    """Book the time since the last booking on what the core has been doing."""
    c = engine.cores[core]
    now = engine.clock[0].now
    if c.activity == IDLE:
        engine.accounting[0, core, IDLE] += now - c.since
    else:
        spent = engine.accounting[engine.workers[c.running].component, core]
        if c.activity == STARTING:
            switching = max(min(now, c.switch_until) - c.since, 0)
            spent[SWITCH] += switching
            spent[REFILL] += now - c.since - switching
        else:
            spent[c.activity] += now - c.since
    c.since = now


@inlined
def set_activity(engine: Engine, core: int, activity: int) -> None:
    """Book what the core has been doing, and note what it does from now on."""
    if engine.cores[core].activity != activity:
        account(engine, core)
        engine.cores[core].activity = activity


@compiled
def occupy(engine: Engine, core: int) -> None:
    """Add the time its worker has held the core to the raster."""
    c = engine.cores[core]
    clock = engine.clock[0]
    while clock.now > clock.bin_width * RASTER_BINS:
        for component in range(engine.occupancy.shape[0]):
            for k in range(engine.occupancy.shape[1]):
                bins = engine.occupancy[component, k]
                for b in range(RASTER_BINS // 2):
                    bins[b] = bins[2 * b] + bins[2 * b + 1]
                bins[RASTER_BINS // 2 :] = 0
        clock.bin_width *= 2
    bins = engine.occupancy[engine.workers[c.running].component, core]
    at = c.held_since
    while at < clock.now:
        b = at // clock.bin_width
        until = min((b + 1) * clock.bin_width, clock.now)
        bins[b] += until - at
        at = until
