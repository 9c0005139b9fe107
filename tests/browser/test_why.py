"""The panel that asks why runs differ, in Chromium, over a case with one planted cause."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.plots import exports_open, plot_title, until
from tests.unit.analysis.test_attribution import COSTLY_SWITCH
from workbench.experiments.jobs import JobManager
from workbench.results.store import RunStore


def test_the_planted_cause_is_named_drawn_and_taken_away(app: Page, app_server: Server) -> None:
    with RunStore(app_server.home) as store, JobManager(store) as jobs:
        ids = jobs.submit(COSTLY_SWITCH, workloads=["lookup"], replications=2)
        assert jobs.wait(ids, 120.0)
    app.goto(f"{app_server.url}/?page=Compare&runs={','.join(ids)}")
    expect(app.locator(".numbers")).to_be_visible(timeout=180_000)
    app.locator(".ask-why").get_by_role("button").click()
    says = app.locator(".why-says")
    expect(says).to_contain_text(re.compile(r"Direct cost of a switch: 1\.3"), timeout=180_000)
    until(app, lambda: "lookup" in plot_title(app, "waterfall-throughput_window"))
    table = exports_open(app, "waterfall")
    window = table[table.metric == "throughput_window"].set_index("cause")
    assert window.share["switch"] > 0.9
    assert window.share.sum() == pytest.approx(1.0)
