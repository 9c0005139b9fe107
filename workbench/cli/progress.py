"""Following runs to their end: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from workbench.cli.output import stderr

if TYPE_CHECKING:
    from workbench.experiments.jobs import JobManager, RunState
    from workbench.experiments.sweep import SweepProgress
    from workbench.results.records import RunRecord

__all__ = ["duration", "follow", "sweep_progress"]

_LOOK_SECONDS = 0.1
_SAY_SECONDS = 10.0


class _Reporter(Protocol):
    def show(self, record: RunRecord, state: RunState) -> None: ...

    def close(self) -> None: ...


def follow(jobs: JobManager, run_ids: Sequence[str], *, quiet: bool = False) -> bool:
    """Show the progress of runs on stderr until they have ended.

    A keyboard interrupt cancels what is still to do; what has been finished stays.

    Returns
    -------
    bool
        Whether they came to their own end, without an interrupt.
    """
    records = [jobs.store.run(run_id) for run_id in run_ids]
    reporter = _reporter(stderr(), quiet)
    try:
        try:
            while not jobs.wait(run_ids, _LOOK_SECONDS):
                _show(reporter, jobs, records)
            return True
        except KeyboardInterrupt:
            for run_id in run_ids:
                jobs.cancel(run_id)
            jobs.wait(run_ids)
            return False
        finally:
            _show(reporter, jobs, records)
    finally:
        reporter.close()


@contextmanager
def sweep_progress(*, quiet: bool = False) -> Iterator[Callable[[SweepProgress], None]]:
    """Give what shows the progress of a sweep on stderr: a bar, or a line now and then."""
    console = stderr()
    if quiet or not console.is_terminal:
        yield (lambda _: None) if quiet else _sweep_lines(console)
        return
    left = TextColumn("{task.fields[left]}")
    columns = (TextColumn("sweep"), BarColumn(), MofNCompleteColumn(), left)
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("sweep", total=None, left="")

        def report(progress: SweepProgress) -> None:
            eta = progress.eta_seconds
            bar.update(
                task,
                total=progress.total,
                completed=progress.ended,
                left="" if eta is None else f"{duration(eta)} left",
            )

        yield report


def _sweep_lines(console: Console) -> Callable[[SweepProgress], None]:
    told = -_SAY_SECONDS

    def report(progress: SweepProgress) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= _SAY_SECONDS or progress.ended == progress.total:
            told = now
            known = f", {progress.known} known before" if progress.known else ""
            console.print(f"sweep: {progress.ended} of {progress.total}{known}")

    return report


def duration(seconds: float) -> str:
    """Return a time span for people: ``8 s``, ``2 min 5 s``, ``1 h 10 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _show(reporter: _Reporter, jobs: JobManager, records: Sequence[RunRecord]) -> None:
    for record in records:
        reporter.show(record, jobs.state(record.id))


def _reporter(console: Console, quiet: bool) -> _Reporter:
    if quiet:
        return _Silence()
    return _Bars(console) if console.is_terminal else _Lines(console)


def _title(record: RunRecord) -> str:
    return f"{record.workload} × {record.variant}"


def _left(state: RunState) -> str:
    return "" if state.eta_seconds is None else f"{duration(state.eta_seconds)} left"


class _Silence:
    def show(self, record: RunRecord, state: RunState) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Nothing to end."""


class _Bars:
    """One bar per run."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[done]}", justify="right"),
            TextColumn("{task.fields[says]}"),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}
        self._progress.start()

    def show(self, record: RunRecord, state: RunState) -> None:
        if record.id not in self._tasks:
            self._tasks[record.id] = self._progress.add_task(
                _title(record), total=1.0, done="", says=""
            )
        self._progress.update(
            self._tasks[record.id],
            completed=state.progress,
            done=f"{state.done}/{state.replications}",
            says=_left(state) if state.status == "running" else state.status,
        )

    def close(self) -> None:
        self._progress.stop()


class _Lines:
    """A line when a run starts or ends, and one now and then in between."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: dict[str, tuple[str, float]] = {}

    def show(self, record: RunRecord, state: RunState) -> None:
        status, when = self._told.get(record.id, ("queued", 0.0))
        now = time.monotonic()
        if state.status == status and (state.status != "running" or now - when < _SAY_SECONDS):
            return
        self._told[record.id] = (state.status, now)
        parts = (f"{state.status}, {state.done}/{state.replications}", _left(state), state.message)
        self._console.print(
            f"{_title(record)}: {', '.join(part for part in parts if part)}", markup=False
        )

    def close(self) -> None:
        """Lines need no end."""
