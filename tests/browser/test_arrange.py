"""Several components at once, copies by dragging, search, zoom, and the one-click placements."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.gestures import cell_centre, drag, drag_to_cell, item, middle, open_talk


def test_a_rubber_band_a_group_moved_shared_and_undone_in_one_step(app: Page) -> None:
    open_talk(app)
    app.locator(".partition button").click()
    expect(item(app, "blinktree3")).to_have_attribute("aria-label", re.compile("cores 43 to 63"))
    cells = app.locator("[data-test=cells]").bounding_box()
    assert cells is not None
    bottom = cells["y"] + cells["height"] - 6
    drag(app, (cell_centre(app, 30)[0], bottom), (cell_centre(app, 60)[0], cells["y"] + 12))
    bar = app.get_by_role("toolbar", name="Selected components")
    expect(bar).to_contain_text("2 selected")
    expect(item(app, "blinktree1")).to_have_attribute("aria-pressed", "false")
    start = middle(item(app, "blinktree2"))
    step = cells["width"] / 64
    drag(app, start, (start[0] - 12 * step, start[1]))
    for name, cores in (("blinktree2", "10 to 30"), ("blinktree3", "31 to 51")):
        expect(item(app, name)).to_have_attribute("aria-label", re.compile(f"cores {cores}"))
    bar.get_by_role("button", name="Share").click()
    for name in ("blinktree2", "blinktree3"):
        expect(item(app, name)).to_have_attribute("aria-label", re.compile("cores 10 to 51"))
    for cores in ("10 to 30", "22 to 42"):
        app.locator(".undo button").click()
        expect(item(app, "blinktree2")).to_have_attribute(
            "aria-label", re.compile(f"cores {cores}")
        )


def test_a_group_by_keys(app: Page) -> None:
    open_talk(app)
    app.locator(".partition button").click()
    expect(item(app, "blinktree2")).to_have_attribute("aria-label", re.compile("cores 22 to 42"))
    item(app, "blinktree1").click()
    item(app, "blinktree2").click(modifiers=["Shift"])
    app.keyboard.press("ArrowRight")
    expect(item(app, "blinktree1")).to_have_attribute("aria-label", re.compile("cores 2 to 22"))
    expect(item(app, "blinktree2")).to_have_attribute("aria-label", re.compile("cores 23 to 43"))
    app.keyboard.press("Control+a")
    expect(app.get_by_role("toolbar", name="Selected")).to_contain_text("4 selected")
    app.keyboard.press("Delete")
    expect(app.locator(".item")).to_have_count(0)
    app.keyboard.press("Control+z")
    expect(app.locator(".item")).to_have_count(4)


def test_dragging_with_a_modifier_copies(app: Page) -> None:
    drag_to_cell(app, app.locator(".entry[data-binary='blinktree']"), 20)
    expect(item(app, "blinktree1")).to_have_attribute("aria-label", "blinktree1 on cores 17 to 24")
    app.keyboard.down("Control")
    drag_to_cell(app, item(app, "blinktree1"), 40)
    app.keyboard.up("Control")
    expect(item(app, "blinktree2")).to_have_attribute(
        "aria-label", re.compile("cores 3[67] to 4[34]$")
    )
    expect(item(app, "blinktree1")).to_have_attribute("aria-label", "blinktree1 on cores 17 to 24")
    app.locator(".undo button").click()
    expect(item(app, "blinktree2")).to_have_count(0)


def test_two_variants_side_by_side(app: Page) -> None:
    open_talk(app)
    app.locator(".lower-view").get_by_role("button", name="Side by side").click()
    grids = app.locator("[data-test=compact-grid]")
    expect(grids).to_have_count(2)
    expect(app.locator(".side-by-side")).to_contain_text("3 components placed differently")
    left = grids.first.locator(".item[data-name=blinktree2]")
    expect(left).to_have_class(re.compile("differs"))
    expect(left).to_have_attribute("aria-label", re.compile("cores 1 to 63"))
    right = grids.last.locator(".item[data-name=blinktree2]")
    expect(right).to_have_attribute("aria-label", "blinktree2 on cores 22 to 42")
    expect(grids.last.locator(".item[data-name=timer]")).to_be_hidden()


def test_too_much_quota_is_seen_while_the_number_is_dragged(app: Page) -> None:
    open_talk(app)
    app.locator(".lower-view").get_by_role("button", name="Quotas").click()
    app.locator(".host-ram input").fill("256G")
    app.keyboard.press("Enter")
    ram = app.locator("[data-test=quotas] [data-resource=ram]")
    expect(ram).to_contain_text("left (the machine, of 256G)")
    amount = ram.locator(".row[data-name=blinktree1] .amount")
    x, y = middle(amount)
    app.mouse.move(x, y)
    app.mouse.down()
    app.mouse.move(x + 60, y, steps=6)
    expect(ram).to_have_class("over")
    expect(ram.locator(".row[data-name=blinktree3] .gets")).to_contain_text("left")
    app.mouse.up()
    expect(app.locator("[data-test=problems]")).to_contain_text("init has")
    app.locator(".undo button").click()
    expect(amount).to_have_text("80G")
    amount.focus()
    app.keyboard.press("PageDown")
    expect(amount).to_have_text("40G")


def test_search_adds_and_zoom_magnifies(app: Page) -> None:
    search = app.locator(".search")
    search.fill("b-link")
    expect(app.locator(".entry")).to_have_count(1)
    app.keyboard.press("Enter")
    expect(item(app, "blinktree1")).to_be_focused()
    narrow = app.locator("[data-test=cells]").bounding_box()
    app.keyboard.press("+")
    expect(app.locator(".zoom-bar")).to_contain_text("150 %")
    wide = app.locator("[data-test=cells]").bounding_box()
    assert narrow is not None
    assert wide is not None
    assert abs(wide["width"] / narrow["width"] - 1.5) < 0.02
    app.keyboard.press("0")
    expect(app.locator(".zoom-bar")).to_contain_text("100 %")


def test_further_one_click_placements(app: Page) -> None:
    open_talk(app)
    expect(app.locator(".strip").first).to_contain_text("node 7")

    def place(title: str) -> None:
        app.locator(".more-placements button").click()
        app.get_by_role("menuitem", name=title).click()

    place("One NUMA node each")
    expect(item(app, "blinktree2")).to_have_attribute("aria-label", "blinktree2 on cores 8 to 15")
    place("Split by weight")
    expect(item(app, "blinktree2")).to_have_attribute("aria-label", "blinktree2 on cores 22 to 42")
    app.get_by_role("button", name="per-node", exact=True).click()
    item(app, "blinktree3").click()
    place("Fill the rest")
    expect(item(app, "blinktree3")).to_have_attribute("aria-label", "blinktree3 on cores 16 to 63")
