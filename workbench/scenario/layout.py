"""The top level of an `init` configuration: global nodes, and the order of the starts.

`init` reads its configuration from top to bottom and starts each child with
what it has read so far: a default route, default quotas or an affinity space
that stands behind a ``start`` node comes too late for it (measured). So the
order matters, and it is kept in the scenario's form.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from workbench.scenario.model import AffinitySpace, RouteRule, Scenario
from workbench.scenario.splice import inserted, replaced, spliced
from workbench.scenario.tree import Content, Node
from workbench.scenario.units import format_amount
from workbench.scenario.vocabulary import (
    Syntax,
    amount,
    read_route,
    read_services,
    read_space,
    route_node,
    services_node,
    space_node,
    whole_number,
)

__all__ = ["Settings", "in_force", "last", "layout", "moved_up", "placeholder", "read_globals"]

_ORDER = (
    "affinity-space",
    "parent-provides",
    "default-route",
    "default",
    "resource",
    "report",
    "heartbeat",
    "alias",
    "service",
    "start",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The global settings that a component meets when it is started; None where not given.

    `default_route_node` is the node that says the default route.
    """

    space: AffinitySpace | None = None
    default_route: tuple[RouteRule, ...] | None = None
    default_caps: int | None = None
    default_ram_bytes: int | None = None
    default_route_node: Node | None = field(default=None, repr=False, compare=False)


def placeholder(id: str) -> Node:
    """Return the node that holds a component's place in a scenario's form."""
    return Node("start", (("component", id),))


def last(node: Node, type: str) -> Node | None:
    """Return the last enabled child node of a type, or None."""
    return next(reversed(list(node.nodes(type))), None)


def read_globals(config: Node, syntax: Syntax = "xml") -> Settings:
    """Return the global settings of a ``config`` node; of repeated nodes the last counts."""
    settings = Settings()
    for node in config.nodes():
        settings = _after(settings, node, syntax)
    return settings


def in_force(scenario: Scenario, syntax: Syntax = "xml") -> dict[str, Settings]:
    """Return for each component, by id, the global settings that stand before it."""
    if scenario.form is None:
        everywhere = Settings(
            scenario.space,
            scenario.default_route,
            scenario.default_caps,
            scenario.default_ram_bytes,
        )
        return dict.fromkeys((c.id for c in scenario.components), everywhere)
    found: dict[str, Settings] = {}
    settings = Settings()
    for item in layout(scenario, syntax).content:
        if (id := _component_id(item)) is not None:
            found[id] = settings
        elif isinstance(item, Node) and item.enabled:
            settings = _after(settings, item, syntax)
    return found


def _after(settings: Settings, node: Node, syntax: Syntax) -> Settings:
    match node.type:
        case "affinity-space":
            return replace(settings, space=read_space(node, syntax))
        case "default-route":
            return replace(settings, default_route=read_route(node), default_route_node=node)
        case "default":
            return replace(
                settings,
                default_caps=whole_number(node.get("caps"), None, syntax),
                default_ram_bytes=amount(node.get("ram"), None, syntax),
            )
        case _:
            return settings


def layout(scenario: Scenario, syntax: Syntax = "xml") -> Node:
    """Return the ``config`` node of a scenario with a placeholder for each component."""
    node = scenario.form or Node("config")
    have = read_globals(node, syntax)
    if whole_number(node.get("prio_levels"), 0, syntax, signed=True) != scenario.prio_levels:
        levels = str(scenario.prio_levels) if scenario.prio_levels else None
        node = node.with_attribute("prio_levels", levels)
    node = _with_parent_provides(node, scenario.parent_provides)
    if have.space != scenario.space:
        old = last(node, "affinity-space")
        new = space_node(scenario.space, old, syntax) if scenario.space else None
        node = _with_node(node, "affinity-space", old, new)
    if have.default_route != scenario.default_route:
        node = _with_default_route(node, scenario.default_route)
    if (have.default_caps, have.default_ram_bytes) != (
        scenario.default_caps,
        scenario.default_ram_bytes,
    ):
        node = _with_default(node, have, scenario)
    ids = [component.id for component in scenario.components]
    return node.with_content(
        spliced(node.content, _component_id, ids, lambda new, _: placeholder(new))
    )


def moved_up(form: Node, type: str) -> Node:
    """Return a form in which the nodes of a type stand before the first component."""
    late: list[Content] = []
    kept: list[Content] = []
    first: int | None = None
    for item in form.content:
        if _component_id(item) is not None and first is None:
            first = len(kept)
        moves = first is not None and isinstance(item, Node) and item.enabled and item.type == type
        (late if moves else kept).append(item)
    place = len(kept) if first is None else first
    return form.with_content((*kept[:place], *late, *kept[place:]))


def _component_id(item: Content) -> str | None:
    if isinstance(item, Node) and item.type == "start":
        return item.get("component")
    return None


def _with_node(config: Node, type: str, old: Node | None, new: Node | None) -> Node:
    """Return the config with one global node exchanged, added, or (all of its type) removed."""
    if new is None:
        for node in config.nodes(type):
            config = replaced(config, node, None)
        return config
    if old is None:
        return inserted(config, new, _ORDER, barrier="start")
    return replaced(config, old, new)


def _with_parent_provides(config: Node, services: tuple[str, ...]) -> Node:
    old = last(config, "parent-provides")
    if (read_services(old) if old else ()) == services:
        return config
    new = services_node(services, old or Node("parent-provides"))
    return _with_node(config, "parent-provides", old, new)


def _with_default_route(config: Node, rules: tuple[RouteRule, ...] | None) -> Node:
    old = last(config, "default-route")
    new = None if rules is None else route_node(rules, old or Node("default-route"))
    return _with_node(config, "default-route", old, new)


def _with_default(config: Node, have: Settings, scenario: Scenario) -> Node:
    old = last(config, "default")
    caps, ram = scenario.default_caps, scenario.default_ram_bytes
    new = old or Node("default")
    if caps != have.default_caps:
        new = new.with_attribute("caps", None if caps is None else str(caps))
    if ram != have.default_ram_bytes:
        new = new.with_attribute("ram", None if ram is None else format_amount(ram))
    return _with_node(config, "default", old, new)
