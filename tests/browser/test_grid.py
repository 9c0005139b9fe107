"""The affinity grid under a real mouse, real touch and real keys."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.gestures import cell_centre, drag, drag_to_cell, item, middle, open_talk

ENTRY = ".entry[data-binary='{}']"


def test_drag_in_from_the_palette_snaps_to_cells(app: Page) -> None:
    drag_to_cell(app, app.locator(ENTRY.format("blinktree")), 20)
    expect(item(app, "blinktree1")).to_have_attribute("aria-label", "blinktree1 on cores 17 to 24")
    expect(app.locator("[data-test=source]")).to_contain_text('xpos="17" width="8"')


def test_dropping_beside_the_grid_adds_nothing(app: Page) -> None:
    drag(app, middle(app.locator(ENTRY.format("blinktree"))), (700, 720))
    expect(app.locator(".item")).to_have_count(0)


def test_escape_abandons_a_drag(app: Page) -> None:
    open_talk(app)
    app.mouse.move(*middle(item(app, "blinktree1")))
    app.mouse.down()
    app.mouse.move(*cell_centre(app, 2), steps=4)
    app.keyboard.press("Escape")
    app.mouse.up()
    expect(item(app, "blinktree1")).to_have_attribute("aria-label", re.compile("cores 1 to 63"))


def test_move_and_resize_with_the_mouse(app: Page) -> None:
    drag_to_cell(app, app.locator(ENTRY.format("blinktree")), 20)
    box = item(app, "blinktree1").bounding_box()
    assert box is not None
    cell = box["width"] / 8
    y = box["y"] + box["height"] / 2
    drag(app, middle(item(app, "blinktree1")), (middle(item(app, "blinktree1"))[0] + 10 * cell, y))
    expect(item(app, "blinktree1")).to_have_attribute("aria-label", "blinktree1 on cores 27 to 34")
    box = item(app, "blinktree1").bounding_box()
    assert box is not None
    right = box["x"] + box["width"] - 3
    drag(app, (right, y), (right + 5 * cell, y))
    expect(item(app, "blinktree1")).to_have_attribute("aria-label", "blinktree1 on cores 27 to 39")
    left = box["x"] + 3
    drag(app, (left, y), (left - 6 * cell, y))
    expect(item(app, "blinktree1")).to_have_attribute("aria-label", "blinktree1 on cores 21 to 39")
    drag(app, (left - 6 * cell, y), (left + 60 * cell, y))
    expect(item(app, "blinktree1")).to_have_attribute("aria-label", "blinktree1 on core 39")


def test_a_component_cannot_be_dragged_out_of_the_space(app: Page) -> None:
    drag_to_cell(app, app.locator(ENTRY.format("blinktree")), 20)
    x, y = cell_centre(app, 63)
    drag(app, middle(item(app, "blinktree1")), (x + 200, y))
    expect(item(app, "blinktree1")).to_have_attribute("aria-label", "blinktree1 on cores 56 to 63")


def test_keys_add_move_resize_duplicate_and_remove(app: Page) -> None:
    app.locator(ENTRY.format("blinktree")).focus()
    app.keyboard.press("Enter")
    expect(item(app, "blinktree1")).to_be_focused()
    expect(item(app, "blinktree1")).to_have_attribute("aria-label", "blinktree1 on cores 1 to 8")
    for _ in range(3):
        app.keyboard.press("ArrowRight")
    for _ in range(4):
        app.keyboard.press("Shift+ArrowRight")
    app.keyboard.press("Shift+ArrowLeft")
    expect(item(app, "blinktree1")).to_have_attribute("aria-label", "blinktree1 on cores 4 to 14")
    expect(item(app, "blinktree1")).to_be_focused()
    expect(app.locator("[data-test=source]")).to_contain_text('xpos="4" width="11"')
    app.keyboard.press("Control+d")
    expect(item(app, "blinktree2")).to_be_focused()
    expect(app.locator("[data-test=live]")).to_have_text(
        "blinktree2 on cores 4 to 14, shared with blinktree1"
    )
    app.keyboard.press("Delete")
    expect(item(app, "blinktree2")).to_have_count(0)
    expect(app.locator("[data-test=live]")).to_have_text("blinktree2 removed")
    expect(item(app, "blinktree1")).to_be_focused()


def test_fast_key_presses_are_all_taken(app: Page) -> None:
    app.locator(ENTRY.format("blinktree")).focus()
    app.keyboard.press("Enter")
    expect(item(app, "blinktree1")).to_be_focused()
    for _ in range(40):
        app.keyboard.press("ArrowRight")
    expect(item(app, "blinktree1")).to_have_attribute("aria-label", "blinktree1 on cores 41 to 48")
    expect(app.locator("[data-test=source]")).to_contain_text('xpos="41"')


def test_undo_and_redo_by_keys(app: Page) -> None:
    open_talk(app)
    item(app, "blinktree2").click()
    app.keyboard.press("Shift+ArrowLeft")
    expect(item(app, "blinktree2")).to_have_attribute("aria-label", re.compile("cores 1 to 62"))
    app.keyboard.press("Control+z")
    expect(item(app, "blinktree2")).to_have_attribute("aria-label", re.compile("cores 1 to 63"))
    app.keyboard.press("Control+Shift+z")
    expect(item(app, "blinktree2")).to_have_attribute("aria-label", re.compile("cores 1 to 62"))
    app.keyboard.press("Control+z")
    app.keyboard.press("Control+y")
    expect(item(app, "blinktree2")).to_have_attribute("aria-label", re.compile("cores 1 to 62"))


def test_tab_reaches_every_component(app: Page) -> None:
    open_talk(app)
    item(app, "blinktree1").focus()
    reached = []
    for _ in range(4):
        reached.append(
            app.evaluate(
                "() => { let a = document.activeElement;"
                " while (a.shadowRoot) a = a.shadowRoot.activeElement; return a.dataset.name }"
            )
        )
        app.keyboard.press("Tab")
    assert reached == ["blinktree1", "blinktree2", "blinktree3", "timer"]


def test_time_sharing_is_seen_as_lanes_and_counts(app: Page) -> None:
    open_talk(app)
    boxes = [item(app, f"blinktree{n}").bounding_box() for n in (1, 2, 3)]
    assert all(box is not None for box in boxes)
    tops = [box["y"] for box in boxes if box]
    assert tops == sorted(tops)
    assert len(set(tops)) == 3
    expect(app.locator(".share-3")).to_have_text("each core shared by 3")
    app.locator(".partition button").click()
    expect(app.locator(".share-3")).to_have_count(0)
    expect(app.locator(".share-1")).to_have_text("one component per core")
    expect(app.locator(".reserved")).to_be_visible()


def test_the_tray_frees_and_takes_components(app: Page) -> None:
    open_talk(app)
    tray = app.locator("[data-test=tray]")
    expect(tray.locator(".item")).to_have_text("timer")
    drag(app, middle(item(app, "blinktree3")), middle(tray))
    expect(tray.locator(".item[data-name=blinktree3]")).to_have_count(1)
    expect(item(app, "blinktree3")).to_have_attribute("aria-label", "blinktree3 may run anywhere")
    expect(app.locator("[data-test=source] .line", has_text="<affinity xpos")).to_have_count(2)
    drag_to_cell(app, item(app, "timer"), 30)
    expect(item(app, "timer")).to_have_attribute(
        "aria-label", re.compile("timer on cores 27 to 34")
    )
    expect(tray.locator(".item[data-name=timer]")).to_have_count(0)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (256, 1), (16, 8)])
def test_other_spaces(app: Page, width: int, height: int) -> None:
    for side, value in (("width", width), ("height", height)):
        app.locator(f".space-{side} input").fill(str(value))
        app.keyboard.press("Enter")
    cores = width * height
    size = f"{width} × {height} = {cores} cores" if height > 1 else f"{cores} core"
    expect(app.locator(".caption")).to_contain_text(size)
    for _ in range(2):
        app.locator(ENTRY.format("blinktree")).focus()
        app.keyboard.press("Enter")
        app.wait_for_timeout(100)
    expect(item(app, "blinktree2")).to_be_visible()
    cells = app.locator("[data-test=cells]").bounding_box()
    for name in ("blinktree1", "blinktree2"):
        box = item(app, name).bounding_box()
        assert box is not None
        assert cells is not None
        assert cells["x"] <= box["x"]
        assert box["x"] + box["width"] <= cells["x"] + cells["width"] + 1
        assert box["y"] + box["height"] <= cells["y"] + cells["height"] + 1


def test_cells_shared_on_several_rows_show_their_count(app: Page) -> None:
    app.locator(".space-width input").fill("16")
    app.keyboard.press("Enter")
    app.locator(".space-height input").fill("4")
    app.keyboard.press("Enter")
    expect(app.locator(".caption")).to_contain_text("16 × 4 = 64 cores")
    app.locator(ENTRY.format("blinktree")).focus()
    app.keyboard.press("Enter")
    expect(item(app, "blinktree1")).to_be_focused()
    expect(item(app, "blinktree1")).to_have_attribute(
        "aria-label", "blinktree1 on columns 1 to 2, rows 0 to 3"
    )
    app.keyboard.press("Control+d")
    expect(item(app, "blinktree2")).to_be_focused()
    app.keyboard.press("ArrowRight")
    expect(app.locator(".cell-share")).to_have_count(4)
    app.keyboard.press("Shift+ArrowUp")
    expect(app.locator(".cell-share")).to_have_count(3)


def test_selection_is_shared_with_form_and_text(app: Page) -> None:
    open_talk(app)
    item(app, "blinktree2").click()
    expect(app.locator(".field-name input")).to_have_value("blinktree2")
    marked = app.locator("[data-test=source] .line.marked")
    expect(marked.first).to_contain_text('<start name="blinktree2"')
    expect(marked.last).to_contain_text("</start>")


def test_touch_moves_a_component(app: Page) -> None:
    open_talk(app)
    app.locator(".partition button").click()
    expect(item(app, "blinktree1")).to_have_attribute("aria-label", "blinktree1 on cores 1 to 21")
    start, end = cell_centre(app, 10), cell_centre(app, 11)
    client = app.context.new_cdp_session(app)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        spots = [{"x": x, "y": y} for x, y in points]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})

    start = (start[0], middle(item(app, "blinktree1"))[1])
    step = (end[0] - cell_centre(app, 10)[0]) * 7
    touch("touchStart", start)
    for part in range(1, 6):
        touch("touchMove", (start[0] + step * part / 5, start[1]))
    touch("touchEnd")
    expect(item(app, "blinktree1")).to_have_attribute(
        "aria-label", "blinktree1 on cores 8 to 28, shared with blinktree2"
    )
