"""The command line: thin, one file per group of commands.

Importing it is cheap, so that ``workbench --help`` answers at once: commands
import what they need when they are called.
"""

from __future__ import annotations

from typing import Annotated

import typer

from workbench import __version__
from workbench.cli import (
    calibrate,
    check,
    compare,
    convert,
    doctor,
    explain,
    imports,
    parameters,
    report,
    run,
    runs,
    serve,
    share,
    sweep,
    timeline,
    validate,
    why,
)
from workbench.cli.failures import Guarded

__all__ = ["app", "main"]

app = typer.Typer(
    cls=Guarded,
    name="workbench",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Place components on CPU cores, run them, and see why two placements differ.",
    epilog=(
        "Exit codes: 0 all is well; 1 problems found, or a run that failed; 2 input that cannot "
        "be read, or a wrong call; 3 a defect of the workbench itself; 130 cancelled. "
        "Data lies under $WORKBENCH_HOME or the platform's data folder."
    ),
)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"workbench {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    pass


app.command("serve")(serve.serve)
app.command("run")(run.run)
app.command("compare")(compare.compare)
app.command("why")(why.why)
app.command("import")(imports.import_files)
app.add_typer(runs.app, name="runs")
app.command("report")(report.report)
app.command("open")(report.open_file)
app.command("timeline")(timeline.timeline)
app.command("sweep")(sweep.sweep)
app.add_typer(sweep.app, name="sweeps")
app.command("convert")(convert.convert)
app.command("share")(share.share)
app.command("check")(check.check)
app.command("explain")(explain.explain)
app.command("parameters")(parameters.parameters)
app.command("calibrate")(calibrate.calibrate)
app.command("validate")(validate.validate)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line; the process ends with its exit code."""
    app(prog_name="workbench")
