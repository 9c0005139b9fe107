"""Whether an experiment would run as it is written, and what to do if not.

`init` starts a faulty configuration anyway: it drops, moves or renames what
does not fit. Whoever runs one has to choose between that and mending it first;
the command line and the app ask the same question, on the ground of this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from workbench.errors import InputError, Location
from workbench.experiments.memory import memory_problems
from workbench.scenario import variants
from workbench.scenario.checks import check
from workbench.scenario.experiment import Experiment, Variant
from workbench.scenario.model import Component, Rectangle, Scenario
from workbench.scenario.problem import Fix, Problem
from workbench.scenario.quota import Purse
from workbench.scenario.release import DEFAULT_RELEASE, Release
from workbench.scenario.vocabulary import Syntax

__all__ = ["Readiness", "problems", "readiness"]

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
    return Readiness(problems(experiment, file), mended, problems(mended, file))


def problems(
    experiment: Experiment,
    file: str | None = None,
    *,
    purse: Purse | None = None,
    release: Release = DEFAULT_RELEASE,
    syntax: Syntax = "xml",
    workloads: bool = True,
) -> tuple[Problem, ...]:
    """Return the problems of an experiment's scenario and of its variants; each said once.

    Parameters
    ----------
    experiment, file
        See `readiness`.
    purse
        What the machine gives to `init`; by default ample.
    release, syntax
        Which Genode reads the configuration, and the syntax it is written in.
    workloads
        Whether to see if the quotas hold the data of the experiment's workloads.
    """
    purse = purse or Purse()

    def of(scenario: Scenario) -> Iterator[Problem]:
        yield from check(
            scenario,
            file,
            ram_bytes=purse.ram_bytes,
            caps=purse.caps,
            release=release,
            syntax=syntax,
        )
        if workloads:
            yield from memory_problems(experiment, scenario, file)

    found = list(of(experiment.scenario))
    known = {(problem.code, problem.path, problem.component) for problem in found}
    for variant in experiment.variants:
        scenario = _applied(experiment, variant, file)
        for problem in [scenario] if isinstance(scenario, Problem) else of(scenario):
            key = (problem.code, problem.path, problem.component)
            if key not in known or isinstance(scenario, Problem):
                known.add(key)
                found.append(problem)
    return tuple(found)


def _applied(
    experiment: Experiment, variant: Variant, file: str | None = None
) -> Scenario | Problem:
    """Return the scenario of a variant, or why there is none."""
    try:
        return variants.apply(experiment, variant.name)
    except InputError as refusal:
        return Problem(
            "variant-unusable",
            "error",
            refusal.what,
            consequence=f"The variant cannot be run. {refusal.remedy}",
            location=refusal.location if refusal.location.line else Location(file),
        )


def _mended(experiment: Experiment) -> Experiment:
    def find(scenario: Scenario) -> Iterator[Problem]:
        yield from check(scenario)
        yield from memory_problems(experiment, scenario)

    scenario = _fixed(experiment.scenario, find, lambda before, fix: fix.apply(before))
    if scenario is not experiment.scenario:
        experiment = experiment.but(scenario=scenario)
    for variant in experiment.variants:
        applied = _applied(experiment, variant)
        if isinstance(applied, Problem):
            continue
        fixed = _fixed(applied, check, _placement_only)
        if moved := _moved(applied, fixed):
            changed = variant.but(affinity=variant.affinity | moved)
            experiment = experiment.but(
                variants=tuple(changed if v is variant else v for v in experiment.variants)
            )
    return experiment


def _fixed(
    scenario: Scenario,
    find: Callable[[Scenario], Iterable[Problem]],
    apply: Callable[[Scenario, Fix], Scenario],
) -> Scenario:
    """Apply the first fix that changes anything, again and again until none does."""
    for _ in range(_MOST_FIXES):
        for problem in find(scenario):
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
