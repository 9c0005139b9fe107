"""Locks: who holds them, who spins for them, and whose turn is next.

A worker holds or wants one lock at a time. Who finds a lock taken spins, in the order of
arrival. A lock that is released goes to the first spinning worker *that holds its core*: a
worker off its core cannot take it, which is why the preemption of a holder, or of the next in
line, does not stop those behind.
"""

from __future__ import annotations

from workbench.backends.simulated.bookkeeping import list_core
from workbench.backends.simulated.jit import internal
from workbench.backends.simulated.layout import (
    EXCLUSIVE,
    HOLDING,
    NO_LOCK,
    NOBODY,
    SHARED,
    SPINNING,
    Engine,
)

__all__ = ["acquire", "release", "written_meanwhile"]


@internal
def _take(engine: Engine, w: int) -> bool:
    """Take the lock that a worker wants, if that is possible now."""
    worker = engine.workers[w]
    lock = engine.locks[worker.lock]
    if lock.holder != NOBODY or (worker.lock_mode == EXCLUSIVE and lock.readers > 0):
        return False
    if worker.lock_mode == EXCLUSIVE:
        lock.holder = w
    elif worker.lock_mode == SHARED:
        lock.readers += 1
    worker.lock_version = lock.version
    worker.lock_state = HOLDING
    worker.spins = 0
    return True


@internal
def _leave_queue(engine: Engine, w: int, before: int) -> None:
    """Take a worker out of the list of those that spin for its lock."""
    worker = engine.workers[w]
    lock = engine.locks[worker.lock]
    if before == NOBODY:
        lock.first_waiting = worker.next_waiting
    else:
        engine.workers[before].next_waiting = worker.next_waiting
    if lock.last_waiting == w:
        lock.last_waiting = before


@internal
def acquire(engine: Engine, w: int) -> bool:
    """Give a worker the lock it wants, or have it spin."""
    worker = engine.workers[w]
    spinning = worker.lock_state == SPINNING
    if _take(engine, w):
        if spinning:
            before, v = NOBODY, int(engine.locks[worker.lock].first_waiting)
            while v != w:
                before, v = v, engine.workers[v].next_waiting
            _leave_queue(engine, w, before)
        return True
    if not spinning:
        worker.lock_state = SPINNING
        worker.next_waiting = NOBODY
        lock = engine.locks[worker.lock]
        if lock.first_waiting == NOBODY:
            lock.first_waiting = w
        else:
            engine.workers[lock.last_waiting].next_waiting = w
        lock.last_waiting = w
    return False


@internal
def written_meanwhile(engine: Engine, w: int) -> bool:
    """Whether what a worker has read optimistically was written meanwhile."""
    worker = engine.workers[w]
    lock = engine.locks[worker.lock]
    return bool(lock.holder != NOBODY or lock.version != worker.lock_version)


@internal
def release(engine: Engine, w: int) -> None:
    """Take a worker's lock back and pass it on."""
    worker = engine.workers[w]
    worker.lock_state = NO_LOCK
    lock = engine.locks[worker.lock]
    if worker.lock_mode == EXCLUSIVE:
        lock.holder = NOBODY
        lock.version += 1
    elif worker.lock_mode == SHARED:
        lock.readers -= 1
    before, v = NOBODY, int(lock.first_waiting)
    while v != NOBODY:
        following = engine.workers[v].next_waiting
        if engine.workers[v].spins:
            if not _take(engine, v):
                return
            _leave_queue(engine, v, before)
            list_core(engine, engine.workers[v].core)
        else:
            before = v
        v = following
