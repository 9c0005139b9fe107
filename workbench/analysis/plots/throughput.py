"""Throughput of each variant in all three metrics, with every replication visible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import holoviews as hv
import numpy as np
from numpy.typing import NDArray

from workbench.analysis.colours import NEUTRAL, component_colours
from workbench.analysis.comparison import UNIT
from workbench.analysis.labels import METRIC_TITLES, confidence, number, scale
from workbench.analysis.plots.base import plot
from workbench.analysis.plots.drawing import (
    DIMMED,
    boxes,
    dashes,
    figure,
    highlighted,
    labels,
    linked,
    per_workload,
    run_is_lit,
)
from workbench.analysis.selection import Selection
from workbench.results.schema import METRICS
from workbench.results.statistics import Estimate, mean

if TYPE_CHECKING:
    from workbench.analysis.comparison import Comparison

_HALF = 0.38  # of a bar's width; bars are one apart


@dataclass(frozen=True)
class _Bar:
    """One run in one metric; values in op/s."""

    metric: str
    variant: str
    x: float
    totals: NDArray[np.float64]
    parts: dict[str, NDArray[np.float64]]

    def shown(self, component: str | None) -> NDArray[np.float64]:
        """Return the replications to draw as points: the selected component's, else the totals."""
        return self.parts.get(component or "", self.totals)

    def stack(self, first: str | None) -> list[tuple[str, Estimate, float]]:
        """Components with their mean and the lower edge of their segment, `first` at the bottom."""
        segments, bottom = [], 0.0
        for name in sorted(self.parts, key=lambda name: name != first):
            estimate = mean(self.parts[name])
            if estimate.exists:
                segments.append((name, estimate, bottom))
                bottom += estimate.value
        return segments


@plot("throughput", "Throughput")
def throughput(comparison: Comparison, selection: Selection, *, workload: str | None = None) -> Any:
    """Draw one figure per workload: the three metrics side by side on one axis.

    A bar is the mean total, stacked by component; dots are single replications
    and the whisker is the 95 % confidence interval. With a component selected, its part stands
    at the bottom, and dots and whisker are its own. A tap on a segment selects the component,
    a tap above a bar the run.
    """
    return per_workload(comparison, workload, lambda name: _figure(comparison, selection, name))


def _figure(comparison: Comparison, selection: Selection, workload: str) -> hv.DynamicMap:
    bars = _bars(comparison, workload)
    colours = component_colours(comparison.components)
    top = max((float(np.nanmax(bar.totals, initial=0.0)) for bar in bars), default=1.0) or 1.0
    factor, prefix = scale(top)
    room = 0.6 + 0.16 * max(map(len, comparison.components))  # for the components' names
    ends = (-0.6, max(bar.x for bar in bars) + room)

    def draw() -> hv.Overlay:
        component = selection.component if selection.component in colours else None
        segments, dots, whiskers, values = [], [], [], []
        for bar in bars:
            lit = run_is_lit(comparison, selection, bar.variant, workload)
            bright = highlighted(comparison, selection, bar.variant, workload)
            for name, estimate, bottom in bar.stack(component):
                segments.append(
                    {
                        "x0": bar.x - _HALF,
                        "x1": bar.x + _HALF,
                        "y0": bottom / factor,
                        "y1": (bottom + estimate.value) / factor,
                        "colour": colours[name],
                        "opacity": 1.0 if lit and name in bright else DIMMED,
                        "component": name,
                        "variant": bar.variant,
                        "metric": METRIC_TITLES[bar.metric],
                        "value": f"{number(estimate.value / factor)} {prefix} {UNIT}",
                        "spread": confidence(estimate, lambda value: number(value / factor)),
                    }
                )
            shown = bar.shown(component)
            estimate = mean(shown)
            if not estimate.exists:
                continue
            spread = np.linspace(-0.26, 0.26, shown.size) if shown.size > 1 else np.zeros(1)
            dots += [
                (bar.x + dx, value / factor, f"{number(value / factor, 4)} {prefix} {UNIT}", i)
                for i, (dx, value) in enumerate(zip(spread, shown, strict=True))
                if not np.isnan(value)
            ]
            highest = float(np.nanmax(shown))
            if estimate.has_interval:
                whiskers.append((bar.x, estimate.low / factor, bar.x, estimate.high / factor))
                highest = max(highest, estimate.high)
            values.append(
                (bar.x, (highest + 0.035 * top) / factor, number(estimate.value / factor))
            )
        ink = colours.get(component or "", NEUTRAL)
        whisker = hv.Segments(whiskers, ["x0", "y0", "x1", "y1"])
        return figure(
            boxes(
                segments,
                {
                    "component": "component",
                    "variant": "variant",
                    "metric": "metric",
                    "mean": "value",
                    "": "spread",
                },
                kind=comparison.kind,
            )
            * hv.Points(dots, ["x", "y"], ["value", "replication"]).opts(
                color="white",
                line_color=NEUTRAL,
                size=6,
                tools=["hover"],
                hover_tooltips=[("replication", "@replication"), ("", "@value")],
            )
            # A dark line on a light one stands out from bars and pages of any colour.
            * whisker.clone().opts(color="white", line_width=6)
            * whisker.clone().opts(
                color="#222222", line_width=2.5, line_dash=dashes(comparison.kind)
            )
            * labels(
                ((*at, ink if component else NEUTRAL) for at in values),
                baseline="bottom",
                size=14,
                bold=True,
            )
            * labels(_headings(comparison, bars, workload, top / factor), size=13)
            * labels(_names(bars, component, colours, top, factor), align="left", size=13),
            name=f"throughput-{workload}",
            title=_title(comparison, bars, workload, component),
            height=340,
            xlim=ends,
            ylim=(0, 1.3 * top / factor),
            xticks=[(bar.x, bar.variant) for bar in bars],
            xlabel="",
            ylabel=f"{prefix} {UNIT}",
            xrotation=0 if len(bars) <= 6 else 30,
        )

    def on_tap(x: float, y: float) -> dict[str, str] | None:
        bar = next((bar for bar in bars if abs(bar.x - x) <= 0.5), None)
        if bar is None:
            return None
        component = selection.component if selection.component in colours else None
        for name, estimate, bottom in bar.stack(component):
            inside = bottom <= y * factor < bottom + estimate.value
            if inside and abs(bar.x - x) <= _HALF:
                return {"component": name}
        return {"run": comparison.run_id(bar.variant, workload)}

    return linked(selection, draw, on_tap)


def _bars(comparison: Comparison, workload: str) -> list[_Bar]:
    variants = [variant for variant, name in comparison.runs if name == workload]
    return [
        _Bar(
            metric,
            variant,
            group * (len(variants) + 0.7) + place,
            comparison.values(metric, variant, workload),
            {
                name: comparison.values(metric, variant, workload, component=name)
                for name in comparison.components
            },
        )
        for group, metric in enumerate(METRICS)
        for place, variant in enumerate(variants)
    ]


def _headings(
    comparison: Comparison, bars: list[_Bar], workload: str, top: float
) -> list[tuple[float, float, str, str]]:
    """Return the metrics' names above their bars, and what stands in for a missing bar."""
    places = []
    for metric in METRICS:
        group = [bar for bar in bars if bar.metric == metric]
        centre = sum(bar.x for bar in group) / len(group)
        places.append((centre, 1.22 * top, METRIC_TITLES[metric], NEUTRAL))
        places += [
            (bar.x, 0.05 * top, "no common\nwindow", NEUTRAL)
            for bar in group
            if metric == "throughput_window" and comparison.why_no_window(bar.variant, workload)
        ]
    return places


def _names(
    bars: list[_Bar], first: str | None, colours: dict[str, str], top: float, factor: float
) -> list[tuple[float, float, str, str]]:
    """Return the components' names beside the last bar, where a segment has room for one."""
    return [
        (bars[-1].x + _HALF + 0.07, (bottom + estimate.value / 2) / factor, name, colours[name])
        for name, estimate, bottom in bars[-1].stack(first)
        if estimate.value > 0.06 * top
    ]


def _title(comparison: Comparison, bars: list[_Bar], workload: str, component: str | None) -> str:
    sizes = sorted({mean(bar.totals).n for bar in bars} - {0})
    n = "–".join(map(str, dict.fromkeys((sizes[0], sizes[-1])))) if sizes else "0"
    whose = f" · {component}" if component else ""
    return f"{workload}{whose} · {comparison.provenance} · n = {n}"
