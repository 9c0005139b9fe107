"""What to be careful about before believing a comparison: few replications, kinds of results."""

from __future__ import annotations

from workbench.analysis.comparison import Comparison

__all__ = ["FEW", "cautions_of"]

FEW = 10
"""Replications below which a comparison is doubtful: what the model's validation calls for."""


def cautions_of(comparison: Comparison) -> list[tuple[str, str]]:
    """Return what is doubtful about a comparison, each with what to do about it."""
    few = {
        f"{workload} · {variant} (n = {n})"
        for variant, workload in comparison.runs
        if (n := comparison.run(variant, workload).sizes["replication"]) < FEW
    }
    if not few:
        return []
    return [
        (
            f"Few replications: {', '.join(sorted(few))}.",
            "Their intervals are wide and rest on little; one replication has none at all. "
            "Run ten or more, or ask for a half-width.",
        )
    ]
