"""The Compare page in Chromium, over runs whose truth is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, Watch, clean_log, open_app
from tests.browser.gestures import open_talk
from tests.browser.plots import exports_open, go_to, opacities, plot_title, tap, until
from tests.datasets import run
from workbench.results.records import RunSpec
from workbench.results.store import RunStore

TRUTH = {"insert": 16.1 / 4.6, "lookup": 26.3 / 26.1}


def record(home: Path, workload: str, variant: str, **options: str) -> str:
    """Put a finished run of the talk into the store of the server."""
    dataset = run(workload, variant, cores=64, **options)
    with RunStore(home) as store:
        run_id = store.create(
            RunSpec(
                experiment="talk",
                variant=variant,
                workload=workload,
                backend=options.get("backend", "simulated"),
                kind=options.get("kind", "simulation"),
                seed=1,
                replications=dataset.sizes["replication"],
            )
        )
        store.start(run_id)
        for index in dataset.replication.values:
            store.add_replication(run_id, int(index), dataset.sel(replication=index, drop=True))
        store.finish(run_id, "done")
    return run_id


@pytest.fixture(scope="module")
def runs(app_server: Server) -> list[str]:
    return [
        record(app_server.home, workload, variant)
        for workload in TRUTH
        for variant in ("time-shared", "partitioned")
    ]


@pytest.fixture(scope="module")
def drawn(
    runs: list[str], browser: Browser, browser_context_args: dict[str, Any], app_server: Server
) -> Iterator[Page]:
    """The page with all its plots, which take long to draw: once for all tests here."""
    context = browser.new_context(**browser_context_args)
    page, watch = context.new_page(), Watch()
    watch.follow(page)
    with clean_log(app_server):
        open_app(page, app_server)
        open_talk(page)
        go_to(page, "Compare")
        expect(page.locator(".numbers")).to_be_visible(timeout=180_000)
        yield page
        page.goto("about:blank")
    assert watch.outside == watch.console == []
    context.close()


@pytest.fixture
def compare(drawn: Page) -> Page:
    """The drawn page with nothing selected."""
    go_to(drawn, "Compare")
    clear = drawn.locator(".clear-selection button")
    if clear.count():
        clear.click()
        expect(clear).to_have_count(0)
    return drawn


def test_headlines_follow_from_the_data(compare: Page) -> None:
    for workload, truth in TRUTH.items():
        section = compare.locator(f"[data-workload='{workload}']")
        expect(section.locator("h3")).to_have_text(f"{workload} simulation (simulated)")
        lines = section.locator("li")
        expect(lines).to_have_count(3)
        for line in lines.all_inner_texts():
            told = re.search(r"partitioned is ([\d.]+)× time-shared", line)
            ends = re.search(r"95 % CI ([\d.]+)× to ([\d.]+)×, n = 10, simulation", line)
            assert told is not None, line
            assert ends is not None, line
            assert float(ends[1]) <= float(told[1]) <= float(ends[2])
            assert np.isclose(float(told[1]), truth, rtol=0.08)


def test_a_component_selected_in_one_plot_is_highlighted_in_the_others(compare: Page) -> None:
    tap(compare, "throughput-insert", 1.0, 2.0)  # the lowest segment of the second bar
    expect(compare.locator(".clear-selection")).to_be_visible()
    for figure in ("throughput-insert", "throughput-lookup", "utilisation-lookup-partitioned"):
        until(compare, lambda name=figure: opacities(compare, name)["blinktree2"] < 0.5)  # type: ignore[misc]
        shown = opacities(compare, figure)
        assert shown["blinktree1"] > 0.9, figure
        assert shown["blinktree3"] < 0.5, figure
    for figure in ("ratio-partitioned-time-shared", "accounting-insert"):
        until(compare, lambda name=figure: "blinktree1" in plot_title(compare, name))  # type: ignore[misc]
    compare.locator(".clear-selection button").click()
    expect(compare.locator(".clear-selection")).to_have_count(0)
    cleared = "utilisation-lookup-partitioned"
    until(compare, lambda: min(opacities(compare, cleared).values()) > 0.9)


def test_a_core_selected_on_the_grid_shows_its_own_accounting(compare: Page) -> None:
    tap(compare, "utilisation-insert-partitioned", 30.5, 0.5)
    expect(compare.locator(".selection-bar .cores")).to_contain_text("core 30")
    until(compare, lambda: "core 30" in plot_title(compare, "accounting-insert"))
    # What ended on core 30, which belongs to blinktree2 where the run is partitioned.
    until(compare, lambda: "core 30" in plot_title(compare, "throughput-insert"))


def test_a_run_selected_by_its_bar_is_selected_on_the_runs_page(
    compare: Page, runs: list[str]
) -> None:
    tap(compare, "accounting-lookup", 50.0, 0.0)  # the lower bar: partitioned
    expect(compare.locator(".selection-bar .run")).to_contain_text("lookup · partitioned")
    go_to(compare, "Runs")
    expect(compare.locator(f".history tr[data-run='{runs[3]}']")).to_have_class("chosen")


def test_accounting_by_component_and_by_core(compare: Page) -> None:
    compare.locator(".accounting-by").get_by_role("button", name="Per core").click()
    until(compare, lambda: "per core" in plot_title(compare, "accounting-insert"))
    tap(compare, "accounting-insert", 12.5, 1.2)
    expect(compare.locator(".selection-bar .cores")).to_contain_text("core 12")


def test_different_backends_stand_side_by_side(app_server: Server, app: Page) -> None:
    ids = [
        record(app_server.home, "insert", "partitioned", backend=backend, kind=kind)
        for backend, kind in (("simulated", "simulation"), ("native", "measurement"))
    ]
    go_to(app, "Runs")
    for run_id in ids:
        app.locator(f".history tr[data-run='{run_id}'] input").check()
    app.locator(".compare-runs button").click()
    expect(app.locator(".comparison-group")).to_have_count(2)
    expect(app.get_by_text("never pooled")).to_be_visible()
    expect(app.locator(".numbers")).to_have_count(2, timeout=180_000)
    captions = app.locator(".numbers caption").all_inner_texts()
    assert ["simulation (simulated)" in captions[0], "measurement (native)" in captions[1]] == [
        True,
        True,
    ]
    expect(app.locator("table.validation").first).to_contain_text("error")
    table = exports_open(app, "validation")
    assert set(table.variant) == {"partitioned"}
    assert table.error.abs().max() == pytest.approx(0.0, abs=1e-9)  # the same data twice


def test_without_runs_the_page_says_what_to_do(app: Page, watch: Watch) -> None:
    go_to(app, "Compare")
    expect(app.locator(".compare-notice")).to_contain_text("Runs page")


def test_plots_fit_the_window_and_the_dark_page(compare: Page) -> None:
    for size in ({"width": 1280, "height": 800}, {"width": 1920, "height": 1080}):
        compare.set_viewport_size(size)  # type: ignore[arg-type]
        compare.wait_for_timeout(500)
        wider = compare.evaluate(
            "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        assert not wider, f"the page is wider than a window of {size['width']} pixels"
