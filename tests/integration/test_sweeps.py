"""Sweeps over the real engine that are killed, and on a Dask cluster that loses a worker."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import xarray as xr

from workbench.experiments.samples import file_or_sample
from workbench.experiments.sweep import SweepPlan, open_sweep, run_sweep, sweep_plan
from workbench.formats import read
from workbench.results.store import RunStore

_SWEEP = """
import os, sys
from tests.integration import test_sweeps
from workbench.results.store import RunStore
from workbench.experiments.sweep.run import run_sweep
from workbench.experiments.sweep.work import numbers_of
from pathlib import Path

plan = test_sweeps.plan()
task = plan.order()[0]
numbers_of("simulated", plan.job(task), plan.phases)  # children find the engine loaded
print("ready", flush=True)
for line in sys.stdin:  # one child per line: it is killed in mid-sweep
    child = os.fork()
    if child == 0:
        with RunStore(Path(sys.argv[1])) as store:
            run_sweep(store, plan, workers=2)
        os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


def plan() -> SweepPlan:
    return sweep_plan(
        read(file_or_sample("talk")).experiment,
        {"cores": [4, 8, 12], "instances": [1, 2, 3], "quantum_ms": [1.0, 10.0]},
        workloads=["insert"],
        replications=4,
        parameters={"operations": 6000},
    )


def numbers(folder: Path) -> xr.Dataset:
    with RunStore(folder) as store:
        return open_sweep(store, "1").load()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    """The sweep, run without any interruption."""
    folder = tmp_path_factory.mktemp("whole")
    with RunStore(folder) as store:
        run_sweep(store, plan())
    return numbers(folder)


@pytest.mark.slow
def test_a_sweep_that_is_killed_ten_times_ends_with_every_number(
    whole: xr.Dataset, tmp_path: Path, checkout: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _SWEEP, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=checkout,
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None

        def line(told: bool) -> str:
            if told:
                parent.stdin.write("go\n")
                parent.stdin.flush()
            return parent.stdout.readline().strip()

        assert line(told=False) == "ready"
        chance = random.Random(4)
        for _ in range(10):
            child = int(line(told=True))
            time.sleep(chance.uniform(0.05, 0.6))
            os.kill(child, signal.SIGKILL)
            assert line(told=False) == "ended"
        line(told=True)
        assert line(told=False) == "ended"
        parent.stdin.close()
    xr.testing.assert_identical(numbers(tmp_path), whole)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_loses_a_worker_loses_nothing(whole: xr.Dataset, tmp_path: Path) -> None:
    from distributed import LocalCluster

    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        RunStore(tmp_path) as store,
    ):
        victims = [worker.pid for worker in cluster.workers.values()]

        def kill_one(progress: object) -> None:
            if victims and getattr(progress, "done", 0) > 0:
                os.kill(victims.pop(), signal.SIGKILL)
                victims.clear()

        run_sweep(store, plan(), cluster=cluster.scheduler_address, report=kill_one)
        assert victims == []
    with sqlite3.connect(tmp_path / "runs.sqlite") as connection:
        (count,) = connection.execute("SELECT count(*) FROM sweep_records").fetchone()
    assert count == plan().size  # each once
    xr.testing.assert_identical(numbers(tmp_path), whole)
