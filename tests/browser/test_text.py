"""The configuration as text: any format, the last change, writing it by hand."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.gestures import item, open_talk, xml


def choose_format(page: Page, name: str) -> None:
    """Show the text in another format."""
    page.locator(".text-format").get_by_role("combobox").click()
    page.get_by_role("option", name=name, exact=True).or_(
        page.get_by_role("menuitem", name=name, exact=True)
    ).click()


def test_the_text_in_every_format_with_the_selected_component_marked(app: Page) -> None:
    open_talk(app)
    item(app, "blinktree2").click()
    marked = app.locator("[data-test=source] .line.marked")
    for name, first in (
        ("HID", "+ start blinktree2"),
        ("Run script, 26.02", "+ start blinktree2"),
        ("Run script, 22.02", '<start name="blinktree2"'),
        ("YAML, the experiment", "name: blinktree2"),
        ("XML, 25.02 and later", '<start name="blinktree2"'),
    ):
        choose_format(app, name)
        expect(marked.filter(has_text=first)).to_have_count(1)
        expect(marked.filter(has_text="blinktree3")).to_have_count(0)
    app.keyboard.press("Escape")


def test_the_text_is_written_by_hand(app: Page) -> None:
    open_talk(app)
    item(app, "blinktree2").click()
    before = xml(app)
    (line,) = (n for n, row in enumerate(before.split("\n"), 1) if 'name="blinktree2"' in row)
    app.locator(".edit-text button").click()
    editor = app.locator("[data-test=source] textarea")
    expect(editor).to_be_focused()
    app.keyboard.press("End")
    app.keyboard.type(" <!-- mine -->")
    expect(app.locator(".line", has_text="mine")).to_have_count(1)  # coloured while it is typed
    good = editor.input_value()

    editor.fill(good.replace('name="blinktree2" caps', 'name="blinktree2 caps'))
    app.locator(".apply-text button").click()
    expect(app.locator(".line.refused")).to_contain_text("blinktree2 caps")
    expect(app.locator("[data-test=source] [role=alert]")).to_contain_text(f"Line {line}: ")
    expect(item(app, "blinktree2")).to_be_attached()

    for tab in ("Routes", "Configuration"):  # what was written is still there
        app.locator(".lower-view").get_by_role("button", name=tab).click()
    expect(editor).to_have_value(re.compile('"blinktree2 caps'))

    editor.fill(good.replace('name="blinktree2"', 'name="tree"').replace("80G", "64G", 1))
    app.keyboard.press("Control+Enter")
    expect(item(app, "tree")).to_have_attribute("aria-label", re.compile("cores 1 to 63"))
    expect(editor).to_have_count(0)
    expect(app.locator(".field-name input")).to_have_value("tree")
    assert "mine" in xml(app)
    app.locator(".show-change button").click()
    change = app.locator(".last-change")
    expect(change.locator(".cut")).to_have_count(2)
    expect(change.locator(".add", has_text='"tree"')).to_have_count(1)
    app.locator(".undo button").click()
    expect(item(app, "blinktree2")).to_be_visible()
    app.locator(".show-change button").click()
    assert xml(app) == before
