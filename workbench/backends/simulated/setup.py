"""From a job to an engine: which components run, where, with what work and what quota."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from workbench.backends.base import Job
from workbench.backends.instances import Instance, instances
from workbench.backends.simulated import layout
from workbench.backends.simulated.layout import Engine
from workbench.backends.simulated.parameters import Settings
from workbench.backends.workload import Choice, Phase, Task

__all__ = ["Plan", "plan"]

_PS_PER_MS = 10**9
_UNLIMITED = 1 << 60
_DISTRIBUTIONS = {
    "constant": layout.CONSTANT,
    "exponential": layout.EXPONENTIAL,
    "uniform": layout.UNIFORM,
}
_PLACES = {"local": layout.LOCAL, "owner": layout.OWNER, "first": layout.FIRST, "0": layout.FIRST}


@dataclass(frozen=True, slots=True)
class Plan:
    """A simulation ready to run; `engine` holds the instances that start, in order."""

    settings: Settings
    instances: tuple[Instance, ...]
    cores: int
    engine: Engine

    @property
    def started(self) -> tuple[Instance, ...]:
        """The instances that `init` starts."""
        return tuple(one for one in self.instances if one.prediction.starts)


def plan(job: Job, settings: Settings) -> Plan:
    """Lay an engine out for a job."""
    everyone = instances(job.scenario)
    space = job.scenario.effective_space
    started = [one for one in everyone if one.prediction.starts]
    phases = settings.workload.phases
    windows = [_window_per_worker(settings, len(one.cores)) for one in started]
    workers = [len(one.cores) for one in started]
    engine = layout.empty(
        components=len(started),
        phases=len(phases),
        stages=sum(len(_chain(settings, phase)) for phase in phases),
        workers=sum(workers),
        cores=space.width * space.height,
        requests=sum(window * count for window, count in zip(windows, workers, strict=True)),
    )
    _set_clock(engine, settings, job.seed)
    _set_stages(engine, settings)
    _place_workers(engine, started)
    _deal_requests(engine, windows)
    for index, one in enumerate(started):
        _set_component(engine, index, one, settings, job.seed)
    return Plan(settings, everyone, space.width * space.height, engine)


def _window_per_worker(settings: Settings, workers: int) -> int:
    table = settings.workload
    # More than all operations can never be in flight.
    enough = max(int(settings.number(phase.operations)) for phase in table.phases)
    if table.window_per_worker is not None:
        return max(1, min(int(settings.number(table.window_per_worker)), enough))
    assert table.window is not None
    return max(1, min(int(settings.number(table.window)), enough) // workers)


def _stream(*words: object) -> int:
    """Return 64 bits that stand for these words, the key of a stream of random numbers."""
    text = " ".join(map(str, words)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def _set_clock(engine: Engine, settings: Settings, seed: int) -> None:
    def ps(name: str, unit_ps: int) -> int:
        return round(settings.number(name) * unit_ps)

    engine.clock["quantum"] = quantum = max(ps("quantum_ms", _PS_PER_MS), 1)
    engine.clock["switch_cost"] = ps("switch_us", 10**6)
    engine.clock["refill_cost"] = ps("refill_us", 10**6)
    engine.clock["bin_width"] = max(ps("raster_ms", _PS_PER_MS), 1)
    engine.clock["running"] = len(engine.components)
    spread = settings.number("slice_spread") * quantum
    for core in range(len(engine.cores)):
        chance = _stream(seed, "slice", core) / 2**64
        engine.cores["phase"][core] = max(quantum - int(chance * spread), 1)


def _set_stages(engine: Engine, settings: Settings) -> None:
    tasks = [task for phase in settings.workload.phases for task in _chain(settings, phase)]
    for stage, task in zip(engine.stages, tasks, strict=True):
        stage["where"] = _PLACES[_place(task, settings)]
        stage["distribution"] = _DISTRIBUTIONS[task.distribution]
        stage["per_level"] = task.tasks == "levels"
        stage["tasks"] = 0 if task.tasks == "levels" else task.tasks
        stage["mean_ps"] = settings.number(task.mean_ns) * 1000


def _chain(settings: Settings, phase: Phase) -> tuple[Task, ...]:
    return settings.workload.chain(phase, next(iter(settings.workload.kinds(phase))))


def _place(task: Task, settings: Settings) -> str:
    if isinstance(task.where, Choice):
        return str(task.where.cases[str(settings.values[task.where.by])])
    return str(task.where)


def _place_workers(engine: Engine, started: list[Instance]) -> None:
    residents: list[list[tuple[int, int]]] = [[] for _ in engine.cores]
    first = 0
    for index, one in enumerate(started):
        engine.components[index]["first_member"] = first
        engine.components[index]["workers"] = len(one.cores)
        for number, core in enumerate(one.cores):
            residents[core].append((index, number))
        first += len(one.cores)
    w = 0
    for core, here in enumerate(residents):
        engine.cores[core]["first"] = w
        for index, number in here:
            worker = engine.workers[w]
            worker["component"], worker["core"], worker["number"] = index, core, number
            worker["priority"] = started[index].priority
            engine.members[engine.components[index]["first_member"] + number] = w
            w += 1
        engine.cores[core]["last"] = w


def _deal_requests(engine: Engine, windows: list[int]) -> None:
    """Give every worker its part of the window."""
    counts = np.array(windows, np.int64)[engine.workers["component"]]
    engine.workers["window"] = counts
    engine.workers["first_request"] = np.cumsum(counts) - counts
    engine.requests["issuer"] = np.repeat(np.arange(len(engine.workers)), counts)


def _set_component(
    engine: Engine, index: int, one: Instance, settings: Settings, seed: int
) -> None:
    table = settings.workload
    component = engine.components[index]
    component["key"] = _stream(seed, "component", index)
    component["begin"] = round(index * settings.number(table.start_skew_ms) * _PS_PER_MS)
    stage = 0
    for number, phase in enumerate(table.phases):
        record = engine.phases[index, number]
        record["operations"] = int(settings.number(phase.operations))
        record["gap"] = round(settings.number(phase.serial_gap_ms) * _PS_PER_MS)
        record["first_stage"] = stage
        stage += len(_chain(settings, phase))
        record["last_stage"] = stage
        record["capacity"] = _capacity(phase, one, settings)
        _grow_tree(record, phase, settings)
    if table.issue == "all-but-first":
        engine.workers["window"][engine.members[component["first_member"]]] = 0


def _capacity(phase: Phase, one: Instance, settings: Settings) -> int:
    """Return how many operations the quota has room for; -1 if the data does not even load."""
    tree = settings.workload.tree
    if tree is None:
        return _UNLIMITED
    room = one.quota_bytes - settings.number(tree.base_bytes)
    per_key = settings.number(tree.bytes_per_key)
    keys_left = room - settings.number(phase.keys) * per_key
    if keys_left < 0:
        return -1
    grows = phase.keys_per_operation and per_key > 0
    return min(int(keys_left / per_key), _UNLIMITED) if grows else _UNLIMITED


def _grow_tree(record: np.void, phase: Phase, settings: Settings) -> None:
    """Set the inner levels at the phase's beginning, and when the next one is added."""
    tree = settings.workload.tree
    record["next_level_at"] = _UNLIMITED
    if tree is None:
        return
    keys = settings.number(phase.keys)
    levels, room = 0, settings.number(tree.keys_per_leaf)
    fanout = settings.number(tree.fanout)
    while keys > room:
        levels, room = levels + 1, room * fanout
    record["levels"] = levels
    record["fanout"] = fanout
    if phase.keys_per_operation:
        record["next_level_at"] = int(room - keys)
