"""What a sweep costs beside the work itself: per point, with points that cost nothing, 10 000
points of the fluid level, and 500 of the event level."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests import fake_backend
from tests.fake_backend import experiment
from workbench.experiments.samples import file_or_sample
from workbench.experiments.sweep import SweepPlan, run_sweep, sweep_plan
from workbench.formats import read
from workbench.results.store import RunStore


def seconds(plan: SweepPlan) -> float:
    """Return the time of a sweep in a store of its own."""
    with tempfile.TemporaryDirectory() as folder, RunStore(Path(folder)) as store:
        begin = time.perf_counter()
        run_sweep(store, plan, workers=1)
        return time.perf_counter() - begin


def direct(plan: SweepPlan) -> float:
    """Return the time of its jobs alone, one after the other."""
    from workbench.backends.base import backend

    runner = backend(plan.experiment.backend)
    jobs = [plan.job(task) for task in plan.order()]
    begin = time.perf_counter()
    for job in jobs:
        execution = runner.start(job)
        for _ in execution.events():
            pass
        execution.result()
    return time.perf_counter() - begin


def main() -> None:
    """Print the overheads."""
    fake_backend.install()
    many = sweep_plan(
        experiment(),
        {"quantum_ms": [0.01 * i + 0.01 for i in range(2500)]},
        workloads=["insert"],
        replications=2,
    )
    talk = sweep_plan(
        read(file_or_sample("talk")).experiment,
        {"cores": [8, 16, 32, 48, 64], "quantum_ms": [1.0, 2.0, 5.0, 10.0, 20.0]},
        workloads=["insert"],
        replications=10,
        parameters={"operations": 20_000},
    )
    fluid = sweep_plan(
        read(file_or_sample("talk")).experiment,
        {"quantum_ms": [0.5 + 0.002 * i for i in range(5000)]},
        workloads=["insert"],
        replications=1,
        backend_name="fluid",
    )
    for name, plan in (("no-cost points", many), ("fluid level", fluid), ("event level", talk)):
        alone, whole = direct(plan), seconds(plan)
        over = whole - alone
        print(
            f"Sweep, {name}: {plan.size} tasks, jobs alone {alone:.1f} s, sweep {whole:.1f} s: "
            f"{over / plan.size * 1e3:.2f} ms a task, {over / alone:.1%} (targets 2 ms, 5 %)"
        )


if __name__ == "__main__":
    main()
