"""Small scenarios to simulate, and the engine one chunk of events at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.backends.base import Job
from workbench.backends.simulated import parameters, setup
from workbench.backends.simulated.backend import simulate
from workbench.backends.simulated.loading import chunks, scheduling_policy
from workbench.scenario.experiment import Parameter
from workbench.scenario.model import (
    AffinitySpace,
    Component,
    PlacementRule,
    Rectangle,
    RouteRule,
    Scenario,
    Target,
)
from workbench.scenario.placement import placed

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["TO_ANYONE", "run", "scenario", "stepwise", "talk", "timer", "tree"]

TO_ANYONE = (RouteRule(targets=(Target(kind="parent"), Target(kind="any-child"))),)
_PARENT = ("LOG", "PD", "CPU", "ROM", "RM")


def timer(name: str = "timer", **fields: object) -> Component:
    """Return a component that provides Timer sessions."""
    return Component(
        id=name,
        name=name,
        binary="timer",
        ram_bytes="8M",
        caps=100,
        provides=("Timer",),
        **fields,  # type: ignore[arg-type]
    )


def tree(name: str, place: Rectangle | PlacementRule | None = None, **fields: object) -> Component:
    """Return an instance of the B-link tree."""
    options = {"ram_bytes": "1G", "caps": 1000, "affinity": place} | fields
    return Component(id=name, name=name, binary="blinktree", **options)  # type: ignore[arg-type]


def scenario(
    *instances: Component,
    width: int = 4,
    height: int = 1,
    timers: Sequence[Component] | None = None,
    prio_levels: int = 0,
) -> Scenario:
    """Return a scenario with these instances and, unless others are given, one timer."""
    return placed(
        Scenario(
            space=AffinitySpace(width=width, height=height),
            prio_levels=prio_levels,
            parent_provides=_PARENT,
            default_route=TO_ANYONE,
            components=(*([timer()] if timers is None else timers), *instances),
        )
    )


def talk(rule: str, *, cores: int = 64, instances: int = 3) -> Scenario:
    """Return the talk's scenario under a placement rule; core 0 is the system's."""
    place = PlacementRule(rule=rule, leave=1)
    trees = (tree(f"blinktree{i + 1}", place) for i in range(instances))
    return scenario(*trees, width=cores)


def run(
    what: Scenario, workload: str = "insert", seed: int = 1, **parameters: Parameter
) -> xr.Dataset:
    """Simulate one replication."""
    return simulate(Job(what, workload, seed, parameters))


def stepwise(
    what: Scenario, workload: str, values: Mapping[str, Parameter], events: int
) -> Iterator[setup.Plan]:
    """Yield the state of a run after every `events` events, and at its end."""
    job = Job(what, workload, 1, values)
    settings = parameters.resolve(job)
    plan = setup.plan(job, settings)
    policy = scheduling_policy(str(settings.values["policy"]))
    plan = replace(plan, engine=plan.engine._replace(table=policy.prepare(plan.engine)))
    for _ in chunks(plan.engine, policy, events):
        yield plan
