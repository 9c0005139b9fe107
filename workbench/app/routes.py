"""Which provider each session of a component reaches, and the choice of another one."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.app import changes
from workbench.app.state import AppState
from workbench.scenario.catalogue import catalogue
from workbench.scenario.model import Component, Scenario, Target
from workbench.scenario.routing import PARENT, Session, resolve

__all__ = ["RouteForm", "provider_choices", "provider_target"]


class RouteForm(pn.viewable.Viewer):  # type: ignore[misc]
    """One choice per service that the component needs or has a rule for."""

    def __init__(self, state: AppState, **params: Any) -> None:
        super().__init__(**params)
        self._state = state
        self._showing = False
        self._choices: dict[str, Any] = {}
        self._view = pn.Column(sizing_mode="stretch_width", margin=0, css_classes=["routes"])

    def __panel__(self) -> Any:
        return self._view

    def show(self, component: Component) -> None:
        """Show where the component's sessions go."""
        services = _services(component)
        self._showing = True
        try:
            if list(self._choices) != services:
                self._choices = {service: self._choice(service) for service in services}
                self._view[:] = list(self._choices.values())
            for service, choice in self._choices.items():
                self._update(choice, component, service)
        finally:
            self._showing = False

    def _choice(self, service: str) -> Any:
        choice = pmui.Select(
            label=f"{service} from",
            size="small",
            sizing_mode="stretch_width",
            margin=(6, 0),
            css_classes=[f"route-{service}"],
        )
        choice.param.watch(lambda event: self._chosen(service, event.new), "value")
        return choice

    def _update(self, choice: Any, component: Component, service: str) -> None:
        scenario = self._state.shown
        session = resolve(scenario, component, service)
        options = provider_choices(scenario, component, service)
        value = session.provider or "" if session.outcome == "ok" else ""
        if value not in options.values():
            options = {_outcome_in_words(session): value} | options
        good = session.outcome == "ok"
        choice.param.update(
            options=options,
            value=value,
            error_state=not good,
            helper_text="" if good else "The component cannot start without it.",
        )

    def _chosen(self, service: str, provider: str) -> None:
        if self._showing or not provider:
            return
        id = self._state.selected or ""
        scenario = self._state.shown
        target = provider_target(scenario, provider)
        self._state.edit_here(
            f"Route {service} of {scenario.component(id).label}",
            lambda experiment: changes.changed(
                experiment, lambda scenario: changes.route(scenario, id, service, target)
            ),
        )


def _services(component: Component) -> list[str]:
    """Return the services to show: those it needs, then those it has a rule for."""
    entry = catalogue().entry(component.program)
    ruled = [rule.service for rule in component.route or () if rule.service]
    return list(dict.fromkeys([*(entry.requires if entry else ()), *ruled]))


def provider_choices(scenario: Scenario, component: Component, service: str) -> dict[str, str]:
    """Return who could serve a component (an id, or ``parent``), by what to show."""
    siblings = {
        other.label: other.id
        for other in scenario.components
        if other.enabled and service in other.provides and other.id != component.id
    }
    parent = {"the parent": PARENT} if service in scenario.parent_provides else {}
    return siblings | parent


def provider_target(scenario: Scenario, provider: str) -> Target:
    """Return the target of a rule that leads to one of `provider_choices`."""
    if provider == PARENT:
        return Target(kind="parent")
    return Target(kind="child", child=scenario.component(provider).name)


def _outcome_in_words(session: Session) -> str:
    words = {"denied": "nobody: denied", "ambiguous": "ambiguous", "no-route": "nobody: no route"}
    return words.get(session.outcome, session.provider or "nobody")
