"""The talk's experiment from the grid to the comparison, as a new user would do it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.gestures import drag, drag_to_cell, item, middle, open_talk
from tests.browser.plots import go_to, opacities, tap, wait_for_title

RUN_TIME = 300_000
"""Milliseconds that a run may take on a busy machine with a cold compile cache."""


def test_from_the_grid_to_the_comparison(app: Page) -> None:
    """Every step shows in the configuration, and the runs in linked plots."""
    open_talk(app)
    replace_an_instance(app)
    move_and_resize(app)
    change_the_quota_undo_and_redo(app)
    partition(app)
    run_cancel_and_run_again(app)
    compare(app)


def source(page: Page) -> Locator:
    """The configuration beside the grid."""
    return page.locator("[data-test=source]")


def replace_an_instance(app: Page) -> None:
    item(app, "blinktree3").click()
    app.keyboard.press("Delete")
    expect(source(app)).not_to_contain_text('name="blinktree3"')
    drag_to_cell(app, app.locator(".entry[data-binary='blinktree']"), 40)
    expect(item(app, "blinktree3")).to_have_attribute("aria-label", re.compile("cores 37 to 44"))
    expect(source(app)).to_contain_text('<affinity xpos="37" width="8"/>')


def move_and_resize(app: Page) -> None:
    """By mouse, then by keyboard."""
    cell = _width(item(app, "blinktree3")) / 8
    x, y = middle(item(app, "blinktree3"))
    drag(app, (x, y), (x + 5 * cell, y))
    expect(source(app)).to_contain_text('<affinity xpos="42" width="8"/>')
    right = x + 5 * cell + 4 * cell - 3
    drag(app, (right, y), (right + 6 * cell, y))
    expect(source(app)).to_contain_text('<affinity xpos="42" width="14"/>')
    item(app, "blinktree3").focus()
    app.keyboard.press("ArrowLeft")
    expect(source(app)).to_contain_text('<affinity xpos="41" width="14"/>')
    app.keyboard.press("Shift+ArrowRight")
    expect(source(app)).to_contain_text('<affinity xpos="41" width="15"/>')


def change_the_quota_undo_and_redo(app: Page) -> None:
    app.locator(".field-ram input").fill("64G")
    app.keyboard.press("Enter")
    expect(source(app)).to_contain_text('quantum="64G"')
    app.locator(".undo button").click()
    expect(source(app)).not_to_contain_text('quantum="64G"')
    app.locator(".undo button").click()
    expect(source(app)).to_contain_text('<affinity xpos="41" width="14"/>')
    app.locator(".redo button").click()
    app.locator(".redo button").click()
    expect(source(app)).to_contain_text('quantum="64G"')
    expect(source(app)).to_contain_text('<affinity xpos="41" width="15"/>')


def partition(app: Page) -> None:
    app.locator(".partition button").click()
    for number, cores in ((1, "1 to 21"), (2, "22 to 42"), (3, "43 to 63")):
        expect(item(app, f"blinktree{number}")).to_have_attribute(
            "aria-label", f"blinktree{number} on cores {cores}"
        )
    expect(source(app)).to_contain_text('<affinity xpos="43" width="21"/>')


def run_cancel_and_run_again(app: Page) -> None:
    """Both variants and both workloads; the last of the four is cancelled, then run again."""
    go_to(app, "Runs")
    before = app.locator(".progress-list .run-row").count()
    app.locator(".replications input").fill("3")
    app.locator(".launch button").click()
    rows = app.locator(".progress-list .run-row")
    expect(rows).to_have_count(before + 4)
    first, last = rows.nth(before), rows.nth(before + 3)
    expect(first.locator("[data-status=running]")).to_be_visible(timeout=RUN_TIME)
    expect(first).to_contain_text("of 3 replications")
    expect(first.get_by_role("progressbar")).to_be_visible()
    last.get_by_role("button", name="Cancel").click()
    expect(last.locator("[data-status=cancelled]")).to_be_visible(timeout=RUN_TIME)
    last.get_by_role("button", name="Run again").click()
    expect(rows).to_have_count(before + 5)
    for number in (0, 1, 2, 4):
        done = rows.nth(before + number).locator("[data-status=done]")
        expect(done).to_be_visible(timeout=RUN_TIME)


def compare(app: Page) -> None:
    """What is selected in one view is highlighted in the others."""
    go_to(app, "Compare")
    insert = app.locator("[data-workload='insert'] li")
    expect(insert).to_have_count(3, timeout=60_000)
    for line in insert.all_inner_texts():
        assert re.search(r"partitioned is [\d.]+× time-shared", line), line
        assert "n = 3, simulation" in line
    # The component that was selected on the grid is so here, and stands at the bottom.
    wait_for_title(app, "throughput-insert", "blinktree3")
    tap(app, "throughput-insert", 1.0, 8.0)  # the middle segment of the partitioned bar
    wait_for_title(app, "accounting-insert", "blinktree1")
    shown = opacities(app, "utilisation-lookup-partitioned")
    assert shown["blinktree1"] > 0.9
    assert max(shown["blinktree2"], shown["blinktree3"]) < 0.5
    wait_for_title(app, "throughput-lookup", "blinktree1")


def _width(locator: Locator) -> float:
    box = locator.bounding_box()
    assert box is not None
    return box["width"]
