"""Hardware threads: two cells of the affinity space that are one core.

While workers hold both threads of a core, each gets on at the part `layout.CLOCK.thread_speed`
of its speed, whatever they do: a worker that polls takes from its sibling, too. Context switches
and refills take their usual time. When a sibling comes or goes, what is left of a segment
under way is made longer or shorter, so the result is exact but for a picosecond each time.
"""

from __future__ import annotations

from workbench.backends.simulated.bookkeeping import account, list_core
from workbench.backends.simulated.jit import internal
from workbench.backends.simulated.layout import FOREVER, NOBODY, USEFUL, Engine

__all__ = ["full_speed_ps", "meet_sibling", "slowed_ps"]


@internal
def _is_slowed(engine: Engine, core: int) -> bool:
    sibling = engine.cores[core].sibling
    return bool(sibling != NOBODY and engine.cores[sibling].running != NOBODY)


@internal
def slowed_ps(engine: Engine, core: int, length: int) -> int:
    """Return how long work takes on a core as things are that takes so long at full speed."""
    if _is_slowed(engine, core):
        return int(length / engine.clock[0].thread_speed)
    return length


@internal
def full_speed_ps(engine: Engine, core: int, length: int) -> int:
    """Return how long work takes at full speed that takes so long as things are."""
    if _is_slowed(engine, core):
        return int(length * engine.clock[0].thread_speed)
    return length


@internal
def meet_sibling(engine: Engine, core: int, comes: bool) -> None:
    """Change the sibling's speed, as a worker comes to this core or the last one leaves it."""
    sibling = engine.cores[core].sibling
    if sibling == NOBODY:
        return
    other = engine.cores[sibling]
    clock = engine.clock[0]
    account(engine, sibling)
    if other.running != NOBODY and other.activity == USEFUL and other.busy_until < FOREVER:
        left = float(other.busy_until - clock.now)
        left = left / clock.thread_speed if comes else left * clock.thread_speed
        other.busy_until = clock.now + int(left)
        list_core(engine, sibling)
