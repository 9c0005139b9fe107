"""A timeline of 1e7 segments on 128 cores: opening, redrawing, searching, replaying.

In the server by CPU time; in Chromium by the clock, from a turn of the wheel or the end of
a drag to the frame that shows the new data.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray as xr
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import find_chromium, open_app, start_server
from tests.browser.plots import _FIGURE, go_to
from tests.datasets import replication
from tests.segments import recorded
from workbench.analysis.plots.timeline import TimelineFigure
from workbench.analysis.timeline import Timeline
from workbench.results.records import RunSpec
from workbench.results.store import RunStore

SEGMENTS = 10_000_000
CORES = 128
ROUNDS = 5
REPLAY_SECONDS = 10

_WATCH = f"""() => {{
  const {{model}} = ({_FIGURE})("timeline-0")
  window.redraws = []
  window.frames_shown = []
  let asked = null
  const painted = (then) => requestAnimationFrame(() => setTimeout(then))
  for (const kind of ["wheel", "pointermove", "pointerup"])
    window.addEventListener(kind, () => {{ asked = performance.now() }}, {{capture: true}})
  for (const {{data_source}} of model.renderers)
    data_source.properties.data.change.connect(() => {{
      const from = asked
      if (from !== null) painted(() => window.redraws.push([from, performance.now() - from]))
    }})
  const cursor = model.center.filter((one) => one.type === "Span").at(-1)
  let waiting = false
  cursor.properties.location.change.connect(() => {{
    if (waiting) return
    waiting = true
    painted(() => {{ waiting = false; window.frames_shown.push(performance.now()) }})
  }})
}}"""


def times(call: Callable[[int], object], repetitions: int) -> np.ndarray:
    """Return the time of each call, in ms."""
    found = []
    for number in range(repetitions):
        begin = time.thread_time()
        call(number)
        found.append((time.thread_time() - begin) * 1e3)
    return np.array(found)


def main() -> None:
    """Print the figures."""
    dataset = recorded(1, CORES, SEGMENTS // CORES)
    in_the_server(dataset)
    in_chromium(dataset)


def in_the_server(dataset: xr.Dataset) -> None:
    """Print what is computed for every picture."""
    begin = time.thread_time()
    timeline = Timeline(dataset)
    print("CPU time, so that a busy machine does not count")
    print(f"Timeline of {len(timeline):.1e} segments, {timeline.nbytes / 2**20:.0f} MiB")
    print(f"  open                {(time.thread_time() - begin) * 1e3:8.0f} ms")
    figure = TimelineFigure(timeline)
    length = timeline.end_ns - timeline.begin_ns
    rng = np.random.default_rng(2)
    spans = [(0.0, 1.0)] * 10 + [
        (start, start + width)
        for width in (0.9, 0.5, 0.2, 0.05, 0.01, 1e-3, 1e-4)
        for start in rng.random(10) * (1 - width)
    ]

    def redraw(number: int) -> None:
        low, high = spans[number]
        figure.show(int(low * length), int(high * length))

    redraw(0)  # compiled or loaded
    found = times(redraw, len(spans))
    print(
        f"  pan and zoom        p50 {np.median(found):.0f}, p95 {np.percentile(found, 95):.0f} ms "
        "(target 150)"
    )
    begin = time.thread_time()
    timeline.next("switch", 0)
    print(f"  first search        {(time.thread_time() - begin) * 1e3:8.0f} ms")
    found = times(lambda n: timeline.next("switch", n * length // 100), 100)
    print(f"  next switch         {np.median(found):8.3f} ms")
    found = times(lambda n: figure.move_cursor(n * length // 3000), 300)
    print(f"  a moment of replay  p95 {np.percentile(found, 95):.1f} ms (33 at 30 a second)")


def in_chromium(dataset: xr.Dataset) -> None:
    """Print what a user waits for on the Timeline page."""
    run = replication(1e6, cores=CORES).assign(
        {name: dataset[name].variable for name in dataset.data_vars}
    )
    spec = RunSpec(
        experiment="recorded", variant="long", workload="insert", backend="simulated",
        kind="simulation", seed=1, replications=1, parameters={"timeline_ms": 100.0},
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        with RunStore(home) as store:
            store.add_finished([(spec, {0: run.assign_attrs(space=[CORES, 1])}, "")])
        os.environ.setdefault("WORKBENCH_CACHE", str(Path.cwd() / ".cache" / "workbench"))
        server = start_server(home)
        try:
            browser = playwright.chromium.launch(
                executable_path=find_chromium(), args=["--no-sandbox"]
            )
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            open_app(page, server)
            begin = time.perf_counter()
            go_to(page, "Timeline")
            page.wait_for_function(f"() => ({_FIGURE})('timeline-0') !== null", timeout=120_000)
            print(f"In Chromium: page opened after {time.perf_counter() - begin:.1f} s")
            page.evaluate(_WATCH)
            _pan_and_zoom(page)
            _replay(page)
            browser.close()
        finally:
            server.stop()


def _pan_and_zoom(page: Page) -> None:
    """Zoom in step by step, with a drag after each step, from the whole to single segments."""
    place = page.evaluate(
        f"""() => {{
          const {{el}} = ({_FIGURE})("timeline-0")
          el.scrollIntoView()
          const {{left, top, width, height}} = el.getBoundingClientRect()
          return [left, top, width, height]
        }}"""
    )
    left, top, width, height = place
    rng = np.random.default_rng(3)
    for _ in range(ROUNDS):
        page.locator(".show-whole button").click()
        _settle(page)
        for _ in range(10):
            x = left + width * rng.uniform(0.3, 0.7)
            y = top + height / 2
            page.mouse.move(x, y)
            page.mouse.wheel(0, -500)
            _settle(page)
            page.mouse.down()
            page.mouse.move(x + rng.uniform(-200, 200), y, steps=3)
            page.mouse.up()
            _settle(page)
    # The last redraw after each movement of the mouse is what the user waits for.
    last = dict(page.evaluate("() => window.redraws"))
    found = np.array(list(last.values()))
    print(
        f"  pan and zoom        p50 {np.median(found):.0f}, p95 {np.percentile(found, 95):.0f} ms "
        f"of {found.size} (target 400)"
    )


def _settle(page: Page) -> None:
    """Wait until nothing has been redrawn for a while."""
    seen = -1
    while (now := page.evaluate("() => window.redraws.length")) != seen:
        seen = now
        page.wait_for_timeout(400)


def _replay(page: Page) -> None:
    page.locator(".show-whole button").click()
    _settle(page)
    page.evaluate("() => { window.frames_shown.length = 0 }")
    page.locator(".replay button").click()
    page.wait_for_timeout(REPLAY_SECONDS * 1000)
    page.locator(".replay button").click()
    gaps = np.diff(page.evaluate("() => window.frames_shown"))
    print(
        f"  replay              {1e3 / gaps.mean():.1f} frames a second, "
        f"gaps p95 {np.percentile(gaps, 95):.0f} ms (target 30 a second)"
    )


if __name__ == "__main__":
    main()
