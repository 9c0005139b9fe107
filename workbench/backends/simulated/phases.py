"""What components do one after the other: begin, work alone, work in parallel, check, end.

The event loop stops when one of them goes on to something else; `cross_boundary`, compiled
by itself, then carries it out. So the loop, which is all about speed, stays small.
"""

from __future__ import annotations

from numba import typeof

from workbench.backends.simulated import layout
from workbench.backends.simulated.arrivals import post_arrival
from workbench.backends.simulated.batch import done_in_batches
from workbench.backends.simulated.bookkeeping import list_core, post_source
from workbench.backends.simulated.jit import internal, with_signature
from workbench.backends.simulated.layout import (
    AT_BARRIER,
    CHECKING,
    FINISHED,
    FOREVER,
    NOBODY,
    NOTHING,
    OUT_OF_MEMORY,
    PARALLEL,
    PHASE_DONE,
    SERIAL,
    SERIAL_DONE,
    SERIAL_WORK,
    WAITING,
    Engine,
)
from workbench.backends.simulated.reference import by_reference
from workbench.backends.simulated.requests import hand_on, issue

__all__ = ["cross_boundary"]


@internal
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
                issue(engine, component, worker.first_request + slot)
                filled = False
        slot += 1


@internal
def _free_requests(engine: Engine, component: int) -> None:
    """Put all requests of a component on the list of those for operations that will arrive."""
    it = engine.components[component]
    it.free_head = NOBODY
    for number in range(it.workers - 1, -1, -1):
        worker = engine.workers[engine.members[it.first_member + number]]
        for slot in range(worker.window - 1, -1, -1):
            r = worker.first_request + slot
            engine.requests[r].next = it.free_head
            it.free_head = r


@internal
def _set_ready(engine: Engine, component: int) -> None:
    """Say which workers of a component want their cores."""
    it = engine.components[component]
    alone = it.state in (SERIAL, CHECKING)
    for number in range(it.workers):
        worker = engine.workers[engine.members[it.first_member + number]]
        parallel = it.state == PARALLEL and (worker.granted == 1 or worker.current != NOBODY)
        worker.ready = parallel or (alone and number == 0)


@internal
def _set_state(engine: Engine, component: int, state: int) -> None:
    """Change what a component does, and with it which of its workers want their cores."""
    clock = engine.clock[0]
    it = engine.components[component]
    it.state = state
    clock.boundary = 1
    _set_ready(engine, component)
    phase = engine.phases[component, it.phase]
    if state in (SERIAL, CHECKING):
        main = engine.workers[engine.members[it.first_member]]
        main.current = SERIAL_WORK
        main.remaining = phase.gap if state == SERIAL else phase.check
    elif state == PARALLEL:
        phase.start = clock.now
        if not it.background:
            for other in range(len(engine.components)):
                if not engine.components[other].background:
                    theirs = engine.phases[other, it.phase]
                    theirs.done_at_last_start = theirs.done
                    if engine.components[other].phase == it.phase:
                        theirs.done_at_last_start += done_in_batches(engine, other)
        if phase.arrival_ps > 0.0:
            _free_requests(engine, component)
            post_arrival(engine, component)
        else:
            _fill_windows(engine, component)
    elif state in (FINISHED, OUT_OF_MEMORY):
        clock.running -= 1


@internal
def _begin_phase(engine: Engine, component: int) -> None:
    """Begin the component's phase with its serial part, unless its data does not load."""
    phase = engine.phases[component, engine.components[component].phase]
    if phase.capacity < 0:
        _set_state(engine, component, OUT_OF_MEMORY)
    elif phase.gap > 0:
        _set_state(engine, component, SERIAL)
    else:
        _set_state(engine, component, PARALLEL)


@internal
def _approach_phase(engine: Engine, component: int) -> None:
    """Begin the component's phase, or wait for the others before it."""
    if engine.phases[component, engine.components[component].phase].barrier:
        _set_state(engine, component, AT_BARRIER)
    else:
        _begin_phase(engine, component)


@internal
def _next_phase(engine: Engine, component: int) -> None:
    """Go on to the component's next phase, or end it."""
    it = engine.components[component]
    if it.phase + 1 == it.phases:
        _set_state(engine, component, FINISHED)
    else:
        it.phase += 1
        _approach_phase(engine, component)


@internal
def _end_phase(engine: Engine, component: int, alive: bool) -> None:
    """Book the end of the component's parallel work; go on to what follows, or end it."""
    it = engine.components[component]
    first = True
    for other in range(len(engine.components)):
        if not engine.components[other].background:
            first = first and engine.phases[other, it.phase].finish == NOBODY
    if first:
        for other in range(len(engine.components)):
            if not engine.components[other].background:
                theirs = engine.phases[other, it.phase]
                theirs.done_at_first_finish = theirs.done
                if engine.components[other].phase == it.phase:
                    theirs.done_at_first_finish += done_in_batches(engine, other)
    engine.phases[component, it.phase].finish = engine.clock[0].now
    if not alive:
        _set_state(engine, component, OUT_OF_MEMORY)
    elif engine.phases[component, it.phase].check > 0:
        _set_state(engine, component, CHECKING)
    else:
        _next_phase(engine, component)


@internal
def _serial_done(engine: Engine, component: int) -> None:
    """Go on after single-threaded work."""
    if engine.components[component].state == SERIAL:
        _set_state(engine, component, PARALLEL)
    else:
        _next_phase(engine, component)


@internal
def _change_place(engine: Engine, w: int, granted: int) -> None:
    """Withdraw a worker's core, or grant it."""
    engine.workers[w].granted = granted
    component = engine.workers[w].component
    it = engine.components[component]
    for number in range(it.workers):
        one = engine.members[it.first_member + number]
        stand_in = one
        for step in range(it.workers):
            next_one = engine.members[it.first_member + (number + step) % it.workers]
            if engine.workers[next_one].granted:
                stand_in = next_one
                break
        engine.workers[one].stand_in = stand_in
    _set_ready(engine, component)
    for number in range(it.workers):
        one = engine.members[it.first_member + number]
        if not engine.workers[one].granted:
            hand_on(engine, one)


@internal
def _change_places(engine: Engine) -> None:
    """Carry out the changes of placement that are due, and say when the next one is."""
    clock = engine.clock[0]
    following = FOREVER
    for index in range(len(engine.changes)):
        change = engine.changes[index]
        if change.time <= clock.now:
            change.time = FOREVER
            _change_place(engine, change.worker, change.granted)
        following = min(following, change.time)
    post_source(engine, len(engine.components), following)


@internal
def _begin_due(engine: Engine) -> None:
    """Begin what begins now: components whose time has come, and barriers all have reached."""
    now = engine.clock[0].now
    for component in range(len(engine.components)):
        it = engine.components[component]
        if it.state == WAITING and it.begin <= now:
            post_source(engine, component, FOREVER)
            _approach_phase(engine, component)
    waiting = 0
    for it in engine.components:
        if not it.background:
            if it.state == AT_BARRIER:
                waiting += 1
            elif it.state not in (FINISHED, OUT_OF_MEMORY):
                return
    if waiting > 0:
        for component in range(len(engine.components)):
            if engine.components[component].state == AT_BARRIER:
                _begin_phase(engine, component)


@internal
def _cross_boundary(engine: Engine) -> None:
    clock = engine.clock[0]
    while clock.boundary:
        clock.boundary = 0
        for component in range(len(engine.components)):
            it = engine.components[component]
            pending = it.pending
            it.pending = NOTHING
            if pending == SERIAL_DONE:
                _serial_done(engine, component)
            elif pending != NOTHING:
                _end_phase(engine, component, pending == PHASE_DONE)
        _begin_due(engine)
    _change_places(engine)
    for core in range(len(engine.cores) - 1, -1, -1):
        c = engine.cores[core]
        c.ask = 2 if c.slice_end <= clock.now else max(c.ask, 1)
        list_core(engine, core)


@with_signature((typeof(layout.empty(layout.Sizes())),))
def cross_boundary(engine: Engine) -> None:
    """Carry out what components have ended, begin what is due, change places.

    Then the policy looks at every core.
    """
    _cross_boundary(by_reference(engine))
