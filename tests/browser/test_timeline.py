"""The Timeline page: zoom to single segments, search, measure, replay, two on one clock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.plots import _FIGURE, exports_open, go_to, until
from tests.datasets import replication
from tests.segments import recorded
from workbench.results.records import RunSpec
from workbench.results.store import RunStore

CORES = 16


def record(home: Path, seed: int, variant: str) -> None:
    segments = recorded(seed, CORES, 2000)
    dataset = replication(1e6, cores=CORES).assign(
        {name: segments[name].variable for name in segments.data_vars}
    )
    spec = RunSpec(
        experiment="recorded", variant=variant, workload="insert", backend="simulated",
        kind="simulation", seed=1, replications=1, parameters={"timeline_ms": 2.0},
    )  # fmt: skip
    with RunStore(home) as store:
        store.add_finished([(spec, {0: dataset.assign_attrs(space=[CORES, 1])}, "")])


def state(page: Page, figure: str) -> dict[str, Any]:
    """What a timeline's figure shows: its range, rectangles, cursor."""
    found: dict[str, Any] = page.evaluate(
        f"""(name) => {{
          const model = ({_FIGURE})(name).model
          const data = model.renderers[1].data_source.data
          const left = data.get ? data.get("left") : data.left
          const spans = [...model.center].filter((one) => one.type === "Span")
          return {{start: model.x_range.start, end: model.x_range.end, boxes: left.length,
                   cursor: spans.at(-1).location}}
        }}""",
        figure,
    )
    return found


def test_from_the_whole_to_one_segment_and_back(app: Page, app_server: Server) -> None:
    for seed, variant in ((1, "first"), (2, "second")):
        record(app_server.home, seed, variant)
    go_to(app, "Timeline")
    app.wait_for_function(f"() => ({_FIGURE})('timeline-0') !== null", timeout=60_000)
    assert state(app, "timeline-0")["boxes"] == 0  # pixels
    app.locator(".timeline-below").get_by_role("combobox").click()
    app.locator(".MuiMenuItem-root, [role=option], [role=menuitem]", has_text="first").first.click()
    app.wait_for_function(f"() => ({_FIGURE})('timeline-1') !== null", timeout=60_000)
    # Zoom with the wheel until there are rectangles, in both at once.
    box = app.locator(".timelines .bk-Figure, .timelines [class*=bk-Figure]").first.bounding_box()
    assert box is not None
    app.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for _ in range(12):
        app.mouse.wheel(0, -400)
        app.wait_for_timeout(50)
    until(app, lambda: state(app, "timeline-0")["boxes"] > 0)
    until(app, lambda: state(app, "timeline-1")["boxes"] > 0)
    one, other = state(app, "timeline-0"), state(app, "timeline-1")
    assert (one["start"], one["end"]) == (other["start"], other["end"])
    # Search and measure.
    app.locator(".set-mark button").click()
    before = state(app, "timeline-0")["cursor"]
    app.locator(".event-next button").click()
    until(app, lambda: state(app, "timeline-0")["cursor"] > before)
    app.locator(".set-mark button").click()
    expect(app.locator(".timeline-told")).to_contain_text("Between the marks")
    expect(app.locator(".timeline-told table")).to_contain_text("blinktree3")
    # Replay moves both cursors.
    app.locator(".replay button").click()
    there = state(app, "timeline-1")["cursor"]
    until(app, lambda: state(app, "timeline-1")["cursor"] != there)
    app.locator(".replay button").click()
    with app.expect_download() as download:
        app.locator(".export-trace").get_by_role("button").click()
    trace = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert any(event["ph"] == "X" for event in trace["traceEvents"])
    exports_open(app, "timeline")
