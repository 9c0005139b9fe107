"""A link reproduces a view; every view offers its data and picture without any network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, Watch
from tests.browser.plots import (
    brush,
    exports_open,
    go_to,
    plot_title,
    until,
    wait_for_title,
)
from tests.datasets import replication
from workbench.results.bundle import open_bundle
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


FIGURES = (
    "throughput-insert",
    "ratio-after-before",
    "activity-insert",
    "latency-insert",
    "utilisation-insert-before",
    "accounting-insert",
    "difference-insert-after-before",
)


def titles(page: Page) -> dict[str, str]:
    """The titles of all plots: they say what each of them is narrowed to."""
    return {name: plot_title(page, name) for name in FIGURES}


def all_say(page: Page, what: str, but: Sequence[str] = ()) -> None:
    """Wait until every plot says that it is narrowed."""
    for name in FIGURES:
        if name not in but:
            wait_for_title(page, name, what)


def test_what_is_brushed_in_one_view_narrows_all_and_a_link_brings_it_back(
    app: Page, browser: Browser, app_server: Server, runs: list[str], tmp_path: Path
) -> None:
    app.goto(f"{app_server.url}/?page=Compare&runs={','.join(runs)}")
    expect(app.locator(".headlines")).to_contain_text("after is 4.00× before", timeout=60_000)
    expect(app.locator(".comparison")).to_contain_text("Few replications")
    expect(app.locator(".numbers")).to_be_visible(timeout=180_000)
    # Three dots stand on each bar; the right one of the first bar is replication 2.
    brush(app, "throughput-insert", (0.18, 3.0), (0.34, 5.0))
    all_say(app, "replication 2")
    expect(app.locator(".numbers")).to_contain_text("4.08")
    brush(app, "utilisation-insert-after", (2.2, 0.2), (4.8, 0.8))
    all_say(app, "cores 2-4", but=["utilisation-insert-before"])
    brush(app, "activity-insert", (50.0, 2.0), (100.0, 3.0))
    all_say(app, " ms ", but=["latency-insert"])
    assert "whole run" in plot_title(app, "latency-insert")
    # Three of seven cores do three sevenths of it, in any span, in both variants.
    expect(app.locator(".headlines")).to_contain_text("selected part")
    expect(app.locator(".headlines")).to_contain_text("after is 4.00× before")
    expect(app.locator(".numbers")).to_contain_text(f"{4.08 * 3 / 7:.2f}")

    app.locator(".accounting-unit").get_by_role("button", name="Core-seconds").click()
    until(app, lambda: "unit=seconds" in app.url)
    for told in ("replications=2", "cores=2-4", "time=", f"runs={','.join(runs)}"):
        assert told in app.url
    context = browser.new_context()
    other, watch = context.new_page(), Watch()
    watch.follow(other)
    other.goto(app.url)
    expect(other.locator(".numbers")).to_be_visible(timeout=180_000)
    until(other, lambda: titles(other) == titles(app))
    assert watch.outside == watch.console == []
    context.close()

    _exports_hold_what_is_selected(app)
    _report_opens(app, browser, runs, tmp_path)
    app.locator(".clear-selection button").click()
    until(app, lambda: "cores=" not in app.url)
    go_to(app, "Build")
    until(app, lambda: "page=" not in app.url)


def _report_opens(app: Page, browser: Browser, runs: list[str], folder: Path) -> None:
    """The report opens without a network; its runs are restored in another store."""
    app.locator(".make-report").get_by_role("button").click()
    page_file, zip_file = folder / "report.html", folder / "runs.zip"
    for hook, file in (("report-html", page_file), ("runs-zip", zip_file)):
        with app.expect_download() as download:
            app.locator(f".download-{hook}").get_by_role("button").click()
        assert download.value.suggested_filename == file.name
        download.value.save_as(file)
    context = browser.new_context(offline=True)
    page, asked, watch = context.new_page(), [], Watch()
    watch.follow(page)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    expect(page.get_by_role("heading", name="Statistics")).to_be_visible()
    page.wait_for_function("() => window.Bokeh.documents.every((one) => one.is_idle)")
    assert page.evaluate("() => window.Bokeh.documents.length") == len(FIGURES)
    # The plots answer without a server: a replication tells its value.
    plot = page.locator(".bk-Figure").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.13, box["y"] + box["height"] * 0.75)
    page.mouse.move(box["x"] + box["width"] * 0.13 + 2, box["y"] + box["height"] * 0.75, steps=4)
    expect(page.locator(".bk-Tooltip", has_text="op/s").first).to_be_visible()
    assert asked == [page_file.as_uri()]
    assert watch.console == []
    context.close()
    with RunStore(folder / "elsewhere") as other:
        assert list(open_bundle(other, zip_file)) == runs


def _exports_hold_what_is_selected(app: Page) -> None:
    """Every view gives its data and its picture, without a network."""
    tables = {
        view: exports_open(app, view, part="-selected")
        for view in ("throughput", "ratio", "activity", "latency", "utilisation", "accounting",
                     "difference")
    }  # fmt: skip
    assert set(tables["ratio"].n) == {1}
    for view in tables.keys() - {"ratio"}:
        assert set(tables[view].replication) == {2}, view
    assert set(tables["utilisation"].core) == {2, 3, 4}
    part = tables["throughput"].groupby("variant").throughput_part.sum()
    assert part["after"] / part["before"] == pytest.approx(4.0, rel=0.01)
