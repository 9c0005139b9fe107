"""Where the cores' time went: the accounting buckets, stacked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import holoviews as hv
import xarray as xr

from workbench.analysis.colours import BUCKET_COLOURS, NEUTRAL, text_colour
from workbench.analysis.labels import BUCKET_TITLES, number
from workbench.analysis.narrowing import narrowed, told
from workbench.analysis.plots.base import plot
from workbench.analysis.plots.drawing import (
    DIMMED,
    boxes,
    figure,
    labels,
    linked,
    lit_component,
    per_workload,
    run_is_lit,
)
from workbench.analysis.selection import Selection

if TYPE_CHECKING:
    from workbench.analysis.comparison import Comparison

By = Literal["run", "component", "core"]

_SHOWN = {"where": "where", "went to": "bucket", "share": "share", "time": "time"}
_BAR = 0.4  # half the height of a bar; bars are one apart


@plot("accounting", "Where the time went")
def accounting(
    comparison: Comparison,
    selection: Selection,
    *,
    workload: str | None = None,
    by: By = "run",
    share: bool = True,
) -> Any:
    """Draw one figure per workload: core time by bucket, as a share or in core-seconds.

    `by` run or component stacks one bar for each, `by` core one column per
    core. With a component, replications, cores or a span of time selected, the bars tell of
    those only. A tap selects the run, component or core; a box the cores in it.
    """
    figure_of = _columns if by == "core" else _bars
    return per_workload(
        comparison, workload, lambda name: figure_of(comparison, selection, name, by, share)
    )


def _bars(
    comparison: Comparison, selection: Selection, workload: str, by: By, share: bool
) -> hv.DynamicMap:
    keys = _keys(comparison, workload, by)

    @lru_cache(maxsize=2)
    def spent_of(part: Comparison, chosen: str | None) -> dict[tuple[str, str | None], Any]:
        return {key: part.accounting(key[0], workload, component=key[1] or chosen) for key in keys}

    def draw() -> hv.Overlay:
        chosen = lit_component(comparison, selection) if by == "run" else None
        whose = (f" · {chosen}" if chosen else "") + told(comparison, selection)
        spent = spent_of(narrowed(comparison, selection), chosen)
        totals = {key: sum(v for v in times.values() if v > 0) for key, times in spent.items()}
        longest = max(totals.values(), default=0.0) or 1.0
        rows, texts, ends = [], [], []
        for y, key in enumerate(reversed(keys)):
            variant, component = key
            lit = run_is_lit(comparison, selection, variant, workload) and (
                by == "run" or selection.component in (None, component)
            )
            unit = (totals[key] or 1.0) / 100 if share else 1.0
            stack = _stack(spent[key], totals[key], unit)
            for box, left, right in stack:
                rows.append(
                    box
                    | {
                        "x0": left,
                        "x1": right,
                        "y0": y - _BAR,
                        "y1": y + _BAR,
                        "where": " ".join(filter(None, key)),
                        "opacity": 1.0 if lit else DIMMED,
                    }
                )
                room = (right - left) / (100 if share else longest) * 100
                texts.append(
                    ((left + right) / 2, y, _fitting(box, room), text_colour(box["colour"]))
                )
            if not share:
                ends.append((totals[key], y, f" {number(totals[key])} core-s", NEUTRAL))
        return figure(
            boxes(rows, _SHOWN, kind=comparison.kind)
            * labels((text for text in texts if text[2]), size=13)
            * labels(ends, align="left", size=13, bold=True),
            name=f"accounting-{workload}",
            title=f"{workload}{whose} · {comparison.provenance}",
            height=100 + 46 * len(keys),
            xlim=(0, 100 if share else longest * 1.16),
            ylim=(-0.6, len(keys) - 0.4),
            yticks=[(y, " · ".join(filter(None, key))) for y, key in enumerate(reversed(keys))],
            xlabel="share of core time in %" if share else "core-seconds",
            ylabel="",
        )

    def on_tap(_x: float, y: float) -> dict[str, str] | None:
        row = len(keys) - 1 - round(y)
        if not 0 <= row < len(keys):
            return None
        variant, component = keys[row]
        if component:
            return {"component": component}
        return {"run": comparison.run_id(variant, workload)}

    return linked(selection, draw, on_tap)


def _columns(
    comparison: Comparison, selection: Selection, workload: str, _by: By, share: bool
) -> hv.DynamicMap:
    variants = [variant for variant, name in comparison.runs if name == workload]
    cores = [int(core) for core in comparison.dataset.core.values]

    @lru_cache(maxsize=2)
    def spent_of(part: Comparison) -> dict[str, xr.DataArray]:
        return {variant: part.core_seconds(variant, workload) for variant in variants}

    def draw() -> hv.Overlay:
        spent = spent_of(narrowed(comparison, selection, but=["cores"]))
        longest = max(float(times.sum("bucket").max()) for times in spent.values()) or 1.0
        chosen = set(selection.cores) & set(cores) or set(cores)
        rows = []
        for y, variant in enumerate(reversed(variants)):
            lit = run_is_lit(comparison, selection, variant, workload)
            for core in map(int, spent[variant].core.values):
                times = {
                    str(bucket): float(value)
                    for bucket, value in spent[variant].sel(core=core).to_series().items()
                }
                total = sum(v for v in times.values() if v > 0) or 1.0
                rows += [
                    box
                    | {
                        "x0": core + 0.06,
                        "x1": core + 0.94,
                        "y0": y + bottom,
                        "y1": y + top,
                        "where": f"{variant}, core {core}",
                        "opacity": 1.0 if lit and core in chosen else DIMMED,
                    }
                    for box, bottom, top in _stack(
                        times, total, (total if share else longest) / 0.86
                    )
                ]
        return figure(
            hv.Overlay([boxes(rows, _SHOWN, kind=comparison.kind)]),
            name=f"accounting-{workload}",
            title=f"{workload} per core{told(comparison, selection, but=['cores'])} · "
            f"{comparison.provenance}",
            brush="width",
            height=110 + 90 * len(variants),
            xlim=(-0.2, max(cores) + 1.2),
            ylim=(-0.05, len(variants)),
            yticks=[(y + 0.43, variant) for y, variant in enumerate(reversed(variants))],
            xlabel="core",
            ylabel="",
        )

    def on_tap(x: float, _y: float) -> dict[str, Any] | None:
        return {"cores": (math.floor(x),)} if math.floor(x) in cores else None

    def on_brush(left: float, _bottom: float, right: float, _top: float) -> dict[str, Any] | None:
        found = tuple(core for core in cores if left < core + 0.5 < right)
        return {"cores": found} if found else None

    return linked(selection, draw, on_tap, on_brush)


def _keys(comparison: Comparison, workload: str, by: By) -> list[tuple[str, str | None]]:
    """Return what has a bar: each variant, or each component of each variant."""
    variants = [variant for variant, name in comparison.runs if name == workload]
    if by == "run":
        return [(variant, None) for variant in variants]
    return [
        (variant, component)
        for variant in variants
        for component in comparison.components
        if any(
            v > 0 for v in comparison.accounting(variant, workload, component=component).values()
        )
    ]


def _stack(
    times: Mapping[str, float], total: float, unit: float
) -> list[tuple[dict[str, Any], float, float]]:
    """Return a box with its two ends for each bucket that has any time."""
    boxes_, end = [], 0.0
    for bucket, seconds in times.items():
        if not seconds > 0:
            continue
        begin, end = end, end + seconds / unit
        box = {
            "bucket": BUCKET_TITLES[bucket],
            "colour": BUCKET_COLOURS[bucket],
            "share": f"{seconds / total:.1%}",
            "time": f"{number(seconds)} core-s",
        }
        boxes_.append((box, begin, end))
    return boxes_


def _fitting(box: Mapping[str, Any], room: float) -> str:
    """Return the longest label that fits into `room` percent of the figure's width."""
    part = box["share"].replace(".0%", "%")
    for text in (f"{box['bucket']} {part}", part):
        if len(text) * 0.95 < room:
            return text
    return ""
