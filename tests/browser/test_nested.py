"""Configurations with an `init` inside, what would not start, and the routes view."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.gestures import item, open_file, xml
from tests.unit.app.test_nested import TEXT

AMBIGUOUS = TEXT.replace(
    '  <start name="cell"',
    '  <start name="timer2"><resource name="RAM" quantum="1M"/>\n'
    '    <provides><service name="Timer"/></provides>\n  </start>\n'
    '  <start name="bench" caps="200"><binary name="blinktree"/>\n'
    '    <resource name="RAM" quantum="1G"/>\n  </start>\n  <start name="cell"',
)


@pytest.fixture
def nested(app: Page, tmp_path: Path) -> Page:
    file = tmp_path / "nested.xml"
    file.write_text(TEXT, encoding="utf-8")
    open_file(app, file)
    item(app, "cell").wait_for()
    return app


def test_inside_and_back_by_mouse_and_by_keys(nested: Page) -> None:
    crumbs = nested.locator("[data-test=crumbs]")
    expect(crumbs).to_be_hidden()
    item(nested, "cell").dblclick()
    expect(nested.locator(".caption")).to_contain_text("2 × 2 = 4 cores")
    expect(item(nested, "a")).to_be_visible()
    expect(crumbs).to_have_text("nestedcell")
    crumbs.get_by_role("button", name="nested").click()
    expect(nested.locator(".caption")).to_contain_text("4 cores")
    expect(item(nested, "cell")).to_be_focused()
    nested.keyboard.press("Enter")
    expect(item(nested, "a")).to_be_focused()
    expect(nested.locator("[data-test=live]")).to_have_text("cell, 2 components")
    nested.keyboard.press("Alt+ArrowUp")
    expect(item(nested, "cell")).to_be_focused()


def test_an_edit_inside_is_in_the_text_and_undone(nested: Page) -> None:
    before = xml(nested)
    item(nested, "cell").click()
    nested.locator(".look-inside button").click()
    item(nested, "a").click()
    nested.keyboard.press("ArrowRight")
    expect(nested.locator("[data-test=source] .line.marked")).to_have_count(4)
    expect(nested.locator("[data-test=source] .line.marked").nth(1)).to_contain_text('xpos="1"')
    nested.keyboard.press("o")
    expect(item(nested, "a")).to_have_class(re.compile(r"\boff\b"))
    expect(nested.locator(".field-on input")).not_to_be_checked()
    for _ in range(2):
        nested.locator(".undo button").click()
    expect(item(nested, "a")).not_to_have_class(re.compile(r"\boff\b"))
    expect(nested.locator("[data-test=source]")).to_contain_text('xpos="0" ypos="0"')
    assert xml(nested) == before


def test_what_would_not_start_is_marked_and_mended_in_the_routes_view(
    app: Page, tmp_path: Path
) -> None:
    file = tmp_path / "ambiguous.xml"
    file.write_text(AMBIGUOUS, encoding="utf-8")
    open_file(app, file)
    bench = item(app, "bench")
    expect(bench).to_have_class(re.compile(r"\bstopped\b"))
    expect(bench).to_have_attribute(
        "aria-description", re.compile("Would not start: Its Timer session")
    )
    bench.click()
    expect(app.locator(".fate")).to_contain_text("Would not start.")
    app.locator(".lower-view").get_by_role("button", name="Routes").click()
    row = app.locator("[data-test=sessions] tbody[data-name=bench] tr[data-service=Timer]")
    expect(row).to_have_class("bad")
    expect(row).to_contain_text("ambiguous: more than one component provides it")
    row.locator("select").select_option("timer2")
    expect(row).not_to_have_class("bad")
    expect(app.locator("[data-test=sessions] .count")).to_have_text("All sessions are served.")
    expect(bench).not_to_have_class(re.compile(r"\bstopped\b"))
    row.locator(".line").click()
    marked = app.locator("[data-test=source] .line.marked")
    expect(marked).to_have_count(1)
    expect(marked).to_contain_text("Timer")
    expect(marked).to_be_in_viewport()


def test_a_problem_inside_is_jumped_to_and_fixed(nested: Page) -> None:
    problem = nested.locator("[data-test=problems] .problem", has_text="is not inside the 2x2")
    expect(problem).to_contain_text("inside cell")
    problem.locator(".jump").click()
    expect(nested.locator(".field-name input")).to_have_value("b")
    expect(item(nested, "b")).to_have_class(re.compile("troubled"))
    problem.locator(".fix").click()
    expect(problem).to_have_count(0)
    expect(item(nested, "b")).not_to_have_class(re.compile("troubled"))
