"""The one place that runs: queues replications, counts, cancels, records.

A `JobManager` belongs to the process, not to a browser session. Its worker
threads take replications from one queue, in which those of all runs of one
`JobManager.submit` are interleaved (the first of every run, then the second of
every run), so that the variants advance side by side and an early stop leaves
balanced data. Each finished replication is committed on its own. A backend
that measures this machine is exclusive: its replications run one at a time,
with nothing beside them. Where a precision is asked for, the runs of a workload
are judged together after every batch and get another one until they are precise
enough; see `workbench.experiments.precision`.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from workbench.backends.base import BackendError, Cancelled, Execution, Progress
from workbench.backends.execution import DISK_FULL, is_disk_full
from workbench.backends.processes import reap
from workbench.errors import InputError
from workbench.experiments.live import Judged, LiveRun, queued
from workbench.experiments.plan import adjusted, plans
from workbench.experiments.precision import Precision, widest
from workbench.experiments.readiness import readiness
from workbench.results.records import Status
from workbench.results.store import RunStore
from workbench.scenario.experiment import Experiment, Parameter

__all__ = ["JobManager", "RunState", "usable_cpus"]

_log = logging.getLogger(__name__)

_NOTIFY_SECONDS = 0.1
_STOPPED = "The workbench was stopped before the run had ended."


@dataclass(frozen=True, slots=True)
class RunState:
    """How a run stands at a moment.

    Parameters
    ----------
    status
        Of the run; one of `workbench.results.records.Status`.
    progress
        From 0 to 1 over all its replications.
    eta_seconds
        Estimated time left, in s; None while there is nothing to estimate from.
    done, replications
        Finished and planned replications.
    message
        What it is doing, or why it ended.
    """

    status: Status
    progress: float
    eta_seconds: float | None
    done: int
    replications: int
    message: str


class JobManager:
    """Runs experiments in worker threads and records them in a store.

    Parameters
    ----------
    store
        Where runs are recorded.
    workers
        Number of replications that run at the same time; by default one per
        CPU this process may use.
    """

    def __init__(self, store: RunStore, workers: int | None = None) -> None:
        self.store = store
        self._workers = workers or usable_cpus()
        self._changed = threading.Condition()
        self._queue: deque[tuple[LiveRun, int]] = deque()
        self._runs: dict[str, LiveRun] = {}
        self._callbacks: list[Callable[[str], None]] = []
        self._threads: list[threading.Thread] = []
        self._closing = False
        self._busy = 0  # replications that are being run
        self._alone = False  # whether that is one which must have the machine for itself
        reap()

    # -- for whoever wants something run ---------------------------------------

    def submit(
        self,
        experiment: Experiment,
        *,
        variants: Sequence[str] | None = None,
        workloads: Sequence[str] | None = None,
        backend: str | None = None,
        replications: int | None = None,
        seed: int | None = None,
        parameters: Mapping[str, Parameter] | None = None,
        mend: bool = False,
    ) -> tuple[str, ...]:
        """Queue the runs of an experiment and return their ids at once.

        Parameters
        ----------
        experiment
            What to run.
        variants, workloads
            Names of those to run; None means all of the experiment's.
        backend, replications, seed
            In place of the experiment's.
        parameters
            Win over those of the experiment and its variants.
        mend
            Run the scenario with every offered fix applied, instead of as
            `init` would take it; see `workbench.experiments.readiness`.

        Raises
        ------
        workbench.errors.InputError
            If a name is unknown, the backend refuses a job or the store cannot
            record the runs; none of them has been recorded then.
        """
        experiment = adjusted(experiment, backend=backend, replications=replications, seed=seed)
        if mend:
            experiment = readiness(experiment).mended
        planned = plans(
            experiment, variant_names=variants, workloads=workloads, parameters=parameters
        )
        notes = [
            [f"{p.message} {p.consequence}".strip() for p in plan.problems] for plan in planned
        ]
        # Without the lock: the store may wait for another process that writes.
        ids = self.store.create_all([plan.spec for plan in planned], notes)
        runs = queued(dict(zip(ids, planned, strict=True)), Precision.asked(experiment))
        with self._changed:
            if self._closing:
                for run_id in ids:
                    self.store.finish(run_id, "interrupted", "", _STOPPED)
                raise RuntimeError("this JobManager is closed")
            self._runs |= {run.id: run for run in runs}
            self._queue.extend(
                (run, index) for index in range(experiment.replications) for run in runs
            )
            self._ensure_threads()
            self._changed.notify_all()
        for run_id in ids:
            self._tell(run_id)
        return ids

    def cancel(self, run_id: str) -> None:
        """Ask a run to stop soon; finished replications stay. Ended runs stay as they are."""
        with self._changed:
            run = self._runs.get(run_id)
        if run is not None:
            self._end_early(run, "cancelled", "", "Cancelled by the user.")

    def state(self, run_id: str) -> RunState:
        """Return how a run stands, be it this manager's or any other in the store.

        One that is in neither has been deleted.
        """
        with self._changed:
            run = self._runs.get(run_id)
            if run is not None:
                return RunState(
                    status="running" if run.started else "queued",
                    progress=min(1.0, run.work_done / run.expected),
                    eta_seconds=run.submit.seconds_left(time.monotonic()),
                    done=run.done,
                    replications=run.planned,
                    message="Stopping ..." if run.outcome else run.message,
                )
        try:
            record = self.store.run(run_id)
        except InputError:  # views may ask late, for what another process has deleted
            return RunState("cancelled", 0.0, None, 0, 0, "Deleted.")
        progress = record.done / record.replications
        return RunState(
            record.status, progress, None, record.done, record.replications, record.message
        )

    def subscribe(self, callback: Callable[[str], None]) -> Callable[[], None]:
        """Have ``callback(run_id)`` called on changes; return how to end that.

        It is called from worker threads, for progress at most ten times a
        second and run, and always when a run is queued, starts or ends.
        """
        with self._changed:
            self._callbacks.append(callback)

        def unsubscribe() -> None:
            with self._changed:
                if callback in self._callbacks:
                    self._callbacks.remove(callback)

        return unsubscribe

    def wait(self, run_ids: Iterable[str], timeout: float | None = None) -> bool:
        """Wait until all these runs have ended; return whether they have.

        Parameters
        ----------
        run_ids
            Ids of this manager's runs; others count as ended.
        timeout
            In s; None waits as long as it takes.
        """
        wanted = set(run_ids)
        with self._changed:
            return self._changed.wait_for(lambda: wanted.isdisjoint(self._runs), timeout)

    def close(self, cancel: bool = True) -> None:
        """End the workers, after interrupting or else finishing what is still to do."""
        with self._changed:
            self._closing = True
            pending = list(self._runs.values())
            self._changed.notify_all()
        if cancel:
            for run in pending:
                self._end_early(run, "interrupted", "", _STOPPED)
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # -- what the workers do ---------------------------------------------------

    def _ensure_threads(self) -> None:
        while len(self._threads) < self._workers:
            # Daemons: a process that ends without close() is not held up.
            name = f"workbench-job-{len(self._threads)}"
            thread = threading.Thread(target=self._work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        while (task := self._next()) is not None:
            run, index = task
            try:
                self._replicate(run, index)
            except Cancelled:
                self._end_early(run, "cancelled", "", "The backend cancelled it.")
            except BackendError as failure:
                self._end_early(run, "failed", failure.cause, failure.message)
            except InputError as refusal:
                self._end_early(run, "failed", "refused", str(refusal))
            except Exception as defect:  # a defect of a backend must not end the worker
                if is_disk_full(defect):
                    self._end_early(run, "failed", DISK_FULL.cause, DISK_FULL.message)
                else:
                    _log.exception("replication %d of run %s failed", index, run.id)
                    self._end_early(
                        run, "failed", "internal-error", f"{type(defect).__name__}: {defect}"
                    )
            finally:
                with self._changed:
                    self._busy -= 1
                    self._alone = False
                    self._changed.notify_all()
                    run.active.pop(index, None)
                    run.fractions.pop(index, None)
                self._settle(run)

    def _next(self) -> tuple[LiveRun, int] | None:
        """Wait for the next replication to run; None when the manager closes."""
        with self._changed:
            while True:
                while self._queue and self._may_start(self._queue[0][0]):
                    run, index = self._queue.popleft()
                    if run.outcome is None:
                        run.waiting -= 1
                        run.active[index] = None
                        self._busy += 1
                        self._alone = run.plan.backend.exclusive
                        return run, index
                if self._closing and not self._queue:
                    return None
                self._changed.wait()

    def _may_start(self, run: LiveRun) -> bool:
        """Whether the machine is free enough for a run's next replication."""
        if run.outcome is not None:  # will not be started anyway
            return True
        return not (self._alone or (run.plan.backend.exclusive and self._busy))

    def _replicate(self, run: LiveRun, index: int) -> None:
        self._mark_started(run)
        execution = run.plan.backend.start(run.plan.job(index))
        with self._changed:
            run.active[index] = execution
            if run.outcome is not None:  # cancelled in between
                _stop(execution, run.id)
        for event in execution.events():
            if isinstance(event, Progress):
                with self._changed:
                    run.fractions[index] = event.fraction
                    run.message = event.message
                self._tell(run.id, run)
            else:
                self.store.log(run.id, event.text, event.component)
        space = run.plan.scenario.effective_space
        dataset = execution.result().assign_attrs(space=[space.width, space.height])
        self.store.add_replication(run.id, index, dataset)
        with self._changed:
            run.done += 1
            run.fractions.pop(index, None)
        self._tell(run.id, run)

    def _mark_started(self, run: LiveRun) -> None:
        with self._changed:
            if run.started:
                return
            run.started = True
            if run.submit.began is None:
                run.submit.began = time.monotonic()
        self.store.start(run.id)
        self._tell(run.id)

    def _end_early(self, run: LiveRun, status: Status, cause: str, message: str) -> None:
        """Decide how a run ends and stop what is still active; the first decision holds."""
        with self._changed:
            if run.outcome is None:
                run.outcome = (status, cause, message)
            active = [execution for execution in run.active.values() if execution is not None]
        for execution in active:
            _stop(execution, run.id)
        self._settle(run)

    def _settle(self, run: LiveRun) -> None:
        """Record the end of what has come to it: nothing active, and nothing to come."""
        with self._changed:
            if run.id not in self._runs:
                return
            ended = []
            if run.outcome is not None and not run.active:
                ended.append(run)
                self._record_end(run, "")
            # Those that waited for this one are judged without it.
            together = run.judged_with
            if together.runs and all(one.rests and not one.outcome for one in together.runs):
                ended += self._judge(together)
            self._changed.notify_all()
        for one in ended:
            self._tell(one.id)

    def _judge(self, together: Judged) -> list[LiveRun]:
        """Give runs at rest another batch, or end them and return them; under the lock."""
        try:
            verdict = self._verdict(together)
        except sqlite3.Error:  # the disk may be full; what has been recorded stays
            _log.exception("runs could not be judged")
            verdict = ""
        if verdict is None:
            return []
        ended = list(together.runs)
        for run in ended:
            self._record_end(run, verdict)
        return ended

    def _verdict(self, together: Judged) -> str | None:
        """Return how precise runs have got, or None if they got another batch."""
        precision, runs = together.precision, together.runs
        if precision is None:
            return ""
        done = runs[0].planned
        width = widest({run.plan.spec.variant: self.store.summaries(run.id) for run in runs})
        more = precision.more(done, width)
        if not more:
            return precision.verdict(done, width)
        for run in runs:
            self.store.extend(run.id, done + more)
            self.store.log(run.id, f"After {done} replications {width.text}; {more} more.")
            run.planned, run.waiting = done + more, more
            run.expected = precision.expected(done, width)
        self._queue.extend((run, done + i) for i in range(more) for run in runs)
        return None

    def _record_end(self, run: LiveRun, verdict: str) -> None:
        """Record how a run ended, under the lock: gone from here it has ended in the store."""
        ended: tuple[Status, str, str] = run.outcome or ("done", "", verdict)
        if run.rests and run.done == run.planned and run.judged_with.precision is None:
            ended = ("done", "", "")  # the decision came too late
        try:
            self.store.finish(run.id, *ended)
        except sqlite3.Error:  # the disk may be full; the next start marks it interrupted
            _log.exception("the end of run %s could not be recorded", run.id)
        del self._runs[run.id]
        run.judged_with.runs.remove(run)
        run.submit.runs.remove(run)
        run.submit.work_ended += run.done

    def _tell(self, run_id: str, progressing: LiveRun | None = None) -> None:
        """Call the subscribers; for mere progress not more often than they can use."""
        with self._changed:
            if progressing is not None:
                now = time.monotonic()
                if now - progressing.notified < _NOTIFY_SECONDS:
                    return
                progressing.notified = now
            callbacks = tuple(self._callbacks)
        for callback in callbacks:
            try:
                callback(run_id)
            except Exception:  # a broken view must not end a run
                _log.exception("a subscriber failed to follow run %s", run_id)


def _stop(execution: Execution, run_id: str) -> None:
    try:
        execution.cancel()
    except Exception:  # a defect of a backend must not end the worker, nor spare the others
        _log.exception("a replication of run %s could not be cancelled", run_id)


def usable_cpus() -> int:
    """Return how many CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
