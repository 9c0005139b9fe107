"""Gang scheduling: all workers of a component are switched together.

Components whose rectangles do not overlap share a row of the schedule
(Ousterhout, ICDCS 1982); rows take turns on a clock common to all cores. A core
whose worker of the present row has nothing to run takes the next row's.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.backends.simulated.layout import (
    CHECKING,
    FOREVER,
    NOBODY,
    PARALLEL,
    SERIAL,
    Engine,
)
from workbench.backends.simulated.policy import Records, policy
from workbench.backends.simulated.turns import end_turn, turns

TITLE = "Gang: all workers of a component switched together"


def prepare(engine: Engine) -> npt.NDArray[np.int64]:
    """Return the row of each component, the first one in which its cores are free, and turns."""
    rows: list[set[int]] = []
    row_of = np.zeros(len(engine.components), np.int64)
    for component in range(len(engine.components)):
        cores = set(engine.workers["core"][engine.workers["component"] == component].tolist())
        free = next((row for row, taken in enumerate(rows) if not taken & cores), len(rows))
        if free == len(rows):
            rows.append(set())
        rows[free] |= cores
        row_of[component] = free
    return np.concatenate([row_of, turns(engine)])


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
    """Take the worker of the row whose turn it is, or of the next row that has one."""
    c = cores[core]
    now = clock[0].now
    ended = len(components)  # from there on: when each worker's last turn ended
    end_turn(core, expired, clock, cores, workers, table, ended)
    live = 0
    for row in range(len(components)):
        for k in range(len(components)):
            if table[k] == row and (components[k].state in (PARALLEL, SERIAL, CHECKING)):
                live += 1
                break
    if live == 0:
        return NOBODY, FOREVER

    period = clock[0].quantum + clock[0].switch_cost + clock[0].refill_cost
    turn = now // period % live
    chosen = NOBODY
    nearest = FOREVER
    position = -1
    rivals = 0
    for row in range(len(components)):
        alive = False
        for k in range(len(components)):
            alive |= table[k] == row and (components[k].state in (PARALLEL, SERIAL, CHECKING))
        if not alive:
            continue
        position += 1
        distance = (position - turn) % live
        for w in range(c.first, c.last):
            if workers[w].ready and table[workers[w].component] == row:
                rivals += 1
                waited_longer = distance == nearest and table[ended + w] < table[ended + chosen]
                if distance < nearest or waited_longer:
                    chosen = w
                    nearest = distance
    if rivals <= 1 and live == 1:
        return chosen, FOREVER
    return chosen, (now // period + 1) * period
