"""A workbench that is killed leaves nothing running, and its restart clears the rest."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.real_runs import left, needs_virtual_machines, nothing_is_left
from workbench.backends.processes import reap
from workbench.experiments.jobs import JobManager
from workbench.folders import data_folder
from workbench.results.store import RunStore

__all__ = ["nothing_is_left"]


@contextmanager
def started(backend: str) -> Iterator[subprocess.Popen[str]]:
    """A workbench of the same data folder that runs something long."""
    options = ["--backend", backend, "--workload", "lookup", "--set", "operations=20000000"]
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", "run", "small", *options, "--set", "keys=2000"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        reap()


def until(true: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    """Wait for something that must become true, while a process lives."""
    while not true():
        assert process is None or process.poll() is None
        time.sleep(0.05)


def folders() -> list[Path]:
    return list((data_folder() / "running").glob("*"))


def processes() -> list[str]:
    return [one for one in left() if not one.startswith("/")]


@pytest.mark.parametrize(("backend", "program"), [("native", "guest"), ("qemu", "qemu")])
def test_a_killed_workbench_leaves_nothing_and_others_are_left_alone(
    backend: str, program: str
) -> None:
    if backend == "qemu":
        needs_virtual_machines()
    with started(backend) as first, started(backend) as second:
        until(lambda: len(folders()) == 2, first)
        until(lambda: sum(program in one for one in processes()) >= 2, first)
        first.kill()
        first.wait()
        with RunStore(data_folder()) as store, JobManager(store):
            # The restart has reaped what the first one left, and the second one goes on.
            until(lambda: len(folders()) == 1, second)
            assert reap() == 0
            until(lambda: any(program in one for one in processes()), second)
            store.recover()
            assert {run.status for run in store.runs()} >= {"interrupted", "running"}
        assert second.poll() is None
        second.kill()
        second.wait()
        until(lambda: reap() >= 0 and left() == [])
