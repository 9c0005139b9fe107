"""What a check found: one problem, its place, its consequence, and its fix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from workbench.errors import Location
from workbench.scenario.model import Scenario

__all__ = ["Fix", "Problem", "Severity"]

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that mends a problem.

    Parameters
    ----------
    title
        What the change does, in the imperative: ``Move blinktree1 into the space``.
    apply
        Gives the mended scenario.
    """

    title: str
    apply: Callable[[Scenario], Scenario] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding of a check.

    Parameters
    ----------
    code
        Stable short name of the rule, for example ``affinity-outside-space``.
    severity
        ``error`` (something will not run), ``warning`` (it runs, but not as
        written) or ``info``.
    message
        What is wrong, one sentence.
    component
        Id of the component concerned, or None. Of a problem inside a component
        that one's id.
    path
        Label path of the component concerned, ``outer -> inner`` for one inside
        another; "" where there is none or it has no name.
    consequence
        What `init` does about it, in its own log words where it logs anything.
    location
        Where it stands in the file.
    fix
        A change that mends it, where there is one.
    """

    code: str
    severity: Severity
    message: str
    component: str | None = None
    path: str = ""
    consequence: str = ""
    location: Location = field(default_factory=Location)
    fix: Fix | None = None
