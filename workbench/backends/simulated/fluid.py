"""A fluid solution: what each component would do per second, within milliseconds.

It knows when each worker holds its core (the policy's slices, their costs and
phases), what an operation asks of its issuer and of the owners it is delegated
to, and how many operations each worker may have in flight; `fluid_flow` solves
how requests then move. It follows the mechanism that the event level shows, owner
preemption: requests that lie with a worker off its core wait for it, until none of
the window is left. No constant is fitted to results.

Not in it: locks, batches, blocking workers, arrivals, and changing placements; the event
level has them. How far the two are apart on random placements is measured by
``python -m tests.benchmarks.preview`` and kept in `KNOWN_ERRORS`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.backends.base import Job
from workbench.backends.simulated import layout, loading, parameters, setup
from workbench.backends.workload import Phase

if TYPE_CHECKING:
    from workbench.backends.simulated.fluid_flow import Floats

__all__ = ["KNOWN_ERRORS", "Preview", "compiled_flow", "preview", "solved"]

KNOWN_ERRORS = {False: 0.10, True: 0.25}
"""Largest relative error of a component's rate against the event level: without delegation to
workers that share their cores, and with it. On 36 random placements we measured at most 9.9 %
without sharing (lookups: 5.5 %) and 16.1 % with it."""

_GOLDEN = 0.6180339887498949
_STEPS_PER_SLICE = 24
_MOST_STEPS = 3000
_PS_PER_SECOND = 1e12


@dataclass(frozen=True, slots=True)
class Preview:
    """The predicted rates of one phase.

    Parameters
    ----------
    phase
        Name of the phase.
    rates
        Operations per second by component, while all of them are in the phase.
    error
        Largest relative error known of such a prediction; see `KNOWN_ERRORS`.
    """

    phase: str
    rates: Mapping[str, float]
    error: float

    @property
    def total(self) -> float:
        """Operations per second of all components together."""
        return sum(self.rates.values())


@dataclass(frozen=True, slots=True)
class _Work:
    """What an operation asks for, in ps: at its issuer, and at owners in so many visits."""

    local: float
    owner: float
    visits: float
    of_first: bool


def preview(job: Job) -> tuple[Preview, ...]:
    """Return the predicted rates of every phase of a job; random numbers play no part.

    Raises
    ------
    workbench.errors.InputError
        If the workload or machine cannot be used.
    """
    return solved(job)[1]


def solved(job: Job) -> tuple[setup.Plan, tuple[Preview, ...]]:
    """Return the plan of a job with the predicted rates of its phases; see `preview`."""
    settings = parameters.resolve(job)
    plan = setup.plan(job, settings)
    spans = _Slices(plan)
    return plan, tuple(
        _phase(plan, spans, number, phase) for number, phase in enumerate(settings.workload.phases)
    )


def _phase(plan: setup.Plan, spans: _Slices, number: int, phase: Phase) -> Preview:
    rates, shared = {}, False
    for index, one in enumerate(plan.started):
        work = _work(plan, index, number)
        rates[one.label] = _rate(plan, spans, index, work) * _PS_PER_SECOND
        shared = shared or (work.visits > 0 and spans.shares(index))
    rates |= {one.label: 0.0 for one in plan.instances if not one.prediction.starts}
    return Preview(phase.name, rates, KNOWN_ERRORS[shared])


def _rate(plan: setup.Plan, spans: _Slices, index: int, work: _Work) -> float:
    """Return a component's operations per ps."""
    from workbench.backends.simulated.fluid_flow import Network, completed  # noqa: PLC0415 - slow

    begin, length, period = spans.of(index)
    members = _members(plan, index)
    window = plan.engine.workers["window"][members].astype(float)
    speed = _speeds(plan, members)
    if not work.visits:
        held = np.minimum(length / period, 1.0)
        return float((held * speed * (window > 0)).sum() / work.local) if work.local else 0.0
    workers = len(members)
    chosen = np.full(workers, 1.0 / workers)
    if work.of_first:
        chosen = np.zeros(workers)
        chosen[0] = 1.0
    # A request needs about this long for a round when nobody is off its core.
    each_round = (work.local + work.owner) * (window.sum() / workers + 1.0)
    step, warm_up, steps = spans.steps(index, each_round)
    network = Network(
        begin,
        length,
        period,
        window,
        work.local / speed,
        work.owner / work.visits / speed,
        chosen,
        np.zeros((workers, workers)),
        np.zeros((4, workers)),
    )
    return completed(network, work.visits, step, warm_up, steps)


def _speeds(plan: setup.Plan, members: Any) -> Floats:
    """Return at which part of its speed each worker gets on: workers that poll keep their cores."""
    cores = plan.engine.cores
    sibling = cores["sibling"][plan.engine.workers["core"][members]]
    held = (sibling != layout.NOBODY) & (cores["last"] > cores["first"])[sibling]
    return np.where(held, float(plan.engine.clock["thread_speed"][0]), 1.0)


def compiled_flow() -> None:
    """Have `fluid_flow` compiled, so that the first preview comes at once."""
    from workbench.backends.simulated.fluid_flow import Network, completed  # noqa: PLC0415 - slow

    one = np.ones(1)
    network = Network(one, one, one, one, one, one, one, np.zeros((1, 1)), np.zeros((4, 1)))
    completed(network, 1.0, 1.0, 0, 1)


def _members(plan: setup.Plan, index: int) -> Any:
    component = plan.engine.components[index]
    first = int(component["first_member"])
    return plan.engine.members[first : first + int(component["workers"])]


def _work(plan: setup.Plan, index: int, number: int) -> _Work:
    """Return what an operation of a phase asks for, over its kinds and the tree's growth."""
    engine = plan.engine
    record = engine.phases[index, number]
    levels = _mean_levels(record)
    sites = engine.workers["site"][_members(plan, index)]
    local = owner = visits = below = 0.0
    of_first = False
    for kind in engine.kinds[int(record["first_kind"]) : int(record["last_kind"])]:
        part, below = float(kind["below"]) - below, float(kind["below"])
        for number_of_stage in range(int(kind["first_stage"]), int(kind["last_stage"])):
            stage, cost = engine.stages[number_of_stage], engine.costs[sites, number_of_stage]
            waits = float((cost["own_ps"] + cost["remote_ps"]).mean())
            count = levels if stage["per_level"] else float(stage["tasks"])
            took = part * count * (float(stage["mean_ps"]) + waits)
            if stage["where"] in (layout.LOCAL, layout.ANY):
                local += took
            else:
                owner += took
                # Tasks in a row at one owner are one visit; those of a tree's levels are not.
                visits += part * (count if stage["per_level"] else 1.0)
                of_first = of_first or stage["where"] != layout.OWNER
    return _Work(local, owner, visits, of_first)


def _mean_levels(record: Any) -> float:
    """Return the tree's inner levels, averaged over the operations of a phase."""
    operations, levels = int(record["operations"]), int(record["levels"])
    grows, fanout = float(record["next_level_at"]), float(record["fanout"])
    at, total = 0.0, 0.0
    while at < operations:
        until = min(float(operations), grows)
        total += levels * (until - at)
        at, levels, grows = until, levels + 1, grows * max(fanout, 2.0)
    return total / max(operations, 1)


class _Slices:
    """When each worker holds its core: from `begin` on for `length` in every `period`."""

    def __init__(self, plan: setup.Plan) -> None:
        engine, settings = plan.engine, plan.settings
        clock = engine.clock[0]
        self._plan = plan
        self.quantum = float(clock["quantum"])
        self._cost = float(clock["switch_cost"]) + float(clock["refill_cost"])
        self._spread = settings.number("slice_spread") * self.quantum
        workers = len(engine.workers)
        self.begin, self.length, self.period = (
            np.zeros(workers),
            np.zeros(workers),
            np.ones(workers),
        )
        gang = settings.values["policy"] == "gang"
        rows = loading.scheduling_policy("gang").prepare(engine) if gang else None
        for core in range(len(engine.cores)):
            self._share(core, rows)

    def _share(self, core: int, rows: Any) -> None:
        engine = self._plan.engine
        here = np.arange(engine.cores[core]["first"], engine.cores[core]["last"])
        if not here.size:
            return
        priority = engine.workers["priority"][here]
        here = here[priority == priority.max()]
        if len(here) == 1:
            self.length[here] = 1.0
        elif rows is None:
            self._round_robin(core, here)
        else:
            self._in_turns(rows[engine.workers["component"][here]], rows.max() + 1, here)

    def _round_robin(self, core: int, here: Any) -> None:
        """Share a core slice by slice; where the first slice ends is spread evenly over cores."""
        turn = self.quantum + self._cost
        first_end = self.quantum - math.fmod(core * _GOLDEN, 1.0) * self._spread
        self.begin[here] = first_end - self.quantum + np.arange(len(here)) * turn
        self.length[here] = self.quantum
        self.period[here] = len(here) * turn

    def _in_turns(self, row: Any, rows: int, here: Any) -> None:
        """Share a core in a gang's turns; an empty turn goes to the next row that has a worker."""
        turn = self.quantum + self._cost
        for w, own in zip(here, row, strict=True):
            before = [int(own - other) % rows for other in row if other != own]
            turns = min(before)
            self.begin[w] = (own - turns + 1) * turn + self._cost
            self.length[w] = turns * turn - self._cost
            self.period[w] = rows * turn

    def of(self, index: int) -> tuple[Floats, Floats, Floats]:
        """Return begin, length and period of a component's workers."""
        members = _members(self._plan, index)
        return self.begin[members], self.length[members], self.period[members]

    def shares(self, index: int) -> bool:
        """Whether any of a component's workers has to share its core."""
        return bool((self.period[_members(self._plan, index)] > 1.0).any())

    def steps(self, index: int, each_round: float) -> tuple[float, int, int]:
        """Return the length of a step, those before counting, and those to count."""
        if not self.shares(index):
            return 20.0 * each_round, 60, 1
        turn = self.quantum + self._cost
        period = self.period[_members(self._plan, index)]
        turns = {round(one / turn) for one in period if one > 1.0}
        step = self.quantum / _STEPS_PER_SLICE
        count = round(min(math.lcm(*turns), 4 * max(turns)) * turn / step)
        warm_up = round(max(2.0 * max(turns) * turn, 3.0 * each_round) / step)
        return step, min(warm_up, _MOST_STEPS - min(count, _MOST_STEPS)), min(count, _MOST_STEPS)
