"""NOVA's scheduler: per core, fixed priorities, round robin among equals.

Each core decides for itself. Where the slices of different cores begin is
chance: when a second worker gets ready on a core, the first one has a random
part of its slice left.
"""

# ruff: noqa: ARG001 - all policies have one signature
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.backends.simulated.layout import FOREVER, NOBODY, Engine
from workbench.backends.simulated.policy import Records, policy
from workbench.backends.simulated.turns import end_turn, rest_of_slice, turns

TITLE = "NOVA: fixed priorities, round robin, each core for itself"


def prepare(engine: Engine) -> npt.NDArray[np.int64]:
    """Return whose turn it is on each core."""
    return turns(engine)


@policy
def pick(
    core: int,
    expired: bool,
    clock: Records,
    cores: Records,
    workers: Records,
    components: Records,
    table: Records,
) -> tuple[int, int]:
    """Keep the worker until its slice ends, then take the next of the highest priority."""
    c = cores[core]
    end_turn(core, expired, clock, cores, workers, table, 0)
    # In turn after the worker that ran last, and whose last turn is longest ago goes first.
    highest, rivals, following = -FOREVER, 0, NOBODY
    w = max(c.last_ran, c.first - 1)
    for _ in range(c.first, c.last):
        w = w + 1 if w + 1 < c.last else c.first
        if not workers[w].ready or workers[w].priority < highest:
            continue
        if workers[w].priority > highest:
            highest, rivals, following = workers[w].priority, 0, w
        rivals += 1
        if table[w] < table[following]:
            following = w
    if rivals == 0:
        return NOBODY, FOREVER

    w = c.running
    stays = w != NOBODY and workers[w].ready and workers[w].priority == highest
    if not stays or expired:
        w = following
    if rivals == 1:
        return w, FOREVER
    if stays and not expired and c.slice_end < FOREVER:
        return w, c.slice_end
    whole = c.phase if c.slice_end == FOREVER else clock[0].quantum
    return w, -rest_of_slice(w, whole, workers, table, 0)
