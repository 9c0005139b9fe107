"""From a job to an engine: which components run, where, with what work and what quota."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.backends.base import Job
from workbench.backends.instances import Instance, background_components, instances
from workbench.backends.simulated import layout
from workbench.backends.simulated.changes import CoreChange, core_changes, cpu_quotas
from workbench.backends.simulated.costs import Topology, sites
from workbench.backends.simulated.layout import Engine, Sizes
from workbench.backends.simulated.parameters import Settings
from workbench.backends.simulated.work import lay_out, program
from workbench.backends.workload import Workload, background, background_names

__all__ = ["Plan", "plan"]

_PS_PER_MS = 10**9


@dataclass(frozen=True, slots=True)
class Resident:
    """A component of the engine.

    Parameters
    ----------
    label
        Its name.
    table
        What it does.
    cores
        The core of each of its workers.
    granted
        Which of them it may use from the beginning.
    priority
        Its scheduling priority; the highest is 0.
    quota_bytes
        Its RAM.
    in_background
        Whether it runs as long as others do.
    """

    label: str
    table: Workload
    cores: tuple[int, ...]
    granted: tuple[bool, ...]
    priority: int
    quota_bytes: int
    in_background: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A simulation ready to run.

    `engine` holds the instances that start, in order, and then the `background` ones.
    """

    settings: Settings
    instances: tuple[Instance, ...]
    background: tuple[str, ...]
    cores: int
    engine: Engine

    @property
    def started(self) -> tuple[Instance, ...]:
        """The instances that `init` starts."""
        return tuple(one for one in self.instances if one.prediction.starts)


def plan(job: Job, settings: Settings) -> Plan:
    """Lay an engine out for a job.

    Raises
    ------
    workbench.errors.InputError
        If the changes of placement or the CPU quotas cannot be read.
    """
    everyone = instances(job.scenario)
    space = job.scenario.effective_space
    cells = space.width * space.height
    started = [one for one in everyone if one.prediction.starts]
    changes = core_changes(
        str(settings.values["core_changes"]), (one.label for one in started), cells
    )
    residents = [_measured(one, changes, settings) for one in started]
    residents += _beside(job, settings)
    topology = Topology.of(settings, space.width, space.height)
    windows = [_windows(one, settings) for one in residents]
    where = sites([one.cores for one in residents], topology, settings)
    programs = [
        program(one.table, settings, min(filter(None, window), default=1))
        for one, window in zip(residents, windows, strict=True)
    ]
    engine = layout.empty(
        Sizes(
            components=len(residents),
            phases=max((len(one.phases) for one in programs), default=1),
            kinds=sum(one.kinds for one in programs),
            stages=sum(one.stages for one in programs),
            workers=sum(len(one.cores) for one in residents),
            cores=cells,
            requests=sum(map(sum, windows)),
            locks=sum(one.locks for one in programs),
            nodes=topology.nodes,
            changes=sum(len(change.cores) for change in changes),
            segments=int(settings.values["timeline_segments"])
            if settings.values["timeline_ms"]
            else 0,
        )
    )
    _set_clock(engine, settings, job.seed, can_batch=not changes)
    engine.clock["running"] = len(started)
    quotas = cpu_quotas(str(settings.values["cpu_quota"]), [one.label for one in residents])
    engine.cores["node"] = topology.node_of
    engine.cores["sibling"] = topology.sibling_of
    engine.clock["thread_speed"] = settings.number("thread_speed")
    _place_workers(engine, residents)
    _deal_requests(engine, windows)
    for index, one in enumerate(residents):
        component = engine.components[index]
        component["key"] = _stream(job.seed, "component", index)
        component["background"] = one.in_background
        component["quota"] = quotas.get(one.label, 0.0)
        skew_ms = settings.number(one.table.start_skew_ms)
        component["begin"] = 0 if one.in_background else round(index * skew_ms * _PS_PER_MS)
        _post(engine, cells + index, int(component["begin"]))
    lay_out(engine, programs, where, topology, settings, [one.quota_bytes for one in residents])
    _schedule_changes(engine, changes, residents)
    beside = tuple(one.label for one in residents if one.in_background)
    return Plan(settings, everyone, beside, cells, engine)


def _measured(one: Instance, changes: Sequence[CoreChange], settings: Settings) -> Resident:
    """Return an instance with a worker for each core it has at first or is granted later."""
    fixed = int(settings.values["workers"])
    cores = list(one.cores)
    if fixed:
        cores = [one.cores[number * len(one.cores) // fixed] for number in range(fixed)]
    granted = [True] * len(cores)
    for change in changes:
        if change.component == one.label and change.granted:
            new = [core for core in change.cores if core not in cores]
            cores += new
            granted += [False] * len(new)
    return Resident(
        one.label,
        settings.workload,
        tuple(cores),
        tuple(granted),
        one.priority,
        one.quota_bytes,
        in_background=False,
    )


def _beside(job: Job, settings: Settings) -> list[Resident]:
    """Return what runs beside the instances and takes time."""
    residents = []
    for label, model, cores, priority in background_components(job.scenario):
        if model in background_names():
            table = background(model)
            if table.phases[0].arrivals is not None:
                if not any(
                    settings.number(task.mean_ns) for task in table.chain(table.phases[0], "tick")
                ):
                    continue
                used = cores[:1]
            else:
                used = cores
            granted = (True,) * len(used)
            residents.append(Resident(label, table, used, granted, priority, 0, in_background=True))
    return residents


def _windows(one: Resident, settings: Settings) -> list[int]:
    """Return how many operations each worker may have in flight."""
    table, workers = one.table, len(one.cores)
    # More than all operations can never be in flight.
    enough = max(int(settings.number(phase.operations)) for phase in table.phases)
    silent = {"all": 0, "all-but-first": 1, "all-but-two": 2}[table.issue]
    if table.window_per_worker is not None:
        each = max(1, min(int(settings.number(table.window_per_worker)), enough))
    else:
        assert table.window is not None
        each = max(1, min(int(settings.number(table.window)), enough) // workers)
    return [0 if number < silent else each for number in range(workers)]


def _stream(*words: object) -> int:
    """Return 64 bits that stand for these words, the key of a stream of random numbers."""
    text = " ".join(map(str, words)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def _post(engine: Engine, leaf: int, time: int) -> None:
    """Put an event into the tree before the run."""
    node = len(engine.tree) // 2 + leaf
    engine.tree[node] = (time << layout.EVENT_BITS) | leaf
    while node > 1:
        node //= 2
        engine.tree[node] = min(engine.tree[2 * node], engine.tree[2 * node + 1])


def _set_clock(engine: Engine, settings: Settings, seed: int, *, can_batch: bool) -> None:
    def ps(name: str, unit_ps: int) -> int:
        return round(settings.number(name) * unit_ps)

    clock = engine.clock
    clock["quantum"] = quantum = max(ps("quantum_ms", _PS_PER_MS), 1)
    clock["switch_cost"] = ps("switch_us", 10**6)
    clock["refill_cost"] = ps("refill_us", 10**6)
    clock["wake_cost"] = ps("wake_us", 10**6)
    clock["fair_slice"] = max(ps("fair_slice_ms", _PS_PER_MS), 1)
    clock["fill_slice"] = max(ps("fill_slice_ms", _PS_PER_MS), 1)
    clock["super_period"] = max(ps("super_period_ms", _PS_PER_MS), 1)
    clock["bin_width"] = max(ps("raster_ms", _PS_PER_MS), 1)
    clock["private_lines"] = max(settings.number("private_kib") * 1024 / 64, 1.0)
    clock["batching"] = can_batch and settings.values["batching"] == "on"
    if settings.values["timeline_ms"]:
        clock["record_from"] = ps("timeline_start_ms", _PS_PER_MS)
        clock["record_until"] = clock["record_from"] + ps("timeline_ms", _PS_PER_MS)
    spread = settings.number("slice_spread") * quantum
    for core in range(len(engine.cores)):
        chance = _stream(seed, "slice", core) / 2**64
        engine.cores["phase"][core] = max(quantum - int(chance * spread), 1)


def _place_workers(engine: Engine, residents: Sequence[Resident]) -> None:
    here: list[list[tuple[int, int]]] = [[] for _ in engine.cores]
    first = 0
    for index, one in enumerate(residents):
        engine.components[index]["first_member"] = first
        engine.components[index]["workers"] = len(one.cores)
        for number, core in enumerate(one.cores):
            here[core].append((index, number))
        first += len(one.cores)
    w = 0
    nodes = len(engine.nodes)
    for core, workers in enumerate(here):
        engine.cores[core]["first"] = w
        for index, number in workers:
            worker = engine.workers[w]
            worker["component"], worker["core"], worker["number"] = index, core, number
            worker["priority"] = residents[index].priority
            worker["site"] = index * nodes + engine.cores[core]["node"]
            worker["granted"] = residents[index].granted[number]
            engine.members[engine.components[index]["first_member"] + number] = w
            w += 1
        engine.cores[core]["last"] = w


def _deal_requests(engine: Engine, windows: Sequence[Sequence[int]]) -> None:
    """Give every worker its part of the window."""
    for component, window in zip(engine.components, windows, strict=True):
        first = int(component["first_member"])
        engine.workers["window"][engine.members[first : first + len(window)]] = window
    counts = engine.workers["window"]
    engine.workers["first_request"] = np.cumsum(counts) - counts
    engine.requests["issuer"] = np.repeat(np.arange(len(engine.workers)), counts)


def _schedule_changes(
    engine: Engine, changes: Sequence[CoreChange], residents: Sequence[Resident]
) -> None:
    labels = [one.label for one in residents]
    index = 0
    for change in changes:
        component = labels.index(change.component)
        first = int(engine.components["first_member"][component])
        for number, core in enumerate(residents[component].cores):
            if core in change.cores:
                record = engine.changes[index]
                record["time"] = round(change.time_ms * _PS_PER_MS)
                record["worker"] = engine.members[first + number]
                record["granted"] = change.granted
                index += 1
    if changes:
        earliest = int(engine.changes["time"].min())
        _post(engine, len(engine.cores) + len(residents), earliest)
    _name_stand_ins(engine)


def _name_stand_ins(engine: Engine) -> None:
    """Say who gets the requests of the workers that have no core at first."""
    for component in engine.components:
        first, count = int(component["first_member"]), int(component["workers"])
        members = engine.members[first : first + count]
        granted = [w for w in members if engine.workers["granted"][w]]
        for number, w in enumerate(members):
            if granted and not engine.workers["granted"][w]:
                later = [m for m in members[number:] if engine.workers["granted"][m]]
                engine.workers["stand_in"][w] = (later or granted)[0]
