"""``workbench run``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.context import opened_store
from workbench.cli.failures import CANCELLED, PROBLEMS
from workbench.cli.output import complain, print_json, say, stderr, stdout

if TYPE_CHECKING:
    from workbench.experiments.readiness import Readiness
    from workbench.results.records import RunRecord
    from workbench.scenario.experiment import Experiment, Parameter

__all__ = ["run"]

# ruff: noqa: PLC0415 - what is slow to import is imported when a run is asked for


def run(  # noqa: PLR0913, PLR0917 - one parameter per option
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Experiment (.yaml), configuration (.xml), or a sample such as talk.",
        ),
    ],
    backend: Annotated[
        str | None, typer.Option("--backend", help="In place of the experiment's.")
    ] = None,
    variant: Annotated[
        list[str] | None, typer.Option("--variant", help="Run only this one; may be repeated.")
    ] = None,
    workload: Annotated[
        list[str] | None, typer.Option("--workload", help="Run only this one; may be repeated.")
    ] = None,
    replications: Annotated[
        int | None,
        typer.Option("--replications", min=1, max=10_000, help="Repetitions of each run."),
    ] = None,
    half_width: Annotated[
        float | None,
        typer.Option(
            "--half-width",
            metavar="PART",
            help="Repeat in batches of --replications until every 95 % interval is this narrow; "
            "0.05 is 5 %.",
        ),
    ] = None,
    max_replications: Annotated[
        int | None,
        typer.Option(
            "--max-replications", min=1, max=10_000, help="Stop there, however wide they are."
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, max=2**63 - 1, help="The same seed gives the same result."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="See `workbench parameters`; repeatable."),
    ] = None,
    as_init: Annotated[
        bool, typer.Option("--as-init", help="Run a faulty scenario as init would take it.")
    ] = False,
    mend: Annotated[
        bool, typer.Option("--mend", help="Apply every offered fix to a faulty scenario first.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the outcome as one object.")] = False,
) -> None:
    """Run an experiment and record it in the run store."""
    if as_init and mend:
        raise typer.BadParameter("--as-init and --mend exclude each other.")
    from workbench import formats
    from workbench.cli.progress import follow
    from workbench.experiments.jobs import JobManager
    from workbench.experiments.plan import adjusted
    from workbench.experiments.samples import file_or_sample

    file = file_or_sample(file)
    experiment = adjusted(
        formats.read(file).experiment,
        backend=backend,
        replications=replications,
        half_width=half_width,
        max_replications=max_replications,
        seed=seed,
    )
    chosen = _settings(experiment, settings or [], workload)
    experiment = _decided(experiment, file, as_init=as_init, mend=mend)
    with opened_store() as store, JobManager(store) as jobs:
        ids = jobs.submit(experiment, variants=variant, workloads=workload, parameters=chosen)
        # Only now, while it runs: what holds the results and shows them is slow to import.
        import workbench.results.light_xarray  # noqa: F401
        from workbench.analysis.outcome import compared, outcome
        from workbench.cli.tables import print_outcome

        by_itself = follow(jobs, ids)
        records = [store.run(run_id) for run_id in ids]
        comparison = compared(store, ids)
        summaries = [store.summaries(record.id) for record in records]
    if json:
        print_json(outcome(records, comparison))
    else:
        print_outcome(stdout(), records, comparison)
    idle = [told for told in map(_without_result, records, summaries) if told]
    for told in idle:
        complain(told)
    failed = [record for record in records if record.status == "failed"]
    for record in failed:
        complain(f"Run {record.id} failed ({record.cause}): {record.message}")
    if not by_itself:
        say("Cancelled; finished replications are kept.")
        raise typer.Exit(CANCELLED)
    if failed or idle:
        raise typer.Exit(PROBLEMS)


def _without_result(record: RunRecord, summaries: dict[int, dict[str, Any]]) -> str:
    """Say that no instance of a run came to its end, or nothing."""
    exits = [set(one["exits"].values()) for one in summaries.values()]
    if not exits or any("finished" in reasons for reasons in exits):
        return ""
    reasons = ", ".join(sorted(set().union(*exits)))
    return (
        f"Run {record.id} ({record.workload}, {record.variant}): no instance finished ({reasons})."
    )


def _settings(
    experiment: Experiment, texts: list[str], workloads: list[str] | None
) -> dict[str, Parameter]:
    from workbench.backends.base import backend
    from workbench.experiments.settings import parse_settings

    runner = backend(experiment.backend)
    return parse_settings(
        texts,
        lambda chosen: (
            info
            for workload in workloads or experiment.workloads
            for info in runner.parameters(workload, {**experiment.parameters, **chosen})
        ),
    )


def _decided(experiment: Experiment, file: Path, *, as_init: bool, mend: bool) -> Experiment:
    """Return what to run: as written or mended, asking where nobody has said."""
    from workbench.experiments.readiness import readiness

    found = readiness(experiment, str(file))
    if not found.needs_decision or as_init:
        return experiment
    if mend:
        _tell_remaining(found)
        return found.mended
    _tell_problems(found)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        complain(
            "The scenario would not run as written. Say --as-init to run it as init would take "
            "it, or --mend to apply the fixes first."
        )
        raise typer.Exit(PROBLEMS)
    # typer.prompt would write to stdout, which belongs to the result.
    typer.echo("Run it as [i]nit would take it, [m]end it first, or [c]ancel? ", nl=False, err=True)
    answer = sys.stdin.readline()
    match answer.strip().lower()[:1]:
        case "i":
            return experiment
        case "m":
            _tell_remaining(found)
            return found.mended
    raise typer.Exit(PROBLEMS)


def _tell_problems(found: Readiness) -> None:
    from workbench.cli.tables import print_problems

    print_problems(stderr(), found.changing)


def _tell_remaining(found: Readiness) -> None:
    left = [problem for problem in found.remaining if problem.severity != "info"]
    if left:
        say("There is no fix for this; it runs as init would take it:")
        from workbench.cli.tables import print_problems

        print_problems(stderr(), left)
