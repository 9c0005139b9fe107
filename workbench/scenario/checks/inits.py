"""Checks of what an `init` needs itself, of nested ones, and of who waits for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from workbench.scenario.checks.base import Finding, Subject, check_rule
from workbench.scenario.hoitaja import NOT_ENOUGH, shares
from workbench.scenario.layout import last
from workbench.scenario.model import Component, Scenario
from workbench.scenario.nested import Init
from workbench.scenario.prediction import denial_line
from workbench.scenario.problem import Fix
from workbench.scenario.rewrite import rewritten
from workbench.scenario.splice import replaced
from workbench.scenario.stops import needs_of_init
from workbench.scenario.tree import Node

__all__: list[str] = []

_USES = {"report": ("Report", "Timer"), "heartbeat": ("Timer",)}


@check_rule("report-blocks-init")
def _blocks(subject: Subject) -> Iterator[Finding]:
    """Find what needs Report or Timer: the parent of the top-level `init` offers neither."""
    form = subject.scenario.form
    if form is None or subject.nested:
        return
    needed = needs_of_init(subject.scenario, subject.syntax)
    for type, services in _USES.items():
        node = last(form, type)
        if node is None:
            continue
        lacking = [s for s in services if s in needed and s not in subject.scenario.parent_provides]
        if lacking:
            yield Finding(
                "error",
                f"init needs {' and '.join(lacking)} for its {type}, which its parent does not "
                "provide.",
                None,
                f"init waits for the {lacking[0]} session and starts nothing; it logs nothing.",
                Fix(f"Take the {type} away", _without(type, subject)),
                type,
            )


@check_rule("report-without-route")
def _report_without_route(subject: Subject) -> Iterator[Finding]:
    for component, inside in _nested(subject):
        child = subject.children[component.id]
        for service in needs_of_init(inside.scenario, inside.syntax):
            session = subject.init.seen.router.session(child, service)
            if subject.init.follow(session).session.outcome != "ok":
                yield Finding(
                    "error",
                    f"{component.label} is an init that needs {service} for its report or "
                    "heartbeat, but its route leads to no provider.",
                    component,
                    f"{denial_line(child, session, subject.init.log)}. It starts nothing.",
                    None,
                    "route",
                )


@check_rule("denied-further-up")
def _further_up(subject: Subject) -> Iterator[Finding]:
    """Sessions that the nested `init` passes on and that end nowhere."""
    if not subject.nested:
        return
    for component in subject.enabled:
        child = subject.children.get(component.id)
        if child is None:
            continue
        met: set[str] = set()
        for session in subject.sessions(component):
            reached = subject.init.follow(session)
            if session.outcome != "ok" or reached.session.outcome == "ok" or session.service in met:
                continue
            met.add(session.service)
            said = reached.lines or (denial_line(child, reached.session, subject.init.log),)
            yield Finding(
                "error",
                f"{subject.path(component)} gets no {session.service} session: "
                f"{subject.path(None)} may pass it on, but an init around it denies it.",
                component,
                f"{said[0]}.",
                None,
                "route",
            )


@check_rule("provider-does-not-start")
def _waits(subject: Subject) -> Iterator[Finding]:
    for component in subject.enabled:
        if component.id not in subject.children:
            continue
        waits = subject.explanation(component).waits_for
        if waits is None:
            continue
        service, provider = waits
        itself = provider == subject.path(component)
        yield Finding(
            "error",
            f"{component.label} would get its {service} session from itself."
            if itself
            else f"{component.label} gets its {service} session from {provider}, "
            "which does not start.",
            component,
            "It waits for the session; init logs nothing.",
            None,
            "route",
        )


@check_rule("priority-band-too-small")
def _bands(subject: Subject) -> Iterator[Finding]:
    text = "priority band too small, losing least-significant priority bits"
    for component in subject.enabled:
        if component.id not in subject.children or not subject.nested:
            continue
        line = next((m for m in subject.explanation(component).messages if text in m), None)
        if line is not None:
            yield Finding(
                "warning",
                f"The priority levels of the inits around {subject.path(component)} are more than "
                "a priority can hold.",
                component,
                f"{line}.",
            )


@check_rule("cell-affinity-ignored")
def _cells(subject: Subject) -> Iterator[Finding]:
    if not subject.places_itself:
        return
    for component in subject.enabled:
        if component.affinity is not None and component.id in subject.children:
            yield Finding(
                "info",
                f"Hoitaja places its cells itself; the affinity of {component.label} is ignored.",
                component,
                "It gets its share of the cores by its priority.",
                None,
                "affinity",
            )


@check_rule("cell-without-core")
def _no_core(subject: Subject) -> Iterator[Finding]:
    if not subject.places_itself:
        return
    made = subject.init.seen.children
    cells = shares(subject.scenario.effective_space, [child.priority for child in made])
    for child, cell in zip(made, cells, strict=True):
        if cell is None:
            yield Finding(
                "error",
                f"{child.name}'s share of Hoitaja's cores is less than one core.",
                subject.scenario.component(child.id),
                f"{subject.line(f'{child.name}: {NOT_ENOUGH}')}. It does not start.",
            )


def _nested(subject: Subject) -> Iterator[tuple[Component, Init]]:
    for id, inside in subject.init.inits.items():
        yield subject.scenario.component(id), inside


def _without(type: str, subject: Subject) -> Callable[[Scenario], Scenario]:
    def change(config: Node) -> Node:
        for node in config.nodes(type):
            config = replaced(config, node, None)
        return config

    return lambda scenario: rewritten(scenario, None, change, subject.syntax)
