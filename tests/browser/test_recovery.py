"""What survives a reload, a killed server and a link; and what two browsers see of each other."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, Watch, start_server
from tests.browser.gestures import item, open_file, open_talk, xml
from workbench import formats
from workbench.app.templates import template

OPENING = 120_000


def test_no_edit_older_than_two_seconds_is_lost(
    page: Page, watch: Watch, browser: Browser, tmp_path: Path
) -> None:
    server = start_server(tmp_path / "home")
    page.goto(server.url)
    page.locator("[data-test=affinity-grid]").wait_for(timeout=OPENING)
    open_talk(page)
    item(page, "blinktree2").click()
    page.keyboard.press("Delete")
    expect(item(page, "blinktree2")).to_have_count(0)
    other = browser.new_page()
    other.goto(server.url)
    other.locator("[data-test=affinity-grid]").wait_for(timeout=OPENING)
    expect(other.locator(".item")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"\?draft=[\w-]{16}$"))
    assert "draft" not in other.url
    other.close()

    page.reload()  # the server lives
    expect(item(page, "blinktree3")).to_be_visible(timeout=OPENING)
    expect(item(page, "blinktree2")).to_have_count(0)
    notice = page.locator(".notice")
    expect(notice).to_contain_text("Recovered unsaved changes of “talk”")
    notice.get_by_role("button", name="Keep").click()
    item(page, "blinktree1").focus()
    page.keyboard.press("Shift+ArrowLeft")
    expect(item(page, "blinktree1")).to_have_attribute("aria-label", re.compile("cores 1 to 62"))
    expect(page.locator("[data-test=source]")).to_contain_text('width="62"')
    before = xml(page)
    page.wait_for_timeout(2000)
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    expect(page.get_by_role("alertdialog")).to_contain_text("connection to the workbench was lost")

    again = start_server(tmp_path / "home", "--port", server.url.rpartition(":")[2])
    try:
        expect(notice).to_contain_text("Recovered", timeout=OPENING)  # the page came by itself
        expect(item(page, "blinktree1")).to_have_attribute("aria-label", re.compile("1 to 62"))
        assert xml(page) == before
        notice.get_by_role("button", name="Discard").click()
        expect(item(page, "blinktree2")).to_be_visible()
        page.locator(".undo button").click()
        expect(item(page, "blinktree2")).to_have_count(0)
        watch.console.clear()  # of a server that was not there
    finally:
        assert again.stop() == 0, again.log()


def test_a_link_opens_as_an_unsaved_copy(app: Page, browser: Browser, app_server: Server) -> None:
    open_talk(app)
    item(app, "blinktree2").click()
    app.keyboard.press("Delete")
    expect(item(app, "blinktree2")).to_have_count(0)
    app.locator(".share button").click()
    field = app.locator(".share-link input")
    expect(field).to_have_value(re.compile(f"^{app_server.url}/#scenario="))
    link = field.input_value()

    other = browser.new_page()
    other.goto(link)
    expect(item(other, "blinktree3")).to_be_visible(timeout=OPENING)
    expect(item(other, "blinktree2")).to_have_count(0)
    expect(other.locator(".notice")).to_contain_text("Opened a copy of “talk”")
    expect(other.locator(".status")).to_contain_text("not saved")
    expect(other).to_have_url(re.compile(r"\?draft=[\w-]{16}$"))
    item(other, "blinktree3").focus()
    other.keyboard.press("Delete")
    expect(item(other, "blinktree3")).to_have_count(0)
    expect(item(app, "blinktree3")).to_be_attached()
    # The same tab may be given another link.
    shared = formats.shared(template("talk"), app_server.url + "/")
    other.evaluate("hash => { window.location.hash = hash }", shared.partition("#")[2])
    expect(item(other, "blinktree2")).to_be_visible()
    open_file(other, shared[:-20])
    expect(other.locator(".notice")).to_contain_text("The link is damaged")
    expect(item(other, "blinktree2")).to_be_visible()
    other.close()
