"""Real runs on this machine's cores: results, and each way in which a run can fail."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.real_runs import ended, endless, job, nothing_is_left, small
from workbench.backends.base import BackendError, Cancelled, Progress, backend
from workbench.backends.guest import build
from workbench.backends.native.backend import usable_cpus
from workbench.errors import InputError
from workbench.experiments.collect import collect
from workbench.experiments.jobs import JobManager
from workbench.results.store import RunStore
from workbench.scenario.model import AffinitySpace

__all__ = ["nothing_is_left"]


def test_a_small_experiment_runs_and_is_compared(tmp_path: Path) -> None:
    with RunStore(tmp_path) as store, JobManager(store) as jobs:
        ids = jobs.submit(
            small(backend="native", replications=2, workloads=("insert-lookup",), parameters={}),
            variants=("time-shared", "partitioned"),
            parameters={"operations": 3000, "sync": "olfit"},
        )
        jobs.wait(ids)
        assert [(store.run(i).status, store.run(i).message) for i in ids] == [("done", "")] * 2
        together = collect(store, ids)
    assert together.attrs["kind"] == "measurement"
    assert together.attrs["backend"] == "native"
    assert set(together.variant.values) == {"time-shared", "partitioned"}
    assert (together.operations == 3000).all()
    assert (together.exit_reason == "finished").all()
    assert (together.total_makespan > 0).all()
    assert together.reported_seconds.notnull().all()
    assert together.foreign_load.notnull().all()
    assert (together.peak_ram_bytes > 0).all()
    assert together.attrs["kernel"] == os.uname().release
    assert json.loads(together.attrs["numa_nodes"])


def test_a_partitioned_instance_stays_on_its_core() -> None:
    execution = backend("native").start(job("partitioned", "lookup"))
    log = ended(execution)
    result = execution.result()
    held = result.accounting_seconds.sel(bucket="useful")
    for index, name in enumerate(result.component.values):
        own = min(index, len(usable_cpus()) - 1)
        assert float(held.sel(component=name, core=own)) > 0
        assert float(held.sel(component=name).sum()) == float(held.sel(component=name, core=own))
    assert any("blinktree1: finished" in line for line in log)


def test_who_outgrows_its_quota_ends_and_the_others_finish() -> None:
    poor = job(change=lambda c: c.but(ram_bytes="24M"), operations=1_000_000)
    execution = backend("native").start(poor)
    ended(execution)
    result = execution.result()
    reasons = dict(zip(result.component.values, result.exit_reason.values, strict=True))
    assert reasons == {"blinktree1": "finished", "blinktree2": "out-of-memory"}
    assert result.exit_detail.sel(component="blinktree2").item()
    assert result.attrs["quota_means"] in {"cgroup-v2", "cgroup-v1", "rlimit-as"}
    assert np.isnan(result.window_start_seconds.item())


def test_who_is_denied_its_timer_does_not_start() -> None:
    alone = job(change=lambda c: c.but(route=()))
    execution = backend("native").start(alone)
    ended(execution)
    result = execution.result()
    assert result.exit_reason.sel(component="blinktree2").item() == "not-started"
    assert result.exit_reason.sel(component="blinktree1").item() == "finished"


def test_cancel_ends_all_processes() -> None:
    execution = backend("native").start(endless())
    for event in execution.events():
        if isinstance(event, Progress) and event.message == "lookup":
            execution.cancel()
    with pytest.raises(Cancelled):
        execution.result()


def test_a_killed_runner_is_told() -> None:
    execution = backend("native").start(endless())
    for event in execution.events():
        if isinstance(event, Progress) and event.message == "lookup":
            runner = next(
                p for p in psutil.Process().children(recursive=True) if "runner" in p.cmdline()
            )
            runner.send_signal(signal.SIGKILL)
            break
    list(execution.events())
    with pytest.raises(BackendError, match="SIGKILL") as failure:
        execution.result()
    assert failure.value.cause == "runner-died"


def test_a_runner_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.backends.native.backend._SILENCE_SECONDS", 2.0)
    execution = backend("native").start(endless())
    for event in execution.events():
        if isinstance(event, Progress) and event.message == "lookup":
            runner = next(
                p for p in psutil.Process().children(recursive=True) if "runner" in p.cmdline()
            )
            runner.send_signal(signal.SIGSTOP)
            break
    list(execution.events())
    with pytest.raises(BackendError, match="said nothing") as failure:
        execution.result()
    assert failure.value.cause == "runner-hangs"


def test_a_run_that_takes_too_long_has_failed() -> None:
    execution = backend("native").start(job(operations=1_000_000_000, deadline_s=1))
    ended(execution)
    with pytest.raises(BackendError, match="deadline_s") as failure:
        execution.result()
    assert failure.value.cause == "deadline"


def test_without_a_compiler_the_run_is_refused_with_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(build, "_candidates", list)
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path))
    build.compiler.cache_clear()
    try:
        problems = backend("native").validate(job())
        assert [problem.code for problem in problems] == ["compiler-missing"]
        with pytest.raises(InputError, match="pip install ziglang"):
            backend("native").start(job())
    finally:
        build.compiler.cache_clear()


def test_more_cores_than_the_machine_has_are_refused() -> None:
    wide = job()
    space = AffinitySpace(width=len(usable_cpus()) + 1)
    problems = backend("native").validate(
        type(wide)(wide.scenario.but(space=space), wide.workload, 1)
    )
    assert [problem.code for problem in problems] == ["unsupported-space"]
    assert "qemu" in problems[0].consequence
