"""Measurements dropped on the Runs page become runs that are compared like any others."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.plots import go_to
from tests.measurements import genode_log, json_lines, points


def test_dropped_logs_become_runs_and_a_damaged_one_says_where(app: Page) -> None:
    logs = [
        {
            "name": f"{name}.log",
            "mimeType": "text/plain",
            "buffer": genode_log(
                {f"init -> blinktree{i}": points([cores], 4, base + i) for i in (1, 2, 3)}
            ).encode(),
        }
        for name, cores, base in (("together", 63, 300), ("apart", 21, 100))
    ]
    go_to(app, "Runs")
    app.locator(".import-drop input[type=file]").set_input_files(logs)
    for name in ("together", "apart"):
        expect(app.locator(".history tbody tr", has_text=name)).to_contain_text("4 / 4")
    cut = json_lines(points([2], 3))[:-9].encode()
    app.locator(".import-drop input[type=file]").set_input_files(
        {"name": "cut.json", "mimeType": "application/json", "buffer": cut}
    )
    expect(app.locator(".import-message")).to_contain_text("cut.json:6: Line 6 ends in the middle")
    app.locator(".import-partial button").click()
    expect(app.locator(".history tbody tr", has_text="cut")).to_contain_text("2 / 2")
    for name in ("together", "apart"):
        app.locator(".history tbody tr", has_text=name).get_by_role("checkbox").check()
    app.locator(".compare-runs button").click()
    expect(app.locator(".headlines")).to_contain_text("apart is")
    expect(app.locator(".comparison")).to_contain_text("measurement (imported)")
    expect(app.locator(".comparison")).to_contain_text("was not measured")
