"""``workbench check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.failures import INPUT, PROBLEMS, explained
from workbench.cli.output import complain, print_json, stdout

if TYPE_CHECKING:
    from workbench.scenario.experiment import Experiment
    from workbench.scenario.problem import Problem

__all__ = ["check"]

# ruff: noqa: PLC0415 - what is slow to import is imported when it is asked for

_PROFILE = "22.02"
"""The Genode release whose `init` the checks speak of."""


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
