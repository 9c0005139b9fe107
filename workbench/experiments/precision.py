"""Replications until precise: how wide the intervals of some runs are, and when that will do.

Replications come in fixed batches, and only whole batches are judged: all runs
of one workload together, because their ratios are paired replication by
replication. So what is run never depends on how many threads run it.

Who stops as soon as an interval is narrow enough favours intervals that are narrow
by chance. With ten replications a batch that costs little: of 4000 simulated
experiments with normal results, 94 to 96 % of the last 95 % intervals held the
true mean, at spreads of 1, 2 and 4 times the half-width asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.results.schema import METRICS
from workbench.results.statistics import Estimate, mean, paired_ratio
from workbench.scenario.experiment import Experiment

__all__ = ["Precision", "Width", "widest"]


@dataclass(frozen=True, slots=True)
class Precision:
    """How precise the numbers of some runs are to be.

    Parameters
    ----------
    half_width
        Largest relative half-width of any of their 95 % confidence intervals.
    batch
        Replications between two looks at the intervals.
    limit
        No more replications than this, or than one batch.
    """

    half_width: float
    batch: int
    limit: int

    @classmethod
    def asked(cls, experiment: Experiment) -> Precision | None:
        """Return what an experiment asks for, if it does."""
        if experiment.half_width is None:
            return None
        batch = experiment.replications
        return cls(experiment.half_width, batch, max(batch, experiment.max_replications))

    def more(self, done: int, width: Width) -> int:
        """Return how many replications to add after `done` of them; 0 to stop."""
        if width.half_width <= self.half_width:
            return 0
        return max(0, min(self.batch, self.limit - done))

    def expected(self, done: int, width: Width) -> int:
        """Return how many replications it will probably take: a width falls with their root."""
        if math.isinf(width.half_width):
            return min(done + self.batch, self.limit)
        needed = done * (width.half_width / self.half_width) ** 2
        return min(self.batch * math.ceil(needed / self.batch), self.limit)

    def verdict(self, done: int, width: Width) -> str:
        """Return how it ended, for people."""
        if not width.of:
            return "There is no throughput whose interval could be judged."
        wanted = f"{100 * self.half_width:.3g} %"
        if width.half_width <= self.half_width:
            return f"Precise enough after {done} replications: {width.text}, asked for {wanted}."
        return f"Stopped at the limit of {done} replications: {width.text}, asked for {wanted}."


@dataclass(frozen=True, slots=True)
class Width:
    """The widest interval there is.

    Parameters
    ----------
    half_width
        Relative to the value; infinite where there is no interval yet.
    of
        Which number's it is; "" where there is none at all.
    """

    half_width: float
    of: str = ""

    @property
    def text(self) -> str:
        """The width and what it is of, for people."""
        if math.isinf(self.half_width):
            return f"no interval yet ({self.of})"
        return f"±{100 * self.half_width:.2g} % ({self.of})"


Summaries = Mapping[int, Mapping[str, Any]]
"""What `RunStore.summaries` returns."""


def widest(runs: Mapping[str, Summaries]) -> Width:
    """Return the widest 95 % interval of some runs of one workload.

    Looked at are the three throughputs of every phase, of each run by itself and
    as paired ratio to the first run. What no replication has (a common window)
    is left out.

    Parameters
    ----------
    runs
        By name, the one to compare with first.
    """
    found = [Width(0.0)]
    for of, estimate in _estimates(runs):
        if not estimate.exists:
            continue
        half = estimate.high / estimate.value - 1 if estimate.has_interval else math.inf
        found.append(Width(half, of))
    return max(found, key=lambda width: (width.half_width, bool(width.of)))


def _estimates(runs: Mapping[str, Summaries]) -> Iterator[tuple[str, Estimate]]:
    first, *others = runs
    for metric in METRICS:
        phases = dict.fromkeys(
            phase for run in runs.values() for one in run.values() for phase in one[metric]
        )
        for phase in phases:
            totals = {name: _totals(run, metric, phase) for name, run in runs.items()}
            for name in runs:
                label = f"{metric.replace('_', ' ')} of {phase}, {name}"
                yield label, mean(list(totals[name].values()), _luck(runs[name], totals[name]))
            for name in others:
                both = sorted(totals[first].keys() & totals[name].keys())
                lucks = [_luck(runs[one], both) for one in (name, first)]
                ratio = paired_ratio(
                    [totals[name][r] for r in both],
                    [totals[first][r] for r in both],
                    np.transpose(lucks),
                )
                yield f"{metric.replace('_', ' ')} of {phase}, {name} / {first}", ratio


def _luck(run: Summaries, replications: Iterable[int]) -> list[float]:
    return [run[number].get("slice_luck", math.nan) for number in replications]


def _totals(run: Summaries, metric: str, phase: str) -> dict[int, float]:
    found = {number: one[metric].get(phase) for number, one in run.items()}
    return {number: math.nan if total is None else total for number, total in found.items()}
