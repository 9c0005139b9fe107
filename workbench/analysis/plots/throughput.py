"""Throughput of each variant in all three metrics, with every replication visible."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import holoviews as hv
import numpy as np
from numpy.typing import NDArray

from workbench.analysis.colours import NEUTRAL, component_colours
from workbench.analysis.labels import METRIC_TITLES, UNIT, confidence, number, scale
from workbench.analysis.narrowing import narrowed, told
from workbench.analysis.plots.base import plot
from workbench.analysis.plots.drawing import (
    DIMMED,
    boxes,
    dashes,
    figure,
    highlighted,
    labels,
    linked,
    lit_component,
    per_workload,
    run_is_lit,
)
from workbench.analysis.selection import Selection
from workbench.results.schema import METRICS
from workbench.results.statistics import Estimate, mean

if TYPE_CHECKING:
    from workbench.analysis.comparison import Comparison

_HALF = 0.38  # of a bar's width; bars are one apart
_SPREAD = 0.26  # of the dots around the middle of a bar
_NEAR = 0.04  # how far from a dot, as a part of the axis, a tap still is on it


@dataclass(frozen=True)
class _Bar:
    """One run in one metric; values in op/s.

    ``totals``, ``luck`` and ``parts`` (by component) are of the selected replications, ``dots``
    (by component, None for all together) of every one.
    """

    metric: str
    variant: str
    x: float
    totals: NDArray[np.float64]
    luck: NDArray[np.float64]
    parts: dict[str, NDArray[np.float64]]
    dots: dict[str | None, NDArray[np.float64]]

    def shown(self, component: str | None) -> Estimate:
        """Return what the whisker is of: the selected component's values, else the totals."""
        return mean(self.parts.get(component or "", self.totals), self.luck)

    def stack(self, first: str | None) -> list[tuple[str, Estimate, float]]:
        """Components with their mean and the lower edge of their segment, `first` at the bottom."""
        segments, bottom = [], 0.0
        for name in sorted(self.parts, key=lambda name: name != first):
            estimate = mean(self.parts[name], self.luck)
            if estimate.exists:
                segments.append((name, estimate, bottom))
                bottom += estimate.value
        return segments

    def places(self, component: str | None) -> list[tuple[float, float, int]]:
        """Return where the dots are, with the place of each among the replications."""
        values = self.dots[component]
        spread = np.linspace(-_SPREAD, _SPREAD, values.size) if values.size > 1 else np.zeros(1)
        return [
            (self.x + float(dx), float(value), place)
            for place, (dx, value) in enumerate(zip(spread, values, strict=True))
            if not np.isnan(value)
        ]


@dataclass(frozen=True)
class _View:
    """The bars of a workload, and the scale they are drawn in."""

    part: Comparison
    bars: list[_Bar]
    top: float
    factor: float
    prefix: str

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics there are bars of."""
        return tuple(dict.fromkeys(bar.metric for bar in self.bars))

    def text(self, value: float, digits: int = 3) -> str:
        """Return a throughput with its unit."""
        return f"{number(value / self.factor, digits)} {self.prefix} {UNIT}"


@plot("throughput", "Throughput")
def throughput(comparison: Comparison, selection: Selection, *, workload: str | None = None) -> Any:
    """Draw one figure per workload: the three metrics side by side on one axis.

    A bar is the mean total, stacked by component; dots are single replications
    and the whisker is the 95 % confidence interval. With a component selected, its part stands
    at the bottom, and dots and whisker are its own. With replications selected, bars are of
    those only; with cores or a span of time, of the operations that ended there and then. A
    tap on a dot selects the replication, on a segment the component, above a bar the run;
    a box selects the replications whose dots are in it.
    """
    return per_workload(comparison, workload, lambda name: _figure(comparison, selection, name))


def _figure(comparison: Comparison, selection: Selection, workload: str) -> hv.DynamicMap:
    colours = component_colours(comparison.components)
    numbers = [int(number) for number in comparison.dataset.replication.values]

    @lru_cache(maxsize=2)
    def view_of(part: Comparison, every: Comparison) -> _View:
        return _view(part, every, workload)

    def view() -> _View:
        return view_of(
            narrowed(comparison, selection), narrowed(comparison, selection, but=["replications"])
        )

    def draw() -> hv.Overlay:
        seen = view()
        component = lit_component(comparison, selection)
        ink = colours[component] if component else NEUTRAL
        whiskers, values = _means(seen, component)
        whisker = hv.Segments(whiskers, ["x0", "y0", "x1", "y1"])
        top, factor = seen.top, seen.factor
        return figure(
            boxes(
                _segments(comparison, selection, seen, workload),
                {
                    "component": "component",
                    "variant": "variant",
                    "metric": "metric",
                    "mean": "value",
                    "": "spread",
                },
                kind=comparison.kind,
            )
            * hv.Points(
                _dots(seen, component, numbers, selection),
                ["x", "y"],
                ["value", "replication", "size", "opacity"],
            ).opts(
                color="white",
                line_color=NEUTRAL,
                size="size",
                alpha="opacity",
                tools=["hover"],
                hover_tooltips=[("replication", "@replication"), ("", "@value")],
            )
            # A dark line on a light one stands out from bars and pages of any colour.
            * whisker.clone().opts(color="white", line_width=6)
            * whisker.clone().opts(
                color="#222222", line_width=2.5, line_dash=dashes(comparison.kind)
            )
            * labels(((*at, ink) for at in values), baseline="bottom", size=14, bold=True)
            * labels(_headings(seen, workload), size=13)
            * labels(_names(seen.bars, component, colours, top, factor), align="left", size=13),
            name=f"throughput-{workload}",
            title=_title(comparison, selection, seen, workload),
            height=340,
            brush="box",
            xlim=(
                -0.6,
                # The components' names need room.
                max(bar.x for bar in seen.bars) + 0.6 + 0.16 * max(map(len, colours)),
            ),
            ylim=(0, 1.3 * top / factor),
            xticks=[(bar.x, bar.variant) for bar in seen.bars],
            xlabel="",
            ylabel=f"{seen.prefix} {UNIT}",
            xrotation=0 if len(seen.bars) <= 6 else 30,
        )

    def on_tap(x: float, y: float) -> dict[str, Any] | None:
        seen, component = view(), lit_component(comparison, selection)
        for bar in seen.bars:
            for dot_x, dot_y, place in bar.places(component):
                near = abs(dot_y / seen.factor - y) <= _NEAR / 2 * 1.3 * seen.top / seen.factor
                if near and abs(dot_x - x) <= _NEAR:
                    return {"replications": (numbers[place],)}
        bar_hit = next((bar for bar in seen.bars if abs(bar.x - x) <= 0.5), None)
        if bar_hit is None:
            return None
        for name, estimate, bottom in bar_hit.stack(component):
            inside = bottom <= y * seen.factor < bottom + estimate.value
            if inside and abs(bar_hit.x - x) <= _HALF:
                return {"component": name}
        return {"run": comparison.run_id(bar_hit.variant, workload)}

    def on_brush(left: float, bottom: float, right: float, top: float) -> dict[str, Any] | None:
        seen, component = view(), lit_component(comparison, selection)
        found = {
            numbers[place]
            for bar in seen.bars
            for x, y, place in bar.places(component)
            if left <= x <= right and bottom <= y / seen.factor <= top
        }
        return {"replications": tuple(sorted(found))} if found else None

    return linked(selection, draw, on_tap, on_brush)


def _view(part: Comparison, every: Comparison, workload: str) -> _View:
    variants = [variant for variant, name in every.runs if name == workload]
    bars = [
        _Bar(
            metric,
            variant,
            group * (len(variants) + 0.7) + place,
            part.values(metric, variant, workload),
            part.luck(variant, workload),
            {
                name: part.values(metric, variant, workload, component=name)
                for name in part.components
            },
            {
                name: every.values(metric, variant, workload, component=name)
                for name in (None, *part.components)
            },
        )
        for group, metric in enumerate(part.metrics)
        for place, variant in enumerate(variants)
    ]
    highest = max((float(np.nanmax(bar.dots[None], initial=0.0)) for bar in bars), default=1.0)
    top = highest or 1.0
    return _View(part, bars, top, *scale(top))


def _segments(
    comparison: Comparison, selection: Selection, seen: _View, workload: str
) -> list[dict[str, Any]]:
    """Return the pieces that bars are stacked of."""
    colours = component_colours(comparison.components)
    segments = []
    for bar in seen.bars:
        lit = run_is_lit(comparison, selection, bar.variant, workload)
        bright = highlighted(comparison, selection, bar.variant, workload)
        for name, estimate, bottom in bar.stack(lit_component(comparison, selection)):
            segments.append(
                {
                    "x0": bar.x - _HALF,
                    "x1": bar.x + _HALF,
                    "y0": bottom / seen.factor,
                    "y1": (bottom + estimate.value) / seen.factor,
                    "colour": colours[name],
                    "opacity": 1.0 if lit and name in bright else DIMMED,
                    "component": name,
                    "variant": bar.variant,
                    "metric": METRIC_TITLES[bar.metric],
                    "value": seen.text(estimate.value),
                    "spread": confidence(estimate, lambda value: number(value / seen.factor)),
                }
            )
    return segments


def _dots(
    seen: _View, component: str | None, numbers: list[int], selection: Selection
) -> list[tuple[Any, ...]]:
    """Return the single replications; those that are selected stand out."""
    chosen = set(selection.replications) & set(numbers)
    dots = []
    for bar in seen.bars:
        for x, y, place in bar.places(component):
            picked = numbers[place] in chosen
            dots.append(
                (
                    x,
                    y / seen.factor,
                    seen.text(y, 4),
                    numbers[place],
                    11 if picked else 6,
                    1.0 if picked or not chosen else DIMMED,
                )
            )
    return dots


def _means(
    seen: _View, component: str | None
) -> tuple[list[tuple[float, float, float, float]], list[tuple[float, float, str]]]:
    """Return the intervals, and the means as texts above everything of their bar."""
    whiskers, values = [], []
    for bar in seen.bars:
        estimate = bar.shown(component)
        if not estimate.exists:
            continue
        highest = float(np.nanmax(bar.dots[component]))
        if estimate.has_interval:
            whiskers.append((bar.x, estimate.low / seen.factor, bar.x, estimate.high / seen.factor))
            highest = max(highest, estimate.high)
        values.append(
            (
                bar.x,
                (highest + 0.035 * seen.top) / seen.factor,
                number(estimate.value / seen.factor),
            )
        )
    return whiskers, values


def _headings(seen: _View, workload: str) -> list[tuple[float, float, str, str]]:
    """Return the metrics' names above their bars, and what stands in for a missing bar."""
    places = []
    top = seen.top / seen.factor
    for metric in seen.metrics:
        group = [bar for bar in seen.bars if bar.metric == metric]
        centre = sum(bar.x for bar in group) / len(group)
        places.append((centre, 1.22 * top, METRIC_TITLES[metric], NEUTRAL))
        places += [
            (bar.x, 0.05 * top, "no common\nwindow", NEUTRAL)
            for bar in group
            if metric == "throughput_window" and seen.part.why_no_window(bar.variant, workload)
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


def _title(comparison: Comparison, selection: Selection, seen: _View, workload: str) -> str:
    component = lit_component(comparison, selection)
    sizes = sorted({mean(bar.totals).n for bar in seen.bars} - {0})
    n = "–".join(map(str, dict.fromkeys((sizes[0], sizes[-1])))) if sizes else "0"
    whose = f" · {component}" if component else ""
    part = told(comparison, selection)
    if seen.part.metrics == METRICS and (selection.cores or selection.time):
        part = told(comparison, selection, but=["cores", "time"])
        part += " · whole run: operations were not counted by core and time"
    return f"{workload}{whose}{part} · {comparison.provenance} · n = {n}"
