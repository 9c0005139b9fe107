"""One run of a comparison as plain values, for other programs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from workbench.analysis.comparison import Comparison
from workbench.analysis.labels import UNIT
from workbench.results.schema import METRICS

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["extent", "run_summary"]


def run_summary(
    comparison: Comparison, variant: str | None = None, workload: str | None = None
) -> dict[str, Any]:
    """Return a run's throughputs, components and accounting shares.

    The names may be left out where there is only one. What does not exist is
    None; without a common window, ``throughput_window_reason`` says why.
    """
    workload = workload or _only(comparison.workloads, "workload")
    variant = variant or _only(comparison.variants, "variant")
    run = comparison.run(variant, workload)
    reason = comparison.why_no_window(variant, workload)
    told = {"throughput_window_reason": reason} if reason else {}
    operations, rounds = extent(comparison, variant, workload)
    components = {}
    for name in map(str, run.component.values):
        one = run.sel(component=name)
        if not (one.operations.notnull() | one.throughput_self.notnull()).any():
            continue
        components[name] = _throughputs(comparison, variant, workload, component=name) | {
            "timer": _text(one.timer),
            "exit_reason": _text(one.exit_reason),
            "exit_detail": _text(one.exit_detail),
        }
    return {
        "phase": comparison.phase(workload),
        **_throughputs(comparison, variant, workload),
        **told,
        "operations_at_least": None if math.isnan(operations) else operations,
        "rounds_at_least": rounds,
        "components": components,
        "accounting": _shares(comparison.accounting(variant, workload)),
    }


def extent(comparison: Comparison, variant: str, workload: str) -> tuple[float, float]:
    """Return the fewest operations of an instance, and the fewest rounds of a shared core.

    In any replication. In a round everybody who shares a core has had a turn; rounds are 0
    where no core was shared, or where switches were not counted.
    """
    run = comparison.run(variant, workload)
    operations = float(run.operations.sel(phase=comparison.phase(workload)).min())
    sharing = (run.accounting_seconds.sum("bucket") > 0).sum("component")
    rounds = (run.context_switches / sharing).where(sharing > 1)
    return operations, float(rounds.min().fillna(0.0))


def _throughputs(
    comparison: Comparison, variant: str, workload: str, component: str | None = None
) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for metric in METRICS:
        estimate = comparison.throughput(metric, variant, workload, component=component)
        told[metric] = (
            {"mean": estimate.value, "ci95": estimate.ends, "unit": UNIT, "n": estimate.n}
            if estimate.exists
            else None
        )
    return told


def _only(names: tuple[str, ...], what: str) -> str:
    if len(names) != 1:
        raise ValueError(f"say which {what}: {', '.join(names)}")
    return names[0]


def _text(values: xr.DataArray) -> str:
    """Return the texts of all replications, each once."""
    texts = [str(value) for value in values.values.ravel() if isinstance(value, str)]
    return ", ".join(dict.fromkeys(texts))


def _shares(seconds: dict[str, float]) -> dict[str, float | None]:
    total = sum(value for value in seconds.values() if not math.isnan(value)) or math.nan
    shares = {bucket: value / total for bucket, value in seconds.items()}
    return {bucket: None if math.isnan(share) else share for bucket, share in shares.items()}
