"""The pictures of the README: the three pages with the talk's experiment.

``make screenshots`` keeps them; otherwise they go to a temporary folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, Watch, start_server
from tests.browser.gestures import item, open_talk
from tests.browser.plots import go_to, wait_for_title

SIZES = {"1280x800": (1280, 800), "1920x1080": (1920, 1080)}
RUN_TIME = 300_000


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
    page.locator(".replications input").fill("5")
    page.locator(".launch button").click()
    done = page.locator(".progress-list [data-status=done]")
    expect(done).to_have_count(4, timeout=RUN_TIME)
    page.close()
    yield server
    assert server.stop() == 0, server.log()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_three_pages(
    page: Page, watch: Watch, finished: Server, folder: Path, dark: bool
) -> None:
    page.goto(finished.url)
    page.locator("[data-test=affinity-grid]").wait_for(timeout=60_000)
    if dark:
        page.locator(".theme-toggle, [aria-label*=heme]").first.click()
    name = f"{{}}-{{}}{'-dark' if dark else ''}.png"

    open_talk(page)
    page.get_by_role("button", name="partitioned", exact=True).click()
    item(page, "blinktree2").click()
    expect(page.locator(".field-name input")).to_have_value("blinktree2")
    take(page, folder, name.format("build", "{}"))

    page.keyboard.press("Escape")
    go_to(page, "Runs")
    expect(page.locator(".history tbody tr")).to_have_count(4)
    take(page, folder, name.format("runs", "{}"))

    go_to(page, "Compare")
    wait_for_title(page, "accounting-lookup", "simulation")
    take(page, folder, name.format("compare", "{}"))


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
