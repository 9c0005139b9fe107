"""Checks of what `init` does not know, knows in one release only, or takes once only."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from workbench.scenario.checks.base import Finding, Subject, check_rule
from workbench.scenario.layout import last
from workbench.scenario.model import Component, RouteRule, Scenario
from workbench.scenario.problem import Fix
from workbench.scenario.rewrite import rewritten
from workbench.scenario.splice import inserted, replaced
from workbench.scenario.stops import unknown_nodes
from workbench.scenario.tree import Node

__all__: list[str] = []

_SINCE_2502 = ("identity", "resource", "prepend_resource")
_FIRST_COUNTS = ("binary", "affinity", "config", "route", "provides")
_LAST_COUNTS = ("affinity-space", "default", "default-route", "parent-provides")


@check_rule("node-unknown")
def _unknown(subject: Subject) -> Iterator[Finding]:
    old = subject.release == "22.02"
    for node in unknown_nodes(subject.scenario):
        yield Finding(
            "error" if old else "info",
            f"init knows no {node.type} node.",
            None,
            subject.line(f"Error: unknown config element type <{node.type}>")
            + ", then Error: unable to apply complete configuration. Nothing starts."
            if old
            else "init ignores it.",
            Fix(f"Take the {node.type} node away", _without(subject, None, node)) if old else None,
            node.type,
            node.position,
        )


@check_rule("syntax-unsupported")
def _syntax(subject: Subject) -> Iterator[Finding]:
    if subject.release == "22.02" and subject.syntax == "hid":
        yield Finding(
            "error",
            "The configuration is written in HID, which Genode 22.02 cannot read.",
            None,
            "Nothing starts. Export it as XML.",
        )


@check_rule("ram-attribute-ignored")
def _ram_attribute(subject: Subject) -> Iterator[Finding]:
    if subject.release != "22.02":
        return
    for component in subject.enabled:
        form = component.form
        if form is None or form.get("ram") is None or _resources(form, "RAM"):
            continue
        yield Finding(
            "error",
            f"Genode 22.02 does not know the attribute ram of {component.label}.",
            component,
            subject.line(f"Warning: {component.name}: no valid RAM quota defined")
            + ". It does not run.",
            Fix("Write it as a resource node", _as_resource(subject, component)),
        )
    default = last(subject.scenario.form, "default") if subject.scenario.form else None
    if default is not None and default.get("ram") is not None:
        yield Finding(
            "error",
            "Genode 22.02 does not know the attribute ram of default.",
            None,
            "Components without a quota of their own get none, and do not run.",
            part="default",
        )


@check_rule("ram-given-twice")
def _ram_twice(subject: Subject) -> Iterator[Finding]:
    for component in subject.enabled:
        form = component.form
        if form is None or form.get("ram") is None or not _resources(form, "RAM"):
            continue
        yield Finding(
            "warning",
            f"{component.label} has both a ram attribute and a resource node.",
            component,
            "The resource node wins"
            + (", with a warning." if subject.release != "22.02" else "; ram is ignored."),
            Fix("Take the attribute away", _without_ram(subject, component)),
        )


@check_rule("cpu-quota-ignored")
def _cpu_quota(subject: Subject) -> Iterator[Finding]:
    for component in subject.enabled:
        nodes = _resources(component.form, "CPU") if component.form else []
        if nodes and subject.release != "22.02":
            yield Finding(
                "info",
                f"The CPU quota of {component.label} has no effect since Genode 25.11.",
                component,
                "init ignores it silently.",
                part="resource",
                position=nodes[0].position,
            )


@check_rule("attribute-unsupported")
def _attributes(subject: Subject) -> Iterator[Finding]:
    """Targets that change labels are new in 25.02; diag is gone since 26.02."""
    old = subject.release == "22.02"
    unknown = _SINCE_2502 if old else ("diag",)
    for component, rules in _routes(subject):
        where = component.label if component else "The default route"
        used = {
            name
            for rule in rules
            for target in rule.targets
            for name, _ in target.attributes
            if name in unknown
        }
        for name in sorted(used):
            yield Finding(
                "warning" if old else "info",
                f"{where} has a target with the attribute {name}, "
                + ("which is new in Genode 25.02." if old else "which is gone since Genode 26.02."),
                component,
                "init ignores it" + (": the label is sent on unchanged." if old else "."),
                None,
                "route" if component else "default-route",
            )
    for component in subject.enabled:
        beat = component.form.first("heartbeat") if component.form else None
        if old and beat is not None and beat.get("restart_after_skipped") is not None:
            yield Finding(
                "warning",
                f"restart_after_skipped of {component.label} is new in Genode 25.11.",
                component,
                "init ignores it: the component is not restarted.",
                None,
                "heartbeat",
            )


@check_rule("node-repeated")
def _repeated(subject: Subject) -> Iterator[Finding]:
    form = subject.scenario.form
    for type in _LAST_COUNTS if form else ():
        assert form is not None
        nodes = list(form.nodes(type))
        if len(nodes) > 1:
            early = nodes[:-1]
            between = any(n.type == "start" for n in _from_to(form, nodes[0], nodes[-1]))
            yield Finding(
                "warning",
                f"There are {len(nodes)} {type} nodes.",
                None,
                "The last one counts; for a component between them, the one before it."
                if between
                else "The last one counts.",
                None if between else Fix("Keep the last one only", _without(subject, None, *early)),
                type,
                nodes[0].position,
            )
    for component in subject.enabled:
        for type in _FIRST_COUNTS if component.form else ():
            assert component.form is not None
            nodes = list(component.form.nodes(type))
            if len(nodes) > 1:
                yield Finding(
                    "warning",
                    f"{component.label} has {len(nodes)} {type} nodes.",
                    component,
                    "The first one counts.",
                    Fix("Keep the first one only", _without(subject, component, *nodes[1:])),
                    type,
                    nodes[1].position,
                )


def _routes(subject: Subject) -> Iterator[tuple[Component | None, tuple[RouteRule, ...]]]:
    yield None, subject.scenario.default_route or ()
    for component in subject.enabled:
        yield component, component.route or ()


def _resources(start: Node, name: str) -> list[Node]:
    return [node for node in start.nodes("resource") if node.get("name") == name]


def _from_to(form: Node, first: Node, end: Node) -> Iterator[Node]:
    """Yield the nodes from one to another."""
    inside = False
    for node in form.nodes():
        inside = inside or node is first
        if node is end:
            return
        if inside:
            yield node


def _without(
    subject: Subject, component: Component | None, *nodes: Node
) -> Callable[[Scenario], Scenario]:
    """Return the change that takes nodes away."""

    def bare(root: Node) -> Node:
        for node in nodes:
            root = replaced(root, node, None)
        return root

    id = component.id if component else None
    return lambda scenario: rewritten(scenario, id, bare, subject.syntax)


def _without_ram(subject: Subject, component: Component) -> Callable[[Scenario], Scenario]:
    return lambda scenario: rewritten(
        scenario, component.id, lambda start: start.with_attribute("ram", None), subject.syntax
    )


def _as_resource(subject: Subject, component: Component) -> Callable[[Scenario], Scenario]:
    def change(start: Node) -> Node:
        resource = Node("resource", (("name", "RAM"), ("quantum", start.get("ram") or "0")))
        return inserted(start.with_attribute("ram", None), resource, ("binary", "resource"))

    return lambda scenario: rewritten(scenario, component.id, change, subject.syntax)
