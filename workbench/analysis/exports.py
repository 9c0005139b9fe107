"""The data behind each view, as a table for other programs."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from workbench.analysis.comparison import Comparison
from workbench.errors import InputError
from workbench.results.schema import BUCKETS, METRICS, NO_COMPONENT, core_accounting

if TYPE_CHECKING:
    import pandas as pd

    from workbench.analysis.explanation import Attribution
    from workbench.analysis.timeline import Timeline
    from workbench.analysis.validation import Validation

__all__ = ["TABLES", "causes_table", "segments_table", "validation_table", "written"]

_MOST_SEGMENTS = 2_000_000


def _throughput(comparison: Comparison) -> pd.DataFrame:
    """Return every throughput of every replication, phase and component, in op/s."""
    names = [n for n in (*METRICS, "operations", "throughput_part") if n in comparison.dataset]
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


def segments_table(timelines: Mapping[str, Timeline], begin_ns: int, end_ns: int) -> pd.DataFrame:
    """Return the segments of timelines, by their runs, in a span: one per row; times in s.

    Raises
    ------
    workbench.errors.InputError
        If there are more than a table should have.
    """
    import pandas as pd  # noqa: PLC0415 - slow to import

    count = sum(one.count(begin_ns, end_ns) for one in timelines.values())
    if count > _MOST_SEGMENTS:
        raise InputError(
            f"The span has {count} segments; at most {_MOST_SEGMENTS} go into a table.",
            "Zoom to a shorter span.",
        )
    tables = []
    for run, timeline in timelines.items():
        found = timeline.window(begin_ns, end_ns)
        held = found.component != NO_COMPONENT
        columns = {
            "run": run,
            "core": found.core[held],
            "component": [timeline.components[one] for one in found.component[held]],
            "bucket": [BUCKETS[one] for one in found.bucket[held]],
            "start_seconds": found.start_ns[held] / 1e9,
            "end_seconds": found.end_ns[held] / 1e9,
        }
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def causes_table(found: Attribution) -> pd.DataFrame:
    """Return every cause's factor with its interval, and the remainder's, by metric."""
    import pandas as pd  # noqa: PLC0415 - slow to import

    rows = []
    for one in found.explanations:
        parts = [(part.part.name, part.log_ratio, part.share) for part in one.contributions]
        parts.append(("remainder", one.remainder, one.remainder_share))
        rows += [
            {
                "workload": found.workload, "a": found.between[1], "b": found.between[0],
                "metric": one.metric, "cause": name, "log_ratio": log.value,
                "ci95_low": log.low, "ci95_high": log.high, "n": log.n, "share": share,
            }
            for name, log, share in parts
        ]  # fmt: skip
    return pd.DataFrame(rows)


def validation_table(found: Validation) -> pd.DataFrame:
    """Return predictions and measurements side by side: throughputs in op/s, then ratios."""
    import pandas as pd  # noqa: PLC0415 - slow to import

    return pd.DataFrame(
        {
            "workload": cell.workload, "variant": cell.variant, "baseline": cell.base,
            "predicted": cell.predicted.value, "measured": cell.measured.value,
            "ci95_low": cell.measured.low, "ci95_high": cell.measured.high,
            "n": cell.measured.n, "error": cell.error,
        }
        for cell in (*found.throughputs, *found.ratios)
    )  # fmt: skip


def written(frame: pd.DataFrame, format: str) -> io.BytesIO:
    """Return a table as a file, ``csv`` or ``parquet``."""
    file = io.BytesIO()
    if format == "parquet":
        frame.to_parquet(file, index=False)
    else:
        file.write(frame.to_csv(index=False).encode())
    file.seek(0)
    return file
