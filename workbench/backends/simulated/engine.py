"""The event loop: pinned, polling workers that share cores, compiled by numba.

One pending event per core, the earliest first, ties to the lower core. An
event is the end of a task, of a switch or of a slice. Polling makes no events:
a worker with nothing to do is woken by whoever gives it something.

A worker runs an operation's consecutive tasks at one place in a row, as one
event. MxTasking puts each task back into the worker's queue; that changes the
order in which the requests of one worker advance, not the work nor the number
in flight.

A worker that polls does so in one of two buckets: ``wait_owner`` while at least one
of its own requests lies with a worker that does not hold its core at that moment,
else ``poll_idle``. Locks, memory on other NUMA nodes and bandwidth are not modelled:
their time is part of the tasks' run times, their buckets stay empty.

Functions here work on a `layout.Engine` and change it in place.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numba import typeof, types

from workbench.backends.simulated import layout
from workbench.backends.simulated.bookkeeping import account, occupy, post, set_activity
from workbench.backends.simulated.draws import bits, demand_ps
from workbench.backends.simulated.jit import compiled, inlined, with_signature
from workbench.backends.simulated.layout import (
    CORE_BITS,
    FINISHED,
    FIRST,
    FOREVER,
    IDLE,
    LATENCY_BASE_PS,
    LATENCY_BINS,
    LATENCY_PER_OCTAVE,
    LOCAL,
    MAX_CORES,
    NOBODY,
    OUT_OF_MEMORY,
    PARALLEL,
    POLL_IDLE,
    SERIAL,
    SERIAL_WORK,
    STARTING,
    USEFUL,
    WAIT_OWNER,
    WAITING,
    Engine,
)
from workbench.backends.simulated.policy import signature

__all__ = ["advance"]

_SHAPES = layout.empty(components=1, phases=1, stages=1, workers=1, cores=1, requests=1)

_PURPOSES_PER_STAGE = 64
"""Random numbers set apart for each stage; the last one draws the owner."""


@inlined
def _start_segment(engine: Engine, core: int, r: int) -> None:
    """Let the core's worker run the request's tasks up to the first one elsewhere."""
    c = engine.cores[core]
    request = engine.requests[r]
    me = c.running
    worker = engine.workers[me]
    component = engine.components[worker.component]
    phase = engine.phases[worker.component, component.phase]
    worker.current = r
    stage = int(request.stage)
    length = 0
    target = me
    while target == me:
        what = engine.stages[stage]
        tasks = phase.levels if what.per_level else what.tasks
        purpose = stage * _PURPOSES_PER_STAGE
        length += demand_ps(
            what.distribution, what.mean_ps, tasks, component.key, request.operation, purpose
        )
        component.tasks += tasks
        stage += 1
        if stage == phase.last_stage:
            target = NOBODY
        elif engine.stages[stage].where == LOCAL:
            target = int(request.issuer)
        elif engine.stages[stage].where == FIRST:
            target = engine.members[component.first_member]
        else:
            owner = bits(
                component.key, request.operation, (stage + 1) * _PURPOSES_PER_STAGE - 1
            ) % np.uint64(component.workers)
            target = engine.members[component.first_member + int(owner)]
    request.stage = stage
    request.target = target
    c.busy_until = engine.clock[0].now + length
    set_activity(engine, core, USEFUL)


@inlined
def _work(engine: Engine, core: int) -> None:
    """Let the core's worker go on, take the next request from its inbox, or poll."""
    c = engine.cores[core]
    worker = engine.workers[c.running]
    if worker.current != NOBODY:
        c.busy_until = engine.clock[0].now + worker.remaining
        set_activity(engine, core, USEFUL)
    elif worker.inbox_head != NOBODY:
        r = worker.inbox_head
        worker.inbox_head = engine.requests[r].next
        _start_segment(engine, core, r)
    else:
        c.busy_until = FOREVER
        set_activity(engine, core, WAIT_OWNER if worker.stuck > 0 else POLL_IDLE)


@inlined
def _polls(engine: Engine, w: int) -> bool:
    """Whether a worker holds its core and polls."""
    c = engine.cores[engine.workers[w].core]
    return c.running == w and c.activity in (POLL_IDLE, WAIT_OWNER)


@inlined
def _go_on(engine: Engine, core: int) -> None:
    """Give the core's worker something to do if it needs it, and post the core's next event."""
    c = engine.cores[core]
    if c.running != NOBODY and c.busy_until == FOREVER:
        _work(engine, core)
    post(engine, core)


@compiled
def _stick(engine: Engine, r: int, holder: int, change: int) -> None:
    """Count a request as lying (+1) or no longer lying (-1) with a worker off its core."""
    issuer = int(engine.requests[r].issuer)
    if issuer == holder:
        return
    worker = engine.workers[issuer]
    worker.stuck += change
    if _polls(engine, issuer):
        set_activity(engine, worker.core, WAIT_OWNER if worker.stuck > 0 else POLL_IDLE)


@compiled
def _stick_all(engine: Engine, holder: int, change: int) -> None:
    """Count all requests that lie with a worker that leaves (+1) or gets (-1) its core."""
    worker = engine.workers[holder]
    if worker.current >= 0:
        _stick(engine, worker.current, holder, change)
    r = worker.inbox_head
    while r != NOBODY:
        _stick(engine, r, holder, change)
        r = int(engine.requests[r].next)


@inlined
def _put(engine: Engine, w: int, r: int) -> int:
    """Put a request into a worker's inbox; return the core of that worker if it polls."""
    worker = engine.workers[w]
    engine.requests[r].next = NOBODY
    if worker.inbox_head == NOBODY:
        worker.inbox_head = r
    else:
        engine.requests[worker.inbox_tail].next = r
    worker.inbox_tail = r
    return int(worker.core) if _polls(engine, w) else NOBODY


@inlined
def _send(engine: Engine, r: int) -> int:
    """Pass a request on to its target; return the core of that worker if it polls."""
    target = int(engine.requests[r].target)
    worker = engine.workers[target]
    engine.components[worker.component].delegated += 1
    if engine.cores[worker.core].running != target:
        _stick(engine, r, target, 1)
    return _put(engine, target, r)


@inlined
def _issue(engine: Engine, component: int, r: int) -> int:
    """Make a request the next operation; return the core of its issuer if that polls."""
    phase = engine.phases[component, engine.components[component].phase]
    if phase.issued >= phase.next_level_at:
        phase.levels += 1
        phase.next_level_at = int(phase.next_level_at * phase.fanout)
    request = engine.requests[r]
    request.operation = phase.issued
    request.start = engine.clock[0].now
    request.stage = phase.first_stage
    phase.issued += 1
    return _put(engine, int(request.issuer), r)


@compiled
def _fill_windows(engine: Engine, component: int) -> None:
    """Issue the first operations of a phase, to all workers in turn."""
    it = engine.components[component]
    phase = engine.phases[component, it.phase]
    slot = 0
    filled = False
    while not filled:
        filled = True
        for number in range(it.workers):
            worker = engine.workers[engine.members[it.first_member + number]]
            if slot < worker.window and phase.issued < phase.operations:
                _issue(engine, component, worker.first_request + slot)
                filled = False
        slot += 1


@compiled
def _set_state(engine: Engine, component: int, state: int) -> None:
    """Change what a component does, and with it which of its workers want their cores."""
    clock = engine.clock[0]
    it = engine.components[component]
    it.state = state
    clock.boundary = 1
    for number in range(it.workers):
        worker = engine.workers[engine.members[it.first_member + number]]
        worker.ready = state == PARALLEL or (state == SERIAL and number == 0)
    if state == SERIAL:
        main = engine.workers[engine.members[it.first_member]]
        main.current = SERIAL_WORK
        main.remaining = engine.phases[component, it.phase].gap
    elif state == PARALLEL:
        engine.phases[component, it.phase].start = clock.now
        for other in range(len(engine.components)):
            phase = engine.phases[other, it.phase]
            phase.done_at_last_start = phase.done
        _fill_windows(engine, component)
    elif state in (FINISHED, OUT_OF_MEMORY):
        clock.running -= 1


@compiled
def _begin_phase(engine: Engine, component: int) -> None:
    """Begin the component's phase with its serial part, unless its data does not load."""
    phase = engine.phases[component, engine.components[component].phase]
    if phase.capacity < 0:
        _set_state(engine, component, OUT_OF_MEMORY)
    elif phase.gap > 0:
        _set_state(engine, component, SERIAL)
    else:
        _set_state(engine, component, PARALLEL)


@compiled
def _end_phase(engine: Engine, component: int, alive: bool) -> None:
    """Book the end of the component's phase; go on to its next one, or end it."""
    it = engine.components[component]
    first = True
    for other in range(len(engine.components)):
        first = first and engine.phases[other, it.phase].finish == NOBODY
    if first:
        for other in range(len(engine.components)):
            phase = engine.phases[other, it.phase]
            phase.done_at_first_finish = phase.done
    engine.phases[component, it.phase].finish = engine.clock[0].now
    if not alive:
        _set_state(engine, component, OUT_OF_MEMORY)
    elif it.phase + 1 == engine.phases.shape[1]:
        _set_state(engine, component, FINISHED)
    else:
        it.phase += 1
        _begin_phase(engine, component)


@inlined
def _finish_operation(engine: Engine, component: int, r: int) -> int:
    """Book the end of an operation; return the core of its issuer if that polls."""
    it = engine.components[component]
    phase = engine.phases[component, it.phase]
    if phase.done == phase.capacity:
        _end_phase(engine, component, False)
        return NOBODY
    request = engine.requests[r]
    octaves = math.log2(max(engine.clock[0].now - request.start, 1) / LATENCY_BASE_PS)
    above = int(octaves * LATENCY_PER_OCTAVE)
    b = min(max(above, 0), LATENCY_BINS - 1)
    engine.latency[it.phase, component, b] += 1
    phase.done += 1
    if phase.done == phase.operations:
        _end_phase(engine, component, True)
    elif phase.issued < phase.operations:
        return _issue(engine, component, r)
    return NOBODY


@inlined
def _complete(engine: Engine, core: int) -> int:
    """End the segment that the core's worker has run; return a core to wake, or nobody."""
    worker = engine.workers[engine.cores[core].running]
    r = worker.current
    worker.current = NOBODY
    if r == SERIAL_WORK:
        _set_state(engine, worker.component, PARALLEL)
        return NOBODY
    if engine.requests[r].target == NOBODY:
        return _finish_operation(engine, worker.component, r)
    return _send(engine, r)


@compiled
def _hand_over(engine: Engine, core: int, w: int) -> None:
    """Take the core from its worker and give it to another one, or to nobody."""
    c = engine.cores[core]
    clock = engine.clock[0]
    account(engine, core)
    if c.running != NOBODY:
        occupy(engine, core)
        leaving = engine.workers[c.running]
        if c.activity == USEFUL and c.busy_until < FOREVER:
            leaving.remaining = c.busy_until - clock.now
        _stick_all(engine, c.running, 1)
    c.running = w
    c.held_since = clock.now
    c.busy_until = FOREVER
    if w == NOBODY:
        c.activity = IDLE
        return
    _stick_all(engine, w, -1)
    if c.last_ran not in (NOBODY, w):
        c.switches += 1
        c.activity = STARTING
        c.switch_until = clock.now + clock.switch_cost
        c.busy_until = c.switch_until + clock.refill_cost
    else:
        c.activity = POLL_IDLE
    c.last_ran = w


@compiled
def _reschedule(
    engine: Engine, pick: Callable[..., tuple[int, int]], core: int, expired: bool
) -> None:
    """Ask the policy who is to hold the core, and until when."""
    c = engine.cores[core]
    w, slice_end = pick(
        core, expired, engine.clock, engine.cores, engine.workers, engine.components, engine.table
    )
    c.slice_end = slice_end
    if w != c.running:
        _hand_over(engine, core, w)


@inlined
def _event(engine: Engine, pick: Callable[..., tuple[int, int]], core: int) -> None:
    """Handle the core's event at the present time."""
    c = engine.cores[core]
    clock = engine.clock[0]
    woken = NOBODY
    if c.busy_until <= clock.now:
        c.busy_until = FOREVER
        if c.activity == USEFUL:
            woken = _complete(engine, core)
    if clock.boundary:
        return
    if c.slice_end <= clock.now:
        _reschedule(engine, pick, core, True)
    for here in (core, woken):
        if here != NOBODY:
            _go_on(engine, here)


@compiled
def _next_begin(engine: Engine) -> int:
    """Return when the next component begins that has not begun yet."""
    begin = FOREVER
    for component in engine.components:
        if component.state == WAITING:
            begin = min(begin, component.begin)
    return begin


@compiled
def _cross_boundary(engine: Engine, pick: Callable[..., tuple[int, int]]) -> None:
    """Begin what begins now, and let the policy look at every core."""
    clock = engine.clock[0]
    for component in range(len(engine.components)):
        it = engine.components[component]
        if it.state == WAITING and it.begin <= clock.now:
            _begin_phase(engine, component)
    clock.boundary = 0
    for core in range(len(engine.cores)):
        _reschedule(engine, pick, core, False)
        _go_on(engine, core)


@with_signature((typeof(_SHAPES), types.FunctionType(signature()), types.int64))
def advance(engine: Engine, pick: Callable[..., tuple[int, int]], events: int) -> int:
    """Handle up to `events` events; return how many there were.

    The run is over when ``clock[0].running`` is 0. Fewer events than asked for
    with components still running mean that nothing can happen any more.
    """
    clock = engine.clock[0]
    begin = _next_begin(engine)
    for count in range(events):
        if clock.running == 0:
            return count
        key = engine.tree[1]
        now = min(key >> CORE_BITS, begin)
        if now >= FOREVER:
            return count
        clock.now = now
        if now == begin:
            clock.boundary = 1
        else:
            _event(engine, pick, key & (MAX_CORES - 1))
        if clock.boundary:
            _cross_boundary(engine, pick)
            begin = _next_begin(engine)
        if clock.running == 0:
            for core in range(len(engine.cores)):
                account(engine, core)
                if engine.cores[core].running != NOBODY:
                    _hand_over(engine, core, NOBODY)
    return events
