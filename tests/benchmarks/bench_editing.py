"""Editing in Chromium: 32 components on 128x1, 200 moves and resizes with the mouse.

``python -m tests.benchmarks.bench_editing`` prints the time from letting go to the
frame that shows the new XML and problems, the browser's main-thread CPU time for each
of 60 pointer moves a second (scripts, layout and paint, what the server answers included:
everything up to the next move), and the
time from opening the page to the first drag that is in the XML.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.browser.conftest import Server, find_chromium, open_app, start_server
from tests.browser.gestures import cell_centre, drag_to_cell, open_file
from workbench import formats
from workbench.app import changes
from workbench.app.templates import empty_experiment
from workbench.scenario.model import Rectangle

COLUMNS = 128
COMPONENTS = 32
EDITS = 200
MEASURED_MOVES = 200
MOVES_PER_SECOND = 60
MOVES_OF_DRAG = 15
OPENINGS = 5

_WATCH = """() => {
  const find = (model) => [...window.Bokeh.index.roots[0].model.references()]
    .find((model) => model.data?.acknowledged !== undefined && !model.data.compact)
  const grid = find().data
  const lines = () => {
    const all = [document]
    for (const root of all) {
      const found = root.querySelector("[data-test=source]")
      if (found) return found
      for (const node of root.querySelectorAll("*")) if (node.shadowRoot) all.push(node.shadowRoot)
    }
  }
  const source = lines()
  window.edits = []
  window.addEventListener("pointerup", () => {
    const begin = performance.now()
    const before = source.textContent
    const look = () => {
      const answered = !grid.requests.some(({number}) => number > grid.acknowledged)
      if (answered && source.textContent !== before) window.edits.push(performance.now() - begin)
      else if (performance.now() - begin < 5000) requestAnimationFrame(look)
      else window.edits.push(NaN)
    }
    requestAnimationFrame(look)
  }, {capture: true})
}"""


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        file = home / "thirty-two.yaml"
        file.write_text(formats.write(experiment(), "yaml"), encoding="utf-8")
        os.environ.setdefault("WORKBENCH_CACHE", str(Path.cwd() / ".cache" / "workbench"))
        server = start_server(home / "server")
        try:
            _measure(server, file)
        finally:
            server.stop()


def experiment() -> Any:
    """Return 32 components, half of them sharing their cores with the next one."""
    made = changes.resize_space(empty_experiment(), COLUMNS, 1)
    made, _ = changes.add(made, "", "timer", None)
    for number in range(COMPONENTS - 1):
        wide = 8 if number % 2 else 4
        place = Rectangle(x=number * 4, width=min(wide, COLUMNS - number * 4), height=1)
        made, _ = changes.add(made, "", "blinktree" if number < 8 else "stress", place)
    return made


def _measure(server: Server, file: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        open_app(page, server)  # what is loaded once for all sessions
        page.close()
        found = [_opening(browser, server) for _ in range(OPENINGS)]
        print(f"Editing, {COMPONENTS} components on {COLUMNS}x1, Chromium")
        print(
            f"  first drag after opening  p50 {np.median(found):.2f}, max {max(found):.2f} s "
            "(target 3)"
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        open_app(page, server)
        open_file(page, file)
        page.locator(".item").nth(COMPONENTS - 1).wait_for()
        edits = _edits(page)
        _print("drop to XML and problems", edits, 100)
        _print("pointer move, main thread", _moves(page), 8)
        browser.close()


def _print(what: str, found: np.ndarray, target: int) -> None:
    p50, p95 = np.percentile(found, [50, 95])
    print(f"  {what:26}p50 {p50:.1f}, p95 {p95:.1f} ms, n {len(found)} (target {target})")


def _opening(browser: Any, server: Server) -> float:
    """Return the time from opening the app to a drag whose component is in the XML, in s."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    begin = time.perf_counter()
    page.goto(server.url)
    entry = page.locator(".entry[data-binary='blinktree']")
    entry.wait_for()
    line = page.locator("[data-test=source] .line", has_text="blinktree").first
    while not line.is_visible():  # too early, while everything still moves to its place
        drag_to_cell(page, entry, 20)
        time.sleep(0.1)
    took = time.perf_counter() - begin
    page.close()
    return took


def _edits(page: Page) -> np.ndarray:
    """Return the time of each edit, in ms."""
    chance = random.Random(1)
    page.evaluate(_WATCH)
    items = page.locator(".body .item")
    for number in range(EDITS):
        box = items.nth(chance.randrange(items.count())).bounding_box()
        assert box is not None
        resizes = number % 4 == 0 and box["width"] > 30
        _, height = box["x"], box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + (box["width"] - 2 if resizes else box["width"] / 2), height)
        page.mouse.down()
        step = page.locator("[data-test=cells]").bounding_box()["width"] / COLUMNS
        cells = chance.choice([-6, -3, 3, 6]) if not resizes else chance.choice([-1, 2])
        centre = box["x"] + box["width"] / 2
        if not resizes and not 200 < centre + cells * step < 900:
            cells = 5 if centre < 500 else -5
        start = box["x"] + (box["width"] - 2 if resizes else box["width"] / 2)
        _drag(page, start, start + cells * step, height)
        page.wait_for_function(f"() => window.edits.length > {number}")
        time.sleep(0.05)
    found = np.array(page.evaluate("() => window.edits"), dtype=float)
    return found[np.isfinite(found)]


def _drag(page: Page, start: float, end: float, height: float) -> None:
    """Drag as fast as a quick hand: 60 positions a second, a quarter of a second in all."""
    begin = time.perf_counter()
    for number in range(1, MOVES_OF_DRAG + 1):
        page.mouse.move(start + (end - start) * number / MOVES_OF_DRAG, height)
        time.sleep(max(0.0, begin + number / MOVES_PER_SECOND - time.perf_counter()))
    page.mouse.up()


def _moves(page: Page) -> np.ndarray:
    """Return the main thread's time from each move of a drag to the next one, in ms.

    The intervals join, so that nothing is lost: what the server answers to one move is
    counted where it arrives.
    """
    cdp = page.context.new_cdp_session(page)
    cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
    box = page.locator(".body .item").nth(10).bounding_box()
    assert box is not None
    page.wait_for_timeout(1000)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    left, _ = cell_centre(page, 8, columns=COLUMNS)
    right, height = cell_centre(page, COLUMNS - 8, columns=COLUMNS)
    page.mouse.move(*cell_centre(page, 8, columns=COLUMNS))
    found = []
    begin, before = time.perf_counter(), _duration(cdp)
    for number in range(MEASURED_MOVES):
        page.mouse.move(left + (right - left) * number / MEASURED_MOVES, height)
        time.sleep(max(0.0, begin + (number + 1) / MOVES_PER_SECOND - time.perf_counter()))
        after = _duration(cdp)
        found.append((after - before) * 1e3)
        before = after
    page.keyboard.press("Escape")
    page.mouse.up()
    return np.array(found)


def _duration(cdp: CDPSession) -> float:
    metrics = cdp.send("Performance.getMetrics")["metrics"]
    return float(next(m["value"] for m in metrics if m["name"] == "TaskDuration"))


if __name__ == "__main__":
    main()
