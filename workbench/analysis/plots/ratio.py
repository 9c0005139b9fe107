"""How two variants compare: paired ratio per workload and metric, on a log axis."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import holoviews as hv

from workbench.analysis.colours import NEUTRAL, component_colours
from workbench.analysis.labels import METRIC_TITLES, confidence, times
from workbench.analysis.narrowing import narrowed, told
from workbench.analysis.plots.base import plot
from workbench.analysis.plots.drawing import (
    DIMMED,
    dashes,
    figure,
    labels,
    linked,
    lit_component,
    log_axis,
    run_is_lit,
)
from workbench.analysis.selection import Selection
from workbench.results.schema import METRICS

if TYPE_CHECKING:
    from workbench.analysis.comparison import Comparison, Ratio

    _Rows = dict[int, tuple[Ratio, dict[int, float]]]

_ROW_PIXELS = 44
_ABOVE = 0.36
"""How far above its row a text stands, in rows."""


@plot("ratio", "Paired ratio")
def ratio(comparison: Comparison, selection: Selection) -> Any:
    """Draw one figure per pair of variants; right of the line at 1, the first is faster.

    The big dot is the geometric mean over the pairs of replications, the
    whisker its 95 % confidence interval, small dots are the single pairs. With a component
    selected, its own ratio is drawn; with replications, cores or a span of time, the ratio
    of that part. A tap on a row selects the first variant's run, a box the replications
    whose dots are in it.
    """
    plots = [_figure(comparison, selection, a, b) for a, b in comparison.pairs]
    if not plots:
        return hv.Div("<p>A ratio needs two variants of the same workload.</p>")
    return plots[0] if len(plots) == 1 else hv.Layout(plots).opts(shared_axes=False).cols(1)


def _figure(comparison: Comparison, selection: Selection, a: str, b: str) -> hv.DynamicMap:
    colours = component_colours(comparison.components)

    @lru_cache(maxsize=4)
    def rows_of(part: Comparison, every: Comparison, component: str | None) -> _Rows:
        return _rows(part, every, a, b, component)

    def rows() -> _Rows:
        return rows_of(
            narrowed(comparison, selection),
            narrowed(comparison, selection, but=["replications"]),
            lit_component(comparison, selection),
        )

    def draw() -> hv.Overlay:
        component = lit_component(comparison, selection)
        shown = rows()
        ink = colours.get(component or "", NEUTRAL)
        chosen = set(selection.replications) & set(comparison.dataset.replication.values.tolist())
        singles, means, whiskers, says = [], [], [], []
        reach = [1 / 1.05, 1.05]
        for y, (one, pairs) in shown.items():
            if not one.estimate.exists:
                says.append((y, "not comparable", NEUTRAL))
                continue
            lit = any(run_is_lit(comparison, selection, of, one.workload) for of in (a, b))
            opacity = 1.0 if lit else DIMMED
            singles += [
                (
                    value,
                    y,
                    index,
                    times(value),
                    (0.45 if not chosen else 1.0 if index in chosen else 0.15) * opacity,
                    10 if index in chosen else 6,
                )
                for index, value in pairs.items()
            ]
            means.append((one.ratio, y, times(one.ratio), confidence(one.estimate, times), opacity))
            if one.estimate.has_interval:
                whiskers.append((one.ci95[0], y, one.ci95[1], y, opacity))
            extent = [*pairs.values(), *(end for end in one.ci95 if not math.isnan(end))]
            says.append((y, _says(one), ink))
            reach += extent
        span, ticks = log_axis(min(reach), max(reach))
        whose = f" · {component}" if component else ""
        return figure(
            hv.VLine(1.0).opts(color=NEUTRAL, line_width=1.5)
            * hv.Segments(whiskers, ["x0", "y0", "x1", "y1"], "opacity").opts(
                color=ink, line_width=4, line_dash=dashes(comparison.kind), alpha="opacity"
            )
            * hv.Points(singles, ["x", "y"], ["pair", "value", "opacity", "size"]).opts(
                color=ink,
                size="size",
                fill_alpha="opacity",
                line_alpha=0,
                tools=["hover"],
                hover_tooltips=[("replication", "@pair"), ("ratio", "@value")],
            )
            * hv.Points(means, ["x", "y"], ["value", "spread", "opacity"]).opts(
                color="white",
                line_color=ink,
                line_width=3,
                line_alpha="opacity",
                size=12,
                tools=["hover"],
                hover_tooltips=[("ratio", "@value"), ("", "@spread")],
            )
            * labels(
                # Above its row, at the right end: there it fits, however narrow the plot is.
                [(span[1], y + _ABOVE, text, colour) for y, text, colour in says],
                align="right",
                size=14,
            ),
            name=f"ratio-{a}-{b}",
            title=f"{a} / {b}{whose}{_told(comparison, selection)} · {comparison.provenance}",
            height=100 + _ROW_PIXELS * max(len(shown), 1),
            brush="box",
            logx=True,
            xlim=span,
            ylim=(-0.6, len(shown) - 0.4),
            xticks=ticks,
            yticks=[(y, _row(one)) for y, (one, _) in shown.items()],
            xlabel=f"throughput of {a} / throughput of {b}",
            ylabel="",
        )

    def on_tap(_x: float, y: float) -> dict[str, str] | None:
        row = rows().get(round(y))
        return {"run": comparison.run_id(a, row[0].workload)} if row else None

    def on_brush(left: float, bottom: float, right: float, top: float) -> dict[str, Any] | None:
        found = {
            index
            for y, (_, pairs) in rows().items()
            for index, value in pairs.items()
            if left <= value <= right and bottom <= y <= top
        }
        return {"replications": tuple(sorted(found))} if found else None

    return linked(selection, draw, on_tap, on_brush)


def _told(comparison: Comparison, selection: Selection) -> str:
    if narrowed(comparison, selection).metrics == METRICS:
        return told(comparison, selection, but=["cores", "time"])
    return told(comparison, selection)


def _rows(part: Comparison, every: Comparison, a: str, b: str, component: str | None) -> _Rows:
    """Return each ratio with all single pairs by replication, by its place from below."""
    shown = [one for one in part.ratios(component) if (one.a, one.b) == (a, b)]
    return {y: (one, _pairs(every, one)) for y, one in enumerate(reversed(shown))}


def _pairs(comparison: Comparison, one: Ratio) -> dict[int, float]:
    above, below = (
        comparison.values(
            one.metric, variant, one.workload, phase=one.phase, component=one.component
        )
        for variant in (one.a, one.b)
    )
    return {
        int(replication): float(x / y)
        for replication, x, y in zip(
            comparison.dataset.replication.values, above, below, strict=True
        )
        if x > 0 and y > 0
    }


def _says(one: Ratio) -> str:
    ends = f" ({times(one.ci95[0])} to {times(one.ci95[1])})"
    return f"{times(one.ratio)}{ends if one.estimate.has_interval else ''}, n = {one.n}"


def _row(one: Ratio) -> str:
    where = one.workload if one.phase == one.workload else f"{one.workload} {one.phase}"
    return f"{where}, {METRIC_TITLES[one.metric]}"
