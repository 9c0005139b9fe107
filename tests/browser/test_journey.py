"""The talk's experiment from the grid to the comparison, as a new user would do it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.gestures import drag, drag_to_cell, item, middle, open_talk
from tests.browser.plots import go_to, opacities, plot_title, tap

RUN_TIME = 300_000
"""Milliseconds that a run may take on a busy machine with a cold compile cache."""


def test_from_the_grid_to_the_comparison(app: Page) -> None:
    """Every step shows in the configuration, and the runs in linked plots."""
    source = app.locator("[data-test=source]")
    open_talk(app)

    # Delete an instance, and drag a new one from the palette.
    item(app, "blinktree3").click()
    app.keyboard.press("Delete")
    expect(source).not_to_contain_text('name="blinktree3"')
    drag_to_cell(app, app.locator(".entry[data-binary='blinktree']"), 40)
    expect(item(app, "blinktree3")).to_have_attribute("aria-label", re.compile("cores 37 to 44"))
    expect(source).to_contain_text('<affinity xpos="37" width="8"/>')

    # Move and resize it, by mouse and by keyboard.
    cell = _width(item(app, "blinktree3")) / 8
    x, y = middle(item(app, "blinktree3"))
    drag(app, (x, y), (x + 5 * cell, y))
    expect(source).to_contain_text('<affinity xpos="42" width="8"/>')
    right = x + 5 * cell + 4 * cell - 3
    drag(app, (right, y), (right + 6 * cell, y))
    expect(source).to_contain_text('<affinity xpos="42" width="14"/>')
    item(app, "blinktree3").focus()
    app.keyboard.press("ArrowLeft")
    expect(source).to_contain_text('<affinity xpos="41" width="14"/>')
    app.keyboard.press("Shift+ArrowRight")
    expect(source).to_contain_text('<affinity xpos="41" width="15"/>')

    # Its quota; undo and redo.
    app.locator(".field-ram input").fill("64G")
    app.keyboard.press("Enter")
    expect(source).to_contain_text('quantum="64G"')
    app.locator(".undo button").click()
    expect(source).not_to_contain_text('quantum="64G"')
    app.locator(".undo button").click()
    expect(source).to_contain_text('<affinity xpos="41" width="14"/>')
    app.locator(".redo button").click()
    app.locator(".redo button").click()
    expect(source).to_contain_text('quantum="64G"')
    expect(source).to_contain_text('<affinity xpos="41" width="15"/>')

    # The partitioned variant.
    app.locator(".partition button").click()
    for number, cores in ((1, "1 to 21"), (2, "22 to 42"), (3, "43 to 63")):
        expect(item(app, f"blinktree{number}")).to_have_attribute(
            "aria-label", f"blinktree{number} on cores {cores}"
        )
    expect(source).to_contain_text('<affinity xpos="43" width="21"/>')

    # Run both variants and both workloads; cancel one, and run it again.
    go_to(app, "Runs")
    before = app.locator(".progress-list .run-row").count()
    app.locator(".replications input").fill("3")
    app.locator(".launch button").click()
    rows = app.locator(".progress-list .run-row")
    expect(rows).to_have_count(before + 4)
    expect(rows.nth(before).locator("[data-status=running]")).to_be_visible(timeout=RUN_TIME)
    expect(rows.nth(before)).to_contain_text("of 3 replications")
    expect(rows.nth(before).get_by_role("progressbar")).to_be_visible()
    last = rows.nth(before + 3)
    last.get_by_role("button", name="Cancel").click()
    expect(last.locator("[data-status=cancelled]")).to_be_visible(timeout=RUN_TIME)
    last.get_by_role("button", name="Run again").click()
    expect(rows).to_have_count(before + 5)
    for number in (0, 1, 2, 4):
        expect(rows.nth(before + number).locator("[data-status=done]")).to_be_visible(
            timeout=RUN_TIME
        )

    # Compare: what was selected in one plot is highlighted in the others.
    go_to(app, "Compare")
    insert = app.locator("[data-workload='insert'] li")
    expect(insert).to_have_count(3, timeout=60_000)
    for line in insert.all_inner_texts():
        assert re.search(r"partitioned is [\d.]+× time-shared", line), line
        assert "n = 3, simulation" in line
    tap(app, "throughput-insert", 1.0, 1.0)
    expect(app.locator(".clear-selection")).to_be_visible()
    found = re.search(r"blinktree\d", plot_title(app, "throughput-insert"))
    assert found is not None
    shown = opacities(app, "utilisation-lookup-partitioned")
    assert shown.pop(found[0]) > 0.9
    assert max(shown.values()) < 0.5
    assert found[0] in plot_title(app, "accounting-insert")


def _width(locator: Locator) -> float:
    box = locator.bounding_box()
    assert box is not None
    return box["width"]
