"""``workbench import``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.context import opened_store
from workbench.cli.output import print_json, say

if TYPE_CHECKING:
    from workbench.results.importers import Imported

__all__ = ["import_files"]


def import_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files to import.")],
    experiment: Annotated[
        str | None, typer.Option("--experiment", help="Name for the runs; else the first file's.")
    ] = None,
    variant: Annotated[
        list[str] | None,
        typer.Option("--variant", help="Name of each file's runs, in the files' order."),
    ] = None,
    phases: Annotated[
        str | None,
        typer.Option("--phases", help="Names of the phases, as insert,lookup; else the file's."),
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Take what is complete of damaged files.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the runs as one object.")] = False,
) -> None:
    """Record measurements of other programs as runs: all of the files, or none.

    MxTasking's JSON Lines (-o), console output of the B-link-tree benchmark, and Genode
    logs with the output of one or several instances.
    """
    from workbench.results.importers import import_files as record  # noqa: PLC0415 - slow to import

    named = [name.strip() for name in phases.split(",")] if phases else None
    with opened_store() as store:
        made = record(
            store,
            files,
            experiment=experiment,
            variants=variant,
            phases=named,
            partial=partial,
        )
    if json:
        print_json({"runs": [_plain(one) for one in made]})
        return
    for one in made:
        workers = ", ".join(f"{name} {cores}" for name, cores in one.cores.items())
        typer.echo(
            f"Run {one.run}: {one.workload} · {one.variant}, n = {one.replications} "
            f"(cores: {workers}), from {one.file}"
        )
    say(f"See them with: workbench compare {' '.join(one.run for one in made)}")


def _plain(one: Imported) -> dict[str, Any]:
    """Return a run as JSON has it; ``cores`` are the workers of each instance."""
    return {
        "id": one.run,
        "file": one.file,
        "variant": one.variant,
        "workload": one.workload,
        "replications": one.replications,
        "cores": dict(one.cores),
    }
