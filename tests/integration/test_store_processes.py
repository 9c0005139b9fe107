"""Several processes, and processes that die, on one run store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workbench.results.records import RunRecord
from workbench.results.store import RunStore

SOON = 60.0

# Runs the small experiment; replications from number 2 on are held until the end.
_PROGRAM = """
import sys
from pathlib import Path
from tests import fake_backend
from workbench.experiments.jobs import JobManager
from workbench.results.store import RunStore

backend = fake_backend.install()
backend.gate.clear()
backend.gate_from = 2
store = RunStore(Path(sys.argv[1]))
store.recover()
jobs = JobManager(store, workers=2)
jobs.wait(jobs.submit(fake_backend.experiment(), workloads=["insert"]))
"""


@contextmanager
def server(folder: Path, checkout: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that runs something in the folder and never comes to an end."""
    process = subprocess.Popen([sys.executable, "-c", _PROGRAM, str(folder)], cwd=checkout)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(
    process: subprocess.Popen[bytes], store: RunStore, met: Callable[[list[RunRecord]], bool]
) -> list[RunRecord]:
    """Wait until a process has brought the runs to some state; return them."""
    end = time.monotonic() + SOON
    while not met(store.runs()):
        assert process.poll() is None, "the process ended by itself"
        assert time.monotonic() < end, store.runs()
        time.sleep(0.05)
    return store.runs()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore(tmp_path) as opened:
        yield opened


def two_each(runs: list[RunRecord]) -> bool:
    return len(runs) == 2 and all(run.done == 2 and run.status == "running" for run in runs)


def test_a_killed_server_loses_no_finished_replication(
    store: RunStore, tmp_path: Path, checkout: Path
) -> None:
    with server(tmp_path, checkout) as process:
        until(process, store, two_each)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        before = store.runs()
        assert {run.status for run in before} == {"running"}
        with RunStore(tmp_path) as restarted:
            restarted.recover()
            for run in restarted.runs():
                assert (run.status, run.done) == ("interrupted", 2)
                assert str(process.pid) in run.message
                dataset = restarted.dataset(run.id)
                assert dataset.replication.values.tolist() == [0, 1]
                assert bool(dataset.total_makespan.notnull().all())


def test_a_killed_server_that_nobody_reaped_counts_as_dead(
    store: RunStore, tmp_path: Path, checkout: Path
) -> None:
    with server(tmp_path, checkout) as process:
        until(process, store, two_each)
        os.kill(process.pid, signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, still in the table
        assert len(store.recover()) == 2


def test_a_second_server_leaves_the_runs_of_the_first_alone(
    store: RunStore, tmp_path: Path, checkout: Path
) -> None:
    with server(tmp_path, checkout) as first:
        live = until(first, store, two_each)
        with server(tmp_path, checkout) as second:
            until(second, store, lambda runs: len(runs) == 4 and two_each(runs[:2]))
            assert store.runs()[2:] == live, "in nothing"
            assert {run.owner_pid for run in live} == {first.pid}
            assert store.recover() == ()
        assert set(store.recover()) == {
            run.id for run in store.runs() if run.owner_pid == second.pid
        }
        assert [store.run(run.id) for run in live] == live
