"""Checks of session routes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from workbench.scenario.catalogue import catalogue
from workbench.scenario.checks.affinity import move_up_fix
from workbench.scenario.checks.base import Finding, Subject, check_rule
from workbench.scenario.children import Child, aliases, cut
from workbench.scenario.edits import add, switch
from workbench.scenario.model import Component, RouteRule, Scenario, Target
from workbench.scenario.prediction import denial_line
from workbench.scenario.problem import Fix
from workbench.scenario.routing import Session, rule_position

__all__: list[str] = []

_FROM_CORE = frozenset(
    ("PD", "CPU", "ROM", "LOG", "RM", "IRQ", "IO_MEM", "IO_PORT", "TRACE", "VM", "TOPO", "TASKING")
)
"""Services that come from the kernel's side, so from the parent."""

_Rules = tuple[RouteRule, ...]


@check_rule("default-route-late")
def _default_route_late(subject: Subject) -> Iterator[Finding]:
    if subject.scenario.default_route is None:
        return
    for component in subject.enabled:
        if component.route is None and subject.settings[component.id].default_route is None:
            yield Finding(
                "error",
                f"{component.label} stands before the default route, which comes too late for it.",
                component,
                _no_route_words(subject, component, "PD"),
                move_up_fix("default-route", "the default route"),
            )


@check_rule("route-to-unknown-child")
def _unknown_child(subject: Subject) -> Iterator[Finding]:
    scenario = subject.scenario
    known = {child.name for child in subject.children.values()}
    known |= {alias for alias, name in aliases(scenario).items() if name in known}
    routes: list[tuple[Component | None, _Rules]] = [(None, scenario.default_route or ())]
    routes += [(component, component.route or ()) for component in subject.enabled]
    for component, rules in routes:
        for index, rule in enumerate(rules):
            for target in rule.targets:
                if target.kind == "child" and cut(target.child or "") not in known:
                    yield _to_unknown(subject, component, index, rule, target)


def _to_unknown(
    subject: Subject, component: Component | None, index: int, rule: RouteRule, target: Target
) -> Finding:
    scenario = subject.scenario
    owner = "The default route" if component is None else f"The route of {component.label}"
    present = scenario.named(target.child or "")
    what = "is switched off" if present else "does not exist"
    reader = component or next((c for c in scenario.components if c.route is None), None)
    requests = rule.service or "requests"
    return Finding(
        "error" if rule.service is not None and len(rule.targets) == 1 else "warning",
        f'{owner} leads {requests} to the component "{target.child}", which {what}.',
        component,
        "init tries the rule's next target; without one it denies the session and logs nothing."
        if rule.service is not None
        else "init tries the rule's next target, then the next rule.",
        _unknown_child_fix(subject, component, rule, target, present),
        "default-route" if component is None else "route",
        rule_position(scenario, reader, index) if reader else None,
    )


def _unknown_child_fix(
    subject: Subject,
    component: Component | None,
    rule: RouteRule,
    target: Target,
    present: Component | None,
) -> Fix | None:
    if present is not None:
        id = present.id
        return Fix(f"Switch {present.label} on", lambda scenario: switch(scenario, id, True))
    servers = [c for c in subject.children.values() if rule.service in c.provides]
    if len(servers) == 1:
        other = target.but(child=servers[0].name)
        return Fix(
            f"Route {rule.service} to {servers[0].name}", _retarget(component, rule, target, other)
        )
    entry = catalogue().entry(target.child or "")
    if entry is not None and rule.service in entry.provides:
        return Fix(f"Add {entry.title}", lambda scenario: add(scenario, entry.binary)[0])
    if len(rule.targets) > 1:
        return Fix("Take the target away", _retarget(component, rule, target, None))
    if rule.service in subject.scenario.parent_provides:
        return Fix(
            f"Route {rule.service} to the parent",
            _retarget(component, rule, target, Target(kind="parent")),
        )
    return None


@check_rule("route-denied")
def _denied(subject: Subject) -> Iterator[Finding]:
    names = {child.name: child for child in subject.children.values()}
    for component, session in _sessions(subject, "denied"):
        rule = _rules_of(subject, component)[session.rule or 0]
        asked = [target.child or "" for target in rule.targets if target.kind == "child"]
        server = names.get(cut(asked[0])) if asked else None
        if server is None and (asked or not _provided(subject, session.service)):
            continue  # said by route-to-unknown-child, no-provider or no-parent-provides
        why = "the rule for it leads to no provider"
        if server is not None:
            why = f"it is routed to {server.name}, which does not provide it"
        yield Finding(
            "error",
            f"{component.label} gets no {session.service} session: {why}.",
            component,
            f"{_denied_words(subject, component, session)} The rule denies it without a word.",
            _denied_fix(subject, component, session.service, server),
            "route",
            rule_position(subject.scenario, component, session.rule or 0),
        )


def _denied_fix(
    subject: Subject, component: Component, service: str, server: Child | None
) -> Fix | None:
    others = [child.name for child in subject.children.values() if service in child.provides]
    if len(others) == 1:
        return _route_fix(component, service, Target(kind="child", child=others[0]), others[0])
    if service in subject.scenario.parent_provides:
        return _route_fix(component, service, Target(kind="parent"), "the parent")
    return _provide_fix(server.id, service) if server and not others else None


@check_rule("route-ambiguous")
def _ambiguous(subject: Subject) -> Iterator[Finding]:
    for component, session in _sessions(subject, "ambiguous"):
        service = session.service
        servers = [c.name for c in subject.children.values() if service in c.provides]
        first = Target(kind="child", child=servers[0])
        if len(servers) == 1:  # one server that declares the service more than once
            who = f"{servers[0]} declares it more than once"
        else:
            who = f"{' and '.join(servers)} provide it"
        yield Finding(
            "error",
            f"{component.label} asks any child for {service}, but {who}.",
            component,
            subject.line(f'Error: {component.name}: ambiguous routes to service "{service}"'),
            _route_fix(component, service, first, servers[0]),
            "route",
        )


@check_rule("no-route")
def _no_route(subject: Subject) -> Iterator[Finding]:
    late = subject.scenario.default_route is not None
    denied: defaultdict[str, list[Session]] = defaultdict(list)
    for component, session in _sessions(subject, "no-route"):
        said_late = late and component.route is None and not _rules_of(subject, component)
        if _provided(subject, session.service) and not said_late:
            denied[component.id].append(session)
    for id, sessions in denied.items():
        component = subject.scenario.component(id)
        services = ", ".join(session.service for session in sessions)
        yield Finding(
            "error",
            f"No rule of {component.label}'s route leads {services} to a provider.",
            component,
            _no_route_words(subject, component, sessions[0].service, sessions[0].label),
            Fix("Add a rule for any service", _append_any(component)),
            "route",
        )


@check_rule("no-provider")
def _no_provider(subject: Subject) -> Iterator[Finding]:
    for component, session in _sessions(subject, "denied", "no-route"):
        service = session.service
        if (
            service in _FROM_CORE
            or _provided(subject, service)
            or _names_child(subject, component, session)
        ):
            continue
        server = next((e for e in catalogue().palette() if service in e.provides), None)
        yield Finding(
            "error",
            f"{component.label} needs {service}, which no component provides.",
            component,
            _denied_words(subject, component, session),
            Fix(f"Add {server.title}", _add(server.binary)) if server else None,
        )


@check_rule("no-parent-provides")
def _no_parent_provides(subject: Subject) -> Iterator[Finding]:
    lacking: defaultdict[str, list[Component]] = defaultdict(list)
    for component, session in _sessions(subject, "denied", "no-route"):
        service = session.service
        if service in _FROM_CORE and not _provided(subject, service):
            lacking[service].append(component)
    for service, components in lacking.items():
        many = (
            f"{len(components)} components need"
            if len(components) > 1
            else (f"{components[0].label} needs")
        )
        yield Finding(
            "error",
            f"{many} {service}, but parent-provides does not name it.",
            None,
            subject.line(f"Error: {components[0].name}: {service} environment session denied")
            + ". They do not start.",
            Fix(f"Let the parent provide {service}", _let_parent_provide(service)),
            "parent-provides",
        )


def _sessions(subject: Subject, *outcomes: str) -> Iterator[tuple[Component, Session]]:
    """Yield the sessions of such outcomes, one for each component and service."""
    for component in subject.enabled:
        if component.id not in subject.children:
            continue
        met: set[str] = set()
        for session in subject.sessions(component):
            if session.outcome in outcomes and session.service not in met:
                met.add(session.service)
                yield component, session


def _rules_of(subject: Subject, component: Component) -> _Rules:
    return subject.children[component.id].route or ()


def _provided(subject: Subject, service: str) -> bool:
    return service in subject.init.seen.router.parent_services or any(
        service in child.provides for child in subject.children.values()
    )


def _names_child(subject: Subject, component: Component, session: Session) -> bool:
    """Whether the deciding rule names a child; other checks say what is wrong with that."""
    if session.rule is None:
        return False
    rule = _rules_of(subject, component)[session.rule]
    return any(target.kind == "child" for target in rule.targets)


def _denied_words(subject: Subject, component: Component, session: Session) -> str:
    return denial_line(subject.children[component.id], session, subject.init.log) + "."


def _no_route_words(
    subject: Subject, component: Component, service: str, label: str | None = None
) -> str:
    label = component.name if label is None else label
    line = f'Warning: {component.name}: no route to service "{service}" (label="{label}")'
    then = "It does not start."
    if subject.release == "22.02" and service == "PD":
        then = "The whole init ends with an uncaught exception: nothing starts."
    return f"{subject.line(line)}. {then}"


def _own_rules(scenario: Scenario, component: Component) -> _Rules:
    """Return the rules to build on when a component is given a route of its own."""
    route = scenario.component(component.id).route
    return route if route is not None else scenario.default_route or ()


def _route_fix(component: Component, service: str, target: Target, title: str) -> Fix:
    """Return the fix that leads all requests for a service to one target.

    Rules of that service without a label are replaced; a new one goes first.
    """
    new = RouteRule(service=service, targets=(target,))

    def apply(scenario: Scenario) -> Scenario:
        rules = _own_rules(scenario, component)
        same = RouteRule(service=service)
        kept = tuple(rule for rule in rules if rule.but(targets=()) != same)
        return scenario.replaced(component.id, lambda c: c.but(route=(new, *kept)))

    return Fix(f"Route {service} to {title}", apply)


def _append_any(component: Component) -> Callable[[Scenario], Scenario]:
    anything = RouteRule(targets=(Target(kind="parent"), Target(kind="any-child")))

    def apply(scenario: Scenario) -> Scenario:
        rules = (*_own_rules(scenario, component), anything)
        return scenario.replaced(component.id, lambda c: c.but(route=rules))

    return apply


def _retarget(
    component: Component | None, rule: RouteRule, old: Target, new: Target | None
) -> Callable[[Scenario], Scenario]:
    """Return the change of one target of a component's route, or of the default route."""
    targets = tuple(
        t for t in (new if target == old else target for target in rule.targets) if t is not None
    )

    def changed(rules: _Rules) -> _Rules:
        return tuple(r.but(targets=targets) if r == rule else r for r in rules)

    def apply(scenario: Scenario) -> Scenario:
        if component is None:
            return scenario.but(default_route=changed(scenario.default_route or ()))
        return scenario.replaced(component.id, lambda c: c.but(route=changed(c.route or ())))

    return apply


def _provide_fix(id: str, service: str) -> Fix:
    def apply(scenario: Scenario) -> Scenario:
        return scenario.replaced(id, lambda c: c.but(provides=(*c.provides, service)))

    return Fix(f"Declare that {id} provides {service}", apply)


def _add(binary: str) -> Callable[[Scenario], Scenario]:
    return lambda scenario: add(scenario, binary)[0]


def _let_parent_provide(service: str) -> Callable[[Scenario], Scenario]:
    return lambda scenario: scenario.but(parent_provides=(*scenario.parent_provides, service))
