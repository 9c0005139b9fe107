"""What is wrong with a scenario, what `init` would do about it, and how to mend it.

A check is one function in a module of this package, registered by
`check_rule` (see `workbench.scenario.checks.base`). Every check looks at one
`init`; those inside components are looked at in the same way, to any depth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from workbench.scenario.checks import (
    affinity,
    inits,
    modules,
    names,
    nodes,
    numbers,
    priorities,
    quota,
    routes,
    rules,
)
from workbench.scenario.checks.base import Finding, Subject, check_rule, codes, run
from workbench.scenario.explain import Explanation, explanations
from workbench.scenario.init_config import Profile, inner_scenario, with_inner
from workbench.scenario.machine_cpus import Machine
from workbench.scenario.model import Component, Scenario
from workbench.scenario.nested import Init, tree
from workbench.scenario.problem import Fix, Problem
from workbench.scenario.quota import Purse
from workbench.scenario.release import DEFAULT_RELEASE, Release
from workbench.scenario.vocabulary import Syntax

__all__ = ["Finding", "Subject", "check", "check_inits", "check_rule", "codes"]

# Importing a module registers its checks.
_TOPICS = (affinity, inits, modules, names, nodes, numbers, priorities, quota, routes, rules)


def check(
    scenario: Scenario,
    file: str | None = None,
    *,
    ram_bytes: int | None = None,
    caps: int | None = None,
    release: Release = DEFAULT_RELEASE,
    syntax: Syntax = "xml",
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
    release, syntax
        Which Genode reads the configuration, and the syntax it is written in.
    """
    top = tree(scenario, Purse(ram_bytes, caps), release=release, syntax=syntax)
    return check_inits(top, explanations(top, Machine(1)), file)


def check_inits(
    top: Init, explained: Mapping[str, Explanation], file: str | None = None
) -> tuple[Problem, ...]:
    """Return the problems of a tree of inits and what becomes of its components; see `check`."""
    scenario = top.scenario
    problems = [
        _seen_from_outside(problem, init)
        for init in top.all()
        for problem in run(Subject(init, explained, file))
    ]
    order = {component.id: index for index, component in enumerate(scenario.components)}

    def place(problem: Problem) -> tuple[float, int, str]:
        line = problem.location.line
        return (
            math.inf if line is None else line,
            order.get(problem.component or "", -1),
            problem.code,
        )

    return tuple(sorted(problems, key=place))


def _seen_from_outside(problem: Problem, init: Init) -> Problem:
    """Return a problem of a nested `init` as one of the top-level scenario."""
    fix, at = problem.fix, init
    while at.outer is not None and at.child is not None:
        fix = _fix_inside(fix, at) if fix else None
        problem = replace(problem, component=at.child.id, fix=fix)
        at = at.outer
    return problem


def _fix_inside(fix: Fix, init: Init) -> Fix:
    """Return the fix of a nested `init`'s scenario as one of the scenario around it."""
    child = init.child
    assert child is not None
    owner = (child.id, *child.others)[-1]  # the configuration comes from the last of one name

    def mended(component: Component) -> Component:
        inside = inner_scenario(component.program, component.config, init.syntax)
        if inside is None:
            return component
        changed = fix.apply(inside)
        return with_inner(component, changed, _profile(init), init.syntax)

    return Fix(fix.title, lambda scenario: scenario.replaced(owner, mended))


def _profile(init: Init) -> Profile:
    """Return how new things are written in a nested configuration: as its neighbours are."""
    forms = [c.form for c in init.scenario.components if c.form is not None]
    classic = any(form.first("resource") is not None for form in forms)
    return "xml-classic" if classic or init.release == "22.02" else "xml"
