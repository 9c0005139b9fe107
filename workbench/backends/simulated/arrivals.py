"""Operations that arrive by themselves."""

from __future__ import annotations

from workbench.backends.simulated.bookkeeping import post_source
from workbench.backends.simulated.draws import demand_ps
from workbench.backends.simulated.jit import internal
from workbench.backends.simulated.layout import FOREVER, NOBODY, PARALLEL, Engine
from workbench.backends.simulated.requests import issue

__all__ = ["next_arrival", "post_arrival"]

_ARRIVAL = (1 << 20) + 3


@internal
def post_arrival(engine: Engine, component: int) -> None:
    """Say when the component's next operation arrives."""
    it = engine.components[component]
    phase = engine.phases[component, it.phase]
    wait = demand_ps(
        phase.arrival_distribution, phase.arrival_ps, 1, it.key, phase.arrived, _ARRIVAL
    )
    post_source(engine, component, engine.clock[0].now + max(wait, 1))


@internal
def next_arrival(engine: Engine, component: int) -> None:
    """Let an operation arrive, and say when the next one will."""
    it = engine.components[component]
    if it.state != PARALLEL:
        post_source(engine, component, FOREVER)
        return
    phase = engine.phases[component, it.phase]
    phase.arrived += 1
    r = it.free_head
    if r == NOBODY:
        phase.lost += 1
    else:
        it.free_head = int(engine.requests[r].next)
        engine.requests[r].issuer = engine.members[it.first_member + it.next_issuer]
        it.next_issuer = (it.next_issuer + 1) % it.workers
        issue(engine, component, r)
    if phase.issued < phase.operations:
        post_arrival(engine, component)
    else:
        post_source(engine, component, FOREVER)
