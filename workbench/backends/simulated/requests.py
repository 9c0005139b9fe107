"""Requests on their way: which worker is next, whose inbox they lie in, who is woken.

A worker that polls waits in one of two buckets: ``wait_owner`` while at least one of its
own requests lies with a worker that does not hold its core at that moment, else ``poll_idle``.
"""

from __future__ import annotations

import numpy as np

from workbench.backends.simulated.bookkeeping import list_core, set_activity
from workbench.backends.simulated.draws import bits, uniform, zipf_rank
from workbench.backends.simulated.jit import inlined, internal
from workbench.backends.simulated.layout import (
    ANY,
    LOCAL,
    NOBODY,
    OWNER,
    PARALLEL,
    POLL_IDLE,
    WAIT_OWNER,
    Engine,
)

__all__ = [
    "hand_on",
    "issue",
    "leaf_of",
    "node_of",
    "put",
    "send",
    "stick",
    "stick_all",
    "target_of",
]

_LEAF, _KIND, _RANK = 1 << 20, (1 << 20) + 1, (1 << 20) + 2


@inlined
def leaf_of(engine: Engine, component: int, operation: int) -> int:
    """Return the leaf of the tree that an operation goes to."""
    it = engine.components[component]
    phase = engine.phases[component, it.phase]
    if phase.zipf > 0.0:
        rank = zipf_rank(phase, uniform(it.key, operation, _LEAF))
        chosen = bits(it.key, rank, _RANK)
    else:
        chosen = bits(it.key, operation, _LEAF)
    return int(np.int64(chosen % np.uint64(phase.leaves)))


@inlined
def node_of(engine: Engine, component: int, r: int) -> int:
    """Return the node of the tree, on its level, that a request is at."""
    request = engine.requests[r]
    phase = engine.phases[component, engine.components[component].phase]
    node = leaf_of(engine, component, request.operation)
    if engine.stages[request.stage].per_level:
        for _ in range(phase.levels - request.level):
            node = int(node / phase.fanout)
    return node


@inlined
def target_of(engine: Engine, component: int, r: int) -> int:
    """Return the worker that runs the request's next task."""
    request = engine.requests[r]
    it = engine.components[component]
    where = engine.stages[request.stage].where
    if where == LOCAL:
        w = int(request.issuer)
    elif where == OWNER:
        w = engine.members[it.first_member + node_of(engine, component, r) % it.workers]
    else:
        w = engine.members[it.first_member + where]
    stand_in: int = engine.workers[w].stand_in
    return stand_in


@inlined
def _polls(engine: Engine, w: int) -> bool:
    """Whether a worker holds its core and polls."""
    c = engine.cores[engine.workers[w].core]
    return c.running == w and c.activity in (POLL_IDLE, WAIT_OWNER)


@internal
def stick(engine: Engine, r: int, holder: int, change: int) -> None:
    """Count a request as lying (+1) or no longer lying (-1) with a worker off its core."""
    issuer = int(engine.requests[r].issuer)
    if issuer == holder:
        return
    worker = engine.workers[issuer]
    worker.stuck += change
    if _polls(engine, issuer):
        set_activity(engine, worker.core, WAIT_OWNER if worker.stuck > 0 else POLL_IDLE)


@internal
def stick_all(engine: Engine, holder: int, change: int) -> None:
    """Count all requests that lie with a worker that leaves (+1) or gets (-1) its core."""
    worker = engine.workers[holder]
    if worker.current >= 0:
        stick(engine, worker.current, holder, change)
    r = worker.inbox_head
    while r != NOBODY:
        stick(engine, r, holder, change)
        r = int(engine.requests[r].next)


@internal
def _wake(engine: Engine, w: int) -> None:
    """Make a worker that has left its core ready again."""
    worker = engine.workers[w]
    if not worker.granted:
        return
    worker.ready = 1
    worker.woken = 1
    c = engine.cores[worker.core]
    c.ask = max(c.ask, 1)
    list_core(engine, worker.core)


@inlined
def put(engine: Engine, w: int, r: int) -> None:
    """Put a request into a worker's inbox, and have the worker see it."""
    worker = engine.workers[w]
    engine.requests[r].next = NOBODY
    if worker.inbox_head == NOBODY:
        worker.inbox_head = r
    else:
        engine.requests[worker.inbox_tail].next = r
    worker.inbox_tail = r
    c = engine.cores[worker.core]
    if c.running != w:
        if engine.requests[r].issuer != w:
            stick(engine, r, w, 1)
    elif c.activity in (POLL_IDLE, WAIT_OWNER):
        list_core(engine, worker.core)
    if not worker.ready and engine.components[worker.component].state == PARALLEL:
        _wake(engine, w)


@internal
def _put_for_any(engine: Engine, component: int, r: int) -> None:
    """Put a request into the queue of a component, and have an idle worker see it."""
    it = engine.components[component]
    engine.requests[r].next = NOBODY
    if it.queue_head == NOBODY:
        it.queue_head = r
    else:
        engine.requests[it.queue_tail].next = r
    it.queue_tail = r
    for number in range(it.workers):
        w = engine.members[it.first_member + number]
        if engine.workers[w].granted:
            if not engine.workers[w].ready:
                _wake(engine, w)
                return
            core = engine.workers[w].core
            if _polls(engine, w) and not engine.cores[core].listed:
                list_core(engine, core)
                return


@inlined
def send(engine: Engine, component: int, r: int) -> None:
    """Pass a request on to another worker, its target."""
    engine.components[component].delegated += 1
    put(engine, engine.workers[engine.requests[r].target].stand_in, r)


@inlined
def issue(engine: Engine, component: int, r: int) -> None:
    """Make a request the next operation, and send it where its first task runs."""
    it = engine.components[component]
    phase = engine.phases[component, it.phase]
    if phase.issued >= phase.next_level_at:
        phase.levels += 1
        phase.next_level_at = int(phase.next_level_at * phase.fanout)
    request = engine.requests[r]
    request.operation = phase.issued
    request.start = engine.clock[0].now
    request.level = 0
    kind = phase.first_kind
    if phase.last_kind - kind > 1:
        chance = uniform(it.key, request.operation, _KIND)
        while chance > engine.kinds[kind].below and kind < phase.last_kind - 1:
            kind += 1
    request.stage = engine.kinds[kind].first_stage
    request.last = engine.kinds[kind].last_stage
    phase.issued += 1
    first = engine.stages[request.stage]
    if first.where == ANY:
        _put_for_any(engine, component, r)
        return
    if first.per_level and phase.levels == 0:
        request.stage += 1
    request.target = target_of(engine, component, r)
    if request.target != engine.workers[request.issuer].stand_in:
        it.delegated += 1
    put(engine, int(request.target), r)


@internal
def hand_on(engine: Engine, w: int) -> None:
    """Pass what lies in the inbox of a worker without a core to its stand-in."""
    worker = engine.workers[w]
    if worker.stand_in == w:
        return
    held = engine.cores[worker.core].running == w
    r = worker.inbox_head
    worker.inbox_head = NOBODY
    worker.inbox_tail = NOBODY
    while r != NOBODY:
        following = int(engine.requests[r].next)
        if not held:
            stick(engine, r, w, -1)
        put(engine, worker.stand_in, r)
        r = following
