"""What a sweep says: plain values, a table, and curves.

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

from workbench.analysis.sweep_tables import sweep_points
from workbench.experiments.sweep import open_sweep
from workbench.results.schema import METRICS
from workbench.results.store import RunStore
from workbench.results.sweeps import SweepStore

if TYPE_CHECKING:
    import pandas as pd

    from workbench.analysis.plots.sweep import SweepPlots

__all__ = ["SweepResults", "sweep_outcome"]

_MOST_FAILURES = 20


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
