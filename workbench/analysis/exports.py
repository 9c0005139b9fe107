"""The data behind each view, as a table for other programs."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from workbench.analysis.comparison import Comparison
from workbench.errors import InputError
from workbench.results.schema import METRICS, core_accounting

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TABLES", "has_parquet", "written"]


def _throughput(comparison: Comparison) -> pd.DataFrame:
    """Return every throughput of every replication, phase and component, in op/s."""
    names = [*METRICS, "operations"]
    frame = comparison.dataset[names].to_dataframe().dropna(how="all", subset=names)
    return frame[names].reset_index()


def _ratio(comparison: Comparison) -> pd.DataFrame:
    """Return every paired ratio with its interval and n."""
    import pandas as pd  # noqa: PLC0415 - slow to import

    rows = [one.to_json() for one in comparison.ratios()]
    frame = pd.DataFrame(rows)
    if rows:
        ends = [one or [None, None] for one in frame.pop("ci95")]
        frame[["ci95_low", "ci95_high"]] = pd.DataFrame(ends, index=frame.index)
    return frame


def _cores(comparison: Comparison) -> pd.DataFrame:
    """Return what each component held each core for, by bucket, in s, for each replication."""
    frame: pd.DataFrame = comparison.dataset.accounting_seconds.to_dataframe().dropna()
    return frame.reset_index()


def _accounting(comparison: Comparison) -> pd.DataFrame:
    """Return where each core's time went, idle time included, in s, for each replication."""
    spent = core_accounting(comparison.dataset).rename("core_seconds")
    return spent.to_dataframe().dropna().reset_index()


def _latency(comparison: Comparison) -> pd.DataFrame:
    """Return the histogram of latencies; `latency_bin` is the upper edge in s."""
    frame: pd.DataFrame = comparison.dataset.latency_count.to_dataframe().dropna().reset_index()
    return frame.loc[frame["latency_count"] > 0]


def _activity(comparison: Comparison) -> pd.DataFrame:
    """Return what ended in, and who held the cores in, each slot of time, by replication."""
    import numpy as np  # noqa: PLC0415 - as pandas

    names = [n for n in ("operations_in_slot", "held_in_slot") if n in comparison.dataset]
    if not names:
        return _cores(comparison).head(0)
    dataset = comparison.dataset[[*names, "slot_seconds"]]
    start = dataset.slot_seconds * dataset.slot.copy(data=np.arange(dataset.sizes["slot"]))
    table = dataset[names].sum("core", min_count=1).assign(start_seconds=start)
    frame: pd.DataFrame = table.to_dataframe().dropna(subset=names, how="all").reset_index()
    return frame.drop(columns="run", errors="ignore")


def _difference(comparison: Comparison) -> pd.DataFrame:
    """Return the core-seconds of each replication by bucket, less those of the first variant."""
    spent = core_accounting(comparison.dataset).sum("core", min_count=1)
    change = (spent - spent.isel(variant=0, drop=True)).rename("core_seconds_more")
    frame: pd.DataFrame = change.to_dataframe().dropna().reset_index()
    return frame.drop(columns="run", errors="ignore")


TABLES: dict[str, Callable[[Comparison], pd.DataFrame]] = {
    "throughput": _throughput,
    "ratio": _ratio,
    "utilisation": _cores,
    "accounting": _accounting,
    "latency": _latency,
    "activity": _activity,
    "difference": _difference,
}
"""The table of each plot, by the plot's name."""


def has_parquet() -> bool:
    """Whether Parquet can be written here: pandas needs pyarrow for it."""
    return importlib.util.find_spec("pyarrow") is not None


def written(frame: pd.DataFrame, format: str) -> io.BytesIO:
    """Return a table as a file, ``csv`` or ``parquet``.

    Raises
    ------
    workbench.errors.InputError
        If Parquet cannot be written here.
    """
    if format == "parquet":
        if not has_parquet():
            raise InputError(
                "Parquet needs pyarrow, which is not installed.",
                "Install it: pip install 'affinity-workbench[parquet]'. CSV needs nothing.",
            )
        file = io.BytesIO()
        frame.to_parquet(file, index=False)
        file.seek(0)
        return file
    return io.BytesIO(frame.to_csv(index=False).encode())
