"""Jobs run what was asked for, in a fair order, and end in one clear status."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from tests import fake_backend
from tests.fake_backend import FakeBackend, experiment
from workbench.errors import InputError
from workbench.experiments import jobs as jobs_module
from workbench.experiments.collect import collect
from workbench.experiments.jobs import JobManager, _stop
from workbench.experiments.seeds import replication_seed
from workbench.results.records import RunSpec
from workbench.results.store import RunStore

SOON = 20.0
"""Seconds after which a test gives up; never reached when all is well."""


@pytest.fixture
def backend() -> FakeBackend:
    return fake_backend.install()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore(tmp_path) as opened:
        yield opened


@pytest.fixture
def jobs(store: RunStore, backend: FakeBackend) -> Iterator[JobManager]:
    manager = JobManager(store, workers=1)
    yield manager
    backend.gate.set()
    manager.close()


def finished(jobs: JobManager, ids: tuple[str, ...]) -> list[str]:
    """Wait for runs and return their statuses."""
    assert jobs.wait(ids, SOON)
    return [jobs.store.run(run_id).status for run_id in ids]


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that is about to happen."""
    end = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def test_every_variant_and_workload_is_run_and_recorded(jobs: JobManager) -> None:
    ids = jobs.submit(experiment(parameters={"sync": "olfit"}), parameters={"window": 7})
    assert finished(jobs, ids) == ["done"] * 4
    runs = [jobs.store.run(run_id) for run_id in ids]
    assert {(run.variant, run.workload) for run in runs} == {
        (variant, workload)
        for variant in ("time-shared", "partitioned")
        for workload in ("insert", "lookup")
    }
    for run in runs:
        assert (run.experiment, run.backend, run.kind) == ("small", "fake", "simulation")
        assert (run.done, run.replications, run.seed) == (3, 3, 1)
        assert run.parameters == {"sync": "olfit", "window": 7}
        assert len(jobs.store.dataset(run.id).replication) == 3
        assert run.experiment_yaml
        assert run.configuration
        assert "numpy" in run.versions
        assert "with seed" in jobs.store.log_lines(run.id)[0].text


def test_replications_of_a_submit_are_interleaved(jobs: JobManager, backend: FakeBackend) -> None:
    ids = jobs.submit(experiment())
    assert jobs.wait(ids, SOON)
    assert [job.replication for job in backend.started] == [0] * 4 + [1] * 4 + [2] * 4
    each = {(job.variant, job.workload) for job in backend.started[:4]}
    assert len(each) == 4, "every round has each run once"


def test_variants_and_workloads_share_the_seed_of_a_replication(
    jobs: JobManager, backend: FakeBackend
) -> None:
    jobs.wait(jobs.submit(experiment(), seed=42), SOON)
    seeds = {(job.replication, job.seed) for job in backend.started}
    assert seeds == {(r, replication_seed(42, r)) for r in range(3)}


def test_seeds_are_the_documented_hash() -> None:
    sequence = np.random.SeedSequence(7, spawn_key=(3,))
    assert replication_seed(7, 3) == int(sequence.generate_state(1, np.uint64)[0]) // 2**11
    numbers = {replication_seed(seed, r) for seed in range(50) for r in range(50)}
    assert len(numbers) == 2500
    assert all(0 <= number < 2**53 for number in numbers)


def test_the_job_carries_the_variant(jobs: JobManager, backend: FakeBackend) -> None:
    jobs.wait(jobs.submit(experiment(), variants=["partitioned"], workloads=["insert"]), SOON)
    cells = [
        component.affinity.cells()
        for component in backend.started[0].scenario.components
        if component.program == "blinktree"
    ]
    assert len(cells) == 2
    assert not set(cells[0]) & set(cells[1])
    assert {job.variant for job in backend.started} == {"partitioned"}


def test_a_running_run_can_be_cancelled_and_keeps_what_is_finished(
    jobs: JobManager, backend: FakeBackend
) -> None:
    backend.gate.clear()
    backend.gate_from = 2
    (run_id,) = jobs.submit(
        experiment(), variants=["partitioned"], workloads=["insert"], replications=50
    )
    until(lambda: jobs.state(run_id).done == 2)
    jobs.cancel(run_id)
    assert finished(jobs, (run_id,)) == ["cancelled"]
    run = jobs.store.run(run_id)
    assert run.done == 2
    assert jobs.store.dataset(run_id).replication.values.tolist() == [0, 1]
    assert "Cancelled" in run.message


def test_a_queued_run_is_cancelled_at_once(jobs: JobManager, backend: FakeBackend) -> None:
    backend.gate.clear()
    first, *others = jobs.submit(experiment())
    assert [jobs.state(run_id).status for run_id in others] == ["queued"] * 3
    jobs.cancel(others[0])
    assert jobs.store.run(others[0]).status == "cancelled"
    backend.gate.set()
    assert finished(jobs, (first, *others)) == ["done", "cancelled", "done", "done"]
    jobs.cancel(first)
    assert jobs.store.run(first).status == "done", "what has ended stays as it is"


@pytest.mark.parametrize(
    ("fail", "cause", "message"),
    [("boot-timeout", "boot-timeout", "as it was told"), ("crash", "internal-error", "a defect")],
)
def test_a_failure_ends_its_run_with_a_cause_and_keeps_what_is_finished(
    jobs: JobManager, fail: str, cause: str, message: str
) -> None:
    ids = jobs.submit(
        experiment(), variants=["partitioned"], parameters={"fail": fail, "fail_from": 1}
    )
    assert finished(jobs, ids) == ["failed", "failed"]
    run = jobs.store.run(ids[0])
    assert (run.cause, run.done) == (cause, 1)
    assert message in run.message
    assert finished(jobs, jobs.submit(experiment())) == ["done"] * 4, "the worker lives on"


def test_a_failing_subscriber_harms_nothing(jobs: JobManager) -> None:
    def broken(run_id: str) -> None:
        raise RuntimeError(run_id)

    jobs.subscribe(broken)
    assert finished(jobs, jobs.submit(experiment())) == ["done"] * 4
    assert finished(jobs, jobs.submit(experiment())) == ["done"] * 4, "the worker lives on"


def test_who_unsubscribes_is_told_no_more(jobs: JobManager) -> None:
    told: set[str] = set()
    end = jobs.subscribe(told.add)
    first = jobs.submit(experiment())
    assert told == set(first), "told when they were queued"
    end()
    end()
    assert jobs.wait(jobs.submit(experiment()), SOON)
    assert told == set(first)


def test_a_subscriber_sees_the_end(jobs: JobManager) -> None:
    seen: dict[str, str] = {}
    jobs.subscribe(lambda run_id: seen.update({run_id: jobs.state(run_id).status}))
    ids = jobs.submit(experiment())
    jobs.close(cancel=False)
    assert seen == dict.fromkeys(ids, "done")


def test_state_tells_progress_and_time_left(jobs: JobManager, backend: FakeBackend) -> None:
    backend.gate.clear()
    (run_id,) = jobs.submit(
        experiment(), variants=["partitioned"], workloads=["insert"], replications=2
    )
    until(lambda: jobs.state(run_id).progress > 0)
    state = jobs.state(run_id)
    assert (state.status, state.done, state.replications) == ("running", 0, 2)
    assert state.progress == pytest.approx(0.25 / 2)
    assert state.message == "loading"
    assert state.eta_seconds is not None
    assert state.eta_seconds > 0
    backend.gate.set()
    assert jobs.wait([run_id], SOON)
    ended = jobs.state(run_id)
    assert (ended.status, ended.progress, ended.eta_seconds) == ("done", 1.0, None)


def test_the_number_of_workers_changes_no_result(store: RunStore, backend: FakeBackend) -> None:
    results = []
    for workers in (1, 3):
        with JobManager(store, workers=workers) as jobs:
            ids = jobs.submit(experiment())
            assert jobs.wait(ids, SOON)
            results.append([store.dataset(run_id) for run_id in ids])
    for one, three in zip(*results, strict=True):
        xr.testing.assert_identical(one, three)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"variants": ["partitoned"]}, 'Did you mean "partitioned"'),
        ({"workloads": ["inserts"]}, 'Did you mean "insert"'),
        ({"backend": "nonesuch"}, "nonesuch"),
        ({"replications": 0}, "replications"),
        ({"seed": -1}, "seed"),
        ({"parameters": {"quantum": 1}}, "quantum"),
    ],
)
def test_what_cannot_run_is_refused_before_anything_is_recorded(
    jobs: JobManager, wrong: dict, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        jobs.submit(experiment(), **wrong)
    assert jobs.store.runs() == []


def test_a_parameter_of_one_workload_is_not_forced_on_the_others(
    jobs: JobManager, backend: FakeBackend
) -> None:
    ids = jobs.submit(experiment(), parameters={"leaf_ns": 5, "window": 9})
    jobs.wait(ids, SOON)
    assert set(collect(jobs.store, ids).workload.values) == {"insert", "lookup"}
    given = {job.workload: dict(job.parameters) for job in backend.started}
    assert given == {"insert": {"window": 9, "leaf_ns": 5}, "lookup": {"window": 9}}
    with pytest.raises(InputError, match="leaf_ns"):
        jobs.submit(experiment(), workloads=["lookup"], parameters={"leaf_ns": 5})
    own = experiment().but(parameters={"leaf_ns": 5})
    assert finished(jobs, jobs.submit(own, workloads=["lookup"])) == ["done", "done"]


def test_closing_interrupts_what_is_left(store: RunStore, backend: FakeBackend) -> None:
    backend.gate.clear()
    manager = JobManager(store, workers=2)
    ids = manager.submit(experiment())
    manager.close()
    ended = [store.run(run_id) for run_id in ids]
    assert {run.status for run in ended} == {"interrupted"}
    assert all("was stopped" in run.message for run in ended)
    with pytest.raises(RuntimeError, match="closed"):
        manager.submit(experiment())
    assert all(run.ended for run in store.runs())


def test_nothing_is_queued_if_one_run_cannot_be_recorded(
    jobs: JobManager, store: RunStore, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    inserted = store._insert
    calls = []

    def failing(connection: sqlite3.Connection, spec: RunSpec) -> int:
        calls.append(spec)
        if len(calls) == 2:
            raise sqlite3.OperationalError("database or disk is full")
        return inserted(connection, spec)

    monkeypatch.setattr(store, "_insert", failing)
    with pytest.raises(sqlite3.OperationalError):
        jobs.submit(experiment())
    assert store.runs() == []
    assert not backend.started


def test_a_backend_that_cannot_cancel_does_not_end_the_worker(
    jobs: JobManager, store: RunStore, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        asked = False

        def cancel(self) -> None:
            self.asked = True
            raise OSError("no such process")

    execution = Broken()
    monkeypatch.setattr(jobs_module, "_stop", lambda _, run_id: _stop(execution, run_id))  # type: ignore[arg-type]
    backend.gate.clear()
    ids = jobs.submit(experiment())
    while not backend.started:
        time.sleep(0.01)
    jobs.cancel(ids[0])
    assert execution.asked
    backend.gate.set()
    assert jobs.wait(ids, SOON)
    assert store.run(ids[1]).status == "done"


@pytest.mark.parametrize(("exclusive", "most"), [(True, 1), (False, 3)])
def test_an_exclusive_backend_runs_one_replication_at_a_time(
    store: RunStore, backend: FakeBackend, exclusive: bool, most: int
) -> None:
    backend.exclusive = exclusive
    backend.gate.clear()
    with JobManager(store, workers=3) as jobs:
        ids = jobs.submit(experiment())
        until(lambda: backend.running == most)
        backend.gate.set()
        assert finished(jobs, ids) == ["done"] * 4
    assert backend.most_running <= most


def test_a_cancelled_exclusive_run_lets_others_go_on(store: RunStore, backend: FakeBackend) -> None:
    backend.exclusive = True
    backend.gate.clear()
    with JobManager(store, workers=2) as jobs:
        first, second = jobs.submit(experiment(), workloads=["insert"])
        until(lambda: backend.running == 1)
        jobs.cancel(second)
        backend.gate.set()
        assert finished(jobs, (first, second)) == ["done", "cancelled"]


def test_a_full_disk_under_the_store_ends_the_run_with_its_own_cause(
    tmp_path: Path, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = RunStore._open

    def small(self: RunStore) -> sqlite3.Connection:
        connection = opened(self)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")  # SQLite's own "disk is full"
        return connection

    with RunStore(tmp_path) as store, JobManager(store, workers=1) as jobs:
        backend.gate.clear()
        ids = jobs.submit(experiment(), variants=["partitioned"], workloads=["insert"])
        until(lambda: backend.running == 1)
        store.close()
        monkeypatch.setattr(RunStore, "_open", small)
        backend.gate.set()
        assert finished(jobs, ids) == ["failed"]
        record = store.run(ids[0])
    assert record.cause == "disk-full"
    assert record.done < record.replications
    assert "Free some space" in record.message
