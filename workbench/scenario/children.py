"""The children that `init` makes of a scenario's components.

Mostly one child for each component that is switched on. But components of one
name become one child, names are cut, and global settings that come late do not
apply; what is measured about these is in this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.scenario.layout import Settings, in_force
from workbench.scenario.model import Component, Rectangle, RouteRule, Scenario
from workbench.scenario.placement import effective_rectangle, requested

__all__ = ["MAX_NAME", "Child", "child_of", "children", "cut"]

MAX_NAME = 63
"""Longest name in characters; `init` cuts the rest."""


@dataclass(frozen=True, slots=True)
class Child:
    """One child, with every default filled in.

    Parameters
    ----------
    id
        Id of the component; of components with the same name, the first's.
    others
        Ids of the further components that became part of this child.
    name, binary
        As `init` uses them: cut at 63 characters.
    rectangle
        Where it runs.
    ram_bytes, caps
        Quotas as configured, 0 where neither the component nor a default gives one.
    priority
        As configured, 0 where not given.
    provides
        Services, one entry for each declaration.
    route
        Its own route, or the default route in force; None where there is neither.
    default_route
        Whether `route` is the default route.
    messages
        What `init` logs on reading the configuration, without the ``[init]``.
    """

    id: str
    others: tuple[str, ...]
    name: str
    binary: str
    rectangle: Rectangle
    ram_bytes: int
    caps: int
    priority: int
    provides: tuple[str, ...]
    route: tuple[RouteRule, ...] | None
    default_route: bool
    messages: tuple[str, ...]


def cut(name: str) -> str:
    """Return what `init` keeps of a name."""
    return name[:MAX_NAME]


def children(scenario: Scenario) -> tuple[Child, ...]:
    """Return the children in the order of their start; nameless components are left out."""
    settings = in_force(scenario)
    rectangles = requested(scenario)
    found: dict[str, Child] = {}
    for component in scenario.components:
        if component.enabled and component.name:
            child = _child(scenario, component, settings[component.id], rectangles[component.id])
            first = found.get(child.name)
            found[child.name] = child if first is None else _merged(first, child)
    return tuple(found.values())


def child_of(scenario: Scenario, component: Component, made: Sequence[Child]) -> Child:
    """Return the child that a component becomes, or would become if it could be started.

    `made` are the children of the scenario.
    """
    for child in made:
        if component.id == child.id or component.id in child.others:
            return child
    rectangle = requested(scenario).get(component.id, scenario.effective_space.whole)
    return _child(scenario, component, in_force(scenario)[component.id], rectangle)


def _child(
    scenario: Scenario, component: Component, settings: Settings, requested: Rectangle
) -> Child:
    name = cut(component.name or "")
    caps = component.caps if component.caps is not None else settings.default_caps
    ram = component.ram_bytes if component.ram_bytes is not None else settings.default_ram_bytes
    own = component.route is not None
    return Child(
        id=component.id,
        others=(),
        name=name,
        binary=cut(component.program),
        rectangle=effective_rectangle(requested, scenario.effective_space, settings),
        ram_bytes=ram or 0,
        caps=caps or 0,
        priority=component.priority or 0,
        provides=component.provides,
        route=component.route if own else settings.default_route,
        default_route=not own,
        messages=_affinity_messages(component, name, settings, requested),
    )


def _affinity_messages(
    component: Component, name: str, settings: Settings, requested: Rectangle
) -> tuple[str, ...]:
    if component.affinity is None:
        return ()
    if settings.space is None:
        return (
            f"Warning: affinity-space configuration missing, but affinity defined for child {name}",
        )
    if not settings.space.contains(requested):
        return (f"Warning: {name}: affinity location exceeds affinity-space boundary",)
    return ()


def _merged(first: Child, later: Child) -> Child:
    """Return the one child of two components with the same name.

    Affinity and priority are the first's; binary, provided services and route
    the last's. Quotas begin as the first's and grow to the last's; a smaller
    one cannot be taken back from the running child.
    """
    failed = f"Warning: {first.name}: downgrade failed after 4 attempts"
    smaller = later.ram_bytes < first.ram_bytes or later.caps < first.caps
    return replace(
        later,
        id=first.id,
        others=(*first.others, later.id),
        rectangle=first.rectangle,
        priority=first.priority,
        ram_bytes=max(first.ram_bytes, later.ram_bytes),
        caps=max(first.caps, later.caps),
        messages=(*first.messages, failed) if smaller else first.messages,
    )
