"""The children that `init` makes of a scenario's components.

Mostly one child for each component that is switched on. But components of one
name become one child, names are cut, and global settings that come late do not
apply; what is measured about these is in this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.scenario.layout import Settings, in_force, layout
from workbench.scenario.machine_cpus import Affinity
from workbench.scenario.model import AffinitySpace, Component, Rectangle, RouteRule, Scenario
from workbench.scenario.placement import effective_rectangle, requested
from workbench.scenario.release import DEFAULT_RELEASE, Release
from workbench.scenario.tree import Node, Position
from workbench.scenario.vocabulary import NO, Syntax, read_route, route_node

__all__ = [
    "MAX_NAME",
    "Child",
    "aliases",
    "child_of",
    "children",
    "cut",
    "hidden_by_alias",
    "rule_positions",
]

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
    ld
        Whether the dynamic linker starts it.
    space, rectangle
        The affinity space in force, and where in it the child runs.
    ram_bytes, caps
        Quotas as configured, 0 where neither the component nor a default gives one.
    ram_given
        Whether anything says how much RAM, be it 0 or malformed.
    first_ram_bytes, first_caps
        Quotas that it is created with; of components with the same name, the first's.
    priority
        As configured, 0 where not given.
    provides
        Services, one entry for each declaration.
    route
        Its own route, or the default route in force; None where there is neither.
    default_route
        Whether `route` is the default route.
    positions
        Where each rule of `route` stands in the file, as far as known.
    config
        Its own configuration.
    messages
        What `init` logs on reading the configuration, without the ``[init]``.
    """

    id: str
    others: tuple[str, ...]
    name: str
    binary: str
    ld: bool
    space: AffinitySpace
    rectangle: Rectangle
    ram_bytes: int
    ram_given: bool
    caps: int
    first_ram_bytes: int
    first_caps: int
    priority: int
    provides: tuple[str, ...]
    route: tuple[RouteRule, ...] | None
    default_route: bool
    positions: tuple[Position | None, ...]
    config: Node | None
    messages: tuple[str, ...]

    @property
    def affinity(self) -> Affinity:
        """What `init` passes on with its sessions."""
        inside = self.space.contains(self.rectangle)
        return Affinity(self.space, self.rectangle if inside else self.space.whole)


def cut(name: str) -> str:
    """Return what `init` keeps of a name."""
    return name[:MAX_NAME]


def children(
    scenario: Scenario, syntax: Syntax = "xml", release: Release = DEFAULT_RELEASE
) -> tuple[Child, ...]:
    """Return the children in the order of their start; nameless components are left out.

    `syntax` is the one that `init` reads its configuration in.
    """
    settings = in_force(scenario, syntax)
    rectangles = requested(scenario)
    hidden = hidden_by_alias(scenario)
    found: dict[str, Child] = {}
    for component in scenario.components:
        if component.enabled and component.name and cut(component.name) not in hidden:
            rectangle = rectangles[component.id]
            child = _child(scenario, component, settings[component.id], rectangle, release)
            first = found.get(child.name)
            found[child.name] = child if first is None else _merged(first, child)
    return tuple(found.values())


def hidden_by_alias(scenario: Scenario) -> frozenset[str]:
    """Return the names of components that an alias behind them takes away.

    ``start`` and ``alias`` nodes share their names, and the last of a name is what
    counts (``repos/os/src/lib/sandbox/config_model.h``; not measured).
    """
    return frozenset(name for name, kind in _last_kinds(scenario).items() if kind == "alias")


def aliases(scenario: Scenario) -> dict[str, str]:
    """Return what aliases stand for; an alias of an alias is not followed."""
    if scenario.form is None:
        return {}
    hidden = hidden_by_alias(scenario)
    return {
        name: cut(node.get("child") or "")
        for node in scenario.form.nodes("alias")
        if (name := cut(node.get("name") or "")) in hidden
    }


def _last_kinds(scenario: Scenario) -> dict[str, str]:
    """Return which node has each name in the end: ``start`` or ``alias``."""
    if scenario.form is None or scenario.form.first("alias") is None:
        return {}
    components = {component.id: component for component in scenario.components}
    kinds: dict[str, str] = {}
    for node in layout(scenario).nodes():
        if node.type == "alias":
            kinds[cut(node.get("name") or "")] = "alias"
        elif node.type == "start":
            component = components[node.get("component") or ""]
            if component.enabled and component.name:
                kinds[cut(component.name)] = "start"
    return kinds


def child_of(scenario: Scenario, component: Component, made: Sequence[Child]) -> Child:
    """Return the child that a component becomes, or would become if it could be started.

    `made` are the children of the scenario.
    """
    for child in made:
        if component.id == child.id or component.id in child.others:
            return child
    rectangle = requested(scenario).get(component.id, scenario.effective_space.whole)
    settings = in_force(scenario)[component.id]
    return _child(scenario, component, settings, rectangle, DEFAULT_RELEASE)


def rule_positions(
    rules: tuple[RouteRule, ...] | None, node: Node | None
) -> tuple[Position | None, ...]:
    """Return where each rule stands in the file; `node` is the route as it was read."""
    if rules is None or node is None:
        return (None,) * len(rules or ())
    if read_route(node) != rules:  # edited since
        node = route_node(rules, node)
    return tuple(i.position for i in node.nodes() if i.type in ("service", "any-service"))


def _child(
    scenario: Scenario,
    component: Component,
    settings: Settings,
    requested: Rectangle,
    release: Release,
) -> Child:
    name = cut(component.name or "")
    caps = component.caps if component.caps is not None else settings.default_caps
    ram = _configured_ram(component, settings, release)
    route: tuple[RouteRule, ...] | None
    if component.route is not None:
        route = component.route
        route_form = component.form.first("route") if component.form else None
    else:
        route, route_form = settings.default_route, settings.default_route_node
    return Child(
        id=component.id,
        others=(),
        name=name,
        binary=cut(component.program),
        ld=(component.form.get("ld") if component.form else None) not in NO,
        space=settings.space or AffinitySpace(),
        rectangle=effective_rectangle(requested, scenario.effective_space, settings),
        ram_bytes=ram or 0,
        ram_given=ram is not None,
        caps=caps or 0,
        first_ram_bytes=ram or 0,
        first_caps=caps or 0,
        priority=component.priority or 0,
        provides=component.provides,
        route=route,
        default_route=component.route is None,
        positions=rule_positions(route, route_form),
        config=component.config,
        messages=_affinity_messages(component, name, settings, requested),
    )


def _configured_ram(component: Component, settings: Settings, release: Release) -> int | None:
    """Return the RAM quota; Genode 22.02 knows no ``ram`` attributes (measured)."""
    if release == "22.02":
        form = component.form
        old_style = form is None or any(n.get("name") == "RAM" for n in form.nodes("resource"))
        return component.ram_bytes if old_style or (form and not form.get("ram")) else None
    return component.ram_bytes if component.ram_bytes is not None else settings.default_ram_bytes


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


def _provided_after(before: tuple[str, ...], now: tuple[str, ...]) -> tuple[str, ...]:
    """Return the services of a child whose ``provides`` node is exchanged.

    What stays declared stays as it was, twice if it was twice; what is new is
    added once (``repos/os/src/lib/sandbox/child.cc``).
    """
    kept = tuple(service for service in before if service in now)
    return (*kept, *(service for service in dict.fromkeys(now) if service not in before))


def _merged(first: Child, later: Child) -> Child:
    """Return the one child of two components with the same name.

    Affinity and priority are the first's; binary and configuration the last's.
    Quotas begin as the first's and grow to the last's; a
    smaller one cannot be taken back from the running child (all measured). The
    route is exchanged only where both have one of their own, as
    ``repos/os/src/lib/sandbox/child.cc`` has it.
    """
    failed = f"Warning: {first.name}: downgrade failed after 4 attempts"
    smaller = later.ram_bytes < first.ram_bytes or later.caps < first.caps
    routed = later if not (first.default_route or later.default_route) else first
    return replace(
        later,
        id=first.id,
        others=(*first.others, later.id),
        ld=first.ld,
        space=first.space,
        rectangle=first.rectangle,
        priority=first.priority,
        ram_bytes=max(first.ram_bytes, later.ram_bytes),
        ram_given=first.ram_given or later.ram_given,
        caps=max(first.caps, later.caps),
        first_ram_bytes=first.first_ram_bytes,
        first_caps=first.first_caps,
        provides=_provided_after(first.provides, later.provides),
        route=routed.route,
        default_route=routed.default_route,
        positions=routed.positions,
        messages=(*first.messages, failed) if smaller else first.messages,
    )
