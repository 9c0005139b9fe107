"""A report is opened from a file without any network, and its plots answer."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from tests import fake_backend
from tests.browser.conftest import Watch
from tests.fake_backend import experiment
from workbench.analysis.report import report_of
from workbench.experiments.jobs import JobManager
from workbench.results.store import RunStore


def test_a_report_opens_with_the_network_off(browser: Browser, tmp_path: Path) -> None:
    fake_backend.install()
    with RunStore(tmp_path) as store, JobManager(store) as jobs:
        ids = jobs.submit(experiment())
        jobs.wait(ids)
        file = tmp_path / "report.html"
        file.write_text(report_of(store, ids), encoding="utf-8")
    context = browser.new_context(offline=True)
    page, asked, watch = context.new_page(), [], Watch()
    watch.follow(page)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    page.wait_for_function("() => document.querySelectorAll('.bk-Figure, [class*=bk-]').length > 3")
    page.wait_for_function("() => window.Bokeh.documents.every((one) => one.is_idle)")
    assert asked == [file.as_uri()]
    assert watch.console == []
    # The plots pan and zoom: they have their tools and a range that can be set.
    drawn = page.evaluate("() => window.Bokeh.documents.length")
    assert drawn >= 3
    context.close()
