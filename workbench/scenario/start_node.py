"""One ``start`` node: from its text to a component, and back."""

from __future__ import annotations

from dataclasses import replace

from workbench.scenario.model import AffinitySpace, Component, Rectangle, RouteRule
from workbench.scenario.release import Profile
from workbench.scenario.splice import inserted, replaced
from workbench.scenario.tree import Node
from workbench.scenario.units import format_amount
from workbench.scenario.vocabulary import (
    Syntax,
    affinity_node,
    amount,
    read_affinity,
    read_route,
    read_services,
    route_node,
    services_node,
    whole_number,
)

__all__ = ["read_start", "start_node"]

_ORDER = ("binary", "exit", "resource", "provides", "affinity", "config", "route")


def read_start(start: Node, id: str, space: AffinitySpace, syntax: Syntax = "xml") -> Component:
    """Return the component that a ``start`` node describes; `space` completes its affinity."""
    binary, affinity = start.first("binary"), start.first("affinity")
    provides, route = start.first("provides"), start.first("route")
    return Component(
        id=id,
        name=start.get("name"),
        binary=binary.get("name") if binary else None,
        enabled=start.enabled,
        ram_bytes=_read_ram(start, syntax),
        caps=_read_caps(start, syntax),
        priority=_read_priority(start, syntax),
        affinity=read_affinity(affinity, space, syntax) if affinity else None,
        provides=read_services(provides) if provides else (),
        route=read_route(route) if route else None,
        config=start.first("config"),
        form=start,
    )


def start_node(
    component: Component,
    space: AffinitySpace,
    profile: Profile = "xml-classic",
    syntax: Syntax = "xml",
) -> Node:
    """Return the ``start`` node of a component; its form is changed only where fields differ.

    A new component is written as a person would: name, caps and priority, then
    binary, resource, provides, affinity, config and route.
    """
    node = component.form or Node("start")
    if node.enabled != component.enabled:
        node = replace(node, enabled=component.enabled)
    if node.get("name") != component.name:
        node = node.with_attribute("name", component.name)
    if _read_caps(node, syntax) != component.caps:
        node = _with_caps(node, component.caps)
    if _read_priority(node, syntax) != component.priority:
        node = node.with_attribute("priority", _text(component.priority))
    node = _with_binary(node, component.binary)
    if _read_ram(node, syntax) != component.ram_bytes:
        node = _with_ram(node, component.ram_bytes, profile)
    node = _with_provides(node, component.provides)
    assert component.affinity is None or isinstance(component.affinity, Rectangle)
    node = _with_affinity(node, component.affinity, space, syntax)
    if node.first("config") != component.config:
        node = _with_child(node, "config", component.config)
    return _with_route(node, component.route)


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _read_priority(start: Node, syntax: Syntax) -> int | None:
    return whole_number(start.get("priority"), None, syntax, signed=True)


def _with_child(start: Node, type: str, new: Node | None) -> Node:
    """Return the start node with its child of a type exchanged, added, or (None) without any."""
    old = start.first(type)
    if new is None:
        for node in start.nodes(type):
            start = replaced(start, node, None)
        return start
    return inserted(start, new, _ORDER) if old is None else replaced(start, old, new)


def _resource(start: Node, name: str) -> Node | None:
    """Return the last ``resource`` node of a name; it wins over an attribute."""
    nodes = [node for node in start.nodes("resource") if node.get("name") == name]
    return nodes[-1] if nodes else None


def _without_resource(start: Node, name: str) -> Node:
    while (node := _resource(start, name)) is not None:
        start = replaced(start, node, None)
    return start


def _read_ram(start: Node, syntax: Syntax) -> int | None:
    if (resource := _resource(start, "RAM")) is not None:
        return amount(resource.get("quantum"), 0, syntax)
    return amount(start.get("ram"), None, syntax)


def _with_ram(start: Node, ram_bytes: int | None, profile: Profile) -> Node:
    if ram_bytes is None:
        return _without_resource(start, "RAM").with_attribute("ram", None)
    text = format_amount(ram_bytes)
    if (resource := _resource(start, "RAM")) is not None:
        return replaced(start, resource, resource.with_attribute("quantum", text))
    if start.get("ram") is not None or profile != "xml-classic":
        return start.with_attribute("ram", text)
    return inserted(start, Node("resource", (("name", "RAM"), ("quantum", text))), _ORDER)


def _read_caps(start: Node, syntax: Syntax) -> int | None:
    if (resource := _resource(start, "CAP")) is not None:
        return whole_number(resource.get("quantum"), 0, syntax)
    return whole_number(start.get("caps"), None, syntax)


def _with_caps(start: Node, caps: int | None) -> Node:
    if caps is None:
        return _without_resource(start, "CAP").with_attribute("caps", None)
    if (resource := _resource(start, "CAP")) is not None:
        return replaced(start, resource, resource.with_attribute("quantum", str(caps)))
    return start.with_attribute("caps", str(caps))


def _with_binary(start: Node, binary: str | None) -> Node:
    old = start.first("binary")
    if (old.get("name") if old else None) == binary:
        return start
    new = None if binary is None else (old or Node("binary")).with_attribute("name", binary)
    return _with_child(start, "binary", new)


def _with_provides(start: Node, services: tuple[str, ...]) -> Node:
    old = start.first("provides")
    if (read_services(old) if old else ()) == services:
        return start
    return _with_child(start, "provides", services_node(services, old or Node("provides")))


def _with_affinity(
    start: Node, rectangle: Rectangle | None, space: AffinitySpace, syntax: Syntax
) -> Node:
    old = start.first("affinity")
    if (read_affinity(old, space, syntax) if old else None) == rectangle:
        return start
    new = None if rectangle is None else affinity_node(rectangle, space, old, syntax)
    return _with_child(start, "affinity", new)


def _with_route(start: Node, rules: tuple[RouteRule, ...] | None) -> Node:
    old = start.first("route")
    if (read_route(old) if old else None) == rules:
        return start
    new = None if rules is None else route_node(rules, old or Node("route"))
    return _with_child(start, "route", new)
