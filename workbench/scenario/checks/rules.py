"""Checks of rules, aliases and provided services as written, whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from workbench.scenario.checks.base import Finding, Subject, check_rule
from workbench.scenario.children import aliases, cut
from workbench.scenario.model import Component, RouteRule, Scenario, Target
from workbench.scenario.problem import Fix
from workbench.scenario.routing import rule_position
from workbench.scenario.splice import replaced
from workbench.scenario.tree import Node, Position

__all__: list[str] = []

_SCOPED = ("label", "label_prefix", "label_suffix", "label_last")


@check_rule("rule-labels-mixed")
def _mixed(subject: Subject) -> Iterator[Finding]:
    for component, index, rule in _rules(subject):
        given = [name for name in _SCOPED if getattr(rule, name) is not None]
        if rule.unscoped_label is None or not given:
            continue
        yield Finding(
            "warning",
            f"{_owner(component)} has a rule with unscoped_label and with {', '.join(given)}.",
            component,
            subject.line("Warning: service node contains both scoped and unscoped label attributes")
            + ". unscoped_label alone counts.",
            Fix(
                f"Take {', '.join(given)} away",
                _with_rule(component, index, rule.but(**dict.fromkeys(given))),
            ),
            "route" if component else "default-route",
            _position(subject, component, index),
        )


@check_rule("rule-misses-environment")
def _misses_binary(subject: Subject) -> Iterator[Finding]:
    """Environment sessions have no ``name -> `` in front, so scoped labels never match them."""
    for component, index, rule in _rules(subject):
        if component is None or component.id not in subject.children:
            continue
        child = subject.children[component.id]
        labels = {"ROM": (child.binary, "ld.lib.so"), "LOG": (child.name,)}
        if rule.label not in labels.get(rule.service or "", ()) or rule.unscoped_label is not None:
            continue
        yield Finding(
            "warning",
            f'{_owner(component)} has a rule for {rule.service} with the label "{rule.label}", '
            "which never matches: init asks for that without the component's name in front.",
            component,
            "init says nothing and tries the next rule.",
            Fix(
                "Make it unscoped_label",
                _with_rule(component, index, rule.but(label=None, unscoped_label=rule.label)),
            ),
            "route",
            _position(subject, component, index),
        )


@check_rule("rule-leads-nowhere")
def _nowhere(subject: Subject) -> Iterator[Finding]:
    """Find ``service`` rules whose targets exist but do not offer the service."""
    said = _said(subject)
    others = aliases(subject.scenario)
    names = {child.name: child for child in subject.children.values()}
    for component, index, rule in _rules(subject):
        if rule.service is None or not rule.targets:
            continue  # one without targets denies on purpose
        if component is not None and (component.id, index) in said:
            continue
        asked = [cut(t.child or "") for t in rule.targets if t.kind == "child"]
        servers = [names.get(others.get(name, name)) for name in asked]
        if any(server is None for server in servers):
            continue  # said by route-to-unknown-child
        if subject.init.seen.router.of_rule(rule) != "denied":
            continue
        who = " and ".join(f"{s.name} does not declare it" for s in servers if s is not None)
        yield Finding(
            "warning",
            f"{_owner(component)} has a rule for {rule.service} that leads to nobody"
            f"{': ' + who if who else ', as no one there provides it'}.",
            component,
            "init denies such a session at once and logs nothing.",
            None,
            "route" if component else "default-route",
            _position(subject, component, index),
        )


@check_rule("rule-ambiguous")
def _ambiguous(subject: Subject) -> Iterator[Finding]:
    """Find ``service`` rules that ask any child where several offer the service."""
    said = _said(subject)
    for component, index, rule in _rules(subject):
        if rule.service is None or (component is not None and (component.id, index) in said):
            continue
        if subject.init.seen.router.of_rule(rule) != "ambiguous":
            continue
        servers = [c.name for c in subject.children.values() if rule.service in c.provides]
        line = f"Error: {component.name if component else '...'}: ambiguous routes to service "
        first = Target(kind="child", child=servers[0])
        chosen = tuple(first if t.kind == "any-child" else t for t in rule.targets)
        yield Finding(
            "error" if component else "warning",
            f"{_owner(component)} has a rule that asks any child for {rule.service}, but "
            + (
                f"{servers[0]} declares it more than once."
                if len(servers) == 1
                else f"{' and '.join(servers)} provide it."
            ),
            component,
            subject.line(f'{line}"{rule.service}"') + ". The session is denied.",
            Fix(
                f"Route {rule.service} to {servers[0]}",
                _with_rule(component, index, rule.but(targets=chosen)),
            ),
            "route" if component else "default-route",
            _position(subject, component, index),
        )


@check_rule("service-declared-twice")
def _twice(subject: Subject) -> Iterator[Finding]:
    for component in subject.enabled:
        double = sorted({s for s in component.provides if component.provides.count(s) > 1})
        if not double:
            continue

        def apply(scenario: Scenario, id: str = component.id) -> Scenario:
            return scenario.replaced(id, lambda c: c.but(provides=tuple(dict.fromkeys(c.provides))))

        yield Finding(
            "warning",
            f"{component.label} declares {', '.join(double)} more than once.",
            component,
            f"A rule with any-child then finds it ambiguous: "
            f'Error: ...: ambiguous routes to service "{double[0]}"',
            Fix("Declare it once", apply),
            "provides",
        )


@check_rule("alias-broken")
def _alias(subject: Subject) -> Iterator[Finding]:
    form = subject.scenario.form
    names = {child.name for child in subject.children.values()}
    known = aliases(subject.scenario)
    for node in form.nodes("alias") if form else ():
        name, target = cut(node.get("name") or ""), cut(node.get("child") or "")
        if target in names:
            continue
        yield Finding(
            "warning",
            f'The alias "{name}" stands for "{target}", which is '
            + ("an alias itself." if target in known else "no component."),
            None,
            "init follows an alias one step only. A rule that leads to it denies at once and init "
            "logs nothing.",
            _follow(node, known) if known.get(target) in names else None,
            "alias",
            node.position,
        )


def _said(subject: Subject) -> set[tuple[str, int | None]]:
    """Return the rules, by component and index, whose failing sessions are told elsewhere."""
    return {
        (component.id, session.rule)
        for component in subject.enabled
        if component.id in subject.children
        for session in subject.sessions(component)
        if session.outcome != "ok"
    }


def _rules(subject: Subject) -> Iterator[tuple[Component | None, int, RouteRule]]:
    """Yield every rule with its owner (None: the default route) and its index."""
    for index, rule in enumerate(subject.scenario.default_route or ()):
        yield None, index, rule
    for component in subject.enabled:
        for index, rule in enumerate(component.route or ()):
            yield component, index, rule


def _owner(component: Component | None) -> str:
    return "The default route" if component is None else f"The route of {component.label}"


def _position(subject: Subject, component: Component | None, index: int) -> Position | None:
    scenario = subject.scenario
    reader = component or next((c for c in scenario.components if c.route is None), None)
    return rule_position(scenario, reader, index) if reader else None


def _with_rule(
    component: Component | None, index: int, new: RouteRule
) -> Callable[[Scenario], Scenario]:
    """Return the change of one rule of a component's route, or of the default route."""

    def changed(rules: tuple[RouteRule, ...] | None) -> tuple[RouteRule, ...] | None:
        if rules is None or index >= len(rules):
            return rules
        return (*rules[:index], new, *rules[index + 1 :])

    if component is None:
        return lambda scenario: scenario.but(default_route=changed(scenario.default_route))
    return lambda scenario: scenario.replaced(component.id, lambda c: c.but(route=changed(c.route)))


def _follow(node: Node, known: dict[str, str]) -> Fix:
    end = known[cut(node.get("child") or "")]

    def apply(scenario: Scenario) -> Scenario:
        form = scenario.form
        if form is None:
            return scenario
        return scenario.but(form=replaced(form, node, node.with_attribute("child", end)))

    return Fix(f"Let it stand for {end}", apply)
