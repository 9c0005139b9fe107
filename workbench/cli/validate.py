"""``workbench validate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.context import opened_store
from workbench.cli.failures import CANCELLED
from workbench.cli.output import print_json, say, stdout, write_page

__all__ = ["validate"]

# ruff: noqa: PLC0415 - what is slow to import is imported when it is asked for


def validate(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Experiment; default: the sample small.")
    ] = Path("small"),
    variant: Annotated[
        list[str] | None, typer.Option("--variant", help="Run only this one; may be repeated.")
    ] = None,
    replications: Annotated[
        int | None, typer.Option("--replications", min=1, max=10_000, help="Of each run.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="For both sides; repeatable."),
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="The HTML page to write.")] = Path(
        "validation.html"
    ),
    json: Annotated[bool, typer.Option("--json", help="Print it as one object.")] = False,
) -> None:
    """Run an experiment here and in the simulator, and say how far predictions are off."""
    from workbench import formats
    from workbench.analysis.groups import comparisons_of
    from workbench.analysis.report import report_of
    from workbench.analysis.validation import validations
    from workbench.backends.base import backend
    from workbench.cli.progress import follow
    from workbench.cli.tables import print_validation
    from workbench.experiments.jobs import JobManager
    from workbench.experiments.plan import adjusted
    from workbench.experiments.prediction import MEASURED, predicted_and_measured
    from workbench.experiments.samples import file_or_sample
    from workbench.experiments.settings import parse_settings

    experiment = adjusted(formats.read(file_or_sample(file)).experiment, replications=replications)
    runner = backend(MEASURED)
    given = parse_settings(
        settings or [],
        lambda _: (i for name in experiment.workloads for i in runner.parameters(name, {})),
    )
    experiment = experiment.but(parameters=experiment.parameters | given)
    with opened_store() as store, JobManager(store) as jobs:
        try:
            both = predicted_and_measured(jobs, experiment, follow, say, variants=variant)
        except KeyboardInterrupt:
            say("Cancelled; finished replications are kept.")
            raise typer.Exit(CANCELLED) from None
        ids = both.predicted + both.measured
        found = validations(comparisons_of(store, [store.run(run) for run in ids]))[0]
        text = report_of(store, ids)
    write_page(output, text)
    if json:
        print_json(found.to_json())
        return
    print_validation(stdout(), found)
