"""``workbench check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from workbench.cli.failures import INPUT, PROBLEMS, explained
from workbench.cli.output import complain, print_json, stdout

if TYPE_CHECKING:
    from workbench.scenario.problem import Problem

__all__ = ["check"]

# ruff: noqa: PLC0415 - what is slow to import is imported when it is asked for


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files to check.")],
    profile: Annotated[
        Literal["22.02", "26.02"],
        typer.Option("--profile", help="Release of Genode whose init is to read it."),
    ] = "26.02",
    ram: Annotated[
        str | None, typer.Option("--ram", help="RAM given to init, as 1008M; by default ample.")
    ] = None,
    caps: Annotated[
        int | None, typer.Option("--caps", min=0, help="Capabilities given to init.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one object per file.")] = False,
) -> None:
    """Say what init would do with a scenario that it would not do as written.

    Exit code 0: nothing; 1: problems (errors or warnings); 2: a file cannot be read.
    """
    from workbench import formats
    from workbench.cli.tables import print_problems
    from workbench.errors import InputError
    from workbench.experiments.asked import ram_amount
    from workbench.experiments.readiness import problems
    from workbench.experiments.samples import file_or_sample
    from workbench.formats.syntax import init_syntax
    from workbench.scenario.quota import Purse

    purse = Purse(ram_amount(ram), caps)
    worst = 0
    for file in files:
        try:
            document = formats.read(file_or_sample(file))
        except InputError as refusal:
            complain(explained(refusal.in_file(str(file))))
            worst = INPUT
            continue
        found = problems(
            document.experiment,
            str(file),
            purse=purse,
            release=profile,
            syntax=init_syntax(document),
            workloads=document.format == "yaml",
        )
        if json:
            print_json(_report(file, profile, found))
        elif found:
            print_problems(stdout(), found)
        else:
            typer.echo(f"{file}: no problems")
        if any(problem.severity != "info" for problem in found):
            worst = max(worst, PROBLEMS)
    raise typer.Exit(worst)


def _report(file: Path, profile: str, problems: tuple[Problem, ...]) -> dict[str, Any]:
    return {
        "file": str(file),
        "profile": profile,
        "problems": [
            {
                "code": problem.code,
                "severity": problem.severity,
                "message": problem.message,
                "component": problem.path or None,
                "line": problem.location.line,
                "column": problem.location.column,
                "consequence": problem.consequence,
                "fix": problem.fix.title if problem.fix else None,
            }
            for problem in problems
        ],
    }
