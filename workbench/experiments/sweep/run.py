"""Running a sweep: known tasks are skipped, the rest is spread over threads or a cluster.

Every task's numbers follow from its key alone, and records are committed in small
batches, all of a batch or none: a sweep that was killed goes on where it was, and
ends with the same numbers as one that was not.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from workbench.backends.base import BackendError, Cancelled, Execution, Job, backend
from workbench.errors import InputError
from workbench.experiments.sweep.plan import SweepPlan, SweepTask
from workbench.experiments.sweep.records import record
from workbench.results.store import RunStore
from workbench.results.sweeps import SweepStore, TaskRecord

__all__ = ["SweepProgress", "run_sweep"]

_BATCH = 256
_BATCH_SECONDS = 0.25

Work = tuple[SweepTask, Job, bytes]


@dataclass(frozen=True, slots=True)
class SweepProgress:
    """How far a sweep is.

    Parameters
    ----------
    total, known, done, failed
        Tasks: all; found in the store; finished now; failed now.
    seconds
        Since it began.
    """

    total: int
    known: int
    done: int = 0
    failed: int = 0
    seconds: float = 0.0

    @property
    def ended(self) -> int:
        """Tasks that have come to an end, now or before."""
        return self.known + self.done + self.failed

    @property
    def fraction(self) -> float:
        """From 0 to 1."""
        return self.ended / max(self.total, 1)

    @property
    def eta_seconds(self) -> float | None:
        """Estimated time left, in s; None while there is nothing to estimate from."""
        now = self.done + self.failed
        left = self.total - self.known - now
        return self.seconds / now * left if now else None


def run_sweep(
    store: RunStore,
    plan: SweepPlan,
    *,
    workers: int | None = None,
    cluster: str | None = None,
    fresh: bool = False,
    report: Callable[[SweepProgress], object] = lambda _: None,
    cancelled: threading.Event | None = None,
) -> str:
    """Run what is not known of a sweep and return the sweep's id.

    Parameters
    ----------
    store
        Where it is recorded.
    plan
        What to run.
    workers
        Threads; by default one per CPU this process may use.
    cluster
        Address of a Dask scheduler, ``tcp://host:8786``, in place of threads.
    fresh
        Whether to forget what is known and run everything.
    report
        Called now and then, and at the end.
    cancelled
        Ends it soon once it is set; what was finished stays.

    Raises
    ------
    workbench.errors.InputError
        If the cluster cannot be used.
    """
    sweeps = SweepStore(store)
    cancelled = cancelled or threading.Event()
    sweep_id = sweeps.create(plan.experiment.name, plan.digest, plan.spec, plan.size)
    if fresh:
        sweeps.delete(sweep_id)
        sweep_id = sweeps.create(plan.experiment.name, plan.digest, plan.spec, plan.size)
    begin = time.monotonic()
    left = _left(sweeps, sweep_id, plan, adopt=not fresh)
    progress = SweepProgress(plan.size, plan.size - len(left))
    report(progress)
    if backend(plan.experiment.backend).exclusive:
        workers = 1
    spread = _on_cluster(cluster) if cluster else _on_threads(workers or _usable_cpus())
    done = failed = 0
    batch: list[TaskRecord] = []
    flushed = begin
    outcomes = spread(plan, left, cancelled)
    try:
        for outcome in outcomes:
            batch.append(outcome)
            failed += bool(outcome.failure)
            done += not outcome.failure
            now = time.monotonic()
            if len(batch) >= _BATCH or now - flushed >= _BATCH_SECONDS:
                sweeps.add(sweep_id, batch)
                batch, flushed = [], now
                report(SweepProgress(plan.size, progress.known, done, failed, now - begin))
    finally:
        cancelled.set()
        outcomes.close()
        if batch:
            sweeps.add(sweep_id, batch)
    report(SweepProgress(plan.size, progress.known, done, failed, time.monotonic() - begin))
    return sweep_id


def _left(sweeps: SweepStore, sweep_id: str, plan: SweepPlan, *, adopt: bool) -> list[Work]:
    """Return what is still to do, after taking over what other sweeps know."""
    known = sweeps.known(sweep_id)
    work = []
    for task in plan.order():
        if task.number not in known:
            job = plan.job(task)
            work.append((task, job, plan.key(job, task)))
    if adopt and work and sweeps.adopt(sweep_id, ((task.number, key) for task, _, key in work)):
        known = sweeps.known(sweep_id)
        work = [one for one in work if one[0].number not in known]
    return work


def _why(error: Exception) -> str:
    if isinstance(error, BackendError):
        return f"{error.cause}: {error.message}"
    if isinstance(error, InputError):
        return f"{error.what} {error.remedy}"
    return f"{type(error).__name__}: {error}"


# -- threads -----------------------------------------------------------------------------------


def _on_threads(workers: int) -> Any:
    def spread(
        plan: SweepPlan, left: list[Work], cancelled: threading.Event
    ) -> Iterator[TaskRecord]:
        results: queue.SimpleQueue[TaskRecord | None] = queue.SimpleQueue()
        todo = iter(left)
        lock = threading.Lock()
        active: dict[int, Execution] = {}

        def work() -> None:
            while not cancelled.is_set():
                with lock:
                    one = next(todo, None)
                if one is None:
                    break
                if (outcome := _here(plan, one, active, cancelled)) is not None:
                    results.put(outcome)
            results.put(None)

        threads = [
            threading.Thread(target=work, name=f"sweep-{number}", daemon=True)
            for number in range(min(workers, max(len(left), 1)))
        ]
        watch = threading.Thread(
            target=_stop_when, args=(cancelled, active), name="sweep-cancel", daemon=True
        )
        for thread in (*threads, watch):
            thread.start()
        ended = 0
        while ended < len(threads):
            outcome = results.get()
            if outcome is None:
                ended += 1
            else:
                yield outcome

    return spread


def _here(
    plan: SweepPlan, one: Work, active: dict[int, Execution], cancelled: threading.Event
) -> TaskRecord | None:
    """Run one task in this thread; None if it was cancelled."""
    task, job, key = one
    try:
        execution = backend(plan.experiment.backend).start(job)
        active[task.number] = execution
        if cancelled.is_set():  # in between
            execution.cancel()
        for _ in execution.events():
            pass
        numbers = record(execution.result(), plan.phases).astype("<f8").tobytes()
    except Cancelled:
        return None
    except Exception as error:  # one bad point must not end the sweep
        return TaskRecord(task.number, key, failure=_why(error))
    finally:
        active.pop(task.number, None)
    return TaskRecord(task.number, key, numbers)


def _stop_when(cancelled: threading.Event, active: dict[int, Execution]) -> None:
    cancelled.wait()
    for execution in list(active.values()):
        execution.cancel()


def _usable_cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# -- a cluster ---------------------------------------------------------------------------------


def _on_cluster(address: str) -> Any:
    try:
        from workbench.experiments.sweep.cluster import on_cluster  # noqa: PLC0415 - an extra
    except ImportError:
        raise InputError(
            "Dask distributed is not installed.",
            "Install it: pip install 'affinity-workbench[cluster]'.",
        ) from None
    return on_cluster(address)
