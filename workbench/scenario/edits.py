"""Edits of a scenario: pure functions that the app, the command line and fixes share.

Every function returns a new scenario; `KeyError` if there is no component with the id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from workbench.errors import InputError
from workbench.scenario.catalogue import catalogue
from workbench.scenario.children import MAX_NAME
from workbench.scenario.experiment import Parameter
from workbench.scenario.model import (
    AffinitySpace,
    Component,
    PlacementRule,
    Rectangle,
    RouteRule,
    Scenario,
)
from workbench.scenario.tree import Node

__all__ = [
    "add",
    "duplicate",
    "free_name",
    "move",
    "place",
    "remove",
    "rename",
    "resize",
    "set_config",
    "set_parameter",
    "set_priority",
    "set_quota",
    "set_route",
    "set_space",
    "switch",
]


def add(
    scenario: Scenario, binary: str, rectangle: Rectangle | None = None
) -> tuple[Scenario, str]:
    """Return the scenario with a new component at its end, and the component's id.

    It gets what the catalogue holds sensible; required services are routed to
    the one component that offers them. An unknown binary starts with 16M and
    100 caps.
    """
    entry = catalogue().entry(binary)
    name = free_name(scenario, binary, numbered=entry is None or entry.role == "benchmark")
    id = _free_id(scenario, name)
    if entry is None:
        other = None if name == binary else binary
        component = Component(id=id, name=name, binary=other, ram_bytes=16 * 2**20, caps=100)
    else:
        component = entry.component(id, name, _providers(scenario, entry.requires))
        if not entry.requires and scenario.default_route is not None:
            component = component.but(route=None)
    component = component.but(affinity=rectangle)
    return scenario.but(components=(*scenario.components, component)), id


def duplicate(scenario: Scenario, id: str) -> tuple[Scenario, str]:
    """Return the scenario with a copy right behind a component, and the copy's id."""
    original = scenario.component(id)
    name = free_name(scenario, original.name or original.program or "component", numbered=True)
    copy = original.but(
        id=_free_id(scenario, name),
        name=name,
        binary=original.program or None,
        form=replace(original.form, position=None) if original.form else None,
    )
    index = scenario.components.index(original) + 1
    before, after = scenario.components[:index], scenario.components[index:]
    return scenario.but(components=(*before, copy, *after)), copy.id


def remove(scenario: Scenario, id: str) -> Scenario:
    """Take a component away."""
    gone = scenario.component(id)
    return scenario.but(components=tuple(c for c in scenario.components if c is not gone))


def place(scenario: Scenario, id: str, affinity: Rectangle | PlacementRule | None) -> Scenario:
    """Place a component by rectangle, by rule, or (None) in the whole space."""
    return scenario.replaced(id, lambda component: component.but(affinity=affinity))


def move(scenario: Scenario, id: str, rectangle: Rectangle) -> Scenario:
    """Put a component at a rectangle."""
    return place(scenario, id, rectangle)


def resize(scenario: Scenario, id: str, width: int, height: int | None = None) -> Scenario:
    """Give a component's rectangle another size; its upper left cell stays.

    Raises
    ------
    workbench.errors.InputError
        If the component is placed by a rule.
    """
    component = scenario.component(id)
    if isinstance(component.affinity, PlacementRule):
        raise InputError(
            f"{component.label} is placed by a rule.", "Place it by a rectangle first."
        )
    old = component.affinity or scenario.effective_space.whole
    return move(scenario, id, old.but(width=width, height=old.height if height is None else height))


def rename(scenario: Scenario, id: str, name: str) -> Scenario:
    """Give a component another name; its binary stays, and routes to it follow.

    Routes follow only where no other component has the old name.
    """
    component = scenario.component(id)
    old = component.name
    scenario = scenario.replaced(
        id, lambda c: c.but(name=name, binary=c.binary or (old if old != name else None))
    )
    if old is None or scenario.named(old) is not None:
        return scenario
    rules = scenario.default_route
    return scenario.but(
        default_route=rules if rules is None else _redirected(rules, old, name),
        components=tuple(
            c if c.route is None else c.but(route=_redirected(c.route, old, name))
            for c in scenario.components
        ),
    )


def switch(scenario: Scenario, id: str, on: bool) -> Scenario:
    """Switch a component on or off."""
    return scenario.replaced(id, lambda component: component.but(enabled=on))


def set_quota(
    scenario: Scenario, id: str, *, ram_bytes: int | str | None = None, caps: int | None = None
) -> Scenario:
    """Give a component another RAM or caps quota; None leaves it as it is."""

    def changed(component: Component) -> Component:
        if ram_bytes is not None:
            component = component.but(ram_bytes=ram_bytes)
        return component if caps is None else component.but(caps=caps)

    return scenario.replaced(id, changed)


def set_priority(scenario: Scenario, id: str, priority: int | None) -> Scenario:
    """Give a component another priority; None takes it away."""
    return scenario.replaced(id, lambda component: component.but(priority=priority))


def set_route(scenario: Scenario, id: str, route: tuple[RouteRule, ...] | None) -> Scenario:
    """Give a component a route of its own; None leaves it to the default route."""
    return scenario.replaced(id, lambda component: component.but(route=route))


def set_config(scenario: Scenario, id: str, config: Node | None) -> Scenario:
    """Give a component another configuration of its own."""
    return scenario.replaced(id, lambda component: component.but(config=config))


def set_parameter(scenario: Scenario, id: str, name: str, value: Parameter) -> Scenario:
    """Set an attribute of a component's own configuration."""
    text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    config = scenario.component(id).config or Node("config")
    return set_config(scenario, id, config.with_attribute(name, text))


def set_space(scenario: Scenario, width: int, height: int = 1) -> Scenario:
    """Give the scenario another affinity space; rectangles stay as they are."""
    return scenario.but(space=AffinitySpace(width=width, height=height))


def _redirected(rules: tuple[RouteRule, ...], old: str, new: str) -> tuple[RouteRule, ...]:
    return tuple(
        rule.but(targets=tuple(t.but(child=new) if t.child == old else t for t in rule.targets))
        for rule in rules
    )


def _providers(scenario: Scenario, services: Iterable[str]) -> dict[str, str]:
    """Return who offers each service, where exactly one enabled component does."""
    found = {}
    for service in services:
        names = [c.name for c in scenario.components if c.enabled and service in c.provides]
        if len(names) == 1 and names[0]:
            found[service] = names[0]
    return found


def free_name(scenario: Scenario, wish: str, *, numbered: bool) -> str:
    """Return the wished name with the lowest number that is free.

    A name that ends in a number counts on from its stem, so ``blinktree3``
    gives ``blinktree4``.
    """
    taken = {component.name for component in scenario.components}
    if not numbered and wish not in taken:
        return wish
    stem = re.sub(r"\d+$", "", wish) or wish
    number = 1 if numbered else 2
    while (name := f"{stem[: MAX_NAME - len(str(number))]}{number}") in taken:
        number += 1
    return name


def _free_id(scenario: Scenario, name: str) -> str:
    """Return the name if no component has it as id, nor had it in the file; else with a number."""
    taken = {component.id for component in scenario.components}
    if scenario.form is not None:
        taken |= {node.get("component") or "" for node in scenario.form.nodes("start")}
    id, number = name, 2
    while id in taken:
        id, number = f"{name}~{number}", number + 1
    return id
