"""Predictions over measurements, on log axes: on the diagonal they agree."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import holoviews as hv

from workbench.analysis.colours import NEUTRAL, component_colours
from workbench.analysis.labels import METRIC_TITLES, confidence, in_unit, times
from workbench.analysis.plots.drawing import figure

if TYPE_CHECKING:
    from workbench.analysis.validation import Cell, Validation

__all__ = ["validation"]

_OFF = 1.25
"""The dotted lines: predicted a quarter too fast, and as much too slow."""


def validation(found: Validation) -> Any:
    """Draw throughputs and, where there are any, ratios; one dot per workload and variant.

    Hollow dots are predictions over what was measured; the whisker along the measured
    axis is the 95 % confidence interval of the measurement.
    """
    from workbench.analysis.validation import METRIC  # noqa: PLC0415 - it draws itself with this

    plots = [_figure("throughput", found.throughputs, METRIC, in_unit)]
    if found.ratios:
        plots.append(_figure("ratio", found.ratios, METRIC, times))
    return plots[0] if len(plots) == 1 else hv.Layout(plots).opts(shared_axes=False).cols(1)


def _figure(what: str, cells: tuple[Cell, ...], metric: str, show: Any) -> hv.Overlay:
    colours = component_colours(dict.fromkeys(cell.workload for cell in cells))
    values = [value for cell in cells for value in (cell.predicted.value, cell.measured.value)]
    values += [end for cell in cells for end in cell.measured.ends or () if end > 0]
    low, high = min(values) / 1.3, max(values) * 1.3
    diagonal = hv.Curve([(low, low), (high, high)]).opts(color=NEUTRAL, line_width=1.5)
    beside = [
        hv.Curve([(low, low * by), (high, high * by)]).opts(
            color=NEUTRAL, line_width=1, line_dash="dotted"
        )
        for by in (_OFF, 1 / _OFF)
    ]
    overlay = diagonal * beside[0] * beside[1]
    for workload, colour in colours.items():
        own = [cell for cell in cells if cell.workload == workload]
        whiskers = [
            (max(cell.measured.low, low), cell.predicted.value, cell.measured.high,
             cell.predicted.value)
            for cell in own
            if cell.measured.has_interval
        ]  # fmt: skip
        dots = [
            (
                cell.measured.value,
                cell.predicted.value,
                cell.label,
                show(cell.predicted.value),
                f"{show(cell.measured.value)} ({confidence(cell.measured, show)})",
                f"{cell.error:+.0%}",
            )
            for cell in own
        ]
        overlay *= hv.Segments(whiskers, ["x0", "y0", "x1", "y1"]).opts(color=colour, line_width=2)
        overlay *= hv.Points(
            dots, ["x", "y"], ["what", "predicted", "measured", "error"], label=workload
        ).opts(
            color="white",
            line_color=colour,
            line_width=2.5,
            size=11,
            tools=["hover"],
            hover_tooltips=[
                ("", "@what"),
                ("predicted", "@predicted"),
                ("measured", "@measured"),
                ("error", "@error"),
            ],
        )
    ticks = _ticks(low, high, show)
    return figure(
        overlay,
        name=f"validation-{what}",
        title=f"Predicted over measured: {what}, {METRIC_TITLES[metric]}",
        height=420,
        logx=True,
        logy=True,
        xlim=(low, high),
        ylim=(low, high),
        xticks=ticks,
        yticks=ticks,
        xlabel=f"measured {what}",
        ylabel=f"predicted {what}",
        show_legend=True,
        legend_position="bottom_right",
    )


def _ticks(low: float, high: float, show: Any) -> list[tuple[float, str]]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if high / low < 300 else (1,)
    values = [step * 10.0**power for power in powers for step in steps]
    return [(value, show(value)) for value in values if low <= value <= high]
