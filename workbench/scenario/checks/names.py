"""Checks of component names."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.scenario.checks.base import Finding, Subject, check_rule
from workbench.scenario.children import MAX_NAME, cut, hidden_by_alias
from workbench.scenario.edits import free_name, rename
from workbench.scenario.model import Component, Scenario
from workbench.scenario.problem import Fix

__all__: list[str] = []


@check_rule("name-duplicate")
def _duplicate(subject: Subject) -> Iterator[Finding]:
    hidden = hidden_by_alias(subject.scenario)
    for component in subject.enabled:
        name = component.name
        first = subject.children.get(component.id)
        if not name or first is not None or cut(name) in hidden:
            continue
        yield Finding(
            "error",
            f'There is an earlier component named "{cut(name)}".',
            component,
            "init makes one child of both: affinity and priority of the first, binary and "
            "configuration of the last.",
            _rename_fix(component, free_name(subject.scenario, name, numbered=True)),
        )


@check_rule("name-of-alias")
def _alias(subject: Subject) -> Iterator[Finding]:
    hidden = hidden_by_alias(subject.scenario)
    for component in subject.enabled:
        if component.name and cut(component.name) in hidden:
            yield Finding(
                "error",
                f"An alias behind {component.label} has the same name and takes its place.",
                component,
                "init makes no child of it and logs nothing.",
            )


@check_rule("name-missing")
def _missing(subject: Subject) -> Iterator[Finding]:
    for component in subject.enabled:
        if not component.name:
            wish = component.binary or "component"
            yield Finding(
                "error",
                "A component has no name.",
                component,
                subject.line("Error: child creation failed")
                + ". A start node without a name stops the whole configuration: nothing starts.",
                _rename_fix(component, free_name(subject.scenario, wish, numbered=False)),
            )


@check_rule("name-too-long")
def _too_long(subject: Subject) -> Iterator[Finding]:
    for component in subject.enabled:
        name = component.name or ""
        if len(name) > MAX_NAME:
            short = free_name(subject.scenario, cut(name), numbered=False)
            yield Finding(
                "warning",
                f"The name of {cut(name)}... is {len(name)} characters long.",
                component,
                f"init cuts names after {MAX_NAME} characters.",
                _rename_fix(component, short),
            )


def _rename_fix(component: Component, name: str) -> Fix:
    def apply(scenario: Scenario) -> Scenario:
        return rename(scenario, component.id, name)

    return Fix(f"Name it {name}", apply)
