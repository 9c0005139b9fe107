"""How a check is written and registered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from workbench.errors import Location
from workbench.scenario.children import Child, children
from workbench.scenario.layout import Settings, in_force, last
from workbench.scenario.model import Component, Scenario
from workbench.scenario.prediction import Prediction, predict
from workbench.scenario.problem import Fix, Problem, Severity
from workbench.scenario.tree import Node, Position

__all__ = ["CheckFunction", "Finding", "Subject", "check_rule", "codes", "run"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; the code comes from its registration.

    Parameters
    ----------
    severity, message, consequence, fix
        See `workbench.scenario.problem.Problem`.
    component
        The component concerned, or None.
    part
        Type of the node concerned: inside the component's start node, or at the
        top level where there is no component.
    position
        Where it stands, if better known than by `part`.
    """

    severity: Severity
    message: str
    component: Component | None = None
    consequence: str = ""
    fix: Fix | None = None
    part: str | None = None
    position: Position | None = None


@dataclass(frozen=True)
class Subject:
    """What the checks look at; facts about it are derived once.

    Parameters
    ----------
    scenario
        What to check.
    file
        Name of its file, or None.
    ram_bytes, caps
        What the machine gives to `init`; None where unknown.
    """

    scenario: Scenario
    file: str | None = None
    ram_bytes: int | None = None
    caps: int | None = None

    @cached_property
    def enabled(self) -> tuple[Component, ...]:
        """The components that are switched on."""
        return tuple(c for c in self.scenario.components if c.enabled)

    @cached_property
    def settings(self) -> dict[str, Settings]:
        """The global settings in force at each component, by id."""
        return in_force(self.scenario)

    @cached_property
    def children(self) -> dict[str, Child]:
        """The children that `init` makes, by id of their first component."""
        return {child.id: child for child in children(self.scenario)}

    @cached_property
    def predictions(self) -> dict[str, Prediction]:
        """What becomes of each component, by id."""
        return predict(self.scenario, ram_bytes=self.ram_bytes, caps=self.caps)

    def location(self, finding: Finding) -> Location:
        """Return where a finding stands in the file."""
        owner = finding.component
        root = owner.form if owner else self.scenario.form
        node: Node | None = None
        if root is not None and finding.part is not None:
            node = root.first(finding.part) if owner else last(root, finding.part)
        node = node or root
        position = finding.position or (node.position if node else None)
        element = f'start "{owner.name}"' if owner and owner.name else finding.part
        if position is None:
            return Location(self.file, element=element)
        return Location(self.file, position.line, position.column, element)


CheckFunction = Callable[[Subject], Iterator[Finding]]

_rules: dict[str, CheckFunction] = {}


def check_rule(code: str) -> Callable[[CheckFunction], CheckFunction]:
    """Register a function that finds the problems of one code."""

    def register(function: CheckFunction) -> CheckFunction:
        _rules[code] = function
        return function

    return register


def codes() -> tuple[str, ...]:
    """Return the codes of all checks."""
    return tuple(_rules)


def run(subject: Subject) -> list[Problem]:
    """Return what all checks find."""
    return [
        Problem(
            code=code,
            severity=finding.severity,
            message=finding.message,
            component=finding.component.id if finding.component else None,
            consequence=finding.consequence,
            location=subject.location(finding),
            fix=finding.fix,
        )
        for code, function in _rules.items()
        for finding in function(subject)
    ]
