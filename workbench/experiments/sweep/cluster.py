"""A sweep on a Dask cluster: tasks in chunks, so that a chunk is worth its way.

The scheduler runs a chunk again whose worker died; records go to the store here, once
each, so nothing is lost and nothing counts twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from distributed import Client, as_completed

from workbench.backends.base import Job
from workbench.errors import InputError
from workbench.experiments.sweep.plan import SweepPlan
from workbench.experiments.sweep.work import numbers_of
from workbench.results.sweeps import TaskRecord

__all__ = ["on_cluster"]

_CHUNK_SECONDS = 0.2  # 5 ms of Dask's own time per chunk are then little; measured
_MOST_IN_CHUNK = 200
_AHEAD = 2  # chunks per thread that wait on the cluster
_CONNECT_SECONDS = 15


def on_cluster(address: str) -> Callable[..., Iterator[TaskRecord]]:
    """Return how to spread the tasks of a sweep over a cluster."""

    def spread(plan: SweepPlan, left: Sequence[Any], cancelled: threading.Event) -> Any:
        try:
            client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as problem:
            raise InputError(
                f"The cluster {address} does not answer: {problem or type(problem).__name__}.",
                "Check the address; `dask scheduler` prints it when it starts.",
            ) from None
        with client:
            yield from _outcomes(client, plan, left, cancelled)

    return spread


def _outcomes(
    client: Client, plan: SweepPlan, left: Sequence[Any], cancelled: threading.Event
) -> Iterator[TaskRecord]:
    todo = list(reversed(left))
    size = 1
    pending = as_completed(loop=client.loop)
    chunks: dict[Any, list[Any]] = {}

    def refill() -> None:
        threads = sum(client.nthreads().values()) or 1
        while todo and len(chunks) < _AHEAD * threads:
            chunk = [todo.pop() for _ in range(min(size, len(todo)))]
            jobs = [(job, task.number) for task, job, _ in chunk]
            future = client.submit(_chunk, plan.experiment.backend, jobs, plan.phases, pure=False)
            chunks[future] = chunk
            pending.add(future)

    refill()
    while chunks and not cancelled.is_set():
        future = next(pending)
        chunk = chunks.pop(future)
        try:
            seconds, outcomes = future.result()
        except Exception as error:  # the chunk killed every worker that tried it
            outcomes = [(b"", f"{type(error).__name__}: {error}")] * len(chunk)
        else:
            wanted = _CHUNK_SECONDS / max(seconds / len(chunk), 1e-6)
            size = min(max(1, round(wanted)), 2 * size, _MOST_IN_CHUNK)
        for (task, _, key), (numbers, failure) in zip(chunk, outcomes, strict=True):
            yield TaskRecord(task.number, key, numbers, failure)
        refill()
    for future in list(chunks):
        future.cancel()


def _chunk(
    backend_name: str, jobs: Sequence[tuple[Job, int]], phases: Sequence[str]
) -> tuple[float, list[tuple[bytes, str]]]:
    """Run jobs one after the other; return the time it took and what each gave."""
    begin = time.perf_counter()
    found: list[tuple[bytes, str]] = []
    for job, _ in jobs:
        try:
            found.append((numbers_of(backend_name, job, phases), ""))
        except Exception as error:
            found.append((b"", f"{type(error).__name__}: {error}"))
    return time.perf_counter() - begin, found
