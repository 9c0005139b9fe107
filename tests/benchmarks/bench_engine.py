"""How fast the simulation is: nanoseconds per event, and the wall time of the talk.

Repetitions of all cases are interleaved, so that a noisy moment hits them alike, and
their medians are printed.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from tests.simulation import run, stepwise, talk

REPETITIONS = 5
CHUNK = 50_000
CASES = [
    (workload, rule, cores)
    for workload in ("insert", "lookup")
    for rule in ("partition-evenly", "time-share")
    for cores in (8, 64, 128)
]


def ns_per_event(workload: str, rule: str, cores: int) -> float:
    """Return the time of an event of one run, with accounting, raster and histograms on."""
    steps = stepwise(talk(rule, cores=cores), workload, {"operations": 300_000}, CHUNK)
    next(steps)  # the first chunk includes laying the engine out, the last one is not full
    ends = [time.perf_counter(), *(time.perf_counter() for _ in steps)]
    return (ends[-2] - ends[0]) / (len(ends) - 2) / CHUNK * 1e9


def talk_seconds(threads: int) -> float:
    """Return the wall time of the talk: 10 replications, both variants, both workloads."""
    jobs = [
        (talk(rule), workload, seed)
        for seed in range(1, 11)
        for workload in ("insert", "lookup")
        for rule in ("time-share", "partition-evenly")
    ]
    begin = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda job: run(*job), jobs))
    return time.perf_counter() - begin


def main() -> None:
    """Print the table and the talk's wall time."""
    samples: dict[tuple[str, str, int], list[float]] = {case: [] for case in CASES}
    for _ in range(REPETITIONS):
        for case in CASES:
            samples[case].append(ns_per_event(*case))
    print(f"Nanoseconds per event (median of {REPETITIONS} interleaved runs)")
    for (workload, rule, cores), values in samples.items():
        print(f"  {workload:8}{rule:18}{cores:4} cores {median(values):7.1f}")
    threads = os.cpu_count() or 1
    print(f"The talk, 40 replications on {threads} threads: {talk_seconds(threads):.1f} s")


if __name__ == "__main__":
    main()
