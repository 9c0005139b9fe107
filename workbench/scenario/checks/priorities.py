"""Checks of priority levels and priorities."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.scenario.checks.base import Finding, Subject, check_rule
from workbench.scenario.edits import set_priority
from workbench.scenario.model import Component, Scenario
from workbench.scenario.priorities import levels_in_force, levels_message, priority_in_force
from workbench.scenario.problem import Fix

__all__: list[str] = []


@check_rule("prio-levels-not-power-of-two")
def _levels(subject: Subject) -> Iterator[Finding]:
    levels = subject.scenario.prio_levels
    line = levels_message(levels, subject.release)
    if line is None:
        return
    above = 1 << max(levels - 1, 0).bit_length()
    why = "is not a power of two, so it cannot be a number of priority levels."
    if levels == above:
        above = 32
        why = "is too many: Genode 22.02 has at most 32 priority levels."
    yield Finding(
        "warning",
        f"{levels} {why}",
        None,
        subject.line(line),
        Fix(f"Use {above} levels", lambda scenario: scenario.but(prio_levels=above)),
    )


@check_rule("priority-out-of-range")
def _out_of_range(subject: Subject) -> Iterator[Finding]:
    levels = subject.scenario.prio_levels
    for component in subject.enabled:
        priority = component.priority or 0
        in_force = priority_in_force(priority, levels, subject.release)
        if priority == in_force:
            continue
        usable = levels_in_force(levels, subject.release)
        possible = (
            f"from 0 down to {1 - usable}" if usable else "0, as there are no priority levels"
        )
        yield Finding(
            "warning",
            f"{component.label} has the priority {priority}; possible is {possible}.",
            component,
            subject.line(
                f"Warning: {component.name}: invalid priority, "
                f"upgrading from {priority} to {in_force}"
            ),
            _fix(component, in_force),
        )


@check_rule("priority-positive")
def _positive(subject: Subject) -> Iterator[Finding]:
    for component in subject.enabled:
        if component.priority is not None and component.priority > 0:
            yield Finding(
                "warning",
                f"{component.label} has the priority {component.priority}, above its parent's; "
                "priorities are 0 or negative.",
                component,
                f"init says nothing and takes it (priority:   {-component.priority}).",
                _fix(component, 0),
            )


def _fix(component: Component, priority: int) -> Fix:
    def apply(scenario: Scenario) -> Scenario:
        return set_priority(scenario, component.id, priority)

    return Fix(f"Give it the priority {priority}", apply)
