"""Routes as a graph: connections are drawn, and agree with the text, the table and the form."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.gestures import drag, item, middle, open_talk


def test_a_session_is_sent_elsewhere_by_drawing_it(app: Page) -> None:
    open_talk(app)
    app.locator(".entry[data-binary='timer']").focus()
    app.keyboard.press("Enter")
    expect(item(app, "timer2")).to_be_focused()
    views = app.locator(".lower-view")
    views.get_by_role("button", name="Graph").click()
    graph = app.locator("[data-test=route-graph]")
    edge = graph.locator(".edge[data-from=blinktree1][data-service=Timer]")
    expect(edge).to_have_attribute("data-to", "timer")
    port = graph.locator(".node[data-name=blinktree1] .port.ask .dot")
    drag(app, middle(port), middle(graph.locator(".node[data-name=blinktree2]")))
    expect(graph.locator(".note")).to_contain_text("blinktree2 cannot serve Timer of blinktree1")
    drag(app, middle(port), middle(graph.locator(".node[data-name=timer2] .port.offer .dot")))
    expect(edge).to_have_attribute("data-to", "timer2")
    graph.locator(".node[data-name=blinktree1] .name").click()
    expect(app.locator(".route-Timer")).to_contain_text("timer2")
    views.get_by_role("button", name="Configuration").click()
    expect(app.locator("[data-test=source] .line.marked", has_text="timer2")).to_have_count(1)
    item(app, "timer2").focus()
    app.keyboard.press("o")  # switched off
    views.get_by_role("button", name="Graph").click()
    expect(edge).to_have_class(re.compile(r"\bbad\b"))
    expect(edge).to_contain_text("denied")
    item(app, "timer2").focus()
    app.keyboard.press("Control+z")
    expect(edge).to_have_attribute("data-to", "timer2")
