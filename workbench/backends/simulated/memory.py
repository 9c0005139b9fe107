"""What memory costs: caches to refill after a switch, and bandwidth that runs short.

The time a task waits for local and remote memory follows from the placement alone and lies in
`layout.COST`; see `costs`.
"""

from __future__ import annotations

import math

from workbench.backends.simulated.jit import internal
from workbench.backends.simulated.layout import NOBODY, REMOTE_MEMORY, USEFUL, Engine

__all__ = ["draw_bandwidth", "leave_cache", "refill_ps", "stretch"]


@internal
def leave_cache(engine: Engine, core: int) -> None:
    """Note which part of the private cache the core's worker has filled in this slice."""
    c = engine.cores[core]
    worker = engine.workers[c.running]
    component = engine.components[worker.component]
    if component.lines_per_ps >= 0.0:
        books = engine.accounting[worker.component, core]
        ran = books[USEFUL] + books[REMOTE_MEMORY] - c.useful_before
        worker.footprint = min(component.lines_per_ps * ran, component.working_set)
    else:
        worker.footprint = engine.clock[0].private_lines
    c.touched += worker.footprint
    worker.touched_before = c.touched


@internal
def refill_ps(engine: Engine, core: int, w: int) -> int:
    """Return how long a worker that gets the core refills the private cache.

    Of the F lines of its last slice, those are gone that the G lines touched by others
    since have evicted from the C lines of the cache: F (1 - exp(-G / C)) (Thiebaut and
    Stone, Footprints in the cache, ACM TOCS 1987). All C lines take ``clock.refill_cost``.
    """
    c = engine.cores[core]
    clock = engine.clock[0]
    worker = engine.workers[w]
    component = engine.components[worker.component]
    books = engine.accounting[worker.component, core]
    c.useful_before = books[USEFUL] + books[REMOTE_MEMORY]
    if component.lines_per_ps < 0.0:
        return int(clock.refill_cost)
    lines = clock.private_lines
    kept = math.exp(-(c.touched - worker.touched_before) / lines)
    return int(clock.refill_cost * min(worker.footprint / lines, 1.0) * (1.0 - kept))


@internal
def draw_bandwidth(engine: Engine, core: int, on: bool) -> None:
    """Add the core's demand to the load of the NUMA nodes, or take it off."""
    c = engine.cores[core]
    if c.running != NOBODY and bool(c.draws) != on:
        c.draws = on
        site = engine.workers[c.running].site
        for node in range(len(engine.nodes)):
            asked = engine.demand[site, node]
            engine.nodes[node].load += asked if on else -asked


@internal
def stretch(engine: Engine, site: int) -> float:
    """Return by which factor a lack of bandwidth lengthens a task that begins now.

    Memory that is asked for more than it can give serves everyone more slowly, so that
    exactly its bandwidth is used; a task is as slow as the busiest node it reads.
    """
    factor = 1.0
    for node in range(len(engine.nodes)):
        if engine.demand[site, node] > 0:
            factor = max(factor, engine.nodes[node].load / engine.nodes[node].bandwidth)
    return factor
