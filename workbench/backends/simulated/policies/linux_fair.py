"""Linux' fair scheduler: per core, whoever has run least goes next, a slice at a time.

All weights are equal: Genode's priorities mean nothing to it. A worker that wakes up
begins where the least of the others stands, and takes the core at once from one that is
ahead of it by a slice or more (EEVDF, Linux 6.6 and later, without its lag; `fair_slice_ms` is
measured by ``workbench calibrate``). Native and QEMU runs are scheduled like this.
"""

# ruff: noqa: ARG001 - all policies have one signature
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.backends.simulated.layout import FOREVER, NOBODY, Engine
from workbench.backends.simulated.policy import Records, part_of_policy, policy

TITLE = "Linux fair: who has run least goes next, each core for itself"


def prepare(engine: Engine) -> npt.NDArray[np.int64]:
    """Return, by worker, its virtual run time; by core, when that was last brought forward."""
    return np.zeros(len(engine.workers) + len(engine.cores), np.int64)


@part_of_policy
def _charge(core: int, clock: Records, cores: Records, workers: Records, table: Records) -> int:
    """Bring the run time of the core's worker forward, and return it."""
    c = cores[core]
    booked = len(workers) + core
    ran = 0
    if c.running != NOBODY:
        table[c.running] += clock[0].now - max(table[booked], c.held_since)
        ran = table[c.running]
    table[booked] = clock[0].now
    return ran


@part_of_policy
def _least(
    core: int, ran: int, clock: Records, cores: Records, workers: Records, table: Records
) -> int:
    """Return the ready worker that has run least, in turn among equals, or nobody."""
    c = cores[core]
    least = NOBODY
    w = max(c.last_ran, c.first - 1)
    for _ in range(c.first, c.last):
        w = w + 1 if w + 1 < c.last else c.first
        if workers[w].ready:
            if workers[w].woken:
                table[w] = max(table[w], ran - clock[0].fair_slice)
            if least == NOBODY or table[w] < table[least]:
                least = w
    return least


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
    """Take the ready worker that has run least, but for a slice under way."""
    c = cores[core]
    ran = _charge(core, clock, cores, workers, table)
    least = _least(core, ran, clock, cores, workers, table)
    rivals = 0
    for w in range(c.first, c.last):
        rivals += workers[w].ready
    if rivals <= 1:
        return least, FOREVER
    whole = clock[0].fair_slice
    begins = c.slice_end == FOREVER
    if begins:  # to be shared: each core at a moment of its own
        whole = max(int(whole * (c.phase / clock[0].quantum)), 1)
    if not expired and c.running != NOBODY and workers[c.running].ready:
        if begins:
            return c.running, -whole
        if ran < table[least] + clock[0].fair_slice:
            return c.running, c.slice_end
    return least, -whole
