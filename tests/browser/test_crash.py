"""A server that is killed, and two servers on the same data."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, Watch, start_server
from tests.browser.gestures import open_talk
from workbench.results.records import RunRecord
from workbench.results.store import RunStore

LONG = "1000"
"""Replications of a run that does not end while the test watches it."""


def launch(page: Page, server: Server, replications: str) -> None:
    """Start the talk's partitioned inserts from the Runs page."""
    page.goto(server.url)
    page.locator("[data-test=affinity-grid]").wait_for(timeout=60_000)
    open_talk(page)
    page.get_by_role("button", name="Runs", exact=True).click()
    page.locator(".choose-variants").get_by_role("checkbox", name="time-shared").uncheck()
    page.locator(".choose-workloads").get_by_role("checkbox", name="lookup", exact=True).uncheck()
    page.locator(".replications input").fill(replications)
    page.locator(".launch button").click()


def runs(home: Path) -> list[dict[str, Any]]:
    """What ``workbench runs list --json`` says in a process of its own."""
    printed = subprocess.run(
        [sys.executable, "-m", "workbench", "runs", "list", "--json"],
        env=os.environ | {"WORKBENCH_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return json.loads(printed)  # type: ignore[no-any-return]


def recorded(home: Path) -> RunRecord | None:
    """The only run, read in this process: asking is cheap enough to wait by."""
    with RunStore(home) as store:
        return next(iter(store.runs()), None)


def done(home: Path) -> int:
    """How many replications are finished."""
    run = recorded(home)
    return run.done if run else 0


def until(wanted: Callable[[], Any], seconds: float = 120) -> Any:
    """Return the first true answer."""
    deadline = time.monotonic() + seconds
    while not (found := wanted()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
    return found


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Callable[[], Server]]:
    started: list[Server] = []

    def start() -> Server:
        started.append(start_server(tmp_path / "home"))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.stop()


def test_a_killed_server_loses_no_finished_replication(
    page: Page, watch: Watch, servers: Callable[[], Server]
) -> None:
    server = servers()
    launch(page, server, LONG)
    until(lambda: done(server.home) >= 2)
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()

    (killed,) = runs(server.home)
    assert killed["status"] == "interrupted"
    finished = killed["done"]
    assert finished >= 2
    with RunStore(server.home) as store:
        dataset = store.dataset(killed["id"])
    assert dataset.sizes["replication"] == finished
    assert (dataset.operations == 1_300_000).all()

    again = servers()
    page.goto("about:blank")
    watch.console.clear()  # the page rightly said that its server was gone, until it was left
    page.goto(again.url)
    page.get_by_role("button", name="Runs", exact=True).click()
    row = page.locator(".history tr", has_text="interrupted")
    expect(row).to_have_count(1, timeout=30_000)


def test_a_second_server_leaves_the_runs_of_the_first_alone(
    page: Page, watch: Watch, servers: Callable[[], Server]
) -> None:
    first = servers()
    launch(page, first, LONG)
    until(lambda: done(first.home) >= 1)
    second = servers()
    assert second.url != first.url
    before = runs(first.home)[0]
    assert before["status"] == "running"
    assert second.stop() == 0
    until(lambda: done(first.home) > before["done"])
    after = runs(first.home)[0]
    assert after["status"] == "running"
    page.locator(".cancel button").click()
    until(lambda: (run := recorded(first.home)) and run.status == "cancelled")
