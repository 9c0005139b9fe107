"""What a user does and sees on plots, for all browser tests: a canvas has no elements."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from lxml import etree
from playwright.sync_api import Page

__all__ = ["brush", "exports_open", "go_to", "opacities", "plot_title", "tap", "until"]

_FIGURE = """(name) => {
  // A figure that is just being replaced may share its name with its successor.
  for (const model of Bokeh.documents[0]._all_models.values()) {
    const view = model.name === name ? Bokeh.index.find_one(model) : null
    if (view?.frame && view.el.isConnected) return view
  }
  return null
}"""


def go_to(page: Page, name: str) -> None:
    """Open one of the three pages."""
    page.locator(".pages").get_by_role("button", name=name, exact=True).click()


def until(page: Page, holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something holds that no locator can express."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        page.wait_for_timeout(100)


def _ready(page: Page, figure: str) -> None:
    page.wait_for_function(f"(name) => ({_FIGURE})(name) !== null", arg=figure, timeout=60_000)


def tap(page: Page, figure: str, x: float, y: float) -> None:
    """Click a plot at a place given in its own units."""
    page.mouse.click(*_place(page, figure, x, y))


def brush(page: Page, figure: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag over a plot, between two places given in its own units."""
    page.mouse.move(*_place(page, figure, *start))
    page.mouse.down()
    page.mouse.move(*_place(page, figure, *end, scroll=False), steps=4)
    page.mouse.up()


def _place(
    page: Page, figure: str, x: float, y: float, *, scroll: bool = True
) -> tuple[float, float]:
    """Return where on the screen a place of a plot is."""
    _ready(page, figure)
    if scroll:
        found = f"({_FIGURE})(name)"
        page.evaluate(f"(name) => {found}.el.scrollIntoView({{block: 'center'}})", figure)
    place: dict[str, Any] = page.evaluate(
        f"""([name, x, y]) => {{
          const view = ({_FIGURE})(name)
          const box = view.canvas_view.el.getBoundingClientRect()
          return {{
            x: box.left + view.frame.x_scale.compute(x),
            y: box.top + view.frame.y_scale.compute(y),
          }}
        }}""",
        [figure, x, y],
    )
    return place["x"], place["y"]


def plot_title(page: Page, figure: str) -> str:
    """The title of a plot."""
    _ready(page, figure)
    return str(page.evaluate(f"(name) => ({_FIGURE})(name).model.title.text", figure))


def wait_for_title(page: Page, figure: str, text: str) -> None:
    """Wait until a plot's title contains a text."""
    page.wait_for_function(
        f"([name, text]) => ({_FIGURE})(name)?.model.title.text.includes(text)",
        arg=[figure, text],
        timeout=60_000,
    )


def opacities(page: Page, figure: str) -> dict[str, float]:
    """The greatest opacity that each component is drawn with."""
    _ready(page, figure)
    shown: dict[str, float] = page.evaluate(
        f"""(name) => {{
          const most = {{}}
          for (const renderer of ({_FIGURE})(name).model.renderers) {{
            const data = renderer.data_source?.data
            const column = (key) => data?.get ? data.get(key) : data?.[key]
            const names = column("component"), values = column("opacity")
            if (!names || !values) continue
            names.forEach((name, at) => {{
              most[name] = Math.max(most[name] ?? 0, values[at])
            }})
          }}
          return most
        }}""",
        figure,
    )
    return shown


def exports_open(page: Page, view: str, *, part: str = "") -> pd.DataFrame:
    """A view gives its data as CSV and Parquet, the same in both, and its picture in both kinds."""

    def download(kind: str) -> Path:
        # A view of several figures gives several pictures.
        with page.expect_download(lambda one: one.suggested_filename.endswith(kind)) as download:
            page.locator(f".export-{view}-{kind}").get_by_role("button").click()
        if kind in ("csv", "parquet"):
            assert download.value.suggested_filename == f"{view}{part}.{kind}"
        return Path(download.value.path())

    table, same = pd.read_csv(download("csv")), pd.read_parquet(download("parquet"))
    assert len(table) == len(same) > 0, view
    assert list(table.columns) == list(same.columns), view
    assert download("png").read_bytes().startswith(b"\x89PNG"), view
    picture = etree.parse(download("svg")).getroot()
    assert picture.tag == "{http://www.w3.org/2000/svg}svg", view
    assert len(picture.findall(".//{*}path")) > 3, f"{view}: the picture is empty"
    return table
