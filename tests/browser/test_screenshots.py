"""The pictures of the README: the three pages with the talk's experiment, and a problem mended.

``make screenshots`` keeps them; otherwise they go to a temporary folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, Watch, start_server
from tests.browser.gestures import item, open_file, open_talk
from tests.browser.plots import go_to, wait_for_title

SIZES = {"1280x800": (1280, 800), "1920x1080": (1920, 1080)}
RUN_TIME = 300_000

TROUBLED = """<config>
  <!-- two instances only -->
  <affinity-space width="64" height="1"/>
  <parent-provides> <service name="ROM"/> <service name="PD"/> <service name="RM"/>
    <service name="CPU"/> <service name="LOG"/> </parent-provides>
  <default-route> <any-service> <parent/> <any-child/> </any-service> </default-route>
  <start name="timer" caps="100">
    <resource name="RAM" quantum="1M"/>
    <provides> <service name="Timer"/> </provides>
  </start>
  <start name="blinktree1" caps="1000">
    <binary name="blinktree"/>
    <resource name="RAM" quantum="80G"/>
    <affinity xpos="1" width="31"/>
  </start>
  <start name="blinktree2" caps="1000">
    <binary name="blinktree"/>
    <resource name="RAM" quantum="80G"/>
    <affinity xpos="32" width="40"/>
  </start>
</config>
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pictures go."""
    named = os.environ.get("WORKBENCH_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def finished(
    tmp_path_factory: pytest.TempPathFactory, checkout: Path, browser: Browser
) -> Iterator[Server]:
    """A server of its own, on which the talk was run."""
    os.environ.setdefault("WORKBENCH_CACHE", str(checkout / ".cache" / "workbench"))
    server = start_server(tmp_path_factory.mktemp("screenshots") / "home")
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(server.url)
    page.locator("[data-test=affinity-grid]").wait_for(timeout=60_000)
    open_talk(page)
    go_to(page, "Runs")
    # A picture that is kept shows what the talk's experiment asks for.
    kept = "WORKBENCH_SCREENSHOTS" in os.environ
    page.locator(".replications input").fill("10" if kept else "2")
    page.locator(".launch button").click()
    done = page.locator(".progress-list [data-status=done]")
    expect(done).to_have_count(4, timeout=RUN_TIME)
    page.close()
    yield server
    assert server.stop() == 0, server.log()


def test_the_three_pages(page: Page, watch: Watch, finished: Server, folder: Path) -> None:
    page.goto(finished.url)
    page.locator("[data-test=affinity-grid]").wait_for(timeout=60_000)
    open_talk(page)
    page.get_by_role("button", name="partitioned", exact=True).click()
    item(page, "blinktree2").click()
    expect(page.locator(".field-name input")).to_have_value("blinktree2")
    take_both(page, folder, "build", dark_first=False)

    page.keyboard.press("Escape")
    go_to(page, "Runs")
    expect(page.locator(".history tbody tr")).to_have_count(4)
    take_both(page, folder, "runs", dark_first=True)

    go_to(page, "Compare")
    wait_for_title(page, "accounting-lookup", "simulation")
    take_both(page, folder, "compare", dark_first=False)


def take_both(page: Page, folder: Path, name: str, *, dark_first: bool) -> None:
    """Take pictures in the present theme and in the other one."""
    endings = ["{}.png", "{}-dark.png"]
    first, second = reversed(endings) if dark_first else endings
    take(page, folder, f"{name}-{first}")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.locator(".theme-toggle, [aria-label*=heme]").first.click()
    for _ in range(2):  # plots change their colours one by one
        page.wait_for_timeout(1000)
        page.evaluate("() => new Promise((done) => requestIdleCallback(done))")
    take(page, folder, f"{name}-{second}")


def test_a_problem_before_and_after_its_one_click_fix(
    app: Page, folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "talk.xml"
    file.write_text(TROUBLED, encoding="utf-8")
    open_file(app, file)
    expect(item(app, "blinktree2")).to_have_class(re.compile("troubled"))
    problems = app.locator("[data-test=problems]")
    problem = problems.locator(".problem", has_text="affinity location exceeds affinity-space")
    expect(problem).to_have_count(1)
    problem.locator(".jump").click()
    expect(app.locator(".field-name input")).to_have_value("blinktree2")
    expect(app.locator(".line.marked").first).to_contain_text("blinktree2")
    take(app, folder, "problem-before-{}.png")
    problem.locator(".fix").click()
    expect(problem).to_have_count(0)
    expect(item(app, "blinktree2")).not_to_have_class(re.compile("troubled"))
    source = app.locator("[data-test=source]")
    expect(source).to_contain_text("two instances only")
    expect(app.locator(".line.marked", has_text='xpos="24" width="40"')).to_have_count(1)
    take(app, folder, "problem-after-{}.png")
    app.locator(".undo button").click()
    expect(problem).to_have_count(1)


def take(page: Page, folder: Path, name: str) -> None:
    """Take pictures in all sizes of a page that stands still and is not wider than its window."""
    page.mouse.move(2, 2)
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(800)
        file = folder / name.format(size)
        page.screenshot(path=file)
        assert file.stat().st_size > 20_000, "the page is blank"
        assert page.evaluate(
            "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        ), "the page is wider than its window"
