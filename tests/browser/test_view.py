"""A link reproduces a view; every view offers its data and picture without any network."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, Watch
from tests.browser.plots import go_to, opacities, until
from tests.datasets import replication
from workbench.results.records import RunSpec
from workbench.results.store import RunStore


@pytest.fixture(scope="module")
def runs(app_server: Server) -> list[str]:
    """Two variants with three replications each."""
    specs = []
    for variant, rate in (("before", 4e6), ("after", 16e6)):
        spec = RunSpec(
            experiment="linked", variant=variant, workload="insert", backend="simulated",
            kind="simulation", seed=1, replications=3,
        )  # fmt: skip
        data = {n: replication(rate * (1 + 0.01 * n)).assign_attrs(space=[8, 1]) for n in range(3)}
        specs.append((spec, data, ""))
    with RunStore(app_server.home) as store:
        return list(store.add_finished(specs))


def test_the_link_reproduces_the_view_in_a_fresh_browser(
    app: Page, browser: Browser, app_server: Server, runs: list[str]
) -> None:
    app.goto(f"{app_server.url}/?page=Compare&runs={','.join(runs)}")
    expect(app.locator(".headlines")).to_contain_text("after is 4.00× before", timeout=60_000)
    app.locator(".select-blinktree2 button").click()
    until(app, lambda: "component=blinktree2" in app.url and f"runs={','.join(runs)}" in app.url)
    context = browser.new_context()
    other, watch = context.new_page(), Watch()
    watch.follow(other)
    other.goto(app.url)
    expect(other.locator(".headlines")).to_contain_text("after is 4.00× before", timeout=60_000)
    dim = opacities(other, "throughput-insert")
    assert dim["blinktree2"] == 1.0 > dim["blinktree1"]
    assert watch.outside == watch.console == []
    context.close()
    go_to(app, "Build")
    until(app, lambda: "page=" not in app.url)


def test_views_give_their_data_and_picture(app: Page, app_server: Server, runs: list[str]) -> None:
    app.goto(f"{app_server.url}/?page=Compare&runs={','.join(runs)}")
    expect(app.locator(".headlines")).to_contain_text("after is 4.00× before", timeout=60_000)
    files = {
        "throughput-csv": b"workload",
        "ratio-png": b"\x89PNG",
        "ratio-svg": b"<svg",
    }
    for hook, start in files.items():
        with app.expect_download() as download:
            app.locator(f".export-{hook}").get_by_role("button").click()
        data = Path(download.value.path()).read_bytes()
        assert start in data[:200], (hook, data[:200])
