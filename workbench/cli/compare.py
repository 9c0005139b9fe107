"""``workbench compare``."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.context import opened_store
from workbench.cli.output import print_json, stdout

__all__ = ["compare"]


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN...", help="Ids of runs; the first variant is the base."),
    ],
    json: Annotated[bool, typer.Option("--json", help="Print it as one object.")] = False,
) -> None:
    """Compare runs that are in the run store."""
    from workbench.analysis.outcome import compared, outcome  # noqa: PLC0415 - slow to import
    from workbench.cli.tables import print_outcome  # noqa: PLC0415

    with opened_store() as store:
        records = [store.run(run) for run in dict.fromkeys(runs)]
        comparison = compared(store, runs)
    if json:
        print_json(outcome(records, comparison))
    else:
        print_outcome(stdout(), records, comparison)
