"""The run store with 100 000 runs and a sweep of 10 000 points: how long looking takes."""

from __future__ import annotations

import json
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from workbench.experiments.samples import file_or_sample
from workbench.experiments.sweep import open_sweep, sweep_plan
from workbench.experiments.sweep.records import slices
from workbench.formats import read
from workbench.results.records import RunSpec
from workbench.results.store import RunStore
from workbench.results.sweeps import SweepStore, TaskRecord

RUNS = 100_000
POINTS = 10_000


def milliseconds(call: Callable[[], object], repetitions: int = 7) -> float:
    """Return the median time of a call."""
    times = []
    for _ in range(repetitions):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return median(times) * 1e3


def fill(store: RunStore) -> None:
    """Record a long history: 40 experiments, as long as real ones."""
    text = (file_or_sample("talk")).read_text(encoding="utf-8")
    specs = [
        RunSpec(
            experiment=f"experiment{number % 40}",
            variant=("time-shared", "partitioned")[number % 2],
            workload=("insert", "lookup")[number // 2 % 2],
            backend="simulated",
            kind="simulation",
            seed=number,
            replications=10,
            parameters={"quantum_ms": number % 30 + 0.5, "sync": "olfit"},
            experiment_yaml=f"{text}# {number % 40}",
            configuration="<config/>" * 200,
            versions={"python": "3.11", "numpy": "2"},
        )
        for number in range(RUNS)
    ]
    for begin in range(0, RUNS, 5000):
        store.create_all(specs[begin : begin + 5000])
    with sqlite3.connect(store.file) as connection:
        connection.execute("UPDATE runs SET status = 'done', done = 10, started = 1, finished = 2")


def main() -> None:
    """Print the times."""
    with tempfile.TemporaryDirectory() as folder, RunStore(Path(folder)) as store:
        fill(store)
        size = store.file.stat().st_size / 2**20
        print(f"Run store with {RUNS} runs ({size:.0f} MiB), median ms (target 300):")
        for name, call in {
            "newest 300 (history page)": lambda: store.runs(limit=300),
            "300 by words": lambda: store.runs(limit=300, words=["insert", "quantum_ms", "7"]),
            "no run by words": lambda: store.runs(limit=300, words=["nothing-like-this"]),
            "300 of one experiment": lambda: store.runs(limit=300, experiment="experiment7"),
            "one run": lambda: store.run("50000"),
            "runs of dead processes": store.recover,
        }.items():
            print(f"  {name:28}{milliseconds(call):8.1f}")
        _sweep(store)


def _sweep(store: RunStore) -> None:
    plan = sweep_plan(
        read(file_or_sample("talk")).experiment,
        {"quantum_ms": [0.1 * i + 0.1 for i in range(POINTS // 2)]},
        workloads=["insert"],
        replications=1,
    )
    width = max(place.stop for place in slices(plan.phases).values())
    rng = np.random.default_rng(1)
    sweeps = SweepStore(store)
    sweep_id = sweeps.create("talk", plan.digest, json.loads(json.dumps(plan.spec)), plan.size)
    sweeps.add(
        sweep_id,
        [
            TaskRecord(number, number.to_bytes(16, "big"), rng.random(width).tobytes())
            for number in range(plan.size)
        ],
    )
    opened = milliseconds(lambda: open_sweep(store, sweep_id))
    loaded = milliseconds(lambda: open_sweep(store, sweep_id).total_makespan.mean().item())
    print(f"Sweep of {plan.size} points: open {opened:.0f} ms, and read {loaded:.0f} ms (1000)")


if __name__ == "__main__":
    main()
