"""How far the fluid preview is from the event level, on random placements.

``python -m tests.benchmarks.preview`` prints the table: 36 placements of two to four
instances on 63 cores, 24 of them overlapping. A placement's error is the largest
relative one of any component's rate, over the window in which all are at work.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np

from tests.simulation import run, scenario, tree
from workbench.backends.base import Job
from workbench.backends.simulated.fluid import preview
from workbench.scenario.model import Rectangle, Scenario

CORES = 64
WINDOW_SECONDS = 0.4
MOST_OPERATIONS = 3_500_000
REPLICATIONS = 3


@dataclass(frozen=True)
class Case:
    """One placement to predict."""

    workload: str
    overlapping: bool
    places: tuple[tuple[int, int], ...]
    quantum_ms: float

    @property
    def scenario(self) -> Scenario:
        trees = (
            tree(f"blinktree{i + 1}", Rectangle(x=x, width=width))
            for i, (x, width) in enumerate(self.places)
        )
        return scenario(*trees, width=CORES)

    def __str__(self) -> str:
        kind = "overlapping" if self.overlapping else "disjoint"
        where = " ".join(f"{x}-{x + width - 1}" for x, width in self.places)
        return f"{self.workload:7}{kind:12}{self.quantum_ms:5} ms  {where}"


def cases(seed: int = 1, each: int = 12) -> Iterator[Case]:
    """Yield random placements: inserts disjoint and overlapping, lookups half and half."""
    chance = np.random.default_rng(seed)
    for workload, overlapping in (("insert", False), ("insert", True), ("lookup", None)):
        for number in range(each):
            shared = bool(number % 2) if overlapping is None else overlapping
            places = _places(chance, int(chance.integers(2, 5)), shared)
            yield Case(workload, shared, places, float(chance.choice([1.5, 10.0])))


def _places(
    chance: np.random.Generator, instances: int, overlapping: bool
) -> tuple[tuple[int, int], ...]:
    if not overlapping:
        cuts = np.sort(chance.choice(np.arange(2, CORES - 1, 2), instances - 1, replace=False))
        ends = [1, *cuts.tolist(), CORES]
        return tuple((a, b - a) for a, b in pairwise(ends))
    while True:
        widths = chance.integers(6, CORES - 1, instances).tolist()
        places = [(int(chance.integers(1, CORES - width + 1)), width) for width in widths]
        if any(
            x < other + wide and other < x + width
            for i, (x, width) in enumerate(places)
            for other, wide in places[:i]
        ):
            return tuple(places)


def errors(
    case: Case, replications: int = REPLICATIONS, seconds: float = WINDOW_SECONDS
) -> dict[str, tuple[float, float]]:
    """Return predicted and simulated operations per second of each component.

    The simulated runs have about so many seconds in which all components are at work.
    """
    settings = {"quantum_ms": case.quantum_ms}
    (found,) = preview(Job(case.scenario, case.workload, 1, settings))
    operations = int(min(max(found.rates.values()) * seconds, MOST_OPERATIONS))
    simulated = [
        run(case.scenario, case.workload, seed, operations=operations, **settings)
        for seed in range(1, replications + 1)
    ]
    job = Job(case.scenario, case.workload, 1, settings | {"operations": operations})
    (found,) = preview(job)
    return {
        name: (
            rate,
            float(np.mean([r.throughput_window.sel(component=name).item() for r in simulated])),
        )
        for name, rate in found.rates.items()
    }


def main() -> None:
    """Print the table, the largest error of each kind, and the time of the talk's preview."""
    print("Fluid preview against event level: largest error of a component, error of the total")
    worst: dict[tuple[str, bool], float] = {}
    for case in cases():
        found = np.array(list(errors(case).values()))
        each = np.abs(found[:, 0] / found[:, 1] - 1).max()
        total = found[:, 0].sum() / found[:, 1].sum() - 1
        key = case.workload, case.overlapping
        worst[key] = max(worst.get(key, 0.0), each)
        print(f"  {case!s:60} {100 * each:6.1f} %  {100 * total:+6.1f} %", flush=True)
    for (workload, overlapping), error in worst.items():
        kind = "overlapping" if overlapping else "disjoint"
        print(f"Largest error, {workload} {kind}: {100 * error:.1f} %")
    talk = Case("insert", True, ((1, 63),) * 3, 10.0)
    job = Job(talk.scenario, "insert", 1)
    times = []
    for _ in range(20):
        begin = time.perf_counter(), time.process_time()
        preview(job)
        times.append((time.perf_counter() - begin[0], time.process_time() - begin[1]))
    wall, cpu = (1e3 * median(one) for one in zip(*times, strict=True))
    print(f"Preview of the talk: {wall:.1f} ms, {cpu:.1f} ms of CPU (medians of {len(times)})")


if __name__ == "__main__":
    main()
