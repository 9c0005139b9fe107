"""``workbench doctor``."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.failures import PROBLEMS
from workbench.cli.output import print_json

__all__ = ["doctor"]

_MARKS = {"ok": "✓", "note": "•", "problem": "✗"}


def doctor(
    fix: Annotated[
        bool, typer.Option("--fix", help="Compile, fetch and (as root) install what is missing.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as one list.")] = False,
) -> None:
    """Say what this machine lacks to use the workbench, and the command that mends it."""
    from workbench.doctor import examine, mend  # noqa: PLC0415 - slow to import

    findings = mend() if fix else examine()
    if json:
        print_json([finding.to_json() for finding in findings])
    else:
        for finding in findings:
            typer.echo(f"{_MARKS[finding.state]} {finding.title}: {finding.message}")
            if finding.remedy:
                typer.echo(f"    {finding.remedy}")
    if any(finding.state == "problem" for finding in findings):
        raise typer.Exit(PROBLEMS)
