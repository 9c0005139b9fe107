"""The numbers of a sweep as tables: by point, and by replication."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from workbench.results.schema import METRICS
from workbench.results.statistics import CONFIDENCE

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["sweep_points", "sweep_table"]

_TOTALS = {metric: metric.replace("throughput", "total") for metric in METRICS}


def sweep_points(dataset: xr.Dataset) -> pd.DataFrame:
    """Return one row per point, workload, variant and phase.

    Columns: the axes, ``workload``, ``variant``, ``phase``, and for each metric its mean
    over the replications, the ends of the 95 % t interval (NaN below n = 2) and n.
    """
    tables = {}
    for metric, total in _TOTALS.items():
        values = dataset[total]
        there = values.notnull()
        n = there.sum("replication")
        mean = values.mean("replication")
        half = _half_width(values.std("replication", ddof=1).values, n.values)
        tables[metric] = mean
        tables[f"{metric}_low"] = mean - half
        tables[f"{metric}_high"] = mean + half
        tables[f"{metric}_n"] = n
    frame = xr.Dataset(tables).to_dataframe().reset_index()
    measured = frame[[f"{metric}_n" for metric in METRICS]].max(axis="columns") > 0
    first = [*dataset.attrs["axes"], "workload", "variant", "phase"]
    rest = [name for name in frame.columns if name not in {*first, "point"}]
    return frame.loc[measured, first + rest].reset_index(drop=True)


def sweep_table(dataset: xr.Dataset) -> pd.DataFrame:
    """Return one row per replication and phase, with the totals, for other programs."""
    names = [*_TOTALS.values(), "operations"]
    frame = dataset[names].to_dataframe().dropna(how="all", subset=names).reset_index()
    spans = dataset[["elapsed_seconds", "context_switches", "finished"]].to_dataframe()
    spans = spans.drop(columns=[c for c in spans if c in frame]).reset_index()
    keys = [c for c in spans.columns if c in frame.columns]
    return frame.merge(spans, on=keys)


def _half_width(spread: NDArray[np.float64], n: NDArray[np.int64]) -> NDArray[np.float64]:
    from scipy.special import stdtrit  # noqa: PLC0415 - slow to import

    enough = n >= 2
    quantile = stdtrit(np.where(enough, n - 1, 1), 0.5 + CONFIDENCE / 2)
    half: NDArray[np.float64] = quantile * spread / np.sqrt(np.maximum(n, 1))
    return np.where(enough, half, np.nan)
