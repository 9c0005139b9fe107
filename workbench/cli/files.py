"""``workbench convert`` and ``workbench check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.failures import INPUT, PROBLEMS, explained
from workbench.cli.output import complain, print_json, say, stdout

if TYPE_CHECKING:
    from workbench.scenario.experiment import Experiment
    from workbench.scenario.problem import Problem

__all__ = ["check", "convert"]

# ruff: noqa: PLC0415 - what is slow to import is imported when it is asked for

_PROFILE = "22.02"
"""The Genode release whose `init` the checks speak of."""


def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="File to read, or a sample's name.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="File to write, .yaml or .xml.")],
    variant: Annotated[
        str | None, typer.Option("--variant", help="Write the scenario of this variant.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
) -> None:
    """Write an experiment or configuration in the format of another file name."""
    from workbench import formats
    from workbench.errors import InputError
    from workbench.experiments.samples import file_or_sample

    document = formats.read(file_or_sample(source))
    experiment = document.experiment
    if variant is not None:
        experiment = _as_variant(experiment, variant)
    try:
        written = formats.save(experiment, target, document, overwrite=force)
    except formats.ChangedOnDisk as refusal:
        raise InputError(
            refusal.what, "Choose another name, or say --force to overwrite it.", refusal.location
        ) from None
    if lost := formats.left_out(experiment, written.format):
        hint = " --variant NAME writes one of them." if experiment.variants else ""
        say(f"{target} holds the scenario only; what stays in {source}: {', '.join(lost)}.{hint}")


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files to check.")],
    json: Annotated[bool, typer.Option("--json", help="Print one object per file.")] = False,
) -> None:
    """Say what init would do with a scenario that it would not do as written.

    Exit code 0: nothing; 1: problems (errors or warnings); 2: a file cannot be read.
    """
    from workbench import formats
    from workbench.cli.tables import print_problems
    from workbench.errors import InputError
    from workbench.experiments.readiness import readiness
    from workbench.experiments.samples import file_or_sample

    worst = 0
    for file in files:
        try:
            experiment = formats.read(file_or_sample(file)).experiment
            found = readiness(experiment, str(file))
        except InputError as refusal:
            complain(explained(refusal.in_file(str(file))))
            worst = INPUT
            continue
        if json:
            print_json(_report(file, experiment, found.problems))
        elif found.problems:
            print_problems(stdout(), found.problems)
        else:
            typer.echo(f"{file}: no problems")
        if found.needs_decision:
            worst = max(worst, PROBLEMS)
    raise typer.Exit(worst)


def _as_variant(experiment: Experiment, name: str) -> Experiment:
    from workbench.experiments.plan import chosen
    from workbench.scenario import variants

    chosen([name], [variant.name for variant in experiment.runnable_variants], "variant")
    return experiment.but(
        scenario=variants.apply(experiment, name),
        parameters=variants.parameters(experiment, name),
        variants=(),
    )


def _report(file: Path, experiment: Experiment, problems: tuple[Problem, ...]) -> dict[str, Any]:
    names = {component.id: component.name for component in experiment.scenario.components}
    return {
        "file": str(file),
        "profile": _PROFILE,
        "problems": [
            {
                "code": problem.code,
                "severity": problem.severity,
                "message": problem.message,
                "component": names.get(problem.component or ""),
                "line": problem.location.line,
                "column": problem.location.column,
                "consequence": problem.consequence,
                "fix": problem.fix.title if problem.fix else None,
            }
            for problem in problems
        ],
    }
