"""The Python API: `load` an experiment, `run` it, `compare` what came out.

Its objects are immutable, show themselves in notebooks, and hold the same data
that the app and the command line show. Runs are recorded in the run store of
the data folder, as theirs are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr
from pydantic import ValidationError

from workbench.analysis.attribution import attribute
from workbench.analysis.comparison import Comparison
from workbench.analysis.explanation import Attribution
from workbench.analysis.groups import comparisons_of
from workbench.analysis.outcome import compared, outcome
from workbench.analysis.questions import asked
from workbench.analysis.report import report_of
from workbench.analysis.sweeps import SweepResults
from workbench.analysis.timeline import Timeline
from workbench.analysis.validation import Validation, validations
from workbench.cli.output import say, stderr
from workbench.cli.progress import follow, sweep_progress
from workbench.errors import InputError
from workbench.experiments.jobs import JobManager
from workbench.experiments.plan import adjusted
from workbench.experiments.prediction import predicted_and_measured
from workbench.experiments.readiness import readiness
from workbench.experiments.sweep import Design, run_sweep, sweep_plan
from workbench.experiments.sweep import open_sweep as opened
from workbench.folders import data_folder
from workbench.project import Project, load, refused
from workbench.results import importers
from workbench.results.bundle import open_bundle, write_bundle
from workbench.results.records import RunRecord
from workbench.results.store import RunStore
from workbench.scenario.experiment import Experiment, Parameter

if TYPE_CHECKING:
    from workbench.analysis.plots import Plots

__all__ = [
    "Project",
    "Results",
    "compare",
    "import_files",
    "load",
    "open",
    "open_sweep",
    "report",
    "run",
    "sweep",
    "timeline",
    "validate",
    "why",
]


@dataclass(frozen=True)
class Results:
    """The runs of one call of `run`.

    Parameters
    ----------
    runs
        As they stand in the run store, in the order of their ids.
    comparison
        What they say; see `Comparison`.
    """

    runs: tuple[RunRecord, ...]
    comparison: Comparison = field(repr=False)

    @property
    def run_ids(self) -> tuple[str, ...]:
        """Ids in the run store."""
        return tuple(run.id for run in self.runs)

    @property
    def dataset(self) -> xr.Dataset:
        """Everything measured; see `workbench.results.schema`."""
        return self.comparison.dataset

    @property
    def plot(self) -> Plots:
        """The plots, for example ``results.plot.throughput()``."""
        return self.comparison.plot

    def summary(self) -> dict[str, Any]:
        """Return what ``workbench run --json`` prints."""
        return outcome(self.runs, self.comparison)

    def _repr_html_(self) -> str:
        listed = "".join(
            f"<li>run {run.id}: {escape(run.workload)} × {escape(run.variant)}, {run.status}, "
            f"{run.done} of {run.replications} replications{escape(_reason(run))}</li>"
            for run in self.runs
        )
        return f"<ul>{listed}</ul>{self.comparison._repr_html_()}"


def run(  # noqa: PLR0913 - all but the first by name
    experiment: Project | Experiment | str | Path,
    *,
    backend: str | None = None,
    variants: str | Iterable[str] | None = None,
    workloads: str | Iterable[str] | None = None,
    replications: int | None = None,
    half_width: float | None = None,
    max_replications: int | None = None,
    seed: int | None = None,
    parameters: Mapping[str, Parameter] | None = None,
    mend: bool | None = None,
    progress: bool = True,
) -> Results:
    """Run an experiment and wait for its results; an interrupt cancels it.

    Parameters
    ----------
    experiment
        A project, an experiment, or the path of a file.
    backend, replications, half_width, max_replications, seed
        In place of the experiment's; see `Experiment`.
    variants, workloads
        Names of those to run; None means all.
    parameters
        Values by documented name, as ``--set`` of the command line takes them.
    mend
        What to do with a scenario that would not run as written: True applies
        the offered fixes, False runs it as `init` would take it; None refuses.
    progress
        Whether to say on stderr how far it is.

    Raises
    ------
    workbench.errors.InputError
        If something cannot run, or no run gave a result.
    """
    given = _experiment(experiment)
    try:
        asked = adjusted(
            given,
            backend=backend,
            replications=replications,
            half_width=half_width,
            max_replications=max_replications,
            seed=seed,
        )
    except ValidationError as error:
        raise refused(error) from None
    if mend is None:
        _refuse_faulty(asked)
    with _store() as store, JobManager(store) as jobs:
        ids = jobs.submit(
            asked,
            variants=_names(variants),
            workloads=_names(workloads),
            parameters=parameters,
            mend=bool(mend),
        )
        if not follow(jobs, ids, quiet=not progress):
            raise KeyboardInterrupt
        return _results(store, ids)


def compare(runs: Results | Comparison | xr.Dataset | str | Iterable[str]) -> Comparison:
    """Return how variants compare: `.dataset`, `.ratios()`, `.table()`, `.plot`.

    Parameters
    ----------
    runs
        Results, a dataset of the result schema, or one or more ids of runs in the run store.

    Raises
    ------
    workbench.errors.InputError
        If the runs do not belong together.
    """
    match runs:
        case Comparison():
            return runs
        case Results():
            return runs.comparison
        case xr.Dataset():
            return Comparison(runs)
        case str() | int():
            runs = (str(runs),)
    ids = tuple(map(str, runs))
    if not ids:
        raise InputError("No run was named.", "Name at least one; see `workbench runs list`.")
    with _store() as store:
        return _results(store, ids).comparison


def sweep(  # noqa: PLR0913 - all but the first two by name
    experiment: Project | Experiment | str | Path,
    over: Mapping[str, str | Sequence[Parameter]],
    *,
    design: Design = "grid",
    points: int | None = None,
    variants: str | Iterable[str] | None = None,
    workloads: str | Iterable[str] | None = None,
    replications: int | None = None,
    seed: int | None = None,
    backend: str | None = None,
    parameters: Mapping[str, Parameter] | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    progress: bool = True,
) -> SweepResults:
    """Run an experiment at many points; asked again, it goes on where it stopped.

    Parameters
    ----------
    experiment
        A project, an experiment, or the path of a file.
    over
        Values by name, for example ``{"cores": [8, 16], "quantum_ms": "0.5:30:log"}``.
        ``cores`` and ``instances`` place the components anew by their rules.
    design, points
        ``grid``, or ``random`` and ``latin-hypercube`` with a number of points.
    variants, workloads, replications, seed, backend, parameters
        As `run` takes them.
    workers
        Threads; by default one per CPU.
    cluster
        Address of a Dask scheduler, in place of threads.
    progress
        Whether to say on stderr how far it is.

    Raises
    ------
    workbench.errors.InputError
        If something cannot be swept.
    """
    plan = sweep_plan(
        _experiment(experiment),
        over,
        design=design,
        count=points,
        variant_names=_names(variants),
        workloads=_names(workloads),
        replications=replications,
        seed=seed,
        backend_name=backend,
        parameters=parameters,
    )
    with sweep_progress(quiet=not progress) as report, _store() as store:
        sweep_id = run_sweep(store, plan, workers=workers, cluster=cluster, report=report)
    return open_sweep(sweep_id)


def open_sweep(sweep_id: str) -> SweepResults:
    """Return a sweep of the run store; its numbers are read when they are needed."""
    return SweepResults(opened(_store(), str(sweep_id)))


def timeline(run: str, replication: int = 0) -> Timeline:
    """Return what every core did when, of a run that recorded it (``timeline_ms``).

    Raises
    ------
    workbench.errors.InputError
        If there is no such run or it has no recording.
    """
    with _store() as store:
        return Timeline(store.replication(str(run), replication))


def report(runs: Results | str | Iterable[str], path: str | Path, *, why: bool = False) -> Path:
    """Write one HTML file that says what was asked and found, and needs no network.

    A path that ends with ``.zip`` gets the runs too; `open` restores them elsewhere.

    Parameters
    ----------
    runs
        Results, or one or more ids of runs in the run store.
    path
        Of the file.
    why
        Whether to say why simulated variants differ; takes longer than the runs did.

    Raises
    ------
    workbench.errors.InputError
        If there is no such run, or none has a result.
    """
    ids = list(runs.run_ids) if isinstance(runs, Results) else _names(runs) or []
    path = Path(path)
    with _store() as store:
        text = report_of(store, ids, why=why)
        if path.suffix == ".zip":
            write_bundle(store, ids, path, {"report.html": text})
        else:
            path.write_text(text, encoding="utf-8")
    return path


def open(path: str | Path) -> Results:
    """Restore the runs of a zip that `report` wrote, perhaps on another machine."""
    with _store() as store:
        return _results(store, tuple(open_bundle(store, Path(path)).values()))


def import_files(
    *files: str | Path,
    experiment: str | None = None,
    variants: str | Iterable[str] | None = None,
    phases: Iterable[str] | None = None,
    partial: bool = False,
) -> Results:
    """Record measurements of other programs as runs and return them.

    Parameters
    ----------
    files
        MxTasking's JSON Lines, console output of its benchmark, or Genode logs.
    experiment
        Name for all the runs; by default that of the first file.
    variants
        A name for each file; by default the files' own.
    phases
        Names of the phases, for example ``("insert", "lookup")``; by default as
        the file tells.
    partial
        Whether to take what is complete of damaged files, instead of refusing.

    Raises
    ------
    workbench.errors.InputError
        If a file cannot be read or is damaged; the message says where, and what
        could be read. Nothing is recorded then.
    """
    with _store() as store:
        made = importers.import_files(
            store,
            list(map(Path, files)),
            experiment=experiment,
            variants=_names(variants),
            phases=None if phases is None else list(phases),
            partial=partial,
        )
        return _results(store, tuple(one.run for one in made))


def why(
    what: Project | Experiment | Results | str | Path | int,
    between: tuple[str, str] | None = None,
    workload: str | None = None,
    *,
    parameters: Mapping[str, Parameter] | None = None,
    replications: int = 4,
    mechanisms: str | Iterable[str] | None = None,
    progress: bool = True,
) -> Attribution:
    """Return why two variants differ: `.sentences(metric)`, `.plot(metric)`, `.to_json()`.

    Parameters
    ----------
    what
        A project, an experiment, results (their first run is asked about), the path
        of a file, or the id of a run.
    between
        Two variants, by default the first two; explained is the second over the first.
    workload
        By default the run's, or the experiment's first one.
    parameters
        Values by documented name.
    replications
        Of every counterfactual run; at least 2.
    mechanisms
        Names of the causes to consider; by default all, see
        `workbench.analysis.mechanisms`.
    progress
        Whether to say on stderr how far it is.

    Raises
    ------
    workbench.errors.InputError
        If something is unknown or cannot run.
    """
    if isinstance(what, Results):
        what = what.run_ids[0]
    with _store() as store:
        given = str(what) if isinstance(what, (str, Path, int)) else _experiment(what)
        experiment, pair, workload = asked(store, given, between, workload)
    with stderr().status("starting") if progress else nullcontext() as status:
        return attribute(
            experiment,
            pair,
            workload,
            parameters=parameters,
            replications=replications,
            names=_names(mechanisms),
            progress=lambda part, message: (
                status.update(f"{100 * part:.0f} %, {message}") if status else None
            ),
        )


def validate(
    experiment: Project | Experiment | str | Path = "small",
    *,
    variants: str | Iterable[str] | None = None,
    replications: int | None = None,
    parameters: Mapping[str, Parameter] | None = None,
    progress: bool = True,
) -> Validation:
    """Run an experiment on this machine and in the simulator, and set one beside the other.

    The simulator uses this machine's profile (measured the first time), Linux' fair policy,
    and task times fitted to one instance with one worker.

    Parameters
    ----------
    experiment
        A project, an experiment, or the path of a file.
    variants
        Names of those to run; None means all.
    replications
        In place of the experiment's.
    parameters
        Values by documented name, for both sides.
    progress
        Whether to say on stderr how far it is.

    Raises
    ------
    workbench.errors.InputError
        If something cannot run, or a run has no result.
    """
    asked = adjusted(_experiment(experiment), replications=replications)
    asked = asked.but(parameters={**asked.parameters, **(parameters or {})})
    with _store() as store, JobManager(store) as jobs:
        both = predicted_and_measured(
            jobs,
            asked,
            lambda manager, ids: follow(manager, ids, quiet=not progress),
            say if progress else lambda _: None,
            variants=_names(variants),
        )
        records = [store.run(run_id) for run_id in both.predicted + both.measured]
        return validations(comparisons_of(store, records))[0]


def _store() -> RunStore:
    """Return the run store; runs of processes that died are marked as interrupted."""
    store = RunStore(data_folder())
    store.recover()
    return store


def _names(names: str | Iterable[str] | None) -> list[str] | None:
    """Return names as a list; one name alone may be given as it is."""
    if names is None:
        return None
    return [names] if isinstance(names, str) else list(names)


def _results(store: RunStore, run_ids: tuple[str, ...]) -> Results:
    records = tuple(store.run(run_id) for run_id in run_ids)
    comparison = compared(store, run_ids)
    if comparison is None:
        reasons = "; ".join(f"run {run.id} {run.status}{_reason(run)}" for run in records)
        raise InputError(f"There is no result: {reasons}.", "Change the experiment and run again.")
    return Results(records, comparison)


def _reason(run: RunRecord) -> str:
    return f" ({run.message})" if run.message else ""


def _experiment(given: Project | Experiment | str | Path) -> Experiment:
    match given:
        case Experiment():
            return given
        case Project():
            return given.experiment
        case str() | Path():
            return load(given).experiment
    raise InputError(
        f"A {type(given).__name__} cannot be run.",
        "Give a project (workbench.load), an experiment, or the path of a file.",
    )


def _refuse_faulty(experiment: Experiment) -> None:
    found = readiness(experiment).changing
    if found:
        raise InputError(
            f"The scenario would not run as written: {found[0].message}"
            + (f" (and {len(found) - 1} more)" if len(found) > 1 else ""),
            "Look at its .problems; then run with mend=True to apply the fixes, or mend=False "
            "to run it as init would take it.",
        )
