"""Plots of a sweep: curves along an axis, and parallel coordinates of all its points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import holoviews as hv
import numpy as np
import xarray as xr

from workbench.analysis.colours import PALETTE
from workbench.analysis.labels import METRIC_TITLES, number, scale
from workbench.analysis.plots.drawing import dashes, figure, labels
from workbench.analysis.scaling import usl_fit
from workbench.analysis.sweep_tables import sweep_points
from workbench.results.schema import METRICS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SweepPlots", "curves", "parallel"]

_SCALES = ("cores", "instances")


class SweepPlots:
    """The plots of a sweep as methods."""

    def __init__(self, dataset: xr.Dataset) -> None:
        self._dataset = dataset

    def curves(self, **options: Any) -> Any:
        """Return `curves` of this sweep."""
        return curves(self._dataset, **options)

    def parallel(self, **options: Any) -> Any:
        """Return `parallel` of this sweep."""
        return parallel(self._dataset, **options)


def curves(
    dataset: xr.Dataset,
    *,
    along: str | None = None,
    metric: str = "throughput_makespan",
    workload: str | None = None,
) -> Any:
    """Draw a metric along one axis: a curve per variant, one figure per workload and phase.

    Parameters
    ----------
    dataset
        Of a sweep.
    along
        The axis; by default the first. Other axes are averaged over (geometrically),
        which the title says.
    metric
        One of `workbench.results.schema.METRICS`.
    workload
        None means all.

    Points are means over replications with their 95 % t interval, where nothing is
    averaged over. Along cores or instances a thin line is the Universal Scalability Law
    fitted to them, with its constants below the figure's title.
    """
    axes = list(dataset.attrs["axes"])
    along = along or axes[0]
    frame = sweep_points(dataset)
    frame = frame[frame[metric].notna()]
    if workload is not None:
        frame = frame[frame["workload"] == workload]
    plots = [
        _curve_figure(part, dataset, along, metric, str(name), str(phase))
        for (name, phase), part in frame.groupby(["workload", "phase"], sort=False)
    ]
    if not plots:
        return hv.Text(0.5, 0.5, "no result yet").opts(xaxis=None, yaxis=None)
    return plots[0] if len(plots) == 1 else hv.Layout(plots).opts(shared_axes=False).cols(2)


def _curve_figure(
    frame: pd.DataFrame, dataset: xr.Dataset, along: str, metric: str, workload: str, phase: str
) -> hv.Overlay:
    others = [name for name in dataset.attrs["axes"] if name != along]
    factor, prefix = scale(float(frame[metric].max()))
    kind = dataset.attrs["kind"]
    parts: list[Any] = []
    laws: list[tuple[str, str, str]] = []
    variants = list(dict.fromkeys(frame["variant"]))
    for index, variant in enumerate(variants):
        colour = PALETTE[index % len(PALETTE)]
        rows = frame[frame["variant"] == variant]
        if others:
            means = rows.groupby(along)[metric].agg(_geometric_mean).reset_index()
            whiskers = []
        else:
            means = rows.sort_values(along) if _numeric(rows[along]) else rows
            whiskers = [
                (
                    row[along],
                    row[f"{metric}_low"] / factor,
                    row[along],
                    row[f"{metric}_high"] / factor,
                )
                for _, row in means.iterrows()
                if not np.isnan(row[f"{metric}_low"])
            ]
        xy = [(row[along], row[metric] / factor) for _, row in means.iterrows()]
        curve = hv.Curve(xy, [along], ["y"], label=variant)
        parts += [
            curve.opts(color=colour, line_dash=dashes(kind), line_width=2.5, show_legend=True),
            hv.Scatter(xy, [along], ["y"]).opts(
                color=colour,
                size=8,
                tools=["hover"],
                hover_tooltips=[("variant", variant), (along, f"@{{{along}}}"), ("", "@y")],
            ),
        ]
        if along in _SCALES and (law := usl_fit(means[along], means[metric])):
            reach = np.linspace(float(means[along].min()), float(means[along].max()), 80)
            parts.append(
                hv.Curve((reach, law.at(reach) / factor), along, "y").opts(
                    color=colour, line_width=1.2, line_alpha=0.8
                )
            )
            laws.append((variant, str(law), colour))
        if whiskers and _numeric(rows[along]):
            parts.append(
                hv.Segments(whiskers, ["x0", "y0", "x1", "y1"]).opts(color=colour, line_width=2)
            )
    told = f" · geometric mean over {', '.join(others)}" if others else ""
    top = float(frame[metric].max()) / factor
    if laws:
        parts.append(labels(_laws(laws, float(frame[along].min()), top), align="left"))
    return figure(
        hv.Overlay(parts),
        name=f"curves-{workload}-{phase}",
        title=f"{workload}{'' if phase == workload else f' ({phase})'} · "
        f"{METRIC_TITLES[metric]} · {kind} ({dataset.attrs['backend']}){told}",
        height=340,
        xlabel=along,
        ylabel=f"{prefix} op/s",
        ylim=(0, top * (1.1 + 0.09 * len(laws))),
        show_legend=True,
        legend_position="right",  # beside the curves: within it would cover some
        **_room(frame[along]),
    )


def _room(values: Any) -> dict[str, Any]:
    """Return ends of the axis that leave room for whole dots; nothing where it has names."""
    if not _numeric(values):
        return {}
    low, high = float(values.min()), float(values.max())
    edge = 0.02 * (high - low)
    return {"xlim": (low - edge, high + edge)} if edge else {}


def _laws(
    laws: list[tuple[str, str, str]], left: float, top: float
) -> list[tuple[float, float, str, str]]:
    """Return the fitted laws as texts above all curves."""
    return [
        (left, top * (1.1 + 0.09 * (len(laws) - 1 - row)), f"{variant}: {law}", colour)
        for row, (variant, law, colour) in enumerate(laws)
    ]


def parallel(
    dataset: xr.Dataset,
    *,
    metric: str = "throughput_makespan",
    workload: str | None = None,
    most: int = 2000,
) -> Any:
    """Draw every point as a line through its values: axes first, then the three throughputs.

    Parameters
    ----------
    dataset
        Of a sweep.
    metric
        What colours the lines: dark is low, light is high.
    workload
        None means the first one.
    most
        At most so many points are drawn, evenly taken from all.
    """
    frame = sweep_points(dataset)
    workload = workload or str(frame["workload"].iloc[0])
    frame = frame[(frame["workload"] == workload) & frame[metric].notna()]
    whole = len(frame)
    frame = frame.iloc[:: max(1, -(-whole // most))]
    axes = list(dataset.attrs["axes"])
    variants = list(dict.fromkeys(frame["variant"]))
    columns: dict[str, tuple[Any, str, str]] = {}
    for name in axes:
        columns[name] = _unit(frame[name])
    columns["variant"] = _unit(frame["variant"])
    for one in METRICS:
        if frame[one].notna().any():
            columns[METRIC_TITLES[one]] = _unit(frame[one])
    order = np.argsort(frame[metric].to_numpy())
    matrix = np.column_stack([values for values, _, _ in columns.values()])[order]
    colour = frame[metric].to_numpy()[order]
    factor, prefix = scale(float(np.nanmax(colour)))
    paths = [
        {("x", "y"): np.column_stack([np.arange(len(columns)), row]), "value": value / factor}
        for row, value in zip(matrix, colour, strict=True)
    ]
    lines = hv.Contours(paths, ["x", "y"], ["value"]).opts(
        color="value",
        cmap="viridis",
        line_width=1.2,
        alpha=0.75,
        colorbar=True,
        clabel=f"{METRIC_TITLES[metric]} ({prefix} op/s)",
        show_legend=False,
    )
    posts = hv.Segments([(i, 0, i, 1) for i in range(len(columns))], ["x0", "y0", "x1", "y1"])
    ends = [
        (i, y, text)
        for i, (_, low, high) in enumerate(columns.values())
        for y, text in ((-0.04, low), (1.05, high))
    ]
    drawn = "" if len(frame) == whole else f", {len(frame)} of {whole} drawn"
    return figure(
        lines
        * posts.opts(color="#767b82", line_width=1.5)
        * hv.Labels(ends, ["x", "y"], ["text"]).opts(text_color="#767b82", text_font_size="12px"),
        name=f"parallel-{workload}",
        title=f"{workload} · {whole} points{drawn} · {len(variants)} variants · "
        f"{dataset.attrs['kind']} ({dataset.attrs['backend']})",
        height=380,
        xticks=list(enumerate(columns)),
        xlabel="",
        yaxis=None,
        xlim=(-0.3, len(columns) - 0.7),
        ylim=(-0.1, 1.12),
    )


def _unit(values: Any) -> tuple[np.ndarray, str, str]:
    """Return values from 0 to 1, and what stands at the two ends."""
    if not _numeric(values):
        names = list(dict.fromkeys(values))
        place = values.map({name: index for index, name in enumerate(names)}).to_numpy(float)
        return place / max(len(names) - 1, 1), str(names[0]), str(names[-1])
    numbers = values.to_numpy(float)
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    factor, prefix = scale(high)
    told = tuple(f"{number(end / factor)} {prefix}".strip() for end in (low, high))
    return (numbers - low) / ((high - low) or 1.0), *told


def _numeric(values: Any) -> bool:
    return bool(values.dtype.kind in "iuf")


def _geometric_mean(values: Any) -> float:
    return float(np.exp(np.log(values).mean()))
