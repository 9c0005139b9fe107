"""What an experiment is to run: one `Plan` per variant and workload, checked beforehand."""

from __future__ import annotations

import difflib
import platform
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import ValidationError

from workbench import formats
from workbench.backends.base import Backend, Job, backend
from workbench.errors import InputError, Location
from workbench.experiments.seeds import replication_seed
from workbench.results.records import RunSpec
from workbench.scenario import variants
from workbench.scenario.experiment import Experiment, Parameter
from workbench.scenario.model import Scenario
from workbench.scenario.problem import Problem

__all__ = ["Plan", "adjusted", "chosen", "plans"]

_RECORDED_PACKAGES = ("affinity-workbench", "numpy", "numba", "xarray")


@dataclass(frozen=True)
class Plan:
    """One run that has been found fit to start.

    Parameters
    ----------
    spec
        What the store records.
    backend
        What runs it.
    scenario
        With the variant applied.
    problems
        What the backend has to say beforehand; no errors among it.
    """

    spec: RunSpec
    backend: Backend
    scenario: Scenario
    problems: tuple[Problem, ...] = ()

    def job(self, replication: int) -> Job:
        """Return the job of one replication."""
        return Job(
            scenario=self.scenario,
            workload=self.spec.workload,
            seed=replication_seed(self.spec.seed, replication),
            parameters=self.spec.parameters,
            variant=self.spec.variant,
            replication=replication,
        )


def adjusted(experiment: Experiment, **settings: str | float | None) -> Experiment:
    """Return an experiment with those of its settings replaced that are not None.

    Raises
    ------
    workbench.errors.InputError
        If a value cannot be, for example no replications.
    """
    changes = {name: value for name, value in settings.items() if value is not None}
    try:
        return experiment.but(**changes) if changes else experiment
    except ValidationError as refusal:
        first = refusal.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise InputError(
            f"{name} cannot be {first['input']}: {first['msg']}.", "Give another value."
        ) from None


def plans(
    experiment: Experiment,
    *,
    variant_names: Sequence[str] | None = None,
    workloads: Sequence[str] | None = None,
    parameters: Mapping[str, Parameter] | None = None,
) -> tuple[Plan, ...]:
    """Return the runs of an experiment, workload by workload.

    Parameters
    ----------
    experiment
        With backend, replications and seed as they are to be used.
    variant_names, workloads
        Which of the experiment's; None means all. Other workloads than those
        the experiment names are allowed.
    parameters
        Win over those of the experiment and its variants.

    Raises
    ------
    workbench.errors.InputError
        If a name is unknown or the backend refuses a job.
    """
    runner = backend(experiment.backend)
    text = formats.write(experiment, "yaml")
    versions = _versions()
    names = [variant.name for variant in experiment.runnable_variants]
    picked = chosen(variant_names, names, "variant")
    known = _known_parameters(runner, workloads or experiment.workloads, experiment.parameters)
    asked = set().union(*known.values())
    everywhere = asked.union(
        *_known_parameters(runner, experiment.workloads, experiment.parameters).values()
    )
    made = []
    for workload, understood in known.items():
        for name in picked:
            of_file = meant_for(understood, everywhere, variants.parameters(experiment, name))
            settings = of_file | meant_for(understood, asked, parameters or {})
            scenario = variants.apply(experiment, name)
            spec = RunSpec(
                experiment=experiment.name,
                variant=name,
                workload=workload,
                backend=experiment.backend,
                kind=runner.kind,
                seed=experiment.seed,
                replications=experiment.replications,
                parameters=settings,
                experiment_yaml=text,
                configuration=_configuration(experiment, scenario),
                versions=versions,
            )
            plan = Plan(spec, runner, scenario)
            made.append(replace(plan, problems=_accepted(plan)))
    return tuple(made)


def meant_for(
    understood: Set[str], elsewhere: Set[str], given: Mapping[str, Parameter]
) -> dict[str, Parameter]:
    """Return the parameters for one workload: without what only others understand.

    What nobody understands stays, so that the backend refuses it.
    """
    return {k: v for k, v in given.items() if k in understood or k not in elsewhere}


def chosen(names: Sequence[str] | None, known: Sequence[str], what: str) -> tuple[str, ...]:
    """Return the names, each once, or all there are; `InputError` for one there is not."""
    for name in names or ():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f'Did you mean "{near[0]}"? ' if near else ""
            raise InputError(
                f'There is no {what} "{name}".', f"{hint}Choose from: {', '.join(known)}."
            )
    return tuple(dict.fromkeys(names or known))


def _known_parameters(
    runner: Backend, workloads: Sequence[str], parameters: Mapping[str, Parameter]
) -> dict[str, set[str]]:
    """Return the names of the parameters of each workload; `InputError` for an unknown one."""
    # Only the backend can judge a workload that is given as a file.
    named = [workload for workload in workloads if Path(workload).suffix != ".yaml"]
    chosen(named, runner.workloads(), "workload")
    return {
        workload: {info.name for info in runner.parameters(workload, parameters)}
        for workload in workloads
    }


def _accepted(plan: Plan) -> tuple[Problem, ...]:
    """Return the backend's remarks on a plan; `InputError` if one is an error."""
    problems = plan.backend.validate(plan.job(0))
    for problem in problems:
        if problem.severity == "error":
            raise InputError(
                problem.message,
                problem.consequence or "Change it and run again.",
                problem.location if problem.location.file else Location(plan.spec.experiment),
            )
    return tuple(problems)


def _configuration(experiment: Experiment, scenario: Scenario) -> str:
    """Return the configuration of `init` that a variant stands for."""
    return formats.write(experiment.but(scenario=scenario, variants=()), "xml-classic")


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _RECORDED_PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # run from a checkout that was never installed
            continue
    return found
