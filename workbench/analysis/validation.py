"""Prediction against measurement: the simulator beside the machine, cell by cell.

The two are never pooled: a prediction stands beside the measurement of the same variant
and workload, and how far it is off is told. An error is ``predicted / measured - 1``; that
of a ratio, too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from workbench.analysis.comparison import Comparison
from workbench.analysis.conditions import remarks
from workbench.analysis.labels import METRIC_TITLES, UNIT, times
from workbench.results.statistics import Estimate

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LIMITS", "METRIC", "TASK_TIMES", "Cell", "Validation", "validations"]

TASK_TIMES = ("descend_ns", "read_ns", "write_ns")
"""Parameters that say how long a task takes."""

METRIC = "throughput_window"
"""What is compared: the common window, in which every instance is at work."""

LIMITS = (
    "Other processes take a part of each core, which a prediction gives to the instances: "
    "throughputs are predicted too high by it, and time sharing in queue mode too well, since an "
    "instance's workers are together on their cores less often than among themselves.",
    "The task times are fitted to one worker alone. Two workers of an instance on two cores "
    "share nodes, and the lines of a node that the other core has written are fetched from its "
    "cache, and so are the tasks they hand each other: the model has no such coherence misses, so "
    "it takes several workers of one tree for faster than they are. In queue mode that weighs "
    "most: where we measured, two workers of a lone tree inserted no faster than one.",
    "Linux balances its load and lets a woken thread preempt; the model's fair policy gives equal "
    "slices, core by core. How long an owner is off its core decides how fast a time-shared tree "
    "in queue mode is. Both errors meet in its inserts, which are predicted too fast.",
    "A worker of the guest reads its CPU time every 0.1 ms, and at each look Linux notices that a "
    "slice is over, which it else does at its next tick. Measuring so makes slices shorter (1.4 "
    "instead of 4 ms where we measured); `workbench calibrate` takes them in the same way.",
    "Splits, retries of optimistic readers and the growth of the tree during a run are means in "
    "the model, not events.",
)
"""Where the model is known to be off, and why."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One number that was predicted and measured.

    Parameters
    ----------
    workload, variant
        What ran; of a ratio the variant `a`, and `base` is its `b`.
    predicted, measured
        Throughputs of all instances in op/s, or paired ratios.
    base
        "" for a throughput.
    """

    workload: str
    variant: str
    predicted: Estimate
    measured: Estimate
    base: str = ""

    @property
    def label(self) -> str:
        """What it is called."""
        against = f" / {self.base}" if self.base else ""
        return f"{self.workload}: {self.variant}{against}"

    @property
    def error(self) -> float:
        """Predicted over measured, minus 1; NaN where one is missing."""
        return self.predicted.value / self.measured.value - 1

    @property
    def same_side(self) -> bool:
        """Of a ratio: whether prediction and measurement agree on which variant is faster.

        They do not disagree where the interval of the measurement holds 1.
        """
        if self.measured.has_interval and not self.measured.excludes(1.0):
            return True
        return (self.predicted.value > 1) == (self.measured.value > 1)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "workload": self.workload,
            "variant": self.variant,
            **({"base": self.base} if self.base else {"unit": UNIT}),
            "predicted": self.predicted.value,
            "measured": self.measured.value,
            "measured_ci95": self.measured.ends,
            "n": self.measured.n,
            "error": self.error,
        }


@dataclass(frozen=True)
class Validation:
    """Predictions and measurements of the same variants and workloads.

    Parameters
    ----------
    predicted, measured
        A simulation and a measurement.
    """

    predicted: Comparison
    measured: Comparison

    @property
    def task_times(self) -> dict[str, float]:
        """Times of the tasks that the predictions rest on, in ns by parameter."""
        coords = self.predicted.dataset.coords
        found: dict[str, float] = {}
        for settings in coords["settings"].values.ravel() if "settings" in coords else ():
            chosen = json.loads(settings or "{}")
            found |= {name: chosen[name] for name in TASK_TIMES if name in chosen}
        return found

    @property
    def throughputs(self) -> tuple[Cell, ...]:
        """Every throughput that both have."""
        both = [run for run in self.measured.runs if run in self.predicted.runs]
        cells = (
            Cell(
                workload,
                variant,
                self.predicted.throughput(METRIC, variant, workload),
                self.measured.throughput(METRIC, variant, workload),
            )
            for variant, workload in both
        )
        return tuple(cell for cell in cells if not math.isnan(cell.error))

    @property
    def ratios(self) -> tuple[Cell, ...]:
        """Every ratio of two variants that both have; see `Comparison.pairs`."""
        have = {(cell.workload, cell.variant) for cell in self.throughputs}
        return tuple(
            Cell(
                workload,
                a,
                self.predicted.ratio(METRIC, workload, a, b).estimate,
                self.measured.ratio(METRIC, workload, a, b).estimate,
                base=b,
            )
            for workload in self.measured.workloads
            for a, b in self.measured.pairs
            if {(workload, a), (workload, b)} <= have
        )

    def sentences(self) -> list[str]:
        """Return what the errors say, the most important first."""
        told = [_sum_up("throughput", self.throughputs)]
        if ratios := self.ratios:
            right = sum(cell.same_side for cell in ratios)
            told.append(_sum_up("ratio", ratios))
            told.append(
                f"Which variant is faster is predicted rightly for {right} of {len(ratios)} pairs "
                "(a pair that the measurement cannot tell apart counts as right)."
            )
        told += remarks(self.measured)
        return told

    def table(self) -> pd.DataFrame:
        """Return every throughput and ratio as one row."""
        import pandas as pd  # noqa: PLC0415 - slow to import, and most callers need no table

        return pd.DataFrame([cell.to_json() for cell in (*self.throughputs, *self.ratios)])

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {
            "metric": METRIC,
            "predicted": self.predicted.provenance,
            "measured": self.measured.provenance,
            "task_times_ns": self.task_times,
            "throughputs": [cell.to_json() for cell in self.throughputs],
            "ratios": [cell.to_json() for cell in self.ratios],
            "says": self.sentences(),
            "limits": list(LIMITS),
        }

    def plot(self) -> Any:
        """Return predictions over measurements, throughputs and ratios, on log axes."""
        from workbench.analysis.plots.validation import validation  # noqa: PLC0415 - plots of it

        return validation(self)

    def _repr_html_(self) -> str:
        from workbench.analysis.tables import validation_html  # noqa: PLC0415 - as above

        return validation_html(self)


def validations(comparisons: Iterable[Comparison]) -> list[Validation]:
    """Return a validation for each simulation and measurement that have runs in common."""
    given = list(comparisons)
    found = [
        Validation(predicted, measured)
        for measured in given
        if measured.kind == "measurement"
        for predicted in given
        if predicted.kind == "simulation" and set(predicted.runs) & set(measured.runs)
    ]
    return [one for one in found if one.throughputs]


def _sum_up(what: str, cells: tuple[Cell, ...]) -> str:
    if not cells:
        return f"No {what} was both predicted and measured."
    errors = [abs(cell.error) for cell in cells]
    worst = max(cells, key=lambda cell: abs(math.log1p(cell.error)))
    within = sum(error <= 0.25 for error in errors)
    return (
        f"{len(cells)} {what}s ({METRIC_TITLES[METRIC]}): median error {median(errors):.0%}, "
        f"{within} of {len(cells)} within 25 %; farthest off is {worst.label}, predicted "
        f"{times(1 + worst.error)} the measured."
    )
