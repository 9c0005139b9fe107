"""An attribution as a waterfall: from one variant to the other, cause by cause, on a log axis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import holoviews as hv

from workbench.analysis.colours import NEUTRAL
from workbench.analysis.labels import METRIC_TITLES, confidence, times
from workbench.analysis.plots.drawing import boxes, dashes, figure, labels, log_axis

if TYPE_CHECKING:
    from workbench.analysis.explanation import Attribution, Explanation

__all__ = ["waterfall"]

_KIND = "simulation"
_FASTER = "#009e73"
_SLOWER = "#d55e00"


def waterfall(attribution: Attribution, metric: str) -> Any:
    """Draw how the ratio of two variants comes about in one metric.

    Each bar goes from where the bar above it ends; its length is the cause's factor,
    its whisker the 95 % confidence interval of that. All bars are hatched: they are simulated.
    """
    one = attribution.explanation(metric)
    if not one.exists:
        return hv.Div(f"<p>{METRIC_TITLES[metric]}: not every run has such a throughput.</p>")
    first, second = attribution.between
    steps = _steps(one, second)
    bars, whiskers, says, links = [], [], [], []
    for place, step in enumerate(steps):
        y = len(steps) - 1 - place
        begin, end = math.exp(step["begin"]), math.exp(step["end"])
        bars.append(
            {
                "x0": min(begin, end), "x1": max(begin, end), "y0": y - 0.32, "y1": y + 0.32,
                "colour": step["colour"], "opacity": 0.85,
                "cause": step["title"], "factor": step["factor"], "spread": step["spread"],
            }
        )  # fmt: skip
        if "low" in step:
            whiskers.append((math.exp(step["low"]), y, math.exp(step["high"]), y))
        says.append(
            (max(begin, end, math.exp(step.get("high", -9))), y, f"   {step['says']}", NEUTRAL)
        )
        if place:
            links.append((begin, y + 0.32, begin, y + 0.68))
    reach = [x for bar in bars for x in (bar["x0"], bar["x1"])]
    span, ticks = log_axis(min(*reach, 1 / 1.05), max(*reach, 1.05), room=0.75)
    overlay = (
        hv.VLine(1.0).opts(color=NEUTRAL, line_width=1.5)
        * boxes(bars, {"cause": "cause", "factor": "factor", "95 % CI": "spread"}, kind=_KIND)
        * hv.Segments(links, ["x0", "y0", "x1", "y1"]).opts(color=NEUTRAL, line_width=1)
        * hv.Segments(whiskers, ["x0", "y0", "x1", "y1"]).opts(
            color=NEUTRAL, line_width=2, line_dash=dashes(_KIND)
        )
        * labels(says, align="left", size=13)
    )
    return figure(
        overlay,
        name=f"waterfall-{metric}",
        title=f"{attribution.workload}, {METRIC_TITLES[metric]} · simulated, "
        f"n = {attribution.replications}",
        height=110 + 34 * len(steps),
        logx=True,
        xlim=span,
        ylim=(-0.6, len(steps) - 0.4),
        xticks=ticks,
        yticks=[(len(steps) - 1 - place, step["title"]) for place, step in enumerate(steps)],
        xlabel=f"throughput relative to {first}",
        ylabel="",
    )


def _steps(one: Explanation, second: str) -> list[dict[str, Any]]:
    """Return the bars from above, with their ends as logarithms."""
    at, steps = 0.0, []
    for part in one.contributions:
        log = part.log_ratio
        step = {
            "title": part.part.title + (" *" if part.assumed else ""),
            "begin": at,
            "end": at + log.value,
            "colour": _FASTER if log.value >= 0 else _SLOWER,
            "factor": times(part.factor.value),
            "spread": confidence(part.factor, times),
            "says": f"{times(part.factor.value)} · {100 * part.share:.0f} %",
        }
        if log.has_interval:
            step |= {"low": at + log.low, "high": at + log.high}
        steps.append(step)
        at += log.value
    left = one.remainder.value
    steps.append(
        {
            "title": "not explained by these",
            "begin": at,
            "end": at + left,
            "colour": NEUTRAL,
            "factor": times(math.exp(left)),
            "spread": f"n = {one.remainder.n}",
            "says": f"{times(math.exp(left))} · {100 * one.remainder_share:.0f} %",
        }
    )
    steps.append(
        {
            "title": second,
            "begin": 0.0,
            "end": one.log_ratio.value,
            "colour": "#0072b2",
            "factor": times(one.ratio.value),
            "spread": confidence(one.ratio, times),
            "says": times(one.ratio.value),
        }
    )
    return steps
