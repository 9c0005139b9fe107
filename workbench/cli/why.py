"""``workbench why``."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.context import opened_store
from workbench.cli.failures import CANCELLED
from workbench.cli.output import print_json, say, stderr, stdout

if TYPE_CHECKING:
    from workbench.analysis.explanation import Attribution
    from workbench.scenario.experiment import Experiment, Parameter

__all__ = ["why"]

# ruff: noqa: PLC0415 - what is slow to import is imported when it is asked for


def why(
    what: Annotated[
        str, typer.Argument(metavar="RUN_OR_FILE", help="Id of a run, a file, or a sample.")
    ],
    between: Annotated[
        tuple[str, str] | None,
        typer.Option("--between", metavar="FIRST SECOND", help="Variants; default: the first two."),
    ] = None,
    workload: Annotated[
        str | None, typer.Option("--workload", help="By default the run's, or the first one.")
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", help="window, makespan or self; repeatable, by default all."),
    ] = None,
    mechanism: Annotated[
        list[str] | None,
        typer.Option("--mechanism", help="Consider only this cause; repeatable."),
    ] = None,
    replications: Annotated[
        int, typer.Option("--replications", min=2, max=1000, help="Of every counterfactual run.")
    ] = 4,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="See `workbench parameters`; repeatable."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print it as one object.")] = False,
) -> None:
    """Say why two variants differ: counterfactual runs, cause by cause."""
    from workbench.analysis.attribution import attribute
    from workbench.analysis.questions import asked, metrics_named
    from workbench.backends.base import Cancelled

    wanted = metrics_named(metric)
    with opened_store() as store:
        experiment, pair, workload = asked(store, what, between, workload)
    chosen = _settings(experiment, settings or [], workload)
    stop = threading.Event()
    with stderr().status("starting") as status:
        try:
            found = attribute(
                experiment,
                pair,
                workload,
                parameters=chosen,
                replications=replications,
                names=mechanism,
                progress=lambda part, message: status.update(f"{100 * part:.0f} %, {message}"),
                cancelled=stop,
            )
        except (KeyboardInterrupt, Cancelled):
            stop.set()
            say("Cancelled.")
            raise typer.Exit(CANCELLED) from None
    if json:
        print_json(found.to_json())
    else:
        _print(found, wanted)


def _settings(experiment: Experiment, texts: list[str], workload: str) -> dict[str, Parameter]:
    from workbench.backends.base import backend
    from workbench.experiments.settings import parse_settings

    runner = backend(experiment.backend)
    return parse_settings(
        texts, lambda chosen: runner.parameters(workload, {**experiment.parameters, **chosen})
    )


def _print(found: Attribution, metrics: tuple[str, ...]) -> None:
    for metric in metrics:
        head, *causes = found.sentences(metric)
        stdout().print(head, style="bold", markup=False)
        for told in causes:
            stdout().print(f"  {told}", markup=False)
    for title, parts in (("Next to no effect", found.negligible), ("No part", found.absent)):
        if parts:
            stdout().print(f"{title}: {', '.join(part.title for part in parts)}.", markup=False)
