"""What a sweep costs beside the work itself: per point of a stand-in, of the fluid level, and
of the event level.

A thousand fluid points stand for ten thousand, which would take a quarter of an hour: what a
point costs beside its work does not depend on how many there are.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from tests import fake_backend
from tests.fake_backend import experiment
from workbench.backends.base import Job, backend
from workbench.experiments.samples import file_or_sample
from workbench.experiments.sweep import SweepPlan, run_sweep, sweep_plan
from workbench.formats import read
from workbench.results.store import RunStore
from workbench.scenario.experiment import Experiment

CHUNKS = 10
"""Parts of a sweep that are timed in turn with their jobs alone, so that what else the machine
does falls on both."""


def main() -> None:
    """Print the overheads."""
    fake_backend.install()
    talk = read(file_or_sample("talk")).experiment
    show("stand-in", 480, _stand_in)
    show("fluid level", 1_000, partial(_fluid, talk))
    show("event level", 500, partial(_events, talk))


def show(name: str, tasks: int, plan: Callable[[int, int], SweepPlan]) -> None:
    """Time a sweep of so many tasks, in chunks, against its jobs one after the other."""
    each = tasks // CHUNKS
    first = plan(0, 50)
    alone(first, [first.job(task) for task in first.order()])  # compiled, loaded, cached
    jobs, whole, cpu = [], [], []
    for chunk in range(CHUNKS):
        part = plan(chunk, each)
        assert part.size == each, part.size
        work = [part.job(task) for task in part.order()]
        # Which comes first changes, as the second one finds warmer caches.
        for swept in (True, False) if chunk % 2 else (False, True):
            begin, spent = time.perf_counter(), time.process_time()
            if swept:
                in_a_sweep(part)
                whole.append(time.perf_counter() - begin)
                cpu.append(time.process_time() - spent)
            else:
                alone(part, work)
                jobs.append(time.perf_counter() - begin)
                cpu.append(spent - time.process_time())
    over = np.array(whole) - np.array(jobs)
    print(
        f"Sweep, {name}: {tasks} points, jobs alone {sum(jobs):.1f} s, sweep {sum(whole):.1f} s: "
        f"{sum(over) / tasks * 1e3:.2f} ms a point (CPU {sum(cpu) / tasks * 1e3:.2f} ms), "
        f"{sum(over) / sum(jobs):.1%} ± {_standard_error(over) / np.mean(jobs):.1%} "
        "(targets 2 ms fluid, 5 % events)"
    )


def in_a_sweep(plan: SweepPlan) -> None:
    """Run a sweep in a store of its own."""
    with tempfile.TemporaryDirectory() as folder, RunStore(Path(folder)) as store:
        run_sweep(store, plan, workers=1)


def alone(plan: SweepPlan, jobs: Sequence[Job]) -> None:
    """Run jobs one after the other and forget the results."""
    runner = backend(plan.experiment.backend)
    for job in jobs:
        execution = runner.start(job)
        for _ in execution.events():
            pass
        execution.result()


def _standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(values.size))


def _stand_in(chunk: int, count: int) -> SweepPlan:
    return sweep_plan(
        experiment(),
        {"quantum_ms": [0.01 * i + 0.01 + chunk for i in range(count // 4)]},
        workloads=["insert"],
        replications=2,
    )


def _fluid(talk: Experiment, chunk: int, count: int) -> SweepPlan:
    return sweep_plan(
        talk,
        {"quantum_ms": [0.5 + chunk + 0.001 * i for i in range(count // 2)]},
        workloads=["insert"],
        replications=1,
        backend_name="fluid",
    )


def _events(talk: Experiment, chunk: int, count: int) -> SweepPlan:
    return sweep_plan(
        talk,
        {"cores": [8, 16, 32, 48, 64], "quantum_ms": [1.0 + 0.1 * chunk + i for i in range(5)]},
        workloads=["insert"],
        replications=count // 50 or 1,
        parameters={"operations": 20_000},
    )


if __name__ == "__main__":
    main()
