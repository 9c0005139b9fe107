"""Runs of the store as one plain object: what ``--json`` prints and scripts read.

::

    {"experiment": name, "backend": name,
     "runs": [{"id", "variant", "workload", "replications", "seed", "status",
               "throughput_window": {"mean", "ci95": [low, high], "unit": "op/s", "n"},
               "throughput_makespan": {...}, "throughput_self": {...},
               "components": {NAME: {the same three, "timer", "exit_reason", "exit_detail"}},
               "operations_at_least", "rounds_at_least",
               "accounting": {BUCKET: share of core time}}],
     "comparisons": [{"workload", "phase", "a", "b", "metric", "ratio", "ci95", "n"}]}

``replications`` counts the finished ones. What does not exist is null: an
interval of one replication, a throughput over a common window that never was
(``throughput_window_reason`` then says why), a share the backend cannot
measure. A run without any result has ``cause`` and ``message`` instead of
numbers; one that was repeated until precise has a ``message`` too. A ratio is
that of `a` over `b`, in the phase the workload is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from workbench.analysis.comparison import Comparison, Ratio
from workbench.analysis.summary import run_summary
from workbench.experiments.collect import collect
from workbench.results.records import RunRecord
from workbench.results.schema import METRICS
from workbench.results.store import RunStore

__all__ = ["compared", "headline_ratios", "outcome"]


def compared(store: RunStore, run_ids: Iterable[str]) -> Comparison | None:
    """Return the comparison of those runs that have results; None if none has.

    Raises
    ------
    workbench.errors.InputError
        If the runs do not belong together; see `collect`.
    """
    measured = [run_id for run_id in dict.fromkeys(run_ids) if store.run(run_id).done]
    return Comparison(collect(store, measured)) if measured else None


def outcome(records: Sequence[RunRecord], comparison: Comparison | None) -> dict[str, Any]:
    """Return what runs gave, as plain values in their order.

    Parameters
    ----------
    records
        The runs.
    comparison
        Theirs, as `compared` gives it.
    """
    return {
        "experiment": _shared(record.experiment for record in records),
        "backend": _shared(record.backend for record in records),
        "runs": [_run(record, comparison) for record in records],
        "comparisons": [ratio.to_json() for ratio in headline_ratios(comparison)]
        if comparison
        else [],
    }


def headline_ratios(comparison: Comparison) -> list[Ratio]:
    """Return the ratios in the phase that each workload is about."""
    return [
        ratio for ratio in comparison.ratios() if ratio.phase == comparison.phase(ratio.workload)
    ]


def _run(record: RunRecord, comparison: Comparison | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": record.id,
        "variant": record.variant,
        "workload": record.workload,
        "replications": record.done,
        "seed": record.seed,
        "status": record.status,
    }
    if record.status != "done" or record.message:
        told |= {"cause": record.cause, "message": record.message}
    if comparison is None or not record.done:
        return told | dict.fromkeys(METRICS) | {"components": {}, "accounting": {}}
    return told | run_summary(comparison, record.variant, record.workload)


def _shared(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
