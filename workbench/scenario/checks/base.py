"""How a check is written and registered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from workbench.errors import Location
from workbench.scenario.children import Child
from workbench.scenario.explain import Explanation
from workbench.scenario.hoitaja import HOITAJA
from workbench.scenario.layout import Settings, in_force, last
from workbench.scenario.model import Component, Scenario
from workbench.scenario.nested import Init, label_path
from workbench.scenario.problem import Fix, Problem, Severity
from workbench.scenario.quota import Quota, assign
from workbench.scenario.release import Release
from workbench.scenario.routing import Session
from workbench.scenario.tree import Node, Position
from workbench.scenario.vocabulary import Syntax

__all__ = ["CheckFunction", "Finding", "Subject", "check_rule", "codes", "run"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; the code comes from its registration.

    Parameters
    ----------
    severity, message, consequence, fix
        See `workbench.scenario.problem.Problem`. The fix is one of the scenario
        that was checked, be it inside a component.
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


@dataclass(frozen=True, eq=False)
class Subject:
    """What the checks look at: one `init`, be it inside a component.

    Parameters
    ----------
    init
        The `init`, and what it makes of its children.
    explained
        What becomes of every component of the whole configuration, by label path.
    file
        Name of its file, or None.
    """

    init: Init
    explained: Mapping[str, Explanation]
    file: str | None = None

    @property
    def scenario(self) -> Scenario:
        """The configuration of this `init`."""
        return self.init.scenario

    @property
    def release(self) -> Release:
        """Which Genode reads the configuration."""
        return self.init.release

    @property
    def syntax(self) -> Syntax:
        """The syntax that this `init` reads its configuration in."""
        return self.init.syntax

    @property
    def nested(self) -> bool:
        """Whether this `init` is itself a component."""
        return self.init.outer is not None

    @property
    def places_itself(self) -> bool:
        """Whether this is Hoitaja, which ignores the affinities of its cells."""
        return self.init.child is not None and self.init.child.binary == HOITAJA

    @cached_property
    def enabled(self) -> tuple[Component, ...]:
        """The components that are switched on."""
        return tuple(c for c in self.scenario.components if c.enabled)

    @cached_property
    def settings(self) -> dict[str, Settings]:
        """The global settings in force at each component, by id."""
        return in_force(self.scenario, self.syntax)

    @cached_property
    def children(self) -> dict[str, Child]:
        """The children that `init` makes, by id of their first component."""
        return {child.id: child for child in self.init.seen.children}

    @cached_property
    def quotas(self) -> dict[str, Quota]:
        """What each child gets, by id."""
        init = self.init
        return assign(
            init.scenario, init.seen.children, init.purse, release=init.release, syntax=init.syntax
        )

    def sessions(self, component: Component) -> tuple[Session, ...]:
        """Return the sessions of a component that becomes a child."""
        return self.init.seen.predictions[component.id].sessions

    def explanation(self, component: Component) -> Explanation:
        """Return what becomes of a component that becomes a child."""
        return self.explained[label_path((*self.init.path, self.children[component.id].name))]

    def line(self, text: str, child: str | None = None) -> str:
        """Return a line of the log of this `init`, or of one of its children."""
        return self.init.log.line(text, child)

    def path(self, component: Component | None) -> str:
        """Return the label path of a component; of none, that of this `init`."""
        if component is None:
            return label_path(self.init.path)
        return label_path((*self.init.path, component.name)) if component.name else ""

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
    """Return what all checks find in one `init`; the fixes are of its own scenario."""
    return [
        Problem(
            code=code,
            severity=finding.severity,
            message=finding.message,
            component=finding.component.id if finding.component else None,
            path=subject.path(finding.component),
            consequence=finding.consequence,
            location=subject.location(finding),
            fix=finding.fix,
        )
        for code, function in _rules.items()
        for finding in function(subject)
    ]
