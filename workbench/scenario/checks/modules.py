"""Checks of the boot image, where its modules are known."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.scenario.checks.base import Finding, Subject, check_rule
from workbench.scenario.prediction import denial_line

__all__: list[str] = []


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
                None,
                "binary",
            )
            break
