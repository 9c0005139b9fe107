"""The Sweep page, over the real backend: a small grid from the form to its curves."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.gestures import open_talk
from tests.browser.plots import exports_open, go_to

LONG = 180_000


def test_a_sweep_runs_is_drawn_and_is_known_the_next_time(app: Page) -> None:
    open_talk(app)
    go_to(app, "Sweep")
    app.locator(".sweep-over textarea").first.fill("cores=4,8\ninstances=1:2")
    app.locator(".sweep-set textarea").first.fill("operations=2000")
    app.locator(".sweep-start button").click()
    expect(app.locator(".sweep-says")).to_contain_text("24 of 24", timeout=LONG)
    expect(app.locator(".sweep-which")).to_contain_text("talk over cores, instances")
    app.wait_for_function(
        """() => [...Bokeh.documents[0]._all_models.values()]
                   .some((one) => one.name === "parallel-insert")""",
        timeout=LONG,
    )
    for view in ("curves", "parallel"):
        exports_open(app, view)
    app.locator(".sweep-start button").click()
    expect(app.locator(".sweep-says")).to_contain_text("24 known before", timeout=LONG)
    app.locator(".sweep-over textarea").first.fill("cores=none")
    app.locator(".sweep-start button").click()
    expect(app.locator(".sweep-says")).to_contain_text("no number of cores")
