"""The event loop: pinned workers that share cores, compiled by numba.

One pending event per core and per source, the earliest first, ties to the lower core. An
event is the end of a segment, of a switch or of a slice, or an arrival. Polling and spinning
make no events: a worker with nothing to do is woken by whoever gives it something.

A worker runs an operation's consecutive tasks at one place in a row, as one *segment* and
one event, unless one of them needs a lock. MxTasking puts each task back into the worker's
queue; that changes the order in which the requests of one worker advance, not the work nor
the number in flight. Where workers do not depend on each other at all, many operations
are one event (`batch`).

Functions here work on a `layout.Engine` and change it in place. `requests` says where an
operation goes next, `phases` what a component does next, `locks` who holds a lock,
`memory` what caches and bandwidth cost, and `bookkeeping` keeps the books.
"""

from __future__ import annotations

from collections.abc import Callable

from numba import typeof, types

from workbench.backends.simulated import layout
from workbench.backends.simulated.arrivals import next_arrival
from workbench.backends.simulated.batch import begin_batch, book_latencies, end_batch
from workbench.backends.simulated.bookkeeping import (
    account,
    count_one,
    list_core,
    occupy,
    post,
    set_activity,
)
from workbench.backends.simulated.draws import demand_ps
from workbench.backends.simulated.jit import inlined, internal, with_signature
from workbench.backends.simulated.layout import (
    DIED,
    EVENT_BITS,
    FOREVER,
    HOLDING,
    IDLE,
    LOCK_SPIN,
    LOCKING,
    NO_LOCK,
    NOBODY,
    NOT_BEGUN,
    OPTIMISTIC,
    PHASE_DONE,
    POLL_IDLE,
    SERIAL_DONE,
    SERIAL_WORK,
    SPINNING,
    STARTING,
    UNLOCKED,
    USEFUL,
    WAIT_OWNER,
    WAITING,
    Engine,
)
from workbench.backends.simulated.locks import acquire, release, written_meanwhile
from workbench.backends.simulated.memory import draw_bandwidth, leave_cache, refill_ps, stretch
from workbench.backends.simulated.policy import signature
from workbench.backends.simulated.reference import as_array, by_reference
from workbench.backends.simulated.requests import (
    hand_on,
    issue,
    node_of,
    send,
    stick_all,
    target_of,
)
from workbench.backends.simulated.threads import full_speed_ps, meet_sibling, slowed_ps

__all__ = ["advance"]

_SHAPES = layout.empty(layout.Sizes())

_PURPOSES_PER_STAGE = 64
"""Random numbers set apart for each stage."""


@inlined
def _run_for(engine: Engine, core: int, own: int, remote: int) -> None:
    """Keep the core's worker busy for so long, some of the time waiting for memory."""
    c = engine.cores[core]
    clock = engine.clock[0]
    remote_share, stall_share, length = 0.0, 0.0, own + remote
    if clock.limited:
        set_activity(engine, core, USEFUL)
        draw_bandwidth(engine, core, True)
        factor = stretch(engine, engine.workers[c.running].site)
        if factor > 1.0:
            length = int(length * factor)
            stall_share = 1.0 - 1.0 / factor
        length = slowed_ps(engine, core, length)
    if remote > 0:
        remote_share = remote / (own + remote) * (1.0 - stall_share)
    set_activity(engine, core, USEFUL)
    if remote_share != c.remote_share or stall_share != c.stall_share:
        account(engine, core)
        c.remote_share = remote_share
        c.stall_share = stall_share
    c.busy_until = clock.now + length


@inlined
def _run(engine: Engine, core: int, r: int) -> None:
    """Let the core's worker run the request's tasks up to the first one elsewhere."""
    me = engine.cores[core].running
    request = engine.requests[r]
    worker = engine.workers[me]
    component = engine.components[worker.component]
    phase = engine.phases[worker.component, component.phase]
    stage = int(request.stage)
    worker.stage = stage
    worker.level = request.level
    own, remote = 0, 0
    while True:
        what = engine.stages[stage]
        tasks = phase.levels if what.per_level else what.tasks
        purpose = stage * _PURPOSES_PER_STAGE
        if what.alone and what.per_level:
            tasks = 1
            purpose += request.level
            request.level += 1
        cost = engine.costs[worker.site, stage]
        own += tasks * cost.own_ps + demand_ps(
            what.distribution, what.mean_ps, tasks, component.key, request.operation, purpose
        )
        remote += tasks * cost.remote_ps
        component.tasks += tasks
        if not (what.alone and what.per_level and request.level < phase.levels):
            stage += 1
            request.level = 0
        request.stage = stage
        if stage == request.last:
            request.target = NOBODY
            break
        request.target = target_of(engine, worker.component, r)
        if request.target != me or engine.stages[stage].alone:
            break
    _run_for(engine, core, own, remote)


@inlined
def _next_request(engine: Engine, w: int) -> int:
    """Return what a worker takes from its inbox, or from the component's queue, if anything."""
    worker = engine.workers[w]
    it = engine.components[worker.component]
    if not worker.granted:
        hand_on(engine, w)
        return NOBODY
    r: int = worker.inbox_head
    if r != NOBODY:
        worker.inbox_head = engine.requests[r].next
        return r
    r = it.queue_head
    if r != NOBODY:
        it.queue_head = engine.requests[r].next
    return r


@inlined
def _wait(engine: Engine, core: int) -> None:
    """Let the core's worker poll, or leave its core."""
    c = engine.cores[core]
    worker = engine.workers[c.running]
    set_activity(engine, core, WAIT_OWNER if worker.stuck > 0 else POLL_IDLE)
    if engine.clock[0].limited:
        draw_bandwidth(engine, core, False)
    if engine.components[worker.component].blocks or not worker.granted:
        worker.ready = 0
        c.ask = max(c.ask, 1)


@inlined
def _go_on(engine: Engine, core: int) -> None:
    """Let the core's worker run what is left of its segment."""
    c = engine.cores[core]
    worker = engine.workers[c.running]
    set_activity(engine, core, USEFUL)
    left = worker.remaining
    if engine.clock[0].limited:
        draw_bandwidth(engine, core, True)
        left = slowed_ps(engine, core, left)
    c.remote_share = worker.remote_share
    c.stall_share = worker.stall_share
    c.busy_until = engine.clock[0].now + left


@inlined
def _runs_batch(engine: Engine, core: int, r: int) -> bool:
    """Let the core's worker run a batch, if that is worth it."""
    worker = engine.workers[engine.cores[core].running]
    length = begin_batch(engine, core, r)
    if length > 0:
        remote = int(length * worker.remote_share)
        _run_for(engine, core, length - remote, remote)
    return length > 0


@inlined
def _wants_lock(engine: Engine, w: int) -> bool:
    """Whether a worker's request needs a lock for its next task; note which one."""
    worker = engine.workers[w]
    what = engine.stages[engine.requests[worker.current].stage]
    if what.lock == UNLOCKED:
        return False
    worker.lock = engine.components[worker.component].first_lock + what.first_lock
    if what.locks > 1:
        worker.lock += node_of(engine, worker.component, worker.current) % what.locks
    worker.lock_mode = what.lock
    return True


@inlined
def _work(engine: Engine, core: int) -> None:
    """Let the core's worker go on, take the next request, poll, or leave."""
    w = engine.cores[core].running
    worker = engine.workers[w]
    if worker.current == NOBODY:
        r = _next_request(engine, w)
        if r == NOBODY:
            _wait(engine, core)
            return
        worker.current = r
        worker.remaining = NOT_BEGUN
    r = worker.current
    locking = worker.lock_state == SPINNING
    if worker.remaining == NOT_BEGUN:
        locking = _wants_lock(engine, w)
        worker.remaining = LOCKING
        phase = engine.phases[worker.component, engine.components[worker.component].phase]
        if phase.batchable and _runs_batch(engine, core, r):
            return
    elif worker.remaining != LOCKING:
        _go_on(engine, core)
        return
    if locking and not acquire(engine, w):
        worker.spins = 1
        set_activity(engine, core, LOCK_SPIN)
        return
    _run(engine, core, r)


@inlined
def _finish_operation(engine: Engine, component: int, core: int, r: int) -> None:
    """Book the end of an operation, and issue the next one in its place."""
    it = engine.components[component]
    phase = engine.phases[component, it.phase]
    if phase.done == phase.capacity:
        it.pending = DIED
        engine.clock[0].boundary = 1
        return
    request = engine.requests[r]
    book_latencies(engine, component, it.phase, float(engine.clock[0].now - request.start), 1)
    phase.done += 1
    count_one(engine, component, core)
    if phase.arrival_ps > 0.0:
        request.next = it.free_head
        it.free_head = r
    if phase.done == phase.operations:
        it.pending = PHASE_DONE
        engine.clock[0].boundary = 1
    elif phase.arrival_ps == 0.0 and phase.issued + phase.reserved < phase.operations:
        issue(engine, component, r)


@inlined
def _complete(engine: Engine, core: int) -> None:
    """End the segment that the core's worker has run, and see the request on its way."""
    w = engine.cores[core].running
    worker = engine.workers[w]
    r = worker.current
    if r == SERIAL_WORK:
        worker.current = NOBODY
        engine.components[worker.component].pending = SERIAL_DONE
        engine.clock[0].boundary = 1
        return
    request = engine.requests[r]
    if worker.lock_state == HOLDING:
        if worker.lock_mode == OPTIMISTIC and written_meanwhile(engine, w):
            engine.components[worker.component].retries += 1
            request.stage = worker.stage
            request.level = worker.level
            worker.lock_state = NO_LOCK
            worker.remaining = NOT_BEGUN
            return
        release(engine, w)
    if worker.batch > 1:
        end_batch(engine, w, r)
    if request.target == w:
        worker.remaining = NOT_BEGUN
        return
    worker.current = NOBODY
    if request.target == NOBODY:
        _finish_operation(engine, worker.component, core, r)
    else:
        send(engine, worker.component, r)


@internal
def _hand_over(engine: Engine, core: int, w: int) -> None:
    """Take the core from its worker and give it to another one, or to nobody."""
    c = engine.cores[core]
    clock = engine.clock[0]
    account(engine, core)
    if (c.running == NOBODY) != (w == NOBODY):
        meet_sibling(engine, core, w != NOBODY)
    if c.running != NOBODY:
        occupy(engine, core)
        draw_bandwidth(engine, core, False)
        leave_cache(engine, core)
        leaving = engine.workers[c.running]
        leaving.spins = 0
        if c.activity == USEFUL and c.busy_until < FOREVER:
            leaving.remaining = full_speed_ps(engine, core, c.busy_until - clock.now)
            leaving.remote_share = c.remote_share
            leaving.stall_share = c.stall_share
        stick_all(engine, c.running, 1)
    c.running = w
    c.held_since = clock.now
    c.busy_until = FOREVER
    if w == NOBODY:
        c.activity = IDLE
        return
    stick_all(engine, w, -1)
    cost = clock.wake_cost if engine.workers[w].woken else 0
    refill = refill_ps(engine, core, w)
    engine.workers[w].woken = 0
    if c.last_ran not in (NOBODY, w):
        c.switches += 1
        cost += clock.switch_cost
    else:
        refill = 0
    if cost + refill > 0:
        c.activity = STARTING
        c.switch_until = clock.now + cost
        c.busy_until = c.switch_until + refill
    else:
        c.activity = POLL_IDLE
    c.last_ran = w


@internal
def _reschedule(engine: Engine, pick: Callable[..., tuple[int, int]], core: int) -> None:
    """Ask the policy who is to hold the core, and until when."""
    c = engine.cores[core]
    expired = c.ask == 2
    c.ask = 0
    w, slice_end = pick(
        core,
        expired,
        as_array(engine.clock),
        as_array(engine.cores),
        as_array(engine.workers),
        as_array(engine.components),
        as_array(engine.table),
    )
    if w != c.running:
        _hand_over(engine, core, w)
    if slice_end < 0:
        begin = engine.clock[0].now
        if c.activity == STARTING:
            begin = c.busy_until
        slice_end = begin - slice_end
    c.slice_end = slice_end


@inlined
def _settle(engine: Engine, pick: Callable[..., tuple[int, int]], first: int) -> None:
    """Look at all cores that something has happened to, and post their next events.

    The `first` of them is not on the list, if it is anybody.
    """
    clock = engine.clock[0]
    core = first
    while True:
        if core == NOBODY:
            if clock.agenda == 0:
                break
            core = clock.agenda - 1
            clock.agenda = engine.cores[core].next_listed
            engine.cores[core].listed = 0
        c = engine.cores[core]
        if c.ask:
            _reschedule(engine, pick, core)
        if c.running != NOBODY and c.busy_until == FOREVER:
            _work(engine, core)
        if c.ask:
            list_core(engine, core)
        else:
            post(engine, core)
        core = NOBODY


@internal
def _stop(engine: Engine) -> None:
    """Close the books."""
    for core in range(len(engine.cores)):
        account(engine, core)
        if engine.cores[core].running != NOBODY:
            _hand_over(engine, core, NOBODY)


@inlined
def _happen(engine: Engine, source: int) -> int:
    """Handle the event of a core, or of a source, numbered behind the cores.

    Return the core that is to be looked at first, unless it is on the list already.
    """
    clock = engine.clock[0]
    if source < len(engine.cores):
        c = engine.cores[source]
        if c.busy_until <= clock.now:
            c.busy_until = FOREVER
            if c.activity == USEFUL:
                _complete(engine, source)
        if c.slice_end <= clock.now:
            c.ask = 2
        return NOBODY if c.listed else source
    component = source - len(engine.cores)
    if component < len(engine.components) and engine.components[component].state != WAITING:
        next_arrival(engine, component)
    else:
        clock.boundary = 1
    return NOBODY


@internal
def _advance(engine: Engine, pick: Callable[..., tuple[int, int]], events: int) -> int:
    """Handle events, see `advance`."""
    clock = engine.clock[0]
    if clock.running == 0:
        _stop(engine)
        return 0
    count = 0
    first = NOBODY
    while True:
        _settle(engine, pick, first)
        key = engine.tree[1]
        now = key >> EVENT_BITS
        if count == events or now >= FOREVER:
            return count
        clock.now = now
        count += 1
        first = _happen(engine, key & ((1 << EVENT_BITS) - 1))
        if clock.boundary:
            if first != NOBODY:
                list_core(engine, first)
            return count


@with_signature((typeof(_SHAPES), types.FunctionType(signature()), types.int64))
def advance(engine: Engine, pick: Callable[..., tuple[int, int]], events: int) -> int:
    """Handle up to `events` events; return how many there were.

    It stops after an event with which a component's state changes; then
    `phases.cross_boundary` must be called. The run is over when ``clock[0].running`` is 0.
    Fewer events than asked for without either mean that nothing can happen any more.
    """
    return _advance(by_reference(engine), pick, events)
