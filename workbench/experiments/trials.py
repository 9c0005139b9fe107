"""Trials: single replications that answer a question and are not recorded.

Whoever asks why two variants differ has hundreds of counterfactual replications
run, of which only the throughputs matter. They are kept in memory, so the same
question, or one like it, is answered at once.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING

from workbench.backends.base import Backend, Cancelled, Job
from workbench.experiments.jobs import usable_cpus
from workbench.results.schema import METRICS

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Totals", "Trials"]

Totals = Mapping[str, Mapping[str, float]]
"""Throughput of all components together, in op/s, by metric and phase; NaN where there is none."""

_MOST_KEPT = 50_000


class Trials:
    """Runs jobs in threads and remembers what came out.

    Parameters
    ----------
    workers
        Jobs that run at the same time; by default one per CPU this process may use.
    """

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or usable_cpus()
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Totals] = OrderedDict()
        self.ran = 0
        """How many jobs have really been run."""

    def run(
        self,
        backend: Backend,
        jobs: Sequence[Job],
        *,
        progress: Callable[[int, int], object] = lambda _done, _of: None,
        cancelled: threading.Event | None = None,
    ) -> list[Totals]:
        """Return the totals of each job; equal jobs are run once.

        Parameters
        ----------
        backend
            What runs them; one at a time if it is exclusive.
        jobs
            What to run. A result depends on nothing else.
        progress
            Called with the numbers of finished and of all jobs that have to be run.
        cancelled
            Stops soon after it has been set.

        Raises
        ------
        workbench.backends.base.Cancelled
            If it was stopped.
        workbench.backends.base.BackendError
            If a job failed.
        """
        stop = cancelled or threading.Event()
        keys = [_key(backend, job) for job in jobs]
        missing = {key: job for key, job in zip(keys, jobs, strict=True) if not self._has(key)}
        progress(0, len(missing))
        with ThreadPoolExecutor(1 if backend.exclusive else self._workers) as pool:
            running = {
                pool.submit(_totals, backend, job, stop): key for key, job in missing.items()
            }
            try:
                for done, future in enumerate(as_completed(running), 1):
                    self._keep(running[future], future.result())
                    progress(done, len(missing))
            except BaseException:
                stop.set()  # what is still waiting ends as soon as it begins
                raise
        with self._lock:
            return [self._known[key] for key in keys]

    def _has(self, key: str) -> bool:
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
            return key in self._known

    def _keep(self, key: str, totals: Totals) -> None:
        with self._lock:
            self.ran += 1
            self._known[key] = totals
            while len(self._known) > _MOST_KEPT:
                self._known.popitem(last=False)


def _key(backend: Backend, job: Job) -> str:
    """Return what a result depends on, as a hash."""
    values = {info.name: info.default for info in backend.parameters(job.workload, job.parameters)}
    values |= job.parameters
    words = [backend.name, job.workload, str(job.seed), str(sorted(values.items()))]
    words.append(repr(job.scenario))
    return hashlib.blake2b("\0".join(words).encode(), digest_size=16).hexdigest()


def _totals(backend: Backend, job: Job, stop: threading.Event) -> Totals:
    if stop.is_set():
        raise Cancelled
    execution = backend.start(job)
    for _ in execution.events():
        if stop.is_set():
            execution.cancel()
    dataset: xr.Dataset = execution.result()
    return {
        metric: {
            str(phase): float(dataset[metric.replace("throughput", "total")].sel(phase=phase))
            for phase in dataset.phase.values
        }
        for metric in METRICS
    }
