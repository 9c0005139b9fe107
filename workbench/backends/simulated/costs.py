"""What a task waits for memory, from the machine, the placement and where the data lie.

A task waits for some cache lines, each in turn (`workload.Task.lines`). Those that were
prefetched in time cost nothing (`workload.Footprint`). Of the others, a part is found in the
core's slice of the third-level cache: as much as of the data fits into it, all components
with workers on the slice having equal parts. The rest comes from memory: of the core's own
NUMA node, or of another one, which takes longer. `mean_ns` holds the time with all lines in the
third-level cache; a miss adds the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.backends.simulated.layout import NOBODY
from workbench.backends.simulated.parameters import Settings
from workbench.backends.workload import Footprint, Phase, Task, Workload

__all__ = ["Place", "Site", "Topology", "data_mib", "sites", "task_cost_ps", "traffic"]

_LINE_BYTES = 64
_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Topology:
    """NUMA nodes and cache slices of the cells of an affinity space."""

    nodes: int
    nodes_per_socket: int
    node_of: tuple[int, ...]
    slice_of: tuple[int, ...]
    sibling_of: tuple[int, ...]

    @classmethod
    def of(cls, settings: Settings, width: int, height: int) -> Topology:
        """Cell i is core i of the machine; a larger space goes round it again.

        With two rows, on a machine whose cores have two threads, a column is a core, as NOVA
        has it.
        """
        cells = width * height
        count = {n: max(int(settings.values[n]), 1) for n in ("cores", "numa_nodes", "l3_cores")}
        cores, nodes = max(count["cores"], 1), min(count["numa_nodes"], count["cores"])
        threads = settings.rows_are_threads(height)
        numbers = [(cell % width if threads else cell) % cores for cell in range(cells)]
        return cls(
            nodes,
            max(int(settings.values["nodes_per_socket"]), 1),
            tuple(number * nodes // cores for number in numbers),
            tuple(number // count["l3_cores"] for number in numbers),
            tuple((cell + width) % cells if threads else NOBODY for cell in range(cells)),
        )

    def latency_ns(self, settings: Settings, of: int, to: int) -> float:
        """Return the time of a load by a core of a NUMA node from the memory of another one."""
        if of == to:
            name = "memory_ns"
        elif of // self.nodes_per_socket == to // self.nodes_per_socket:
            name = "remote_ns"
        else:
            name = "far_ns"
        return float(settings.values[name])


@dataclass(frozen=True, slots=True)
class Site:
    """A component on one NUMA node.

    Parameters
    ----------
    cached_mib
        Its part of a third-level slice there, the mean over its cores.
    weights
        What part of its data lies on which NUMA node.
    """

    node: int
    cached_mib: float
    weights: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Place:
    """A site of a topology, with the parameters in force."""

    settings: Settings
    topology: Topology
    site: Site

    @property
    def mean_latency_ns(self) -> float:
        """The mean time of a load from the memory its component's data lie in."""
        return sum(
            float(weight) * self.topology.latency_ns(self.settings, self.site.node, node)
            for node, weight in enumerate(self.site.weights)
        )

    def miss_ratio(self, data: float) -> float:
        """Return the part of evenly used data that the cache does not hold."""
        return max(0.0, 1.0 - self.site.cached_mib / data) if data > 0 else 0.0


def sites(
    placed: Sequence[Sequence[int]], topology: Topology, settings: Settings
) -> list[list[Site]]:
    """Return the sites of each component, one for each NUMA node; `placed` are their cores."""
    on_slice: dict[int, int] = {}
    for cores in placed:
        for number in {topology.slice_of[core] for core in cores}:
            on_slice[number] = on_slice.get(number, 0) + 1
    size = float(settings.values["l3_mib"])
    result = []
    for cores in placed:
        weights = _weights(cores, topology, str(settings.values["memory"]))
        result.append(
            [
                Site(
                    node,
                    float(
                        np.mean(
                            [size / on_slice[topology.slice_of[core]] for core in here] or [size]
                        )
                    ),
                    weights,
                )
                for node in range(topology.nodes)
                for here in [[core for core in cores if topology.node_of[core] == node]]
            ]
        )
    return result


def _weights(cores: Sequence[int], topology: Topology, memory: str) -> npt.NDArray[np.float64]:
    weights = np.zeros(topology.nodes)
    if memory == "interleaved":
        weights += 1.0
    elif memory == "local":
        for core in cores:
            weights[topology.node_of[core]] += 1.0
    else:
        weights[topology.node_of[cores[0]]] = 1.0
    normalised: npt.NDArray[np.float64] = weights / weights.sum()
    return normalised


def data_mib(table: Workload, phase: Phase, task: Task, settings: Settings) -> float:
    """Return the size of the data that a task's lines lie in."""
    if task.data_mib is not None:
        return settings.number(task.data_mib)
    if table.tree is None:
        return 0.0
    number = settings.number
    keys = number(phase.keys) + number(phase.operations) * phase.keys_per_operation
    whole = keys * number(table.tree.bytes_per_key) / _MIB
    return whole / number(table.tree.fanout) if task.tasks == "levels" else whole


def task_cost_ps(
    task: Task, footprint: Footprint | None, data: float, window: int, where: Place
) -> tuple[int, int]:
    """Return what a task takes beyond its own time, local and beyond that remote, in ps."""
    settings, number = where.settings, where.settings.number
    lines = number(task.lines)
    own_ns = 0.0
    mean_latency = where.mean_latency_ns
    if footprint is not None:
        own_ns = number(footprint.fill_ns) / max(min(number(footprint.batch), window), 1)
        ahead = min(number(footprint.prefetch_distance), window - 1) * number(task.mean_ns)
        hidden = min(ahead / mean_latency, 1.0) if mean_latency > 0 else 1.0
        lines -= min(number(footprint.prefetch_lines), lines) * hidden
    missed = lines * where.miss_ratio(data)
    local = float(settings.values["memory_ns"])
    own_ns += missed * max(local - float(settings.values["l3_ns"]), 0.0)
    return round(own_ns * 1000), round(missed * max(mean_latency - local, 0.0) * 1000)


def traffic(
    table: Workload, phase: Phase, chains: Sequence[tuple[float, Sequence[Task]]], where: Place
) -> float:
    """Return the memory traffic of a worker that is running, in bytes per second.

    `chains` are the kinds of operations with their shares. Prefetched lines are traffic too.
    """
    settings = where.settings
    number = settings.number
    footprint = table.footprint
    if footprint is not None and footprint.traffic_gb_per_s is not None:
        return number(footprint.traffic_gb_per_s) * 1e9
    missed, time_ns = 0.0, 0.0
    for share, chain in chains:
        for task in chain:
            tasks = 2 if task.tasks == "levels" else task.tasks
            data = data_mib(table, phase, task, settings)
            missed += share * tasks * number(task.lines) * where.miss_ratio(data)
            time_ns += share * tasks * number(task.mean_ns)
            own, remote = task_cost_ps(task, footprint, data, 1 << 20, where)
            time_ns += share * tasks * (own + remote) / 1000
    return missed * _LINE_BYTES / time_ns * 1e9 if time_ns > 0 else 0.0
