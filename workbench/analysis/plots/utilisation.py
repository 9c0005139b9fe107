"""Who held each core, and for how much of the time it was useful, on the affinity grid."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import holoviews as hv

from workbench.analysis.colours import NEUTRAL, component_colours
from workbench.analysis.narrowing import narrowed, told
from workbench.analysis.plots.base import plot
from workbench.analysis.plots.drawing import (
    DIMMED,
    boxes,
    figure,
    labels,
    linked,
    run_is_lit,
)
from workbench.analysis.selection import Selection

if TYPE_CHECKING:
    from workbench.analysis.comparison import Comparison

_GAP = 0.06  # between two cells, as a part of a cell
_PALE = 0.35  # opacity of time that a component held a core without useful work


@plot("utilisation", "Cores")
def utilisation(
    comparison: Comparison,
    selection: Selection,
    *,
    variant: str | None = None,
    workload: str | None = None,
) -> Any:
    """Draw one figure per run: a cell per core, filled from below by who held it.

    Full colour is useful work, pale colour is everything else a component
    spent there (polling, switching, waiting for memory); what stays empty was idle.
    Means over the replications, or over those that are selected, in the selected span of time
    (of which it is not known what was useful). A tap selects the core, a box all cores in it.
    """
    runs = [
        run for run in comparison.runs if variant in (None, run[0]) and workload in (None, run[1])
    ]
    plots = [_figure(comparison, selection, *run) for run in runs]
    return plots[0] if len(plots) == 1 else hv.Layout(plots).opts(shared_axes=False).cols(1)


def _figure(
    comparison: Comparison, selection: Selection, variant: str, workload: str
) -> hv.DynamicMap:
    width, height = comparison.space
    colours = component_colours(comparison.components)

    @lru_cache(maxsize=2)
    def segments_of(part: Comparison) -> list[dict[str, Any]]:
        return _segments(part, variant, workload)

    def draw() -> hv.Overlay:
        segments = segments_of(narrowed(comparison, selection, but=["cores"]))
        lit = run_is_lit(comparison, selection, variant, workload)
        chosen = selection.component if selection.component in colours else None
        rows = []
        for segment in segments:
            bright = lit and chosen in (None, segment["component"])
            strength = 1.0 if segment["is_useful"] else _PALE
            rows.append(
                segment
                | {
                    "colour": colours[segment["component"]],
                    "opacity": strength * (1.0 if bright else DIMMED),
                }
            )
        return figure(
            hv.Rectangles([_cell(core, width) for core in range(width * height)]).opts(
                color=NEUTRAL, fill_alpha=0.12, line_alpha=0
            )
            * boxes(
                rows,
                {
                    "core": "core",
                    "component": "component",
                    "held": "held",
                    "of that useful": "useful",
                },
                kind=comparison.kind,
            )
            * hv.Rectangles(
                [_cell(core, width) for core in selection.cores if core < width * height]
            ).opts(fill_alpha=0, line_color=NEUTRAL, line_width=3)
            * labels(_owners(segments, width, height, colours), size=13, bold=True),
            name=f"utilisation-{workload}-{variant}",
            title=f"{workload} · {variant}{told(comparison, selection, but=['cores'])} · "
            f"{_busy(segments, width * height)} · {comparison.provenance}",
            brush="box",
            height=150 if height == 1 else min(90 + 64 * height, 560),
            xlim=(-0.2, width + 0.2),
            ylim=(height + (0.35 if height == 1 else 0.1), -0.1),
            xticks=_column_ticks(width),
            yticks=0 if height == 1 else [(y + 0.5, str(y * width)) for y in range(height)],
            xlabel="",
            ylabel="" if height == 1 else "first core of the row",
            **({"yaxis": None} if height == 1 else {}),
        )

    def on_tap(x: float, y: float) -> dict[str, Any] | None:
        column, row = math.floor(x), math.floor(y)
        if not (0 <= column < width and 0 <= row < height):
            return None
        return {"cores": (row * width + column,)}

    def on_brush(left: float, bottom: float, right: float, top: float) -> dict[str, Any] | None:
        low, high = sorted((bottom, top))  # the axis points down
        found = tuple(
            core
            for core in range(width * height)
            if left < core % width + 0.5 < right and low < core // width + 0.5 < high
        )
        return {"cores": found} if found else None

    return linked(selection, draw, on_tap, on_brush)


def _segments(comparison: Comparison, variant: str, workload: str) -> list[dict[str, Any]]:
    """Return what fills the cells: useful and other time of each component on each core."""
    width, _ = comparison.space
    shares = comparison.component_shares(variant, workload)
    held = shares.sum("bucket")
    # What was useful may not be known; then all of it is drawn alike.
    useful = shares.sel(bucket="useful").fillna(0.0) if "useful" in shares.bucket else held
    segments = []
    for core in map(int, shares.core.values):
        x0, y0, x1, y1 = _cell(core, width)
        floor = y1
        for name in map(str, shares.component.values):
            total = float(held.sel(component=name, core=core))
            good = float(useful.sel(component=name, core=core))
            for part, is_useful in ((good, True), (total - good, False)):
                if part <= 1e-6:
                    continue
                roof = floor - part * (y1 - y0)
                segments.append(
                    {
                        "x0": x0,
                        "y0": roof,
                        "x1": x1,
                        "y1": floor,
                        "core": core,
                        "component": name,
                        "is_useful": is_useful,
                        "part": part,
                        "held": f"{total:.1%} of the time",
                        "useful": f"{good / total:.1%}" if "useful" in shares.bucket else "?",
                    }
                )
                floor = roof
    return segments


def _cell(core: int, width: int) -> tuple[float, float, float, float]:
    x, y = core % width, core // width
    return x + _GAP, y + _GAP, x + 1 - _GAP, y + 1 - _GAP


def _owners(
    segments: list[dict[str, Any]], width: int, height: int, colours: dict[str, str]
) -> list[tuple[float, float, str, str]]:
    """Return the components' names below the cells they held, where the space has one row."""
    if height > 1:
        return []
    extents: dict[tuple[int, int], list[str]] = {}
    for name in colours:
        cores = [segment["core"] for segment in segments if segment["component"] == name]
        if cores:
            extents.setdefault((min(cores), max(cores)), []).append(name)
    places = []
    for (first, last), names in extents.items():
        # Components that share their cores stand close together below the middle of them.
        room = max(map(len, names)) * width * 0.0095
        if room > last + 1 - first:
            continue
        middle = (first + last + 1 - room * (len(names) - 1)) / 2
        places += [
            (middle + index * room, height + 0.2, name, colours[name])
            for index, name in enumerate(names)
        ]
    return places


def _busy(segments: list[dict[str, Any]], cores: int) -> str:
    held = sum(segment["part"] for segment in segments) / cores
    if any(segment["useful"] == "?" for segment in segments):
        return f"{held:.0%} held"
    useful = sum(segment["part"] for segment in segments if segment["is_useful"]) / cores
    return f"{held:.0%} held, {useful:.0%} useful"


def _column_ticks(width: int) -> list[tuple[float, str]]:
    step = next(step for step in (1, 2, 4, 8, 16, 32, 64, 128, 256) if width / step <= 16)
    return [(x + 0.5, str(x)) for x in range(0, width, step)]
