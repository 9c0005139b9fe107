"""What components do, laid out for the engine: phases, kinds of operations, tasks, locks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.backends.simulated import layout
from workbench.backends.simulated.costs import (
    Place,
    Site,
    Topology,
    data_mib,
    task_cost_ps,
    traffic,
)
from workbench.backends.simulated.layout import Engine
from workbench.backends.simulated.parameters import Settings
from workbench.backends.workload import Choice, Phase, Task, Tree, Workload

__all__ = ["Program", "lay_out", "program"]

_PS_PER_MS = 10**9
_UNLIMITED = 1 << 60
_MOST_LEAF_LOCKS = 1 << 18
"""More leaves than that share locks; that two operations meet at one is as rare."""
_INNER_LOCKS = 1 << 12
_EXACT_TERMS = 1 << 20
"""Terms of a zipfian sum that are added up; the rest is an integral."""

_DISTRIBUTIONS = {
    "constant": layout.CONSTANT,
    "exponential": layout.EXPONENTIAL,
    "uniform": layout.UNIFORM,
    "hyperexponential": layout.HYPEREXPONENTIAL,
}
_VARIATIONS = {"constant": 0.0, "exponential": 1.0, "uniform": 1 / 3, "hyperexponential": 5.5}
"""Squared coefficients of variation."""
_PLACES = {"local": layout.LOCAL, "owner": layout.OWNER, "any": layout.ANY, "first": 0}
_LOCKS = {
    "none": layout.UNLOCKED,
    "shared": layout.SHARED,
    "exclusive": layout.EXCLUSIVE,
    "optimistic": layout.OPTIMISTIC,
}


@dataclass(frozen=True, slots=True)
class Step:
    """A task with what it depends on resolved."""

    task: Task
    where: int
    lock: int
    locks: int
    first_lock: int

    @property
    def alone(self) -> bool:
        """Whether it, or each of its tasks, is a segment of its own."""
        per_level = self.task.tasks == "levels"
        return self.lock != layout.UNLOCKED or (per_level and self.where == layout.OWNER)


@dataclass(frozen=True, slots=True)
class PhaseProgram:
    """A phase: its kinds of operations as pairs of a share and steps."""

    phase: Phase
    leaves: int
    mix: tuple[tuple[float, tuple[Step, ...]], ...]

    @property
    def steps(self) -> list[Step]:
        """All steps of all kinds, in order."""
        return [step for _, steps in self.mix for step in steps]


@dataclass(frozen=True, slots=True)
class Program:
    """All that a component does; `window` is that of a worker."""

    table: Workload
    phases: tuple[PhaseProgram, ...]
    window: int

    @property
    def kinds(self) -> int:
        """How many kinds of operations it has, over all phases."""
        return sum(len(phase.mix) for phase in self.phases)

    @property
    def stages(self) -> int:
        """How many tasks these have."""
        return sum(len(phase.steps) for phase in self.phases)

    @property
    def locks(self) -> int:
        """How many locks they need."""
        ends = (s.first_lock + s.locks for p in self.phases for s in p.steps if s.lock)
        return max(ends, default=0)


def program(table: Workload, settings: Settings, window: int) -> Program:
    """Return what a component does."""
    phases = []
    for phase in table.phases:
        leaves = _leaves(table.tree, phase, settings)
        nodes = leaves if table.tree is not None else 1
        kinds = table.kinds(phase)
        shares = [settings.number(share) for share in kinds.values()]
        whole = sum(shares) or 1.0
        mix = [
            (share / whole, [_step(task, nodes, settings) for task in table.chain(phase, kind)])
            for kind, share in zip(kinds, shares, strict=True)
            if share > 0 or len(kinds) == 1
        ]
        steps = [step for _, chain in mix for step in chain]
        needed = {step.first_lock: _is_contended(step, steps) for step in steps}
        phases.append(
            PhaseProgram(
                phase,
                leaves,
                tuple(
                    (share, tuple(_locked(step, needed[step.first_lock]) for step in chain))
                    for share, chain in mix
                ),
            )
        )
    return Program(table, tuple(phases), window)


def _leaves(tree: Tree | None, phase: Phase, settings: Settings) -> int:
    """Return how many leaves the operations of a phase go to."""
    if tree is None:
        return 1 << 20
    keys = settings.number(phase.keys)
    keys += settings.number(phase.operations) * phase.keys_per_operation
    leaves = max(int(keys / settings.number(tree.keys_per_leaf)), 1)
    hot = int(settings.number(tree.hot_leaves))
    return min(leaves, hot) if hot else leaves


def _step(task: Task, nodes: int, settings: Settings) -> Step:
    chosen = [
        one.cases[str(settings.values[one.by])] if isinstance(one, Choice) else one
        for one in (task.where, task.lock)
    ]
    where = chosen[0] if isinstance(chosen[0], int) else _PLACES[chosen[0]]
    lock = _LOCKS[str(chosen[1])]
    if where == layout.OWNER and settings.values["delegation"] == "off":
        where, lock = layout.LOCAL, layout.UNLOCKED
    if task.locks is not None:
        locks, first = max(int(settings.number(task.locks)), 1), 0
    elif task.tasks == "levels":
        locks, first = _INNER_LOCKS, _MOST_LEAF_LOCKS
    else:
        locks, first = min(nodes, _MOST_LEAF_LOCKS), 0
    return Step(task, where, lock, locks, first)


def _is_contended(step: Step, steps: Sequence[Step]) -> bool:
    """Whether anybody can ever be kept waiting at the locks that a step needs."""
    same = [other for other in steps if other.first_lock == step.first_lock and other.lock]
    writers = [other for other in same if other.lock == layout.EXCLUSIVE]
    readers = len(same) > len(writers)
    elsewhere = any(writer.where != layout.OWNER for writer in writers)
    return bool(writers) and (readers or elsewhere)


def _locked(step: Step, needed: bool) -> Step:
    if needed or step.lock == layout.UNLOCKED:
        return step
    return Step(step.task, step.where, layout.UNLOCKED, step.locks, step.first_lock)


def lay_out(
    engine: Engine,
    programs: Sequence[Program],
    where: Sequence[Sequence[Site]],
    topology: Topology,
    settings: Settings,
    quotas: Sequence[int],
) -> None:
    """Write all programs, and what memory costs them, into the engine."""
    kind = stage = lock = 0
    for index, one in enumerate(programs):
        component = engine.components[index]
        component["phases"] = len(one.phases)
        component["blocks"] = settings.values.get(one.table.idle, one.table.idle) == "block"
        component["first_lock"] = lock
        lock += one.locks
        _set_footprint(engine, index, one, settings)
        for number, phase in enumerate(one.phases):
            record = engine.phases[index, number]
            record["first_kind"] = kind
            below = 0.0
            for share, steps in phase.mix:
                below += share
                engine.kinds[kind] = (stage, stage + len(steps), below)
                for step in steps:
                    _set_stage(engine.stages[stage], step, settings)
                    stage += 1
                kind += 1
            record["last_kind"] = kind
            _set_phase(record, one, phase, settings, quotas[index])
            record["batchable"] = engine.clock["batching"][0] and _is_batchable(phase)
            _set_costs(engine, index, one, phase, where[index], topology, settings, stage)
    engine.nodes["bandwidth"] = max(int(float(settings.values["memory_gb_per_s"]) * 1e9), 1)
    most = np.zeros(len(engine.nodes))
    for core in engine.cores:
        here = engine.workers["site"][core["first"] : core["last"]]
        if len(here):
            most += engine.demand[here].max(axis=0)
    short = bool((most > engine.nodes["bandwidth"]).any())
    engine.clock["limited"] = short or bool((engine.cores["sibling"] != layout.NOBODY).any())
    if engine.clock["limited"][0]:
        # A batch would keep for long what bandwidth, or what speed, it found when it began.
        engine.phases["batchable"] = 0


def _set_footprint(engine: Engine, index: int, one: Program, settings: Settings) -> None:
    component, footprint = engine.components[index], one.table.footprint
    component["lines_per_ps"] = -1.0
    if footprint is not None:
        tasks = [step.task for phase in one.phases for step in phase.steps]
        size = max(data_mib(one.table, one.phases[-1].phase, task, settings) for task in tasks)
        if footprint.working_set_mib is not None:
            size = settings.number(footprint.working_set_mib)
        component["lines_per_ps"] = settings.number(footprint.lines_per_us) * 1e-6
        component["working_set"] = size * (1 << 20) / 64


def _set_stage(record: np.void, step: Step, settings: Settings) -> None:
    task = step.task
    record["where"] = step.where
    record["distribution"] = _DISTRIBUTIONS[task.distribution]
    record["variation"] = _VARIATIONS[task.distribution]
    record["per_level"] = task.tasks == "levels"
    record["tasks"] = 0 if task.tasks == "levels" else task.tasks
    record["mean_ps"] = settings.number(task.mean_ns) * 1000
    record["alone"] = step.alone
    record["lock"], record["locks"], record["first_lock"] = step.lock, step.locks, step.first_lock


def _is_batchable(phase: PhaseProgram) -> bool:
    """Whether its workers depend on each other in nothing but who does how many operations."""
    local = all(step.where == layout.LOCAL and not step.alone for step in phase.steps)
    return (
        local
        and len(phase.mix) == 1
        and phase.phase.arrivals is None
        and not phase.phase.keys_per_operation
    )


def _set_phase(
    record: np.void, one: Program, phase: PhaseProgram, settings: Settings, quota: int
) -> None:
    written, tree = phase.phase, one.table.tree
    record["operations"] = int(settings.number(written.operations))
    record["gap"] = round(settings.number(written.serial_gap_ms) * _PS_PER_MS)
    record["check"] = round(settings.number(written.check_ms) * _PS_PER_MS)
    record["barrier"] = written.barrier
    record["leaves"] = phase.leaves
    if written.arrivals is not None:
        record["arrival_ps"] = max(settings.number(written.arrivals.every_ns) * 1000, 1.0)
        record["arrival_distribution"] = _DISTRIBUTIONS[written.arrivals.distribution]
    record["capacity"] = _UNLIMITED
    record["next_level_at"] = _UNLIMITED
    if tree is not None:
        record["capacity"] = _capacity(tree, written, settings, quota)
        _grow_tree(record, tree, written, settings)
        _set_zipf(record, tree, written, settings)


def _capacity(tree: Tree, phase: Phase, settings: Settings, quota: int) -> int:
    """Return how many operations the quota has room for; -1 if the data does not even load."""
    room = quota - settings.number(tree.base_bytes)
    per_key = settings.number(tree.bytes_per_key)
    keys_left = room - settings.number(phase.keys) * per_key
    if keys_left < 0:
        return -1
    grows = phase.keys_per_operation and per_key > 0
    return min(int(keys_left / per_key), _UNLIMITED) if grows else _UNLIMITED


def _grow_tree(record: np.void, tree: Tree, phase: Phase, settings: Settings) -> None:
    """Set the inner levels at the phase's beginning, and when the next one is added."""
    keys = settings.number(phase.keys)
    levels, room = 0, settings.number(tree.keys_per_leaf)
    fanout = settings.number(tree.fanout)
    while keys > room:
        levels, room = levels + 1, room * fanout
    record["levels"] = levels
    record["fanout"] = fanout
    if phase.keys_per_operation:
        record["next_level_at"] = int(room - keys)


def _set_zipf(record: np.void, tree: Tree, phase: Phase, settings: Settings) -> None:
    """Set the constants of Gray and others, see `draws.zipf_rank`."""
    exponent = settings.number(tree.zipf)
    keys = int(
        settings.number(phase.keys) or settings.number(phase.operations) * phase.keys_per_operation
    )
    if exponent <= 0 or keys < 2:
        return
    exact = min(keys, _EXACT_TERMS)
    whole = float((np.arange(1, exact + 1, dtype=float) ** -exponent).sum())
    rest = 1.0 - exponent
    whole += ((keys + 0.5) ** rest - (exact + 0.5) ** rest) / rest
    second = 1.0 + 0.5**exponent
    record["zipf"] = keys
    record["zipf_sum"] = whole
    record["zipf_second"] = second
    record["zipf_power"] = 1.0 / rest
    record["zipf_factor"] = (1.0 - (2.0 / keys) ** rest) / (1.0 - second / whole)


def _set_costs(
    engine: Engine,
    index: int,
    one: Program,
    phase: PhaseProgram,
    where: Sequence[Site],
    topology: Topology,
    settings: Settings,
    end: int,
) -> None:
    """Set what memory costs the stages before `end` at each site of a component."""
    steps = phase.steps
    chains = [(share, [step.task for step in chain]) for share, chain in phase.mix]
    for site in where:
        row = index * topology.nodes + site.node
        place = Place(settings, topology, site)
        for offset, step in enumerate(steps):
            data = data_mib(one.table, phase.phase, step.task, settings)
            cost = task_cost_ps(step.task, one.table.footprint, data, one.window, place)
            engine.costs[row, end - len(steps) + offset] = cost
        asked = traffic(one.table, phase.phase, chains, place) * site.weights
        engine.demand[row] = np.maximum(engine.demand[row], asked.astype(np.int64))
