"""What the talk's insert result depends on: ``python -m tests.benchmarks.sensitivity``.

The ratio of time-shared to partitioned throughput (1: no difference) of the talk's delegated
inserts while one thing varies, beside what the prototype of this engine found. The prototype
knew neither caches nor switch costs beyond 2 us, and drew its slices differently: its figures
are to be met to within the spread over seeds and a fifth.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.simulation import run, talk
from workbench.scenario.experiment import Parameter

HERE = Path(__file__).parent
SEEDS = range(1, 4)
OPERATIONS = 1_000_000


@dataclass(frozen=True)
class Case:
    """One thing that differs from the talk, and the prototype's ratio if there is one."""

    what: str
    value: float
    prototype: float | None = None
    parameters: dict[str, Parameter] = field(default_factory=dict)
    instances: int = 3
    workload: str = "insert"


def cases() -> Iterator[Case]:
    """Yield all cases."""
    for window, ratio in ((189, 0.09), (1500, 0.28), (15_000, 0.73)):
        yield Case("window", window, ratio, {"window": window})
    for quantum, ratio in ((0.05, 0.96), (1.5, 0.61), (10.0, 0.28), (30.0, 0.16)):
        costs = {"quantum_ms": quantum, "operations": int(OPERATIONS * max(1.0, quantum / 10.0))}
        yield Case("quantum_ms", quantum, ratio, dict(costs))
    for spread in (0.0, 0.25, 0.5, 1.0):
        yield Case("slice_spread", spread, None, {"slice_spread": spread})
    for share, ratio in ((0.5, 0.39), (0.99, 1.0)):
        shares = {"local_share": share, "remote_share": 1.0 - share}
        table = str(HERE / "local_writes.yaml")
        yield Case("local writes", share, ratio, dict(shares), workload=table)
    for instances in (2, 3, 5, 7):
        yield Case("instances", instances, None, {}, instances)


def ratios(case: Case) -> list[float]:
    """Return the time-shared part of the partitioned throughput, for each seed."""
    settings = {"operations": OPERATIONS} | case.parameters
    return [
        float(
            np.divide(
                *(
                    run(
                        talk(rule, instances=case.instances), case.workload, seed, **settings
                    ).total_makespan.item()
                    for rule in ("time-share", "partition-evenly")
                )
            )
        )
        for seed in SEEDS
    ]


def main() -> None:
    """Print the table; save it as ``.cache/bench/sensitivity.csv``."""
    print(f"Inserts, time-shared : partitioned, mean and extremes of {len(SEEDS)} seeds")
    rows = []
    for case in cases():
        found = ratios(case)
        rows.append(
            {
                "what": case.what,
                "value": case.value,
                "ratio": np.mean(found),
                "least": min(found),
                "most": max(found),
                "prototype": case.prototype,
            }
        )
        beside = "" if case.prototype is None else f"   prototype {case.prototype:.2f}"
        print(
            f"{case.what:>14} {case.value:8g}   {np.mean(found):.3f}   "
            f"{min(found):.3f} to {max(found):.3f}{beside}",
            flush=True,
        )
    target = HERE.parents[1] / ".cache" / "bench" / "sensitivity.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    print(f"saved as {target}")


if __name__ == "__main__":
    main()
