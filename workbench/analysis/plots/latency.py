"""How long operations took: the distribution of each variant, with its percentiles."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import holoviews as hv
import numpy as np
from numpy.typing import NDArray

from workbench.analysis.colours import NEUTRAL, PALETTE
from workbench.analysis.labels import number
from workbench.analysis.narrowing import narrowed, told
from workbench.analysis.plots.base import plot
from workbench.analysis.plots.drawing import (
    DIMMED,
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

if TYPE_CHECKING:
    from workbench.analysis.comparison import Comparison

__all__ = ["PERCENTILES", "latency", "percentile"]

PERCENTILES = (0.5, 0.95, 0.99)
_NO_CORES = ("replications", "time")


@plot("latency", "Latency")
def latency(comparison: Comparison, selection: Selection, *, workload: str | None = None) -> Any:
    """Draw one figure per workload: the part of operations that took at most so long.

    Of all replications together or the selected ones; of one component where one is selected,
    or of those that held a selected core. Marks are the 50th, 95th and 99th percentile. A tap
    selects the nearest variant's run.
    """
    return per_workload(comparison, workload, lambda name: _figure(comparison, selection, name))


def percentile(edges: NDArray[np.float64], counts: NDArray[np.float64], part: float) -> float:
    """Return a percentile of a histogram, in the edges' unit; NaN where it is empty.

    Within a bin the logarithm of the latency is taken to be evenly spread, so the error is
    at most a bin: a factor of 2 ** (1 / 4).
    """
    total = counts.sum()
    if not total > 0:
        return float("nan")
    after = np.cumsum(counts) / total
    bin_ = int(np.searchsorted(after, part))
    before = after[bin_ - 1] if bin_ else 0.0
    inside = (part - before) / max(after[bin_] - before, 1e-300)
    width = np.log(edges[1] / edges[0])
    return float(edges[bin_] * np.exp((inside - 1) * width))


def _figure(comparison: Comparison, selection: Selection, workload: str) -> hv.DynamicMap:
    variants = [variant for variant, name in comparison.runs if name == workload]
    phase = comparison.phase(workload)
    edges = comparison.dataset.latency_bin.values

    names = list(comparison.components)

    @lru_cache(maxsize=2 * len(variants))
    def table_of(part: Comparison, variant: str) -> NDArray[np.float64]:
        found = part.run(variant, workload).latency_count.sel(phase=phase).sum("replication")
        return np.asarray(np.nan_to_num(found.transpose("component", "latency_bin").values))

    def counts(variant: str) -> NDArray[np.float64]:
        table = table_of(narrowed(comparison, selection, but=["cores", "time"]), variant)
        shown = highlighted(comparison, selection, variant, workload)
        return np.asarray(table[[name in shown for name in names]].sum(axis=0))

    def draw() -> hv.Overlay:
        parts, marks, told_of = [], [], []
        for index, variant in enumerate(variants):
            spread = counts(variant)
            if not spread.sum() > 0:
                continue
            colour = PALETTE[index % len(PALETTE)]
            lit = run_is_lit(comparison, selection, variant, workload)
            alpha = 1.0 if lit else DIMMED
            there = np.flatnonzero(spread)
            reach = slice(max(there[0] - 1, 0), there[-1] + 1)
            after = np.cumsum(spread)[reach] / spread.sum()
            curve = hv.Curve((edges[reach] * 1e6, after * 100), "us", "part").opts(
                color=colour, line_width=2.5, line_dash=dashes(comparison.kind), alpha=alpha
            )
            parts.append(curve)
            for part in PERCENTILES:
                at = percentile(edges, spread, part) * 1e6
                marks.append((at, part * 100, colour, alpha, variant, f"{number(at)} µs"))
            numbers = " / ".join(
                number(percentile(edges, spread, part) * 1e6) for part in PERCENTILES
            )
            told_of.append((f"{variant}: {numbers} µs", colour))
        if not parts:
            parts = [hv.Curve([], "us", "part")]
        points = hv.Points(marks, ["x", "y"], ["colour", "alpha", "variant", "value"]).opts(
            color="colour",
            alpha="alpha",
            size=9,
            tools=["hover"],
            hover_tooltips=[("variant", "@variant"), ("percentile", "@y"), ("", "@value")],
        )
        component = lit_component(comparison, selection)
        whose = f" · {component}" if component else ""
        if selection.cores and not component:
            whose = f" · components on {told(comparison, selection, but=_NO_CORES)[3:]}"
        whose += told(comparison, selection, but=["cores", "time"])
        whose += " · whole run" if selection.time and comparison.has_slots else ""
        start = min((mark[0] for mark in marks), default=1.0) / 3
        placed = [(start, 96 - 9 * row, text, ink) for row, (text, ink) in enumerate(told_of)]
        heading = (start, 96 - 9 * len(told_of), "p50 / p95 / p99", NEUTRAL)
        return figure(
            hv.Overlay([*parts, points, labels([*placed, heading], align="left")]),
            name=f"latency-{workload}",
            title=f"{workload}{whose} · {comparison.provenance}",
            height=320,
            logx=True,
            xlim=(start / 1.2, None),
            ylim=(0, 104),
            xlabel="latency (µs)",
            ylabel="% of operations",
        )

    def on_tap(x: float, y: float) -> dict[str, str] | None:
        best: tuple[float, str] | None = None
        for variant in variants:
            at = percentile(edges, counts(variant), min(max(y / 100, 0.001), 0.999)) * 1e6
            far = abs(np.log(max(x, 1e-9) / at)) if at > 0 else np.inf
            if far < 0.5 and (best is None or far < best[0]):
                best = (far, variant)
        return None if best is None else {"run": comparison.run_id(best[1], workload)}

    return linked(selection, draw, on_tap)
