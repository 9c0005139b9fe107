"""Where the cores' time goes instead: the accounting of a variant less that of another."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import holoviews as hv
import numpy as np

from workbench.analysis.colours import BUCKET_COLOURS, NEUTRAL
from workbench.analysis.labels import BUCKET_TITLES, confidence, number
from workbench.analysis.narrowing import narrowed, told
from workbench.analysis.plots.base import plot
from workbench.analysis.plots.drawing import (
    DIMMED,
    boxes,
    dashes,
    figure,
    labels,
    linked,
    lit_component,
    run_is_lit,
)
from workbench.analysis.selection import Selection
from workbench.results.statistics import Estimate, mean

if TYPE_CHECKING:
    from workbench.analysis.comparison import Comparison

_BAR = 0.36  # half the height of a bar; bars are one apart


@plot("difference", "Where the time goes instead")
def difference(
    comparison: Comparison,
    selection: Selection,
    *,
    workload: str | None = None,
    share: bool = True,
) -> Any:
    """Draw one figure per workload and pair of variants: core time of one less the other's.

    By bucket, in percentage points of all core time, or in core-seconds; the whisker is the
    95 % interval over the pairs of replications. Of what is selected (component,
    replications, cores, span of time) only. A tap selects the run of the variant.
    """
    runs = set(comparison.runs)
    pairs = [
        (name, a, b)
        for name in ([workload] if workload else comparison.workloads)
        for a, b in comparison.pairs
        if {(a, name), (b, name)} <= runs
    ]
    plots = [_figure(comparison, selection, *pair, share) for pair in pairs]
    if not plots:
        return hv.Div("<p>A difference needs two variants of the same workload.</p>")
    return plots[0] if len(plots) == 1 else hv.Layout(plots).opts(shared_axes=False).cols(1)


def _figure(
    comparison: Comparison,
    selection: Selection,
    workload: str,
    variant: str,
    base: str,
    share: bool,
) -> hv.DynamicMap:
    @lru_cache(maxsize=2)
    def changes_of(part: Comparison, component: str | None) -> dict[str, Estimate]:
        return _changes(part, workload, base, variant, component, share)

    def draw() -> hv.Overlay:
        component = lit_component(comparison, selection)
        changes = changes_of(narrowed(comparison, selection), component)
        ends = [
            end
            for one in changes.values()
            for end in (one.value, one.low, one.high)
            if not np.isnan(end)
        ]
        reach = max(map(abs, ends), default=0.0) or 1.0
        unit = "points" if share else "core-s"
        lit = run_is_lit(comparison, selection, variant, workload)
        rows, whiskers, says = [], [], []
        for y, (bucket, one) in enumerate(reversed(changes.items())):
            value = f"{one.value:+.3g} {unit}"
            rows.append(
                {
                    "x0": min(one.value, 0.0),
                    "x1": max(one.value, 0.0),
                    "y0": y - _BAR,
                    "y1": y + _BAR,
                    "colour": BUCKET_COLOURS[bucket],
                    "opacity": 1.0 if lit else DIMMED,
                    "bucket": BUCKET_TITLES[bucket],
                    "value": value,
                    "spread": confidence(one, number),
                }
            )
            if one.has_interval:
                whiskers.append((one.low, y, one.high, y))
            most = max(one.value, one.high if one.has_interval else one.value, 0.0)
            says.append((most + 0.02 * reach, y, value, NEUTRAL))
        n = max((one.n for one in changes.values()), default=0)
        whose = (f" · {component}" if component else "") + told(comparison, selection)
        return figure(
            boxes(
                rows,
                {"went to": "bucket", "change": "value", "": "spread"},
                kind=comparison.kind,
            )
            * hv.VLine(0.0).opts(color=NEUTRAL, line_width=1.5)
            * hv.Segments(whiskers, ["x0", "y0", "x1", "y1"]).opts(
                color="#222222", line_width=2.5, line_dash=dashes(comparison.kind)
            )
            * labels(says, align="left", size=13),
            name=f"difference-{workload}-{variant}-{base}",
            title=f"{workload} · {variant} less {base}{whose} · {comparison.provenance} · n = {n}",
            height=100 + 30 * max(len(changes), 1),
            xlim=(-1.1 * reach, 1.45 * reach),
            ylim=(-0.6, max(len(changes), 1) - 0.4),
            yticks=[(y, BUCKET_TITLES[name]) for y, name in enumerate(reversed(changes))],
            xlabel="percentage points of core time" if share else "core-seconds",
            ylabel="",
        )

    def on_tap(_x: float, _y: float) -> dict[str, str] | None:
        return {"run": comparison.run_id(variant, workload)}

    return linked(selection, draw, on_tap)


def _changes(
    part: Comparison, workload: str, base: str, variant: str, component: str | None, share: bool
) -> dict[str, Estimate]:
    """Return how much more went to each bucket, pair by pair; buckets without any are left out."""
    before, after = (
        part.accounting_of_each(one, workload, component=component) for one in (base, variant)
    )
    if share:
        before, after = (100 * one / one.sum("bucket").where(lambda s: s > 0)
                         for one in (before, after))  # fmt: skip
    found = {}
    for bucket in part.buckets:
        left, right = (one.sel(bucket=bucket).values for one in (before, after))
        if np.nansum(left) > 0 or np.nansum(right) > 0:
            found[bucket] = mean(right - left)
    return found
