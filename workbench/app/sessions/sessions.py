"""The routes view: a table of what `workbench.scenario.explain` says, with other targets to choose.

It is worked out only while it can be seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

from workbench.analysis.colours import component_colours
from workbench.app import changes
from workbench.app.routes import provider_choices, provider_target
from workbench.app.state import AppState
from workbench.scenario import inside
from workbench.scenario.explain import ExplainedSession, Explanation
from workbench.scenario.inside import Way
from workbench.scenario.model import Component, Scenario
from workbench.scenario.nested import label_path
from workbench.scenario.routing import PARENT

__all__ = ["SessionTable", "sessions_of"]

_FOLDER = Path(__file__).parent

_WHY = {
    "denied": "denied: the rule leads to no provider",
    "ambiguous": "ambiguous: more than one component provides it",
    "no-route": "denied: no rule leads to a provider",
}


class SessionTable(JSComponent):  # type: ignore[misc]
    """Shows sessions; sends ``{"route": [key, choice]}``, ``{"select": key}``, ``{"line": n}``."""

    groups = param.List(
        default=[],
        item_type=dict,
        doc="""
        One dictionary for each component: key, around (what the keys of its siblings begin with),
        name, colour, starts, reason, provides, and sessions, which are dictionaries with key,
        service, label, environment, byDefault (whether the default route says it), line, rule (its
        text), ok, provider (who serves it, or why nobody does), choice and choices (pairs of value
        and words).""",
    )
    selected = param.String(default="", doc="Key of the selected component.")
    environment = param.Boolean(
        default=False,
        doc="Whether to show those that every component gets, too.",
    )

    _debounce = 0
    _esm = (_FOLDER / "sessions.js").read_text(encoding="utf-8")
    _stylesheets = (_FOLDER / "sessions.css",)


def sessions_of(state: AppState, **params: Any) -> SessionTable:
    """Return the table of a state's sessions."""
    view = SessionTable(**params)
    follow(state, view)
    return view


def follow(state: AppState, view: Any) -> None:
    """Keep a view of sessions in step with a state while it can be seen, and do what it asks."""

    def show(*_: Any) -> None:
        if view.visible:
            view.groups = list(_groups(state))
            mark()

    def mark(*_: Any) -> None:
        view.selected = _key(state.inside, state.selected) if state.selected else ""

    def act(event: Any) -> None:
        (action, what), *_ = event.data.items()
        match action, what:
            case "line", int(line):
                state.param.update(format="", line=line)
            case "select", str(key):
                way, id = _place(key)
                if state.inside != way:
                    state.enter(way)
                state.selected = id
            case "route", [str(key), str(service), str(provider)]:
                _route(state, *_place(key), service, provider)

    state.param.watch(show, ["experiment", "variant", "document", "host"])
    state.param.watch(mark, ["selected", "inside"])
    view.param.watch(show, "visible")
    view.on_msg(act)
    show()


def _route(state: AppState, way: Way, id: str, service: str, provider: str) -> None:
    """Send a component's sessions of a service to another provider."""
    if state.inside != way:
        state.enter(way)
    state.selected = id
    scenario = state.shown
    target = provider_target(scenario, provider)
    state.edit_here(
        f"Route {service} of {scenario.component(id).label}",
        lambda experiment: changes.changed(
            experiment, lambda scenario: changes.route(scenario, id, service, target)
        ),
    )


def _groups(state: AppState) -> Iterator[dict[str, Any]]:
    """Yield every component that is switched on, nested ones behind the one around them."""
    written = state.as_own_text
    lines = written.text.split("\n")
    explained = written.explained(state.host)
    parts = {(): written.scenario} | dict(inside.nested(written.scenario))

    def of(way: Way, scenario: Scenario) -> Iterator[dict[str, Any]]:
        colours = component_colours(component.label for component in scenario.components)
        names = inside.names(written.scenario, way)
        for component in scenario.components:
            path = label_path((*names, component.label))
            explanation = explained.get(path)
            if explanation is not None and component.enabled:
                yield {
                    "key": _key(way, component.id),
                    "around": "".join(f"{id}\n" for id in way),
                    "name": path,
                    "provides": list(component.provides),
                    "colour": colours[component.label],
                    "starts": explanation.starts,
                    "reason": explanation.reason,
                    "sessions": list(_rows(scenario, component, explanation, lines)),
                }
            deeper = (*way, component.id)
            if deeper in parts:
                yield from of(deeper, parts[deeper])

    yield from of((), written.scenario)


def _rows(
    scenario: Scenario, component: Component, explanation: Explanation, lines: list[str]
) -> Iterator[dict[str, Any]]:
    for index, session in enumerate(explanation.sessions):
        line = session.rule_line
        environment = not session.label.startswith(f"{component.label} -> ")
        choices = provider_choices(scenario, component, session.service)
        yield {
            "key": str(index),
            "service": session.service,
            "label": session.label.removeprefix(f"{component.label} -> "),
            "environment": environment,
            "byDefault": component.route is None,
            "line": line,
            "rule": lines[line - 1].strip() if line and line <= len(lines) else "",
            "ok": session.outcome == "ok",
            "provider": _words(session),
            "choice": _choice(scenario, session, choices),
            "choices": [[value, words] for words, value in choices.items()],
        }


def _words(session: ExplainedSession) -> str:
    if session.outcome != "ok":
        return _WHY[session.outcome]
    return "the parent" if session.provider == PARENT else session.provider or "the parent"


def _choice(scenario: Scenario, session: ExplainedSession, choices: dict[str, str]) -> str:
    """Return which choice is made; "" for none of them."""
    if session.outcome != "ok" or session.provider is None:
        return ""
    last = session.provider.rpartition(" -> ")[2]
    sibling = scenario.named(last)
    chosen = sibling.id if sibling and sibling.id in choices.values() else session.provider
    return chosen if chosen in choices.values() else ""


def _key(way: Way, id: str) -> str:
    return "\n".join((*way, id))


def _place(key: str) -> tuple[Way, str]:
    *way, id = key.split("\n")
    return tuple(way), id
