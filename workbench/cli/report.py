"""``workbench report`` and ``workbench open``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.context import opened_store
from workbench.cli.output import print_json, say, stderr, write_page

__all__ = ["open_file", "report"]

# ruff: noqa: PLC0415 - what is slow to import is imported when it is asked for


def report(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Ids of runs.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The HTML file to write.")] = Path(
        "report.html"
    ),
    bundle: Annotated[
        Path | None, typer.Option("--zip", help="Also write the runs, for `workbench open`.")
    ] = None,
    why: Annotated[
        bool,
        typer.Option("--why", help="Also say why variants differ: takes longer than the runs."),
    ] = False,
) -> None:
    """Write one HTML file with question, results, statistics and all that reproduces them."""
    from workbench.analysis.report import report_of
    from workbench.results.bundle import write_bundle

    with opened_store() as store:
        with stderr().status("writing") as status:
            text = report_of(
                store,
                runs,
                why=why,
                progress=lambda part, told: status.update(f"{100 * part:.0f} %, {told}"),
            )
        write_page(output, text)
        if bundle is not None:
            write_bundle(store, runs, bundle, {"report.html": text})
            say(f"The runs are in {bundle}; `workbench open {bundle}` restores them.")


def open_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Written by `report --zip`.")],
    json: Annotated[bool, typer.Option("--json", help="Print the new ids as one object.")] = False,
) -> None:
    """Restore the runs of another machine from a file."""
    from workbench.results.bundle import open_bundle

    with opened_store() as store:
        ids = open_bundle(store, file)
    if json:
        print_json({"runs": ids})
        return
    for old, new in ids.items():
        typer.echo(f"Run {new} (there it was run {old})")
    say(f"See them with: workbench compare {' '.join(ids.values())}")
