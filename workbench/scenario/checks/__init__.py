"""What is wrong with a scenario, what `init` would do about it, and how to mend it.

A check is one function in a module of this package, registered by
`check_rule` (see `workbench.scenario.checks.base`).
"""

from __future__ import annotations

import math

from workbench.scenario.checks import affinity, names, priorities, quota, routes
from workbench.scenario.checks.base import Finding, Subject, check_rule, codes, run
from workbench.scenario.model import Scenario
from workbench.scenario.problem import Problem

__all__ = ["Finding", "Subject", "check", "check_rule", "codes"]

# Importing a module registers its checks.
_TOPICS = (affinity, names, priorities, quota, routes)


def check(
    scenario: Scenario,
    file: str | None = None,
    *,
    ram_bytes: int | None = None,
    caps: int | None = None,
) -> tuple[Problem, ...]:
    """Return the problems of a scenario in the order of their places in the file.

    Parameters
    ----------
    scenario
        What to check.
    file
        Name of its file, for the locations.
    ram_bytes, caps
        What the machine gives to `init`; None leaves overcommitment unchecked.
    """
    problems = run(Subject(scenario, file, ram_bytes, caps))
    order = {component.id: index for index, component in enumerate(scenario.components)}

    def place(problem: Problem) -> tuple[float, int, str]:
        line = problem.location.line
        return (
            math.inf if line is None else line,
            order.get(problem.component or "", -1),
            problem.code,
        )

    return tuple(sorted(problems, key=place))
