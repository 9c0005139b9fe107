"""``workbench sweep`` and ``workbench sweeps list|show|delete``."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from workbench.cli.context import opened_store
from workbench.cli.failures import CANCELLED, PROBLEMS
from workbench.cli.output import complain, print_json, say, stdout

if TYPE_CHECKING:
    from workbench.results.store import RunStore

__all__ = ["app", "sweep"]

# ruff: noqa: PLC0415 - what is slow to import is imported when it is asked for

app = typer.Typer(no_args_is_help=True, help="List, show and delete sweeps.")

_Json = Annotated[bool, typer.Option("--json", help="Print it as one object.")]


def sweep(  # noqa: PLR0913, PLR0917 - one parameter per option
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Experiment, configuration, or a sample's name.")
    ],
    over: Annotated[
        list[str],
        typer.Option(
            "--over",
            metavar="NAME=VALUES",
            help="cores, instances or a parameter: 8,16,32 or 1:8 or 0.5:3:0.5; repeatable.",
        ),
    ],
    design: Annotated[
        Literal["grid", "random", "latin-hypercube"],
        typer.Option("--design", help="Every combination, or points drawn from the ranges."),
    ] = "grid",
    points: Annotated[
        int | None, typer.Option("--points", min=1, max=1_000_000, help="Points to draw.")
    ] = None,
    variant: Annotated[
        list[str] | None, typer.Option("--variant", help="Only this one; repeatable.")
    ] = None,
    workload: Annotated[
        list[str] | None, typer.Option("--workload", help="Only this one; repeatable.")
    ] = None,
    replications: Annotated[
        int | None, typer.Option("--replications", min=1, max=10_000, help="Of each point.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, max=2**63 - 1)] = None,
    backend: Annotated[str | None, typer.Option("--backend", help="Not the experiment's.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="For all points.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, max=4096, help="Threads; one per CPU.")
    ] = None,
    cluster: Annotated[
        str | None, typer.Option("--cluster", metavar="ADDRESS", help="Of a Dask scheduler.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Run again what is known already.")
    ] = False,
    json: _Json = False,
) -> None:
    """Run an experiment at many points; the same command again goes on where it stopped."""
    from workbench import formats
    from workbench.analysis.sweeps import sweep_outcome
    from workbench.cli.progress import sweep_progress
    from workbench.experiments.samples import file_or_sample
    from workbench.experiments.sweep import run_sweep, sweep_plan

    plan = sweep_plan(
        formats.read(file_or_sample(file)).experiment,
        over,
        design=design,
        count=points,
        variant_names=variant,
        workloads=workload,
        replications=replications,
        seed=seed,
        backend_name=backend,
        parameters=settings or [],
    )
    cancelled = threading.Event()
    with opened_store() as store:
        with sweep_progress() as report:
            try:
                sweep_id = run_sweep(
                    store,
                    plan,
                    workers=workers,
                    cluster=cluster,
                    fresh=fresh,
                    report=report,
                    cancelled=cancelled,
                )
            except KeyboardInterrupt:
                say("Cancelled; the same command goes on where it stopped.")
                raise typer.Exit(CANCELLED) from None
        told = sweep_outcome(store, sweep_id)
    if json:
        print_json(told)
    else:
        _print(told)
    if told["failed"]:
        first = told["failures"][0]
        complain(f"{told['failed']} tasks failed; task {first['task']}: {first['message']}")
        raise typer.Exit(PROBLEMS)


@app.command("list")
def list_sweeps(json: _Json = False) -> None:
    """List sweeps, newest first."""
    from workbench.results.sweeps import SweepStore

    with opened_store() as store:
        found = SweepStore(store).sweeps()
    plain = [
        {
            "id": one.id,
            "experiment": one.experiment,
            "backend": one.spec["backend"],
            "design": one.spec["design"],
            "axes": one.spec["axes"],
            "tasks": one.tasks,
            "done": one.done,
            "failed": one.failed,
            "created": one.created.isoformat(),
        }
        for one in found
    ]
    if json:
        print_json(plain)
        return
    for row in plain:
        typer.echo(
            f"{row['id']:>4}  {row['experiment']}, {row['backend']}: over "
            f"{', '.join(row['axes'])} ({row['design']}), {row['done']} of {row['tasks']}"
        )
    if not plain:
        typer.echo("No sweeps yet. `workbench sweep FILE --over NAME=VALUES` makes one.")


@app.command()
def show(
    sweep_id: Annotated[str, typer.Argument(metavar="SWEEP", help="Id of the sweep.")],
    csv: Annotated[Path | None, typer.Option("--csv", help="Write all numbers to a file.")] = None,
    json: _Json = False,
) -> None:
    """Show what a sweep gave."""
    from workbench.analysis.sweep_tables import sweep_table
    from workbench.analysis.sweeps import sweep_outcome

    with opened_store() as store:
        if csv is not None:
            sweep_table(_opened(store, sweep_id)).to_csv(csv, index=False)
            say(f"Written to {csv}.")
            return
        told = sweep_outcome(store, sweep_id)
    if json:
        print_json(told)
    else:
        _print(told)


@app.command()
def delete(
    sweeps: Annotated[list[str], typer.Argument(metavar="SWEEP...", help="Ids of sweeps.")],
) -> None:
    """Delete sweeps with all their numbers."""
    from workbench.results.sweeps import SweepStore

    with opened_store() as store:
        for sweep_id in sweeps:
            SweepStore(store).sweep(sweep_id)  # refuse all if one is unknown
        for sweep_id in sweeps:
            SweepStore(store).delete(sweep_id)


def _opened(store: RunStore, sweep_id: str) -> Any:
    from workbench.experiments.sweep import open_sweep

    return open_sweep(store, sweep_id)


def _print(told: dict[str, Any]) -> None:
    from rich.table import Table

    from workbench.analysis.labels import METRIC_TITLES, number, scale
    from workbench.results.schema import METRICS

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in (*told["axes"], "workload", "variant", "phase"):
        table.add_column(name)
    means = [one[m]["mean"] for one in told["results"] for m in METRICS if one[m]]
    factor, prefix = scale(max(means, default=1.0))
    for metric in METRICS:
        table.add_column(f"{METRIC_TITLES[metric]}\n{prefix} op/s", justify="right")
    table.add_column("n", justify="right")
    for one in told["results"]:
        cells = [number(one[m]["mean"] / factor) if one[m] else "–" for m in METRICS]
        n = max((one[m]["n"] for m in METRICS if one[m]), default=0)
        place = [_short(one["at"][name]) for name in told["axes"]]
        table.add_row(*place, one["workload"], one["variant"], one["phase"], *cells, str(n))
    stdout().print(table)
    say(f"Sweep {told['id']}: {told['done']} of {told['tasks']} tasks, {told['backend']}.")


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
