"""What an attribution found, as numbers, sentences and JSON.

The JSON of ``workbench why --json``::

    {"experiment", "workload", "phase", "between": [first, second], "backend", "seed",
     "replications", "method": "exact" | "sampled orders", "runs",
     "metrics": {METRIC: null | {
         "ratio", "ci95", "log_ratio",
         "contributions": [{"mechanism", "title", "factor", "ci95", "log_ratio", "share",
                            "sentence", "assumption": bool,
                            "rests_on": [{"parameter", "value", "source", "chosen": bool}]}],
         "remainder": {"factor", "ci95", "log_ratio", "share"}}},
     "negligible": [{"mechanism", "title"}], "absent": [{"mechanism", "title"}]}

Ratios and factors are of the second variant over the first; they multiply, and the
``log_ratio`` of contributions and remainder sum to that of the metric. ``share`` is the part
of the sum of absolute logarithms. A metric is null where some run has no such throughput, and
a ``ci95`` where there is no interval. ``assumption`` says whether any value it
rests on is a guess or an assumption; ``chosen`` whether the value was set for this
experiment. ``runs`` counts those that had not been remembered.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import Any

from workbench.analysis.labels import METRIC_TITLES, confidence, times
from workbench.results.statistics import Estimate
from workbench.scenario.experiment import Parameter

__all__ = ["Assumption", "Attribution", "Contribution", "Explanation", "Part"]


@dataclass(frozen=True, slots=True)
class Assumption:
    """A value that a mechanism rests on.

    Parameters
    ----------
    parameter, value, source
        Its name, its value here, and where its default comes from.
    chosen
        Whether it was set for this experiment.
    """

    parameter: str
    value: Parameter
    source: str
    chosen: bool

    @property
    def guessed(self) -> bool:
        """Whether nobody has measured it."""
        return self.source.startswith(("Guess", "Assumption"))


@dataclass(frozen=True, slots=True)
class Part:
    """A mechanism in an attribution.

    Parameters
    ----------
    name, title, clause
        See `workbench.analysis.mechanisms.Mechanism`.
    rests_on
        The values it rests on.
    """

    name: str
    title: str
    clause: str
    rests_on: tuple[Assumption, ...]


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one mechanism contributes to the difference in one metric.

    Parameters
    ----------
    part
        The mechanism.
    log_ratio
        Its Shapley value, a logarithm.
    share
        Its part of the sum of all absolute values, remainder included; 0 to 1.
    """

    part: Part
    log_ratio: Estimate
    share: float

    @property
    def factor(self) -> Estimate:
        """The same as a factor of the ratio."""
        return _exponential(self.log_ratio)

    @property
    def assumed(self) -> bool:
        """Whether it rests on a guess or an assumption."""
        return any(one.guessed for one in self.part.rests_on)

    def sentence(self, first: str, second: str) -> str:
        """Return what it says, for people."""
        factor = self.factor
        faster, slower = second, first
        if factor.value < 1:
            factor = _exponential(Estimate(*_negated(self.log_ratio)))
            faster, slower = first, second
        told = (
            f"{self.part.title}: {times(factor.value)} in favour of {faster} over {slower} "
            f"({confidence(factor, times)}; {100 * self.share:.0f} % of the weight), because "
            f"{self.part.clause}."
        )
        guessed = [f"{one.parameter} = {one.value}" for one in self.part.rests_on if one.guessed]
        return told + (f" Assumption, not measured: {', '.join(guessed)}." if guessed else "")


@dataclass(frozen=True, slots=True)
class Explanation:
    """The difference in one metric.

    Parameters
    ----------
    metric
        One of `workbench.results.schema.METRICS`.
    log_ratio
        Logarithm of the ratio of the second variant over the first.
    contributions
        Of the mechanisms, the largest first.
    remainder
        What is left with all of them switched off, a logarithm.
    remainder_share
        Its part of the sum of absolute values.
    """

    metric: str
    log_ratio: Estimate
    contributions: tuple[Contribution, ...]
    remainder: Estimate
    remainder_share: float

    @property
    def exists(self) -> bool:
        """Whether every run had such a throughput."""
        parts = (self.log_ratio, self.remainder, *(one.log_ratio for one in self.contributions))
        return all(part.exists for part in parts)

    @property
    def ratio(self) -> Estimate:
        """The ratio of the second variant over the first."""
        return _exponential(self.log_ratio)

    def to_json(self, first: str, second: str) -> dict[str, Any] | None:
        """Return plain values, or None if there is no such throughput."""
        if not self.exists:
            return None
        return {
            "ratio": self.ratio.value,
            "ci95": self.ratio.ends,
            "log_ratio": self.log_ratio.value,
            "contributions": [
                {
                    "mechanism": one.part.name,
                    "title": one.part.title,
                    **_numbers(one.log_ratio, one.share),
                    "sentence": one.sentence(first, second),
                    "assumption": one.assumed,
                    "rests_on": [
                        {
                            "parameter": value.parameter,
                            "value": value.value,
                            "source": value.source,
                            "chosen": value.chosen,
                        }
                        for value in one.part.rests_on
                    ],
                }
                for one in self.contributions
            ],
            "remainder": _numbers(self.remainder, self.remainder_share),
        }


@dataclass(frozen=True, slots=True)
class Attribution:
    """Why a variant differs from another one.

    Parameters
    ----------
    experiment, workload, phase, backend, seed
        What was run.
    between
        The variants; ratios are of the second over the first.
    replications
        On which every interval rests.
    method
        ``exact`` or ``sampled orders``.
    runs
        Counterfactual replications that had to be run.
    explanations
        One for each metric, in the order of `workbench.results.schema.METRICS`.
    negligible
        Mechanisms at work that change next to nothing.
    absent
        Mechanisms that have no part in either variant.
    """

    experiment: str
    workload: str
    phase: str
    between: tuple[str, str]
    backend: str
    seed: int
    replications: int
    method: str
    runs: int
    explanations: tuple[Explanation, ...]
    negligible: tuple[Part, ...]
    absent: tuple[Part, ...]

    def explanation(self, metric: str) -> Explanation:
        """Return that of one metric; `KeyError` if there is none of that name."""
        for one in self.explanations:
            if one.metric == metric:
                return one
        raise KeyError(metric)

    def sentences(self, metric: str) -> tuple[str, ...]:
        """Return one sentence for the whole difference, and one for each cause."""
        one = self.explanation(metric)
        first, second = self.between
        title = METRIC_TITLES[metric]
        if not one.exists:
            return (f"{title}: not every run has such a throughput, so nothing is explained.",)
        says = (
            f"{self.workload}, {title}: {second} is {times(one.ratio.value)} {first} "
            f"({confidence(one.ratio, times)}; simulated, {self.method})."
        )
        left = (
            f"All these switched off, {second} is {times(math.exp(one.remainder.value))} {first} "
            f"({100 * one.remainder_share:.0f} % of the weight)."
        )
        causes = (part.sentence(first, second) for part in one.contributions)
        return (says, *causes, left)

    def plot(self, metric: str | None = None) -> Any:
        """Return the waterfall of one metric, or of all three below each other."""
        import holoviews as hv  # noqa: PLC0415 - slow to import

        from workbench.analysis.plots.waterfall import waterfall  # noqa: PLC0415 - as above

        if metric is not None:
            return waterfall(self, metric)
        drawn = [waterfall(self, one.metric) for one in self.explanations]
        return hv.Layout(drawn).opts(shared_axes=False).cols(1)

    def _repr_html_(self) -> str:
        paragraphs = (
            "".join(f"<li>{escape(told)}</li>" for told in self.sentences(one.metric))
            for one in self.explanations
        )
        return "".join(f"<ul>{items}</ul>" for items in paragraphs)

    def to_json(self) -> dict[str, Any]:
        """Return plain values; see the module."""
        return {
            "experiment": self.experiment,
            "workload": self.workload,
            "phase": self.phase,
            "between": list(self.between),
            "backend": self.backend,
            "seed": self.seed,
            "replications": self.replications,
            "method": self.method,
            "runs": self.runs,
            "metrics": {one.metric: one.to_json(*self.between) for one in self.explanations},
            "negligible": [_named(part) for part in self.negligible],
            "absent": [_named(part) for part in self.absent],
        }


def _named(part: Part) -> dict[str, str]:
    return {"mechanism": part.name, "title": part.title}


def _numbers(log_ratio: Estimate, share: float) -> dict[str, Any]:
    factor = _exponential(log_ratio)
    return {
        "factor": factor.value,
        "ci95": factor.ends,
        "log_ratio": log_ratio.value,
        "share": share,
    }


def _exponential(log: Estimate) -> Estimate:
    return Estimate(math.exp(log.value), math.exp(log.low), math.exp(log.high), log.n)


def _negated(log: Estimate) -> tuple[float, float, float, int]:
    return -log.value, -log.high, -log.low, log.n
