"""What all plots have in common: boxes, labels, axes, taps, highlighting."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import holoviews as hv
from bokeh.models import BoxSelectTool

from workbench.analysis.colours import NEUTRAL
from workbench.analysis.narrowing import holders
from workbench.analysis.selection import KINDS, Selection

if TYPE_CHECKING:
    from workbench.analysis.comparison import Comparison

__all__ = [
    "DIMMED",
    "boxes",
    "dashes",
    "figure",
    "highlighted",
    "labels",
    "linked",
    "lit_component",
    "log_axis",
    "per_workload",
    "run_is_lit",
]

DIMMED = 0.22
"""Opacity of what is not selected while something else is."""

_SIMULATED = "simulation"


def boxes(
    rows: Sequence[Mapping[str, Any]], shown: Mapping[str, str], *, kind: str
) -> hv.Rectangles:
    """Return filled rectangles; those of a simulation are hatched.

    Parameters
    ----------
    rows
        One mapping per rectangle with `x0`, `y0`, `x1`, `y1`, `colour`,
        `opacity` and what `shown` names.
    shown
        Hover text: key in the rows by its label.
    kind
        ``simulation`` or ``measurement``.
    """
    names = ["colour", "opacity", *shown.values()]
    corners = ["x0", "y0", "x1", "y1"]
    data = [tuple(row[key] for key in corners + names) for row in rows]

    def hatched(plot: Any, _element: Any) -> None:
        glyph = plot.handles["glyph"]
        glyph.update(
            hatch_pattern="right_diagonal_line",
            hatch_color="white",
            hatch_alpha=0.25,
            hatch_scale=9,
            hatch_weight=1.0,
        )

    return hv.Rectangles(data, kdims=corners, vdims=names).opts(
        color=hv.dim("colour"),
        fill_alpha=hv.dim("opacity"),
        line_alpha=0,
        hooks=[hatched] if kind == _SIMULATED else [],
        tools=["hover"],
        hover_tooltips=[(label, f"@{{{key}}}") for label, key in shown.items()],
        # A selected glyph would be restyled by Bokeh; highlighting is ours.
        selection_fill_alpha=hv.dim("opacity"),
        nonselection_fill_alpha=hv.dim("opacity"),
    )


def dashes(kind: str) -> str:
    """Return the line style of a kind of result: dashed for a simulation."""
    return "dashed" if kind == _SIMULATED else "solid"


def labels(
    places: Iterable[tuple[float, float, str, str]],
    *,
    align: str = "center",
    baseline: str = "middle",
    size: int = 13,
    bold: bool = False,
) -> hv.Labels:
    """Return texts at (x, y, text, colour)."""
    # HoloViews takes a column without rows for numbers, which it would map to colours.
    texts = list(places) or [(0.0, 0.0, "", NEUTRAL)]
    return hv.Labels(texts, kdims=["x", "y"], vdims=["text", "ink"]).opts(
        text_color=hv.dim("ink"),
        hooks=[_in_the_pages_font],
        text_align=align,
        text_baseline=baseline,
        text_font_size=f"{size}px",
        text_font_style="bold" if bold else "normal",
        show_legend=False,
    )


def _in_the_pages_font(plot: Any, _element: Any) -> None:
    plot.handles["glyph"].text_font = {"value": "Roboto, Helvetica, Arial, sans-serif"}


def figure(
    overlay: hv.Overlay, *, name: str, title: str, height: int, brush: str = "", **options: Any
) -> hv.Overlay:
    """Return the overlay as one figure: responsive, readable from afar, quiet.

    `name` is the name of the Bokeh figure, by which tests and scripts find it; `brush` says
    what can be dragged over it, a ``box`` or a ``width``.
    """

    def settled(plot: Any, _element: Any) -> None:
        bokeh_figure = plot.state
        bokeh_figure.name = name
        bokeh_figure.output_backend = "canvas"
        bokeh_figure.toolbar.autohide = True
        bokeh_figure.toolbar.logo = None
        bokeh_figure.outline_line_color = None
        bokeh_figure.title.text_font_size = "15px"
        # HoloViews keeps the ranges of the first drawing.
        for axis, range_ in (("xlim", bokeh_figure.x_range), ("ylim", bokeh_figure.y_range)):
            for end, value in zip(("start", "end"), options.get(axis, ()), strict=False):
                if value is not None:
                    setattr(range_, end, value)
        if not brush:
            bokeh_figure.toolbar.active_drag = None
        elif not any(isinstance(tool, BoxSelectTool) for tool in bokeh_figure.tools):
            # Without renderers: what is selected is ours to say.
            tool = BoxSelectTool(dimensions="both" if brush == "box" else "width", renderers=[])
            bokeh_figure.add_tools(tool)
            bokeh_figure.toolbar.active_drag = tool

    return overlay.opts(
        hv.opts.Overlay(
            **{
                "responsive": True,
                "height": height,
                "title": title,
                "fontsize": {"ticks": "13px", "labels": "13px", "title": "15px"},
                "default_tools": ["save", "box_zoom", "reset"],
                "active_tools": None,  # an empty list would take the brush away at every redraw
                "toolbar": "above",
                "show_legend": False,
                "hooks": [settled],
                "shared_axes": False,
                "framewise": True,
            }
            | options
        )
    )


def linked(
    selection: Selection,
    draw: Callable[[], hv.Overlay],
    on_tap: Callable[[float, float], Mapping[str, Any] | None],
    on_brush: Callable[[float, float, float, float], Mapping[str, Any] | None] | None = None,
) -> hv.DynamicMap:
    """Return a plot that redraws when the selection changes and selects when it is used.

    `on_tap` says what lies under a point of the plot, as arguments of
    `Selection.toggle`, or None where there is nothing. `on_brush` says what lies in a box
    (left, bottom, right, top), as values of the selection.
    """

    def tapped(x: float | None, y: float | None) -> None:
        if x is not None and y is not None and (choice := on_tap(x, y)):
            selection.toggle(**choice)

    def redraw(**_: Any) -> hv.Overlay:
        return draw()

    # HoloViews follows taps on an overlay only where the tap is one of its own streams.
    tap = hv.streams.Tap(transient=True)
    tap.add_subscriber(tapped)
    streams = [hv.streams.Params(selection, list(KINDS)), tap]
    if on_brush is not None:

        def brushed(bounds: tuple[float, float, float, float] | None) -> None:
            if bounds is not None and (choice := on_brush(*bounds)):
                selection.param.update(**choice)

        box = hv.streams.BoundsXY(transient=True)
        box.add_subscriber(brushed)
        streams.append(box)
    return hv.DynamicMap(redraw, streams=streams)


def per_workload(
    comparison: Comparison, workload: str | None, draw: Callable[[str], hv.DynamicMap]
) -> Any:
    """Return one plot, or a layout of one per workload where none is named."""
    plots = [draw(name) for name in ([workload] if workload else comparison.workloads)]
    return plots[0] if len(plots) == 1 else hv.Layout(plots).opts(shared_axes=False).cols(2)


def highlighted(
    comparison: Comparison, selection: Selection, variant: str, workload: str
) -> frozenset[str]:
    """Return the components to draw in full strength in a run.

    The selected one; where only cores are selected, those that hold any of them; else all.
    """
    if selection.component in comparison.components:
        return frozenset({str(selection.component)})
    return frozenset(holders(comparison, variant, workload, selection.cores))


def lit_component(comparison: Comparison, selection: Selection) -> str | None:
    """Return the selected component, if these runs have it."""
    return selection.component if selection.component in comparison.components else None


def run_is_lit(comparison: Comparison, selection: Selection, variant: str, workload: str) -> bool:
    """Whether a run is drawn in full strength: it is selected, or no shown run is."""
    shown = {comparison.run_id(*run) for run in comparison.runs}
    return selection.run not in shown or selection.run == comparison.run_id(variant, workload)


def log_axis(
    low: float, high: float, room: float = 0.4
) -> tuple[tuple[float, float], list[tuple[float, str]]]:
    """Return the ends of a log axis, with `room` for text on the right, and its ticks."""
    width = math.log(high / low)
    span = (low * math.exp(-0.06 * width), high * math.exp(room * width))
    # The finest steps that leave at most eight ticks.
    for steps in ((1, 1.1, 1.2, 1.5, 2, 3, 4, 5, 7), (1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1,)):
        values = [step * 10.0**power for power in range(-6, 7) for step in steps]
        ticks = [value for value in values if span[0] <= value <= high]
        if len(ticks) <= 8:
            break
    # Labels need room: 4 % of the axis each.
    spaced: list[float] = []
    for tick in ticks:
        if not spaced or math.log(tick / spaced[-1]) > 0.04 * math.log(span[1] / span[0]):
            spaced.append(tick)
    return span, [(tick, f"{tick:g}×") for tick in spaced]
