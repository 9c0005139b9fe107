"""What is put into the run store is there, for every thread, after every start."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
import xarray as xr

from tests.datasets import replication
from workbench.errors import InputError
from workbench.results import migrations
from workbench.results.owner import Owner
from workbench.results.records import RunSpec
from workbench.results.store import RunStore

SPEC = RunSpec(
    experiment="talk",
    variant="partitioned",
    workload="insert",
    backend="fake",
    kind="simulation",
    seed=7,
    replications=3,
    parameters={"sync": "olfit", "quantum_ms": 1.5, "pinned": True, "window": 10},
    experiment_yaml="workbench: 1\n",
    configuration="<config/>\n",
    versions={"numpy": "2"},
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore(tmp_path) as opened:
        yield opened


def test_a_run_is_recorded_as_it_was_given(store: RunStore) -> None:
    run = store.run(store.create(SPEC))
    for name in RunSpec.__dataclass_fields__:
        assert getattr(run, name) == getattr(SPEC, name), name
    assert (run.status, run.done, run.started, run.finished) == ("queued", 0, None, None)
    assert abs(run.created - datetime.now(UTC)) < timedelta(minutes=1)
    assert run.owner == Owner.this_process()


def test_a_run_goes_through_its_life(store: RunStore) -> None:
    run_id = store.create(SPEC)
    store.start(run_id)
    assert store.run(run_id).status == "running"
    store.finish(run_id, "failed", "out-of-disk", "The disk is full.")
    run = store.run(run_id)
    assert (run.status, run.cause, run.message) == ("failed", "out-of-disk", "The disk is full.")
    assert run.created <= run.started <= run.finished
    store.finish(run_id, "done")
    store.start(run_id)
    assert store.run(run_id) == run, "what has ended stays as it ended"


def test_replications_come_back_in_order_and_exact(store: RunStore) -> None:
    run_id = store.create(SPEC)
    parts = [replication(rate) for rate in (4e6, 5e6, 6e6)]
    for index in (2, 0, 1):
        store.add_replication(run_id, index, parts[index])
    assert store.run(run_id).done == 3
    dataset = store.dataset(run_id)
    assert dataset.replication.values.tolist() == [0, 1, 2]
    for index, part in enumerate(parts):
        xr.testing.assert_equal(
            dataset.total_makespan.isel(replication=index, drop=True), part.total_makespan
        )


def test_a_replication_is_recorded_once(store: RunStore) -> None:
    run_id = store.create(SPEC)
    store.add_replication(run_id, 0, replication(1e6))
    with pytest.raises(sqlite3.IntegrityError):
        store.add_replication(run_id, 0, replication(1e6))
    assert store.run(run_id).done == 1


def test_summaries_need_no_data(store: RunStore) -> None:
    run_id = store.create(SPEC)
    store.add_replication(
        run_id, 0, replication(4e6, window=False, exits={"blinktree1": "out-of-memory"})
    )
    (summary,) = store.summaries(run_id).values()
    assert summary["throughput_window"] == {"insert": None}
    assert summary["throughput_self"]["insert"] == pytest.approx(4e6)
    assert summary["exits"]["blinktree1"] == "out-of-memory"


def test_runs_are_listed_newest_first_and_filtered(store: RunStore) -> None:
    ids = [store.create(SPEC) for _ in range(12)]
    assert [run.id for run in store.runs()] == ids[::-1]
    assert [run.id for run in store.runs(limit=2)] == ids[:-3:-1]
    store.start(ids[3])
    assert [run.id for run in store.runs(status="running", workload="insert")] == [ids[3]]
    assert store.runs(workload="lookup") == []
    with pytest.raises(TypeError, match="colour"):
        store.runs(colour="red")


def test_the_log_is_read_on_from_where_one_was(store: RunStore) -> None:
    run, other = store.create(SPEC), store.create(SPEC)
    store.log(run, "booting")
    store.log(other, "something else")
    store.log(run, "ready", component="timer")
    first, second = store.log_lines(run)
    assert (first.text, second.text, second.component) == ("booting", "ready", "timer")
    assert store.log_lines(run, after=first.number) == [second]


def test_a_deleted_run_leaves_nothing_and_its_id_is_not_used_again(
    store: RunStore, tmp_path: Path
) -> None:
    run_id = store.create(SPEC)
    store.add_replication(run_id, 0, replication(1e6))
    store.log(run_id, "line")
    with pytest.raises(InputError, match="Cancel it first"):
        store.delete(run_id)
    store.finish(run_id, "done")
    store.delete(run_id)
    with sqlite3.connect(tmp_path / "runs.sqlite") as raw:
        for table in ("runs", "replications", "log"):
            assert raw.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    raw.close()
    assert store.create(SPEC) != run_id


@pytest.mark.parametrize("run_id", ["99", "", "-1", "x", "1 ", "9" * 30, "٣"])
def test_an_unknown_run_is_refused(store: RunStore, run_id: str) -> None:
    for ask in (store.run, store.dataset, store.delete):
        with pytest.raises(InputError, match=r"There is no run"):
            ask(run_id)


def test_a_run_without_results_says_so(store: RunStore) -> None:
    with pytest.raises(InputError, match=r"no finished replication"):
        store.dataset(store.create(SPEC))


def test_threads_share_a_store(store: RunStore) -> None:
    run_id, part = store.create(SPEC), replication(1e6)

    def write(first: int) -> None:
        for index in range(first, first + 10):
            store.add_replication(run_id, index, part)
            store.log(run_id, f"replication {index}")

    threads = [threading.Thread(target=write, args=(10 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.run(run_id).done == 40
    assert len(store.dataset(run_id).replication) == 40
    assert len(store.log_lines(run_id)) == 40


# -- owners ----------------------------------------------------------------------


def disown(store: RunStore, run_id: str, owner: Owner) -> None:
    """Give a run to another process."""
    raw = sqlite3.connect(store.file)
    with raw:
        raw.execute(
            "UPDATE runs SET owner_pid = ?, owner_created = ? WHERE id = ?",
            (owner.pid, owner.created, int(run_id)),
        )
    raw.close()


def test_only_unfinished_runs_of_dead_processes_are_interrupted(store: RunStore) -> None:
    me = Owner.this_process()
    later = Owner(me.pid, me.created - 3600, me.boot)  # the number was used again
    lost, own, ended = (store.create(SPEC) for _ in range(3))
    for run_id in (lost, own, ended):
        store.start(run_id)
    store.finish(ended, "done")
    for run_id in (lost, ended):
        disown(store, run_id, later)
    assert store.recover() == (lost,)
    assert [store.run(i).status for i in (lost, own, ended)] == ["interrupted", "running", "done"]
    assert str(me.pid) in store.run(lost).message
    assert store.recover() == ()


# -- versions ----------------------------------------------------------------------


def at_version(folder: Path, version: int) -> None:
    raw = sqlite3.connect(folder / "runs.sqlite", isolation_level=None)
    migrations.migrate(raw, "store", migrations.MIGRATIONS[:version])
    raw.execute(
        "INSERT INTO runs (experiment, variant, workload, backend, kind, status, seed,"
        " replications, parameters, created, experiment_yaml, configuration, versions,"
        " owner_pid, owner_created)"
        " VALUES ('old', 'v', 'w', 'b', 'simulation', 'done', 1, 1, '{}', 0, '', '', '{}', 1, 0)"
    )
    raw.close()


@pytest.mark.parametrize("version", range(1, len(migrations.MIGRATIONS)))
def test_an_older_store_is_brought_up_to_date(tmp_path: Path, version: int) -> None:
    at_version(tmp_path, version)
    with RunStore(tmp_path) as store:
        assert [run.experiment for run in store.runs()] == ["old"]
        store.log(store.create(SPEC), "works")
    new = tmp_path / "new"
    with RunStore(new):
        pass
    assert schema(tmp_path) == schema(new)


def schema(folder: Path) -> tuple[set[str], tuple[int]]:
    raw = sqlite3.connect(folder / "runs.sqlite")
    made = {sql for (sql,) in raw.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    version = raw.execute("PRAGMA user_version").fetchone()
    raw.close()
    return made, version


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    at_version(tmp_path, 1)
    before = schema(tmp_path)
    raw = sqlite3.connect(tmp_path / "runs.sqlite", isolation_level=None)
    with pytest.raises(sqlite3.OperationalError):
        migrations.migrate(
            raw, "store", (migrations.MIGRATIONS[0], ("CREATE TABLE extra (x)", "NONSENSE"))
        )
    raw.close()
    assert schema(tmp_path) == before


def test_a_newer_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    raw = sqlite3.connect(tmp_path / "runs.sqlite")
    raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(InputError, match=r"schema version 99.*newer workbench"):
        RunStore(tmp_path)
    assert schema(tmp_path) == (set(), (99,))


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "runs.sqlite").write_bytes(b"not a database at all, but long enough" * 50)
    with pytest.raises(InputError, match="cannot be opened"):
        RunStore(tmp_path)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="WORKBENCH_HOME"):
        RunStore(tmp_path / "file" / "home")


def test_setting_the_clock_does_not_kill_a_live_run(monkeypatch: pytest.MonkeyPatch) -> None:
    me = Owner.this_process()
    if not me.boot:
        raise AssertionError("this system names no boot; the test is about those that do")
    boot_time = psutil.boot_time()
    # The wall clock was set by an hour: what psutil computes from it moves along.
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: boot_time + 3600)
    assert me.lives()
    assert not Owner(me.pid, me.created, "another boot").lives()
    assert not Owner(me.pid, me.created + 1, me.boot).lives()


def test_runs_are_found_by_words_in_any_order_and_case(store: RunStore) -> None:
    ids = [
        store.create(replace(SPEC, workload=workload, variant=variant, parameters=parameters))
        for workload, variant, parameters in (
            ("insert", "partitioned", {"sync": "olfit"}),
            ("lookup", "partitioned", {"sync": "queue"}),
            ("insert", "time-shared", {"sync": "queue"}),
        )
    ]
    assert [run.id for run in store.runs(words=["PART", "insert"])] == [ids[0]]
    assert [run.id for run in store.runs(words=["sync=QUEUE"])] == [ids[2], ids[1]]
    assert [run.id for run in store.runs(words=["sync=QUEUE"], limit=1)] == [ids[2]]
    assert [run.id for run in store.runs(words=["sync=QUEUE"], workload="lookup")] == [ids[1]]
    assert store.runs(words=["50%"]) == []  # no wildcard


def test_an_older_store_keeps_its_texts(tmp_path: Path) -> None:
    """The third step of the schema kept the texts with every run."""
    file = tmp_path / "runs.sqlite"
    with sqlite3.connect(file, isolation_level=None) as old:
        migrations.migrate(old, str(file), migrations.MIGRATIONS[:3])
        for number in range(3):
            old.execute(
                "INSERT INTO runs (experiment, variant, workload, backend, kind, status, seed, "
                "replications, parameters, created, experiment_yaml, configuration, versions, "
                "owner_pid, owner_created) VALUES ('talk', ?, 'insert', 'fake', 'simulation', "
                "'done', 1, 1, '{}', 0, 'same', ?, '{}', 1, 0)",
                (f"v{number}", f"<config n='{number}'/>"),
            )
    with RunStore(tmp_path) as store:
        runs = store.runs()
        assert [run.experiment_yaml for run in runs] == ["same"] * 3
        assert [run.configuration for run in runs] == [f"<config n='{n}'/>" for n in (2, 1, 0)]
        new = store.run(store.create(SPEC))
        assert (new.experiment_yaml, new.configuration) == ("workbench: 1\n", "<config/>\n")
