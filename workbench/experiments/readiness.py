"""Whether an experiment would run as it is written, and what to do if not.

`init` starts a faulty configuration anyway: it drops, moves or renames what
does not fit. Whoever runs one has to choose between that and mending it first;
the command line and the app ask the same question, on the ground of this.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.scenario import variants
from workbench.scenario.checks import check
from workbench.scenario.experiment import Experiment
from workbench.scenario.model import Component, Rectangle, Scenario
from workbench.scenario.problem import Fix, Problem

__all__ = ["Readiness", "readiness"]

_MOST_FIXES = 1000  # far beyond any real file; ends fixes that undo each other


@dataclass(frozen=True)
class Readiness:
    """What stands between an experiment and its run.

    Parameters
    ----------
    problems
        Of the scenario as written and of each variant; each said once.
    mended
        The experiment with every offered fix applied; the same object where
        there is none.
    remaining
        What is left of the problems in `mended`.
    """

    problems: tuple[Problem, ...]
    mended: Experiment
    remaining: tuple[Problem, ...]

    @property
    def changing(self) -> tuple[Problem, ...]:
        """The problems that make something else run than what is written."""
        return tuple(p for p in self.problems if p.severity != "info")

    @property
    def needs_decision(self) -> bool:
        """Whether someone has to choose between running as `init` would and mending."""
        return bool(self.changing)


def readiness(experiment: Experiment, file: str | None = None) -> Readiness:
    """Return what stands between an experiment and its run.

    Parameters
    ----------
    experiment
        As it would be submitted.
    file
        Its name, for the locations of the problems.
    """
    mended = _mended(experiment)
    return Readiness(_problems(experiment, file), mended, _problems(mended, file))


def _problems(experiment: Experiment, file: str | None) -> tuple[Problem, ...]:
    found = list(check(experiment.scenario, file))
    known = {(problem.code, problem.component) for problem in found}
    for variant in experiment.variants:
        for problem in check(variants.apply(experiment, variant.name), file):
            if (problem.code, problem.component) not in known:
                known.add((problem.code, problem.component))
                found.append(problem)
    return tuple(found)


def _mended(experiment: Experiment) -> Experiment:
    scenario = _fixed(experiment.scenario, lambda before, fix: fix.apply(before))
    if scenario is not experiment.scenario:
        experiment = experiment.but(scenario=scenario)
    for variant in experiment.variants:
        applied = variants.apply(experiment, variant.name)
        fixed = _fixed(applied, _placement_only)
        if moved := _moved(applied, fixed):
            changed = variant.but(affinity=variant.affinity | moved)
            experiment = experiment.but(
                variants=tuple(changed if v is variant else v for v in experiment.variants)
            )
    return experiment


def _fixed(scenario: Scenario, apply: Callable[[Scenario, Fix], Scenario]) -> Scenario:
    """Apply the first fix that changes anything, again and again until none does."""
    for _ in range(_MOST_FIXES):
        for problem in check(scenario):
            if problem.severity == "info" or problem.fix is None:
                continue
            changed = apply(scenario, problem.fix)
            if changed != scenario:
                scenario = changed
                break
        else:
            return scenario
    return scenario


def _placement_only(scenario: Scenario, fix: Fix) -> Scenario:
    """Apply a fix that only moves components; a variant can hold nothing else."""
    changed = fix.apply(scenario)
    moved = _moved(scenario, changed)
    placed = scenario
    for id, rectangle in moved.items():
        placed = placed.replaced(id, _placing(rectangle))
    return placed if placed == changed else scenario


def _moved(before: Scenario, after: Scenario) -> dict[str, Rectangle]:
    """Return the new rectangles of the components that two scenarios place differently."""
    old = {component.id: component.affinity for component in before.components}
    return {
        component.id: component.affinity
        for component in after.components
        if isinstance(component.affinity, Rectangle)
        and component.id in old
        and component.affinity != old[component.id]
    }


def _placing(rectangle: Rectangle) -> Callable[[Component], Component]:
    return lambda component: component.but(affinity=rectangle)
