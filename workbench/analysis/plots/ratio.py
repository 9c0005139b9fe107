"""How two variants compare: paired ratio per workload and metric, on a log axis."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Any

import holoviews as hv
import numpy as np

from workbench.analysis.colours import NEUTRAL, component_colours
from workbench.analysis.labels import METRIC_TITLES, confidence, number
from workbench.analysis.plots.base import plot
from workbench.analysis.plots.drawing import DIMMED, dashes, figure, labels, linked, run_is_lit
from workbench.analysis.selection import Selection

if TYPE_CHECKING:
    from workbench.analysis.comparison import Comparison, Ratio

_TICKS = tuple(
    mantissa * 10.0**exponent for exponent in range(-3, 4) for mantissa in (1, 1.5, 2, 3, 5, 7)
)


@plot("ratio", "Paired ratio")
def ratio(comparison: Comparison, selection: Selection) -> Any:
    """Draw one figure per pair of variants; right of the line at 1, the first is faster.

    The big dot is the geometric mean over the pairs of replications, the
    whisker its 95 % confidence interval, small dots are the single pairs. With a component
    selected, its own ratio is drawn. A tap on a row selects the first variant's run.
    """
    pairs = [(a, b) for b, a in combinations(comparison.variants, 2)]
    plots = [_figure(comparison, selection, a, b) for a, b in pairs]
    if not plots:
        return hv.Div("<p>A ratio needs two variants of the same workload.</p>")
    return plots[0] if len(plots) == 1 else hv.Layout(plots).opts(shared_axes=False).cols(1)


def _figure(comparison: Comparison, selection: Selection, a: str, b: str) -> hv.DynamicMap:
    colours = component_colours(comparison.components)

    def rows() -> list[Ratio]:
        component = selection.component if selection.component in colours else None
        return [r for r in comparison.ratios(component) if (r.a, r.b) == (a, b)]

    def draw() -> hv.Overlay:
        shown = rows()
        component = shown[0].component if shown else None
        ink = colours.get(component or "", NEUTRAL)
        pairs, centres, whiskers = [], [], []
        values: list[tuple[float, float, str, str]] = []
        low, high = 0.9, 1.1
        for y, one in enumerate(reversed(shown)):
            if not one.estimate.exists:
                values.append((1.0, y, "  not comparable", NEUTRAL))
                continue
            lit = any(
                run_is_lit(comparison, selection, variant, one.workload) for variant in (a, b)
            )
            opacity = 1.0 if lit else DIMMED
            singles = _singles(comparison, one)
            pairs += [
                (single, y, index, f"{number(single)}×", opacity * 0.45)
                for index, single in enumerate(singles)
                if not math.isnan(single)
            ]
            ends = one.ci95 if one.estimate.has_interval else (one.ratio, one.ratio)
            whiskers.append((ends[0], y, ends[1], y, opacity))
            centres.append(
                (one.ratio, y, f"{number(one.ratio)}×", confidence(one.estimate), opacity)
            )
            low, high = (
                min(low, ends[0], float(np.nanmin(singles))),
                max(high, ends[1], float(np.nanmax(singles))),
            )
            values.append((one.ratio, y + 0.36, _says(one), ink))
        whose = f" · {component}" if component else ""
        reach = max(math.log(high), -math.log(low), math.log(1.2))
        span = (math.exp(-reach * 1.15), math.exp(reach * 1.15))
        if math.log(high) > 3 * -math.log(low):
            span = (min(low, 1 / 1.3) / 1.05, span[1])
        return figure(
            hv.VLine(1.0).opts(color=NEUTRAL, line_width=1.5)
            * hv.Segments(whiskers, ["x0", "y0", "x1", "y1"], "opacity").opts(
                color=ink, line_width=4, line_dash=dashes(comparison.kind), alpha="opacity"
            )
            * hv.Points(pairs, ["x", "y"], ["pair", "value", "opacity"]).opts(
                color=ink,
                size=6,
                fill_alpha="opacity",
                line_alpha=0,
                tools=["hover"],
                hover_tooltips=[("replication", "@pair"), ("ratio", "@value")],
            )
            * hv.Points(centres, ["x", "y"], ["value", "spread", "opacity"]).opts(
                color="white",
                line_color=ink,
                line_width=3,
                line_alpha="opacity",
                size=12,
                tools=["hover"],
                hover_tooltips=[("ratio", "@value"), ("", "@spread")],
            )
            * labels(values, size=13, bold=True),
            name=f"ratio-{a}-{b}",
            title=f"{a} / {b}{whose} · {comparison.provenance}",
            height=90 + 52 * max(len(shown), 1),
            logx=True,
            xlim=span,
            ylim=(-0.5, len(shown) - 0.25),
            xticks=[(tick, f"{tick:g}×") for tick in _ticks(*span)],
            yticks=[(y, _row(one)) for y, one in enumerate(reversed(shown))],
            xlabel=f"throughput of {a} / throughput of {b}",
            ylabel="",
        )

    def on_tap(_x: float, y: float) -> dict[str, str] | None:
        shown = rows()
        row = len(shown) - 1 - round(y)
        if not 0 <= row < len(shown):
            return None
        return {"run": comparison.run_id(a, shown[row].workload)}

    return linked(selection, draw, on_tap)


def _singles(comparison: Comparison, one: Ratio) -> Any:
    above, below = (
        comparison.values(
            one.metric, variant, one.workload, phase=one.phase, component=one.component
        )
        for variant in (one.a, one.b)
    )
    usable = (above > 0) & (below > 0)
    return np.where(usable, above, np.nan) / np.where(usable, below, np.nan)


def _says(one: Ratio) -> str:
    spread = (
        f"({number(one.ci95[0])} to {number(one.ci95[1])})" if one.estimate.has_interval else ""
    )
    return f"{number(one.ratio)}× {spread} n = {one.n}"


def _row(one: Ratio) -> str:
    where = one.workload if one.phase == one.workload else f"{one.workload} {one.phase}"
    return f"{where}, {METRIC_TITLES[one.metric]}"


def _ticks(low: float, high: float) -> list[float]:
    inside = [tick for tick in _TICKS if low <= tick <= high]
    return (
        inside
        if len(inside) <= 8
        else [tick for tick in inside if tick in {0.1, 1.0, 10.0} or f"{tick:g}"[0] in "125"]
    )
