"""Why two variants differ: the difference attributed to mechanisms by counterfactual runs.

The simulator is run with any set S of mechanisms at work and the others switched off
(`workbench.analysis.mechanisms`). Let v(S) be the logarithm of the ratio of the two
variants' throughputs then. A mechanism's contribution is its Shapley value: the mean,
over all orders in which the mechanisms could be switched on, of the change of v when
its turn comes (Shapley 1953; for programs, Lundberg and Lee 2017). Logarithms are
attributed because ratios multiply. What is left with all of them switched off is the
remainder, so contributions and remainder always sum to the logarithm of the ratio.

Mechanisms that change next to nothing, neither alone nor taken from all others,
stay on and are named as negligible. The values of up to `MOST_EXACT` others are
computed from all of their subsets, of more from random orders, each with its
reverse. Replications share their random numbers between all runs, each gives one set of
values, and the intervals are Student's over replications.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from workbench.analysis.explanation import (
    Assumption,
    Attribution,
    Contribution,
    Explanation,
    Part,
)
from workbench.analysis.mechanisms import Mechanism, applied, mechanisms, shares_cores
from workbench.backends.base import Backend, Job, ParameterInfo
from workbench.errors import InputError
from workbench.experiments.plan import Plan, chosen, plans
from workbench.experiments.trials import Totals, Trials
from workbench.results.schema import METRICS
from workbench.results.statistics import t_interval
from workbench.scenario.experiment import Experiment, Parameter

__all__ = ["MOST_EXACT", "attribute", "shapley"]

MOST_EXACT = 6
"""Mechanisms whose values are computed exactly; 64 subsets."""

_ORDERS = 4  # random orders, each with its reverse, per replication
_SCREENED = 2  # replications that show what is negligible
_NEGLIGIBLE = 0.03  # of the whole difference, or of 0.2 in the logarithm if that is more
_LEAST_DIFFERENCE = 0.2

On = frozenset[str]
Values = NDArray[np.float64]
"""Logarithms of ratios by metric, in the order of `METRICS`."""

_TRIALS = Trials()
"""One memory per process: a question asked again, or a similar one, costs less."""


def attribute(
    experiment: Experiment,
    between: tuple[str, str],
    workload: str,
    *,
    parameters: Mapping[str, Parameter] | None = None,
    replications: int = 4,
    names: Sequence[str] | None = None,
    progress: Callable[[float, str], object] = lambda _fraction, _message: None,
    cancelled: threading.Event | None = None,
) -> Attribution:
    """Return why a variant differs from another one in a workload.

    Parameters
    ----------
    experiment
        Whose variants they are; its seed is used.
    between
        Two variants; what is explained is the second over the first.
    workload
        One of the backend's.
    parameters
        Win over those of the experiment and its variants.
    replications
        At least 2; the intervals rest on them.
    names
        Mechanisms to consider; by default all.
    progress
        Called with the finished part, from 0 to 1, and what is going on.
    cancelled
        Stops soon after it has been set.

    Raises
    ------
    workbench.errors.InputError
        If a name is unknown, a job is refused, or the backend is no simulation.
    workbench.backends.base.Cancelled
        If it was stopped.
    """
    if replications < 2:
        raise InputError("An interval needs two replications.", "Ask for 2 or more.")
    known = {one.name: one for one in mechanisms()}
    wanted = [known[name] for name in chosen(names, list(known), "mechanism")]
    if len(set(between)) < 2:
        raise InputError(f'"{between[0]}" does not differ from itself.', "Name two variants.")
    both = plans(experiment, variant_names=between, workloads=[workload], parameters=parameters)
    pair = sorted(both, key=lambda plan: between.index(plan.spec.variant))
    if pair[0].backend.kind != "simulation":
        raise InputError(
            f"What a measurement would have been without a mechanism nobody knows; "
            f'"{pair[0].backend.name}" measures.',
            "Ask the simulated backend about the same scenario: --backend simulated.",
        )
    return _Game(pair, wanted, progress, cancelled).attribution(replications)


class _Game:
    """The counterfactual runs of two variants."""

    def __init__(
        self,
        pair: Sequence[Plan],
        wanted: Sequence[Mechanism],
        progress: Callable[[float, str], object],
        cancelled: threading.Event | None,
    ) -> None:
        self._pair = pair
        self._backend: Backend = pair[0].backend
        self._known = [_infos(plan) for plan in pair]
        self._shared = [shares_cores(plan.scenario) for plan in pair]
        self._progress = progress
        self._cancelled = cancelled
        self._phase = ""
        self._values: dict[tuple[On, int], Values] = {}
        self._before = _TRIALS.ran
        self.absent = [one for one in wanted if not self._plays(one)]
        self.present = [one for one in wanted if one not in self.absent]

    def _plays(self, mechanism: Mechanism) -> bool:
        """Whether a mechanism has any part in either of the two."""
        return any(
            applied(job := plan.job(0), [mechanism], known, shared) != job
            for plan, known, shared in zip(self._pair, self._known, self._shared, strict=True)
        )

    def attribution(self, replications: int) -> Attribution:
        """Run what has to be run and return what it says."""
        everyone = frozenset(one.name for one in self.present)
        players = self._screened(everyone)
        rest = everyone - set(players)
        exact = len(players) <= MOST_EXACT
        orders = [None if exact else one for one in self._orders(players, replications)]
        sets = [_subsets(players) if one is None else _prefixes(one) for one in orders]
        points = [(rest | on, r) for r in range(replications) for on in sets[r]]
        self._evaluate(points, 0.4, 1.0, "weighing the causes")
        found = []
        for r in range(replications):
            worth = {on: self._values[rest | on, r] for on in sets[r]}
            found.append(shapley(players, worth.__getitem__, orders[r]))
        whole = [self._values[everyone, r] for r in range(replications)]
        left = [self._values[rest, r] for r in range(replications)]
        first = self._pair[0].spec
        return Attribution(
            experiment=first.experiment,
            workload=first.workload,
            phase=self._phase,
            between=(first.variant, self._pair[1].spec.variant),
            backend=first.backend,
            seed=first.seed,
            replications=replications,
            method="exact" if exact else "sampled orders",
            runs=_TRIALS.ran - self._before,
            explanations=tuple(
                self._explanation(number, players, found, whole, left)
                for number in range(len(METRICS))
            ),
            negligible=tuple(self._part(one) for one in self.present if one.name in rest),
            absent=tuple(self._part(one) for one in self.absent),
        )

    def _orders(self, players: Sequence[str], replications: int) -> list[list[list[str]]]:
        """Return random orders, each with its reverse, for each replication."""
        chance = np.random.default_rng(self._pair[0].spec.seed)
        drawn = [
            [chance.permutation(players).tolist() for _ in range(_ORDERS)]
            for _ in range(replications)
        ]
        return [[one for order in orders for one in (order, order[::-1])] for orders in drawn]

    def _screened(self, everyone: On) -> list[str]:
        """Return the mechanisms that are not negligible."""
        names = [one.name for one in self.present]
        points = [everyone, frozenset[str]()]
        points += [everyone - {name} for name in names] + [frozenset({name}) for name in names]
        everywhere = [(on, r) for r in range(_SCREENED) for on in points]
        self._evaluate(everywhere, 0.0, 0.4, "switching off one cause at a time")

        def change(more: On, less: On) -> Values:
            gains = [self._values[more, r] - self._values[less, r] for r in range(_SCREENED)]
            return np.asarray(np.mean(gains, axis=0))

        whole = np.abs(change(everyone, frozenset()))
        limit = _NEGLIGIBLE * np.maximum(np.nan_to_num(whole), _LEAST_DIFFERENCE)
        return [
            name
            for name in names
            if (np.abs(change(everyone, everyone - {name})) > limit).any()
            or (np.abs(change(frozenset({name}), frozenset())) > limit).any()
        ]

    def _evaluate(
        self, points: Iterable[tuple[On, int]], begin: float, end: float, message: str
    ) -> None:
        """Make the values of sets of mechanisms that are at work in replications known."""
        missing = [key for key in dict.fromkeys(points) if key not in self._values]
        jobs = [self._job(side, on, r) for on, r in missing for side in (0, 1)]

        def told(done: int, of: int) -> None:
            part = done / of if of else 1.0
            self._progress(begin + (end - begin) * part, f"{message}: {done} of {of} runs")

        totals = _TRIALS.run(self._backend, jobs, progress=told, cancelled=self._cancelled)
        for number, key in enumerate(missing):
            first, second = (self._logs(one) for one in totals[2 * number : 2 * number + 2])
            self._values[key] = second - first

    def _job(self, side: int, on: On, replication: int) -> Job:
        plan = self._pair[side]
        off = [one for one in self.present if one.name not in on]
        return applied(plan.job(replication), off, self._known[side], self._shared[side])

    def _logs(self, totals: Totals) -> Values:
        phases = list(totals[METRICS[0]])
        workload = self._pair[0].spec.workload
        self._phase = workload if workload in phases else phases[-1]
        found = np.array([totals[metric][self._phase] for metric in METRICS])
        logs: Values = np.log(np.where(found > 0, found, np.nan))
        return logs

    def _explanation(
        self,
        number: int,
        players: Sequence[str],
        found: Sequence[Mapping[str, Values]],
        whole: Sequence[Values],
        left: Sequence[Values],
    ) -> Explanation:
        named = {one.name: one for one in self.present}
        logs = {name: np.array([one[name][number] for one in found]) for name in players}
        remainder = np.array([one[number] for one in left])
        weight = sum(abs(float(values.mean())) for values in (*logs.values(), remainder))
        contributions = [
            Contribution(
                self._part(named[name]),
                t_interval(values),
                abs(float(values.mean())) / weight if weight else 0.0,
            )
            for name, values in logs.items()
        ]
        return Explanation(
            METRICS[number],
            t_interval(np.array([one[number] for one in whole])),
            tuple(sorted(contributions, key=lambda one: -one.share)),
            t_interval(remainder),
            abs(float(remainder.mean())) / weight if weight else 0.0,
        )

    def _part(self, mechanism: Mechanism) -> Part:
        """Return a mechanism with what it rests on."""
        known, given = self._known[0], self._pair[0].spec.parameters
        return Part(
            mechanism.name,
            mechanism.title,
            mechanism.clause,
            tuple(
                Assumption(name, given.get(name, info.default), info.source, name in given)
                for name in mechanism.changes
                if (info := known.get(name)) is not None
            ),
        )


def _infos(plan: Plan) -> dict[str, ParameterInfo]:
    spec = plan.spec
    return {info.name: info for info in plan.backend.parameters(spec.workload, spec.parameters)}


def shapley(
    players: Sequence[str],
    value: Callable[[On], Values],
    orders: Sequence[Sequence[str]] | None = None,
) -> dict[str, Values]:
    """Return the Shapley value of each player; they sum to value(all) - value(nobody).

    Parameters
    ----------
    players
        Their names.
    value
        What a set of them is worth.
    orders
        Over which to take the mean; None means all, by way of all subsets.
    """
    if orders is not None:
        sums: dict[str, Values] = {name: np.zeros(0) for name in players}
        for order in orders:
            before = value(frozenset())
            for place, name in enumerate(order, 1):
                after = value(frozenset(order[:place]))
                gain = (after - before) / len(orders)
                sums[name] = gain if not sums[name].size else sums[name] + gain
                before = after
        return sums
    n = len(players)
    return {
        name: np.sum(
            [
                math.factorial(len(on))
                * math.factorial(n - len(on) - 1)
                / math.factorial(n)
                * (value(on | {name}) - value(on))
                for on in _subsets([one for one in players if one != name])
            ],
            axis=0,
        )
        for name in players
    }


def _subsets(players: Sequence[str]) -> list[On]:
    return [
        frozenset(some) for size in range(len(players) + 1) for some in combinations(players, size)
    ]


def _prefixes(orders: Sequence[Sequence[str]]) -> list[On]:
    return [frozenset(order[:size]) for order in orders for size in range(len(order) + 1)]
