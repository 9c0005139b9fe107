"""The talk's experiment: what must come out of the model, and through which mechanism.

With the talk's machine, slices and windows; a few of its replications.
"""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from tests.simulation import run, talk
from workbench.results.schema import join

SEEDS = range(1, 4)
TOTALS = ("total_window", "total_makespan", "total_self")
OPERATIONS = {"insert": 1_000_000, "lookup": 8_000_000, "insert-lookup": 400_000}


@cache
def replications(rule: str, workload: str, more: str = "{}") -> xr.Dataset:
    scenario = talk(rule)
    parameters = {"operations": OPERATIONS[workload]} | json.loads(more)
    return join([run(scenario, workload, seed, **parameters) for seed in SEEDS], replication=SEEDS)


def log_ratios(workload: str, metric: str, **parameters: object) -> np.ndarray:
    """Return the logarithm of partitioned to time-shared, one for each seed."""
    more = json.dumps(parameters)
    rates = [
        replications(rule, workload, more)[metric].isel(phase=0)
        for rule in ("partition-evenly", "time-share")
    ]
    return np.log(rates[0].values / rates[1].values)


def interval(values: np.ndarray) -> tuple[float, float]:
    half = stats.sem(values) * stats.t.ppf(0.975, len(values) - 1)
    return float(values.mean() - half), float(values.mean() + half)


@pytest.mark.parametrize("metric", TOTALS)
def test_partitioned_inserts_are_clearly_faster(metric: str) -> None:
    low, _ = interval(log_ratios("insert", metric))
    assert low > np.log(1.5)


@pytest.mark.parametrize("metric", TOTALS)
def test_the_gang_policy_closes_the_gap(metric: str) -> None:
    """What is left, in either direction, is a tenth of it at most."""
    low, _ = interval(log_ratios("insert", metric))
    assert abs(log_ratios("insert", metric, policy="gang")).max() <= low / 10


@pytest.mark.parametrize("metric", TOTALS)
def test_optimistic_writes_have_at_most_half_the_gap(metric: str) -> None:
    _, high = interval(log_ratios("insert", metric, sync="olfit"))
    low, _ = interval(log_ratios("insert", metric))
    assert high <= low / 2


def test_lookups_are_near_parity_in_the_steady_window() -> None:
    low, high = interval(log_ratios("lookup", "total_window"))
    assert -0.03 < low <= high < 0.03


def test_synchronisation_does_not_matter_to_lookups() -> None:
    few = {"operations": 50_000}
    queue = log_ratios("lookup", "total_window", **few)
    assert (log_ratios("lookup", "total_window", sync="olfit", **few) == queue).all()


def test_the_time_goes_into_waiting_for_owners_off_their_cores() -> None:
    def share(rule: str, bucket: str) -> float:
        one = replications(rule, "insert")
        spent = one.accounting_seconds.sel(bucket=bucket).sum(("component", "core"))
        return float((spent / one.elapsed_seconds / 63).mean())

    assert share("time-share", "wait_owner") > 0.5
    assert share("partition-evenly", "wait_owner") == 0.0
    assert share("partition-evenly", "useful") > 0.98


def test_leaf_writes_are_delegated_to_all_but_oneself() -> None:
    """A share (C-1)/C of the writes goes to another worker."""
    for rule, workers in (("partition-evenly", 21), ("time-share", 63)):
        one = replications(rule, "insert").sel(replication=1)
        share = float(one.delegated_tasks.sum() / one.operations.sum())
        assert share == pytest.approx(1 - 1 / workers, abs=0.003)
    assert replications("time-share", "insert", '{"sync": "olfit"}').delegated_tasks.sum() == 0


def test_tasks_of_an_operation_are_those_measured() -> None:
    """1 M inserts: 2.91 readers and a writer each; a lookup in 1 M keys: 4 readers."""
    insert = run(talk("time-share", cores=3, instances=1), "insert", operations=1_000_000)
    lookup = run(talk("time-share", cores=3, instances=1), "lookup", operations=10_000)
    assert float(insert.tasks.item() / insert.operations.item()) == pytest.approx(3.91, abs=0.02)
    assert float(lookup.tasks.item() / lookup.operations.item()) == 4.0


def test_shorter_quanta_and_larger_windows_narrow_the_gap() -> None:
    def gap(**parameters: float) -> float:
        few = {"operations": 300_000} | parameters
        return float(log_ratios("insert", "total_makespan", **few).mean())

    assert gap(quantum_ms=1.5) < gap()
    assert gap(window=15_000) < gap() < gap(window=189)


def test_a_serial_gap_flatters_time_sharing_in_its_own_eyes_only() -> None:
    """Between filling and looking up each instance is alone at times, and times itself then."""

    def logs(metric: str) -> np.ndarray:
        more = json.dumps({"serial_gap_ms": 20.0})
        parted, shared = (
            replications(rule, "insert-lookup", more)[metric].sel(phase="lookup").values
            for rule in ("partition-evenly", "time-share")
        )
        return np.log(parted / shared)

    assert logs("total_self").max() < -0.1
    assert logs("total_makespan").min() > -0.03
