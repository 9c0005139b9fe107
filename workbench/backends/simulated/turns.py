"""Taking turns: who of several ready workers of a core goes next, for policies that rotate.

A policy that rotates keeps three numbers in its `table`, from `offset` on: by worker, when its
last turn ended and what is left of a slice that was cut short. Whoever has waited longest
goes next, so a worker that was preempted in mid-slice comes first again and has the rest
of its slice. Turns counted from the worker that ran last would begin anew after every
preemption: with frequent ones the workers further on would never run.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.backends.simulated.layout import FOREVER, NOBODY, Engine
from workbench.backends.simulated.policy import Records, part_of_policy

__all__ = ["NO_TURNS", "end_turn", "longest_waiting", "rest_of_slice", "turns"]

NO_TURNS = -FOREVER
"""A priority that every ready worker has at least."""


def turns(engine: Engine) -> npt.NDArray[np.int64]:
    """Return the part of a policy's table that the functions here keep."""
    return np.zeros(2 * len(engine.workers), np.int64)


@part_of_policy
def end_turn(
    core: int,
    expired: bool,
    clock: Records,
    cores: Records,
    workers: Records,
    table: Records,
    offset: int,
) -> None:
    """Note that the core's worker has had its turn, or what is left of its slice."""
    c = cores[core]
    w = c.running
    if w == NOBODY:
        return
    rest = offset + len(workers) + w
    if expired or not workers[w].ready:
        table[offset + w] = clock[0].now
        table[rest] = 0
    elif c.slice_end < FOREVER:
        table[rest] = max(c.slice_end - clock[0].now, 0)


@part_of_policy
def rest_of_slice(w: int, slice: int, workers: Records, table: Records, offset: int) -> int:
    """Return how long a worker's slice is that begins now."""
    rest = table[offset + len(workers) + w]
    return min(rest, slice) if rest > 0 else slice


@part_of_policy
def longest_waiting(
    core: int, least: int, cores: Records, workers: Records, table: Records, offset: int
) -> int:
    """Return the ready worker, of a priority of at least `least`, whose last turn is longest ago.

    Among equals those after the worker that ran last go first; nobody if none is ready.
    """
    c = cores[core]
    chosen = NOBODY
    w = max(c.last_ran, c.first - 1)
    for _ in range(c.first, c.last):
        w = w + 1 if w + 1 < c.last else c.first
        eligible = workers[w].ready and workers[w].priority >= least
        if eligible and (chosen == NOBODY or table[offset + w] < table[offset + chosen]):
            chosen = w
    return chosen
