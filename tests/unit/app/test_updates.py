"""News of jobs reach a session together, in its own thread, and not more often than it can use."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import panel as pn
import psutil
import pytest

from workbench.app.updates import Updates
from workbench.experiments.jobs import JobManager
from workbench.results.records import RunSpec
from workbench.results.store import RunStore


class Jobs:
    """Stands for the manager: keeps who follows it."""

    store = None

    def __init__(self) -> None:
        self.followers: list[Callable[[str], None]] = []

    def subscribe(self, callback: Callable[[str], None]) -> Callable[[], None]:
        self.followers.append(callback)
        return lambda: self.followers.remove(callback)

    def tell(self, *run_ids: str) -> None:
        for follower in self.followers:
            for run_id in run_ids:
                follower(run_id)


class Document:
    """Stands for a browser session: keeps what is to be called in it."""

    def __init__(self) -> None:
        self.ticks: list[Callable[[], None]] = []
        self.timeouts: list[Callable[[], None]] = []

    def add_next_tick_callback(self, callback: Callable[[], None]) -> None:
        self.ticks.append(callback)

    def add_periodic_callback(self, callback: Callable[[], None], milliseconds: int) -> None:
        self.periodic = (callback, milliseconds)

    def add_timeout_callback(self, callback: Callable[[], None], pause_ms: int) -> None:
        assert pause_ms > 0
        self.timeouts.append(callback)


@pytest.fixture
def document(monkeypatch: pytest.MonkeyPatch) -> Document:
    session = Document()
    monkeypatch.setattr(type(pn.state), "curdoc", property(lambda _: session))
    monkeypatch.setattr(type(pn.state), "on_session_destroyed", lambda *_: None)
    return session


def test_many_changes_are_delivered_once(document: Document) -> None:
    jobs, seen = Jobs(), []
    Updates(jobs, seen.append)  # type: ignore[arg-type]
    jobs.tell("1", "2", "1", "1")
    assert (seen, len(document.ticks)) == ([], 1)  # nothing happens in the worker's thread
    document.ticks.pop()()
    jobs.tell("3")
    document.timeouts.pop()()
    assert seen == [{"1", "2", "3"}]
    jobs.tell("2")
    document.ticks.pop()()
    document.timeouts.pop()()
    assert seen[1:] == [{"2"}]


def test_without_a_server_changes_are_delivered_at_once() -> None:
    jobs, seen = Jobs(), []
    Updates(jobs, seen.append)  # type: ignore[arg-type]
    jobs.tell("4")
    assert seen == [{"4"}]


def test_runs_of_other_processes_are_looked_up(tmp_path: Path) -> None:
    with RunStore(tmp_path) as store, JobManager(store) as jobs:
        seen: list[frozenset[str]] = []
        updates = Updates(jobs, seen.append)
        spec = RunSpec(
            experiment="talk", variant="a", workload="insert", backend="fake",
            kind="simulation", seed=1, replications=1,
        )  # fmt: skip
        run_id = store.create(spec)
        updates.look_around()
        assert not seen  # one's own runs tell of themselves
        parent = psutil.Process(os.getppid())
        with sqlite3.connect(store.file) as other:
            other.execute(
                "UPDATE runs SET owner_pid = ?, owner_boot = '', owner_created = ?",
                (parent.pid, parent.create_time()),
            )
        updates.look_around()
        updates.look_around()
        assert seen == [frozenset({run_id})]
        with sqlite3.connect(store.file) as other:
            other.execute("UPDATE runs SET owner_created = 1")  # now it is dead
        updates.look_around()
        assert seen == [frozenset({run_id})] * 2
        assert store.run(run_id).status == "interrupted"
