"""The tour, presentation mode, and what every page is for those who do not see it."""

from __future__ import annotations

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.gestures import drag_to_cell, item, open_talk

_PAGES = ("Build", "Runs", "Compare", "Timeline", "Sweep")
_VIEWS = ("Configuration", "Routes", "Graph", "Quotas", "Side by side")
_LOOKS = 5


def test_the_tour_leads_to_the_talk_and_can_be_left_at_any_time(app: Page) -> None:
    step = app.locator(".tour-card .step")
    app.locator(".tour button").click()
    expect(step).to_contain_text("Step 1 of 5")
    drag_to_cell(app, app.locator(".entry[data-binary='blinktree']"), 20)
    expect(step).to_contain_text("Step 2 of 5")
    app.locator(".leave-tour button").click()
    expect(step).to_be_hidden()
    app.locator(".entry[data-binary='timer']").focus()
    app.keyboard.press("Enter")
    expect(item(app, "timer")).to_be_visible()
    app.locator(".tour button").click()
    expect(step).to_contain_text("Step 3 of 5")
    item(app, "blinktree1").focus()
    for number in (2, 3):
        app.keyboard.press("Control+d")
        expect(item(app, f"blinktree{number}")).to_be_focused()
    expect(step).to_contain_text("Step 4 of 5")
    app.locator(".time-share button").click()
    expect(step).to_contain_text("Step 5 of 5")
    app.locator(".partition button").click()
    expect(step).to_contain_text("That is the talk")


def test_a_presentation_shows_large_type_and_no_more_than_the_placement(
    app: Page, app_server: Server
) -> None:
    open_talk(app)
    name = item(app, "blinktree1").locator(".name")
    size = "node => parseFloat(getComputedStyle(node).fontSize)"
    before = name.evaluate(size)
    app.keyboard.press("Alt+p")
    leave = app.locator(".leave-presentation")
    expect(leave).to_be_visible()
    for hidden in (".header", ".save", ".inspector", "[data-test=problems]"):
        expect(app.locator(hidden).first).to_be_hidden()
    expect(app.locator(".partition")).to_be_visible()
    assert name.evaluate(size) >= 1.3 * before
    expect(app).to_have_url(re.compile(r"present=1"))
    app.keyboard.press("Escape")
    expect(app.locator(".inspector")).to_be_visible()
    expect(leave).to_be_hidden()
    expect(app).not_to_have_url(re.compile(r"present=1"))
    app.goto(f"{app_server.url}/?present=1")
    expect(leave).to_be_visible()
    expect(app.locator(".header").first).to_be_hidden()


def test_axe_finds_no_serious_violation_on_any_page_light_and_dark(app: Page) -> None:
    open_talk(app)
    item(app, "timer").click()
    app.locator(".field-on input").click()  # what is denied is red
    found = {}
    for theme in ("light", "dark"):
        if theme == "dark":
            app.get_by_label("Toggle theme").click()
        for name in _PAGES:
            app.locator(".pages").get_by_role("button", name=name).click()
            expect(app.locator(f".{name.lower()}-page").first).to_be_visible()
            for view in _VIEWS if name == "Build" else ("",):
                if view:
                    app.locator(".lower-view").get_by_role("button", name=view).click()
                found[theme, name, view] = _violations(app)
    assert {place: those for place, those in found.items() if those} == {}


def _violations(page: Page) -> list[str]:
    """What axe-core reports as serious or critical, when colours do not change any more."""
    found: list[str] = []
    for look in range(_LOOKS):
        page.wait_for_timeout(400 * look)
        reported = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        found = [
            f"{violation['id']}: {node['html']} {node['failureSummary']}"
            for violation in reported
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
        ]
        if not found:
            break
    return found
