"""The timeline as a figure: pixels for the overview, real rectangles close up, a cursor.

It is a Bokeh figure that redraws itself when it is panned or zoomed, wherever there
is a Python behind it (the app, a notebook through Panel).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from bokeh.events import RangesUpdate, Tap
from bokeh.models import ColumnDataSource, HoverTool, NumeralTickFormatter, Range1d, Span
from bokeh.plotting import figure

from workbench.analysis.colours import BUCKET_COLOURS, NEUTRAL, component_colours
from workbench.analysis.labels import BUCKET_TITLES
from workbench.results.schema import BUCKETS, NO_COMPONENT

if TYPE_CHECKING:
    from workbench.analysis.timeline import By, Timeline

__all__ = ["TimelineFigure"]

_BINS = 1200
_MOST_RECTANGLES = 4000
_HIDDEN = "#00000000"


class TimelineFigure:
    """A timeline with the cores below it, showing who holds each at the cursor.

    Parameters
    ----------
    timeline
        What is shown.
    title
        Of the figure.
    by
        What the colours mean: ``component`` or ``bucket``.
    x_range
        To share with other timelines (in us), for a common clock.
    height
        Of the figure, in pixels.
    others
        Timelines with the same clock: what moves in this one moves in them.

    Attributes
    ----------
    figure, holders
        Bokeh figures: core x time, and the affinity grid at the cursor.
    cursor_ns
        Where the cursor is.
    """

    def __init__(
        self,
        timeline: Timeline,
        *,
        title: str = "",
        by: By = "component",
        x_range: Range1d | None = None,
        height: int = 420,
        others: Callable[[], Iterable[TimelineFigure]] = tuple,
    ) -> None:
        self.timeline = timeline
        self.by = by
        self.cursor_ns = timeline.begin_ns
        own = x_range is None
        self.x_range = x_range or Range1d(
            timeline.begin_ns / 1e3,
            timeline.end_ns / 1e3,
            bounds=(timeline.begin_ns / 1e3, timeline.end_ns / 1e3),
            min_interval=0.05,
        )
        self._pixels = ColumnDataSource({"image": [], "x": [], "dw": []})
        self._boxes = ColumnDataSource(
            {name: [] for name in ("left", "right", "bottom", "top", "colour", "who", "what", "ns")}
        )
        self._cursor = Span(location=0, dimension="height", line_color="#d00030", line_width=2)
        self._marks = [
            Span(location=None, dimension="height", line_color=NEUTRAL, line_dash="dashed")
            for _ in range(2)
        ]
        self.figure = self._figure(title, height)
        self.holders, self._cells = self._grid()
        if own:
            # The range is shared, so one of the figures tells for all.
            self.figure.on_event(RangesUpdate, lambda event: self._zoomed(event.x0, event.x1))
        self._others = others
        self.show(timeline.begin_ns, timeline.end_ns)
        self.move_cursor(timeline.begin_ns)

    # -- drawing ---------------------------------------------------------------------------------

    def show(self, begin_ns: int, end_ns: int) -> None:
        """Draw a span: pixels, or rectangles where there are few segments."""
        begin_ns = max(begin_ns, self.timeline.begin_ns)
        end_ns = max(min(end_ns, self.timeline.end_ns), begin_ns + 1)
        if self.timeline.count(begin_ns, end_ns) <= _MOST_RECTANGLES:
            self._boxes.data = self._rectangles(begin_ns, end_ns)
            self._pixels.data = {"image": [], "x": [], "dw": []}
            return
        image = self.timeline.picture(begin_ns, end_ns, _BINS, self._colours(), self.by)
        self._pixels.data = {
            "image": [image],
            "x": [begin_ns / 1e3],
            "dw": [(end_ns - begin_ns) / 1e3],
        }
        if len(self._boxes.data["left"]):
            self._boxes.data = {name: [] for name in self._boxes.data}

    def colour_by(self, by: By) -> None:
        """Colour by component or by accounting bucket."""
        self.by = by
        self.show(int(self.x_range.start * 1e3), int(self.x_range.end * 1e3))
        self.move_cursor(self.cursor_ns)

    def move_cursor(self, time_ns: int) -> None:
        """Put the cursor at a moment; the grid shows who holds each core then."""
        self.cursor_ns = time_ns
        self._cursor.location = time_ns / 1e3
        component, bucket = self.timeline.at(time_ns)
        colours = self._hex[component] if self.by == "component" else self._bucket_hex[bucket]
        self._cells.patch({"colour": [(slice(None), colours.tolist())]})

    def mark(self, begin_ns: int | None, end_ns: int | None) -> None:
        """Show what two cursors measure between."""
        for span, time in zip(self._marks, (begin_ns, end_ns), strict=True):
            span.location = None if time is None else time / 1e3

    def zoom(self, begin_ns: int, end_ns: int) -> None:
        """Show a span, and tell the browser."""
        self.x_range.update(start=begin_ns / 1e3, end=end_ns / 1e3)
        for one in {self, *self._others()}:
            one.show(begin_ns, end_ns)

    def _zoomed(self, begin_us: float | None, end_us: float | None) -> None:
        if begin_us is not None and end_us is not None:
            for one in {self, *self._others()}:
                one.show(int(begin_us * 1e3), int(end_us * 1e3))

    def _tapped(self, time_us: float) -> None:
        for one in {self, *self._others()}:
            one.move_cursor(int(time_us * 1e3))

    def name_for_tests(self, name: str) -> None:
        """Name the Bokeh figures, by which tests and scripts find them."""
        self.figure.name = name
        self.holders.name = f"{name}-holders"

    def _rectangles(self, begin_ns: int, end_ns: int) -> dict[str, Any]:
        found = self.timeline.window(begin_ns, end_ns)
        held = found.component != NO_COMPONENT
        component, bucket = found.component[held], found.bucket[held]
        core = found.core[held].astype(float)
        colours = self._hex[component] if self.by == "component" else self._bucket_hex[bucket]
        return {
            "left": found.start_ns[held] / 1e3,
            "right": found.end_ns[held] / 1e3,
            "bottom": core + 0.05,
            "top": core + 0.95,
            "colour": colours.tolist(),
            "who": [self.timeline.components[index] for index in component],
            "what": [BUCKET_TITLES[BUCKETS[index]] for index in bucket],
            "ns": found.end_ns[held] - found.start_ns[held],
        }

    # -- colours ---------------------------------------------------------------------------------

    @property
    def _hex(self) -> np.ndarray:
        by_name = component_colours(self.timeline.components)
        table = np.full(256, _HIDDEN, dtype=object)
        table[: len(by_name)] = [by_name[name] for name in self.timeline.components]
        return table

    @property
    def _bucket_hex(self) -> np.ndarray:
        table = np.array([BUCKET_COLOURS[name] for name in BUCKETS], dtype=object)
        table[BUCKETS.index("idle")] = _HIDDEN
        return table

    def _colours(self) -> np.ndarray:
        by_component = self.by == "component"
        table = (
            self._hex[: len(self.timeline.components)] if by_component else self._bucket_hex[:-1]
        )
        return np.array([[int(text[at : at + 2], 16) for at in (1, 3, 5)] for text in table])

    # -- figures ---------------------------------------------------------------------------------

    def _figure(self, title: str, height: int) -> Any:
        drawn = figure(
            name="timeline",
            title=title,
            height=height,
            sizing_mode="stretch_width",
            x_range=self.x_range,
            y_range=Range1d(self.timeline.cores, 0, bounds="auto"),
            x_axis_label="time (µs)",
            y_axis_label="core",
            tools="xpan,xwheel_zoom,xbox_zoom,reset,save",
            active_scroll="xwheel_zoom",
            active_drag="xpan",
            output_backend="canvas",
        )
        drawn.toolbar.logo = None
        drawn.grid.visible = False
        drawn.outline_line_color = None
        drawn.xaxis.formatter = NumeralTickFormatter(format="0,0.[000]")
        drawn.image_rgba(
            image="image", x="x", y=0, dw="dw", dh=self.timeline.cores, source=self._pixels
        )
        boxes = drawn.quad(
            left="left", right="right", bottom="bottom", top="top", fill_color="colour",
            line_color=None, source=self._boxes,
        )  # fmt: skip
        tips = [("", "@who"), ("", "@what"), ("ns", "@ns{0,0}")]
        drawn.add_tools(HoverTool(renderers=[boxes], tooltips=tips))
        for span in (*self._marks, self._cursor):
            drawn.add_layout(span)
        drawn.on_event(Tap, lambda event: self._tapped(event.x))
        return drawn

    def _grid(self) -> tuple[Any, ColumnDataSource]:
        width, rows = self.timeline.space
        cores = np.arange(self.timeline.cores)
        source = ColumnDataSource(
            {
                "x": cores % width + 0.5,
                "y": cores // width + 0.5,
                "core": cores,
                "colour": [_HIDDEN] * len(cores),
            }
        )
        drawn = figure(
            name="holders",
            title="Who holds each core at the cursor",
            height=min(80 + 40 * rows, 320),
            sizing_mode="stretch_width",
            x_range=Range1d(0, width),
            y_range=Range1d(rows, 0),
            tools="",
            toolbar_location=None,
        )
        drawn.rect(
            "x", "y", 0.92, 0.9, source=source, fill_color="colour", line_color=NEUTRAL,
            line_alpha=0.5,
        )  # fmt: skip
        drawn.add_tools(HoverTool(tooltips=[("core", "@core")]))
        drawn.grid.visible = False
        drawn.outline_line_color = None
        drawn.yaxis.visible = False
        return drawn, source
