"""What is dragged is previewed while it is held."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.gestures import cell_centre, item, open_talk


def test_the_strip_follows_the_hand(app: Page) -> None:
    open_talk(app)
    rows = app.locator(".preview-strip .one[data-name=blinktree2]")
    expect(rows).to_have_count(2, timeout=60_000)
    before = rows.all_inner_texts()
    doc = app.locator(".preview-strip .doc")
    expect(doc).to_contain_text("as placed")
    box = item(app, "blinktree2").bounding_box()
    assert box is not None
    app.mouse.move(box["x"] + 3, box["y"] + box["height"] / 2)
    app.mouse.down()
    app.mouse.move(*cell_centre(app, 40), steps=10)
    expect(doc).to_contain_text("if you let go here")
    expect(rows.nth(1)).not_to_have_text(before[1])
    app.keyboard.press("Escape")
    app.mouse.up()
    expect(doc).to_contain_text("as placed")
    expect(rows.nth(1)).to_have_text(before[1])
