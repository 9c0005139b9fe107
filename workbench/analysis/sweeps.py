"""What a sweep says: tables, plain values, and curves.

The object that ``workbench sweep --json`` prints::

    {"id", "experiment", "backend", "kind", "design", "axes": [NAME], "tasks", "done", "failed",
     "failures": [{"task", "message"}],
     "results": [{"at": {AXIS: value}, "workload", "variant", "phase",
                  "throughput_window": {"mean", "ci95": [low, high], "unit": "op/s", "n"},
                  "throughput_makespan": {...}, "throughput_self": {...}}]}

A *task* is one replication of one workload and variant at one point; ``tasks`` counts
all, ``done`` those with numbers, ``failed`` those that failed when they were tried last.
What does not exist is null; points without any number are left out.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import stdtrit

from workbench.experiments.sweep import open_sweep
from workbench.results.schema import METRICS
from workbench.results.statistics import CONFIDENCE
from workbench.results.store import RunStore
from workbench.results.sweeps import SweepStore

if TYPE_CHECKING:
    import pandas as pd

    from workbench.analysis.plots.sweep import SweepPlots

__all__ = ["SweepResults", "sweep_outcome", "sweep_points", "sweep_table"]

_MOST_FAILURES = 20
_TOTALS = {metric: metric.replace("throughput", "total") for metric in METRICS}


def sweep_outcome(store: RunStore, sweep_id: str) -> dict[str, Any]:
    """Return a sweep as plain values; see above."""
    sweeps = SweepStore(store)
    record = sweeps.sweep(sweep_id)
    dataset = open_sweep(store, sweep_id)
    axes = list(record.spec["axes"])
    failures = list(sweeps.failures(sweep_id).items())[:_MOST_FAILURES]
    results = [
        {
            "at": {name: row[name] for name in axes},
            "workload": row["workload"],
            "variant": row["variant"],
            "phase": row["phase"],
            **{
                metric: {
                    "mean": row[metric],
                    "ci95": None
                    if row[f"{metric}_low"] is None
                    else [row[f"{metric}_low"], row[f"{metric}_high"]],
                    "unit": "op/s",
                    "n": row[f"{metric}_n"],
                }
                if row[metric] is not None
                else None
                for metric in METRICS
            },
        }
        for row in _plain_rows(sweep_points(dataset))
    ]
    return {
        "id": record.id,
        "experiment": record.experiment,
        "backend": record.spec["backend"],
        "kind": dataset.attrs["kind"],
        "design": record.spec["design"],
        "axes": axes,
        "tasks": record.tasks,
        "done": record.done,
        "failed": record.failed,
        "failures": [{"task": task, "message": message} for task, message in failures],
        "results": results,
    }


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
    enough = n >= 2
    quantile = stdtrit(np.where(enough, n - 1, 1), 0.5 + CONFIDENCE / 2)
    half: NDArray[np.float64] = quantile * spread / np.sqrt(np.maximum(n, 1))
    return np.where(enough, half, np.nan)


def _plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [
        {str(k): v.item() if isinstance(v, np.generic) else v for k, v in row.items()}
        for row in rows
    ]


class SweepResults:
    """A sweep of the store: its numbers, a table and plots.

    Parameters
    ----------
    dataset
        As `workbench.experiments.sweep.open_sweep` gives it; read when it is needed.
    """

    def __init__(self, dataset: xr.Dataset) -> None:
        self.dataset = dataset

    @property
    def id(self) -> str:
        """Of the sweep in the run store."""
        return str(self.dataset.attrs["sweep"])

    @property
    def axes(self) -> tuple[str, ...]:
        """What was varied."""
        return tuple(self.dataset.attrs["axes"])

    def table(self) -> pd.DataFrame:
        """Return one row per point, workload, variant and phase; see `sweep_points`."""
        return sweep_points(self.dataset)

    @property
    def plot(self) -> SweepPlots:
        """The plots: ``results.plot.curves()``, ``results.plot.parallel()``."""
        from workbench.analysis.plots.sweep import SweepPlots  # noqa: PLC0415 - slow to import

        return SweepPlots(self.dataset)

    def _repr_html_(self) -> str:
        attrs = self.dataset.attrs
        return (
            f"<strong>Sweep {escape(self.id)}</strong> of {escape(attrs['experiment'])} over "
            f"{escape(', '.join(self.axes))}: {attrs['done']} of {attrs['tasks']} tasks, "
            f"{escape(attrs['kind'])} ({escape(attrs['backend'])})"
        )
