"""Checks of the boot image, where its modules are known."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.scenario.boot import Boot
from workbench.scenario.checks.base import Finding, Subject, check_rule
from workbench.scenario.model import Scenario
from workbench.scenario.prediction import denial_line
from workbench.scenario.problem import Fix

__all__: list[str] = []


def _fix(module: str) -> Fix:
    def apply(scenario: Scenario) -> Scenario:
        boot = scenario.boot or Boot()
        modules = boot.modules or ()
        if module in modules:
            return scenario
        return scenario.but(boot=boot.but(modules=(*modules, module)))

    return Fix(f"Add {module} to the boot modules", apply)


@check_rule("binary-missing")
def _missing(subject: Subject) -> Iterator[Finding]:
    for component in subject.enabled:
        child = subject.children.get(component.id)
        if child is None:
            continue
        for session in subject.sessions(component):
            end = subject.init.follow(session).session
            if not end.lacks:
                continue
            yield Finding(
                "error",
                f"The boot image has no module {end.lacks}, which {component.label} is to run.",
                component,
                f"{denial_line(child, end, subject.init.log)}, about ten times. It does not start.",
                None if subject.nested else _fix(end.lacks),
                "binary",
            )
            break
