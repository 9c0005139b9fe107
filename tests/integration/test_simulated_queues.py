"""The engine against queueing theory, through the same path as the app.

Every case has 20 replications whose seeds were fixed beforehand. Its confidence interval is at
most 2 % of the truth to either side and contains it; the levels are such that all cases of this
module hold together with 99 %. Where the model differs from a textbook's on purpose, the
case says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from tests.simulation import run, scenario, tree
from workbench.results.schema import LATENCY_EDGES_SECONDS
from workbench.scenario.model import Rectangle, Scenario

SEEDS = range(101, 121)
CASES = 40
"""An upper bound of the number of intervals in this module (Bonferroni)."""
FREE = {"switch_us": 0.0, "refill_us": 0.0, "wake_us": 0.0}


def replicate(
    truth: float,
    measure: Callable[[xr.Dataset], float],
    what: Scenario,
    workload: str,
    **parameters: float | str,
) -> None:
    """Hold the mean of a figure over all seeds against the truth."""
    figures = [measure(run(what, workload, seed, **FREE | parameters)) for seed in SEEDS]
    compare(figures, truth)


def compare(figures: Sequence[float], truth: float) -> None:
    half = stats.sem(figures) * stats.t.ppf(1 - 0.01 / CASES / 2, len(figures) - 1)
    assert half <= 0.02 * truth
    assert abs(np.mean(figures) - truth) <= half


def response(result: xr.Dataset) -> float:
    return float(result.latency_mean_seconds[0, 0])


def table(home: Path, distribution: str, *, workers: int = 1, idle: str = "block") -> str:
    """Write the table of an open queue with another distribution of the service time."""
    (home / "workloads").mkdir(exist_ok=True)
    (home / "workloads" / f"{distribution}.yaml").write_text(f"""
workload: 1
title: Open queue
parameters:
  operations: {{value: 1000, doc: Operations., source: Test.}}
  arrival_ns: {{value: 2000.0, doc: Between arrivals., source: Test.}}
window: 20000
idle: {idle}
phases:
  - name: serve
    operations: operations
    arrivals: {{every_ns: arrival_ns}}
    chain:
      - {{task: serve, where: any, mean_ns: 1000, distribution: {distribution}}}
""")
    return distribution


ONE_CORE = scenario(tree("a", Rectangle()), width=1)


@cache
def mm1(rho: float) -> tuple[xr.Dataset, ...]:
    parameters = {"arrival_ns": 1000.0 / rho, "operations": 120_000 if rho < 0.6 else 300_000}
    return tuple(run(ONE_CORE, "open-queue", seed, **FREE | parameters) for seed in SEEDS)


@pytest.mark.parametrize("rho", [0.5, 0.7])
def test_mm1_response(rho: float) -> None:
    """W = 1 / (mu - lambda)."""
    compare([response(result) for result in mm1(rho)], 1e-6 / (1 - rho))


def test_mm1_in_system() -> None:
    """L = rho / (1 - rho), from the sum of all stays over the time."""

    def in_system(result: xr.Dataset) -> float:
        stays = response(result) * float(result.operations[0, 0])
        return stays / float(result.elapsed_seconds)

    compare([in_system(result) for result in mm1(0.5)], 1.0)


@pytest.mark.parametrize("edge", [8, 12, 16])
def test_mm1_tail(edge: int) -> None:
    """P(W > t) = exp(-(mu - lambda) t), at edges of the histogram."""

    def tail(result: xr.Dataset) -> float:
        counts = result.latency_count.values[0, 0]
        return float(counts[edge + 1 :].sum() / counts.sum())

    truth = math.exp(-0.5e6 * LATENCY_EDGES_SECONDS[edge])
    compare([tail(result) for result in mm1(0.5)], truth)


@pytest.mark.parametrize("idle", ["block", "poll"])
@pytest.mark.parametrize(("servers", "rho"), [(2, 0.5), (5, 0.6)])
def test_mmc_response(servers: int, rho: float, idle: str) -> None:
    """Erlang C."""
    load = servers * rho
    terms = [load**k / math.factorial(k) for k in range(servers)]
    last = load**servers / math.factorial(servers) / (1 - rho)
    waits = last / (sum(terms) + last)
    truth = 1e-6 * (1 + waits / (servers * (1 - rho)))
    what = scenario(tree("a", Rectangle(width=servers)), width=servers)
    parameters = {"arrival_ns": 1000.0 / load, "operations": 80_000, "idle": idle}
    replicate(truth, response, what, "open-queue", **parameters)


@pytest.mark.parametrize(
    ("distribution", "variation", "operations"),
    [("constant", 0.0, 60_000), ("uniform", 1 / 3, 60_000), ("hyperexponential", 5.5, 250_000)],
)
def test_mg1_response(home: Path, distribution: str, variation: float, operations: int) -> None:
    """Pollaczek and Khinchine; M/D/1 is the first case."""
    rho = 0.3
    truth = 1e-6 * (1 + rho * (1 + variation) / (2 * (1 - rho)))
    parameters = {"operations": operations, "arrival_ns": 1000.0 / rho}
    replicate(truth, response, ONE_CORE, table(home, distribution), **parameters)


@pytest.mark.parametrize(
    ("distribution", "operations"), [("exponential", 30_000), ("hyperexponential", 60_000)]
)
def test_round_robin_in_small_slices_is_processor_sharing(
    home: Path, distribution: str, operations: int
) -> None:
    """E[T] = E[S] / (1 - rho) whatever the distribution: jobs share the core evenly.

    Jobs are workers of one component that block when idle. The quantum is a tenth of
    the mean; the first slice of a newcomer's neighbour ends at once (no slice spread).
    """
    name = table(home, distribution)
    parameters = {
        "operations": operations,
        "workers": 30,
        "quantum_ms": 1e-4,
        "slice_spread": 0.0,
        "arrival_ns": 2500.0,
    }
    replicate(1e-6 / 0.6, response, ONE_CORE, name, **parameters)


def test_round_robin_in_large_slices_is_first_come_first_served(home: Path) -> None:
    """With hyperexponential times FCFS and PS differ: Pollaczek and Khinchine it is."""
    truth = 1e-6 * (1 + 0.3 / 1.4 * 6.5)
    parameters = {
        "operations": 250_000,
        "workers": 30,
        "quantum_ms": 1000.0,
        "slice_spread": 0.0,
        "arrival_ns": 1000.0 / 0.3,
    }
    replicate(truth, response, ONE_CORE, table(home, "hyperexponential"), **parameters)


def test_preemptive_priorities() -> None:
    """Preemptive resume: the first class sees only itself, the second waits for both."""
    rho = 0.25
    first = 1e-6 / (1 - rho)
    second = 1e-6 / (1 - rho) + 1e-6 * 2 * rho / ((1 - rho) * (1 - 2 * rho))
    both = scenario(
        tree("high", Rectangle()), tree("low", Rectangle(), priority=-1), width=1, prio_levels=2
    )
    parameters = {"arrival_ns": 1000.0 / rho, "operations": 120_000}
    results = [run(both, "open-queue", seed, **FREE | parameters) for seed in SEEDS]
    for component, truth in enumerate((first, second)):
        compare([float(one.latency_mean_seconds[0, component]) for one in results], truth)


def mean_value_analysis(customers: int, think: float, demands: Sequence[float]) -> float:
    """Return the throughput of a closed network of one delay and several queues."""
    queues = [0.0] * len(demands)
    rate = 0.0
    for n in range(1, customers + 1):
        stays = [demand * (1 + queue) for demand, queue in zip(demands, queues, strict=True)]
        rate = n / (think + sum(stays))
        queues = [rate * stay for stay in stays]
    return rate


@pytest.mark.parametrize("customers", [1, 4, 12])
def test_closed_network(customers: int) -> None:
    """Exact mean value analysis (Reiser and Lavenberg 1980)."""
    cores = customers + 2
    what = scenario(tree("a", Rectangle(width=cores)), width=cores)
    truth = mean_value_analysis(customers, 10e-6, [1e-6, 2e-6])
    replicate(
        truth,
        lambda result: float(result.total_makespan[0]),
        what,
        "closed-queue",
        operations=20_000,
    )


def machine_repair(machines: int, up: float, repair: float) -> float:
    """Return repairs per unit of time of M/M/1//N (Jain, 1991, chapter 31)."""
    weights = [
        math.factorial(machines) / math.factorial(machines - n) * (repair / up) ** n
        for n in range(machines + 1)
    ]
    return (1 - weights[0] / sum(weights)) / repair


@pytest.mark.parametrize(
    ("machines", "up_ns", "repair_ns"),
    [(1, 3_000.0, 1_000.0), (6, 10_000.0, 1_000.0), (6, 4_000.0, 1_000.0), (20, 9_000.0, 1_000.0)],
)
def test_machine_repair(machines: int, up_ns: float, repair_ns: float) -> None:
    shop = scenario(tree("shop", Rectangle(width=machines + 1)), width=machines + 1)
    replicate(
        machine_repair(machines, up_ns * 1e-9, repair_ns * 1e-9),
        lambda result: float(result.total_makespan[0]),
        shop,
        "machine-repair",
        operations=20_000,
        up_ns=up_ns,
        repair_ns=repair_ns,
    )


@pytest.mark.parametrize("workers", [4, 12])
def test_a_lock_is_a_server(home: Path, workers: int) -> None:
    """Work, then work under one lock: a machine-repair problem, whatever the order of service."""
    (home / "workloads").mkdir()
    (home / "workloads" / "lock.yaml").write_text("""
workload: 1
title: A lock
window_per_worker: 1
phases:
  - name: work
    operations: 20000
    chain:
      - {task: free, where: local, mean_ns: 4000}
      - {task: locked, where: local, mean_ns: 1000, lock: exclusive}
""")
    what = scenario(tree("a", Rectangle(width=workers)), width=workers)
    truth = machine_repair(workers, 4e-6, 1e-6)
    replicate(truth, lambda result: float(result.total_makespan[0]), what, "lock")
    spun = run(what, "lock", **FREE).accounting_seconds.sel(bucket="lock_spin")
    assert float(spun.sum()) > 0


def test_batches_of_lookups_agree_with_single_events() -> None:
    """The same rate and the same latencies, with two instances that share the cores."""
    both = scenario(tree("a", Rectangle(width=4)), tree("b", Rectangle(width=4)))
    few = {"operations": 60_000, "quantum_ms": 1.0}
    one_by_one = [run(both, "lookup", seed, batching="off", **few) for seed in SEEDS]
    truth = float(np.mean([float(one.total_window[0]) for one in one_by_one]))
    batched = [run(both, "lookup", seed, **few) for seed in SEEDS]
    compare([float(one.total_window[0]) for one in batched], truth)
    stays = float(np.mean([response(one) for one in one_by_one]))
    assert np.mean([response(one) for one in batched]) == pytest.approx(stays, rel=0.05)
