"""Genode's own kernel base-hw: quotas claimed by priority, the rest shared out in turn.

In every super period a component may *claim* its CPU quota of each of its cores; whoever
has quota left goes before all others, the highest priority first. Who has none left, or has
none at all, *fills* the time that remains, in turn and without regard to priorities
(Genode Foundations, section on base-hw's scheduler). The four bands of priorities of the kernel
are the priorities of the scenario. Quotas: `cpu_quota`; Genode 25.11 dropped them from init.
"""

# ruff: noqa: ARG001 - all policies have one signature
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.backends.simulated.layout import FOREVER, NOBODY, Engine
from workbench.backends.simulated.policy import Records, part_of_policy, policy
from workbench.backends.simulated.turns import (
    NO_TURNS,
    end_turn,
    longest_waiting,
    rest_of_slice,
    turns,
)

TITLE = "base-hw: CPU quotas claimed by priority, the rest in turn"


def prepare(engine: Engine) -> npt.NDArray[np.int64]:
    """Return the quota of each worker, what is left of it, notes for each core, and turns.

    The notes are when the quotas were last charged, and the number of the super period.
    """
    share = engine.components["quota"][engine.workers["component"]]
    quota = (share * engine.clock["super_period"][0]).astype(np.int64)
    notes = np.zeros(2 * len(engine.cores), np.int64)
    return np.concatenate([quota, quota, notes, turns(engine)])


@part_of_policy
def _charge(core: int, clock: Records, cores: Records, workers: Records, table: Records) -> None:
    """Take the time since the last look off the quota; renew all quotas in a new period."""
    c = cores[core]
    now = clock[0].now
    left, notes = len(workers), 2 * len(workers) + 2 * core
    if c.running != NOBODY:
        ran = now - max(table[notes], c.held_since)
        table[left + c.running] = max(table[left + c.running] - ran, 0)
    table[notes] = now
    period = now // clock[0].super_period
    if period != table[notes + 1]:
        table[notes + 1] = period
        for w in range(c.first, c.last):
            table[left + w] = table[w]


@part_of_policy
def _claim(core: int, cores: Records, workers: Records, table: Records) -> int:
    """Return the ready worker of the highest priority that has quota left, or nobody."""
    claim = NOBODY
    for w in range(cores[core].first, cores[core].last):
        has_quota = workers[w].ready and table[len(workers) + w] > 0
        if has_quota and (claim == NOBODY or workers[w].priority > workers[claim].priority):
            claim = w
    return claim


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
    """Take the claim of the highest priority, or else fill."""
    c = cores[core]
    now = clock[0].now
    ended = 2 * (len(workers) + len(cores))
    claims = c.running != NOBODY and table[len(workers) + c.running] > 0
    if not claims:
        end_turn(core, expired, clock, cores, workers, table, ended)
    _charge(core, clock, cores, workers, table)
    next_period = (now // clock[0].super_period + 1) * clock[0].super_period
    rivals = 0
    for w in range(c.first, c.last):
        rivals += workers[w].ready
    if rivals == 0:
        return NOBODY, FOREVER
    w = _claim(core, cores, workers, table)
    if w != NOBODY:
        until = min(now + table[len(workers) + w], next_period)
        return w, FOREVER if rivals == 1 else until

    w = c.running
    stays = w != NOBODY and workers[w].ready
    if stays and not expired and c.slice_end < FOREVER:
        return w, c.slice_end
    if not stays or expired:
        w = longest_waiting(core, NO_TURNS, cores, workers, table, ended)
    slice = rest_of_slice(w, clock[0].fill_slice, workers, table, ended)
    return w, FOREVER if rivals == 1 else min(now + slice, next_period)
