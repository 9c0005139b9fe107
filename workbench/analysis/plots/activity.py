"""What happened when: throughput over time, or busy cores where operations were not timed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import holoviews as hv
import numpy as np
from numpy.typing import NDArray

from workbench.analysis.colours import NEUTRAL, PALETTE
from workbench.analysis.labels import UNIT, scale
from workbench.analysis.narrowing import narrowed, told
from workbench.analysis.plots.base import plot
from workbench.analysis.plots.drawing import (
    DIMMED,
    dashes,
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


@plot("activity", "Over time")
def activity(comparison: Comparison, selection: Selection, *, workload: str | None = None) -> Any:
    """Draw one figure per workload: a line per variant, from the start of the runs.

    Operations that ended in each slot of time, per second; where the runs did not count them
    by time, how many cores were held. Means over the selected or all replications that
    still ran, on the selected cores, of the selected component. A brush selects a span
    of time; a tap within it unselects it.
    """
    return per_workload(comparison, workload, lambda name: _figure(comparison, selection, name))


def _figure(comparison: Comparison, selection: Selection, workload: str) -> hv.DynamicMap:
    variants = [variant for variant, name in comparison.runs if name == workload]
    counted = "operations_in_slot" in comparison.dataset
    name = "operations_in_slot" if counted else "held_in_slot"

    @lru_cache(maxsize=4 * len(variants))
    def line_of(part: Comparison, variant: str, component: str | None) -> NDArray[np.float64]:
        slots = part.run(variant, workload)[name]
        slots = slots.sel(component=component) if component else slots.sum("component", min_count=1)
        width = _slot(part, variant, workload)
        return (slots.sum("core", min_count=1).mean("replication") / width).values.astype(float)

    def draw() -> hv.Overlay:
        part = narrowed(comparison, selection, but=["time"])
        component = lit_component(comparison, selection)
        lines = {variant: line_of(part, variant, component) for variant in variants}
        top = max((float(np.nanmax(line, initial=0.0)) for line in lines.values()), default=1.0)
        factor, prefix = scale(top) if counted else (1.0, "")
        parts: list[Any] = []
        if selection.time:
            parts.append(hv.VSpan(*(1e3 * end for end in selection.time)).opts(
                color=NEUTRAL, alpha=0.25
            ))  # fmt: skip
        names, end = [], 1.0
        for index, (variant, line) in enumerate(lines.items()):
            there = np.flatnonzero(~np.isnan(line))
            if not there.size:
                continue
            colour = PALETTE[index % len(PALETTE)]
            lit = run_is_lit(comparison, selection, variant, workload)
            starts = 1e3 * _slot(comparison, variant, workload) * np.arange(there[-1] + 2)
            steps = np.append(line[: there[-1] + 1], line[there[-1]]) / factor
            parts.append(
                hv.Curve((starts, steps), "ms", "rate").opts(
                    color=colour,
                    interpolation="steps-post",
                    line_width=2.5,
                    line_dash=dashes(comparison.kind),
                    alpha=1.0 if lit else DIMMED,
                )
            )
            end = max(end, float(starts[-1]))
            names.append((variant, colour))
        room = 1.3 * (top or 1.0) / factor
        places = [
            (0.99 * end, room * (0.96 - 0.085 * row), variant, colour)
            for row, (variant, colour) in enumerate(names)
        ]
        whose = (f" · {component}" if component else "") + told(comparison, selection)
        n = part.dataset.sizes["replication"]
        return figure(
            hv.Overlay([*parts, labels(places, align="right", bold=True)]),
            name=f"activity-{workload}",
            title=f"{workload}{whose} · {comparison.provenance} · n = {n}",
            height=260,
            brush="width",
            xlim=(0.0, end),
            ylim=(0.0, room),
            xlabel="time from the start of the run (ms)",
            ylabel=f"{prefix} {UNIT}" if counted else "cores held",
        )

    def on_tap(x: float, _y: float) -> dict[str, Any] | None:
        time = selection.time
        return {"time": time} if time and time[0] <= x / 1e3 <= time[1] else None

    def on_brush(left: float, _bottom: float, right: float, _top: float) -> dict[str, Any] | None:
        begin, end = (float(f"{max(end, 0.0) / 1e3:.6g}") for end in (left, right))
        return {"time": (begin, end)} if begin < end else None

    return linked(selection, draw, on_tap, on_brush)


def _slot(comparison: Comparison, variant: str, workload: str) -> float:
    """Return the length of a slot in s: the same for all runs of a workload."""
    run = comparison.run(variant, workload)
    return float(run.slot_seconds.max())
