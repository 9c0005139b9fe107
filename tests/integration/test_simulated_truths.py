"""The engine against what is known exactly, and laws that hold in every run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.simulation import run, scenario, tree
from workbench.folders import data_folder
from workbench.results.schema import LATENCY_EDGES_SECONDS
from workbench.scenario.model import Rectangle


def test_the_repairer_is_busy_as_the_utilisation_law_says() -> None:
    """U = X S, from the accounting of its core."""
    shop = scenario(tree("shop", Rectangle(width=7)), width=7)
    result = run(shop, "machine-repair", operations=100_000, up_ns=4_000, repair_ns=1_000)
    busy = float(result.accounting_seconds.sel(bucket="useful", core=0).sum())
    throughput = float(result.total_makespan[0])
    assert busy / float(result.elapsed_seconds) == pytest.approx(throughput * 1e-6, rel=0.015)


@pytest.mark.parametrize("workload", ["insert", "lookup"])
def test_littles_law(workload: str) -> None:
    """N = X R: with a full window the latencies sum to the window times the elapsed time."""
    window = 60
    alone = scenario(tree("a", Rectangle(width=4)))
    result = run(alone, workload, operations=100_000, window=window)
    counts = result.latency_count.sel(component="a", phase=workload).values
    upper = LATENCY_EDGES_SECONDS
    lower = np.concatenate([[0.0], upper[:-1]])
    in_flight = window * float(result.elapsed_seconds)
    assert (counts * lower).sum() <= in_flight <= (counts * upper).sum() * 1.001


CONSTANT = """
workload: 1
title: Equal local tasks
parameters:
  operations: {value: 1000, doc: Operations., source: Test.}
window_per_worker: 3
phases:
  - name: work
    operations: operations
    chain:
      - {task: work, where: local, mean_ns: 1000, distribution: constant}
"""


@pytest.fixture
def constant(home: Path) -> str:
    """A workload of operations of exactly 1 us on the issuing worker."""
    (home / "workloads").mkdir()
    (home / "workloads" / "constant.yaml").write_text(CONSTANT)
    return "constant"


def test_equal_work_is_exact(constant: str) -> None:
    """1000 operations of 1 us by 4 workers take 250 us, to the picosecond."""
    result = run(scenario(tree("a", Rectangle(width=4))), constant)
    assert float(result.elapsed_seconds) == pytest.approx(250e-6, abs=1e-15)
    assert float(result.total_window[0]) == pytest.approx(4e6)
    useful = result.accounting_seconds.sel(bucket="useful", component="a")
    assert useful.values == pytest.approx([250e-6] * 4, abs=1e-15)


@pytest.mark.parametrize("policy", ["nova", "gang"])
@pytest.mark.parametrize(("switch_us", "refill_us"), [(0.0, 0.0), (5.0, 0.0), (5.0, 20.0)])
def test_switches_leave_the_useful_share(
    constant: str, policy: str, switch_us: float, refill_us: float
) -> None:
    """Of a shared core Q / (Q + SW + REFILL) is left, and two instances get half of it each."""
    quantum_us = 100.0
    both = scenario(tree("a", Rectangle()), tree("b", Rectangle()), width=1)
    result = run(
        both,
        constant,
        operations=20_000,
        policy=policy,
        quantum_ms=quantum_us / 1e3,
        switch_us=switch_us,
        refill_us=refill_us,
    )
    share = quantum_us / (quantum_us + switch_us + refill_us)
    assert float(result.total_window[0]) == pytest.approx(share * 1e6, rel=0.01)
    assert result.operations_in_window.values[0] == pytest.approx([20_000] * 2, abs=210)
    spent = result.accounting_seconds.sum(("component", "core"))
    switches = float(result.context_switches.sum())
    assert float(spent.sel(bucket="switch")) == pytest.approx(switches * switch_us * 1e-6)
    assert float(spent.sel(bucket="refill")) == pytest.approx(switches * refill_us * 1e-6)


def test_gang_at_no_cost_equals_partitioning(constant: str) -> None:
    """Three instances take turns on 6 cores, or have 2 each: the same work in the same time."""
    turns = scenario(*(tree(f"t{i}", Rectangle(width=6)) for i in range(3)), width=6)
    parts = scenario(*(tree(f"t{i}", Rectangle(x=2 * i, width=2)) for i in range(3)), width=6)
    free = {"policy": "gang", "quantum_ms": 0.1, "switch_us": 0, "refill_us": 0}
    shared = run(turns, constant, operations=60_000, **free)
    alone = run(parts, constant, operations=60_000, **free)
    assert float(shared.elapsed_seconds) == pytest.approx(float(alone.elapsed_seconds), rel=1e-9)


def test_phases_that_never_overlap_report_as_many_times_the_rate(constant: str) -> None:
    """Self-timed, each of 3 instances sees all cores: their sum is 3 times the makespan's."""
    turns = scenario(*(tree(f"t{i}", Rectangle(width=4)) for i in range(3)))
    workload = CONSTANT.replace("window_per_worker: 3", "window_per_worker: 3\nstart_skew_ms: 10")
    file = data_folder() / "workloads" / "apart.yaml"
    file.write_text(workload)
    result = run(turns, "apart", operations=40_000, switch_us=0, refill_us=0)
    assert np.isnan(float(result.total_window[0]))
    assert result.attrs["no_window"] == "work: its spans do not overlap"
    ratio = float(result.total_self[0] / result.total_makespan[0])
    assert ratio == pytest.approx(3.0, rel=1e-9)


def test_a_higher_priority_goes_first(constant: str) -> None:
    """While the one of higher priority has work, the other gets nothing."""
    both = scenario(
        tree("low", Rectangle(), priority=-1), tree("high", Rectangle()), width=1, prio_levels=2
    )
    result = run(both, constant, operations=50_000, quantum_ms=1)
    finish = result.finish_seconds.sel(phase="work")
    assert finish.sel(component="high").item() == pytest.approx(50e-3, abs=1e-12)
    assert float(result.operations_in_window.sel(component="low").item()) <= 1
    assert finish.sel(component="low").item() == pytest.approx(100e-3, abs=1e-4)


def test_serial_work_is_amdahls(constant: str) -> None:
    """Serial work, then work on 4 cores: S + P / 4, the cores but one being free meanwhile."""
    workload = CONSTANT.replace(
        "operations: operations", "operations: operations\n    serial_gap_ms: 3"
    )
    (data_folder() / "workloads" / "amdahl.yaml").write_text(workload)
    result = run(scenario(tree("a", Rectangle(width=4))), "amdahl", operations=40_000)
    assert float(result.elapsed_seconds) == pytest.approx(3e-3 + 10e-3, abs=1e-12)
    assert result.start_seconds.item() == pytest.approx(3e-3, abs=1e-15)
    assert result.idle_seconds.values == pytest.approx([0, 3e-3, 3e-3, 3e-3], abs=1e-12)


def test_what_happens_at_the_same_moment_happens_to_each(constant: str) -> None:
    """An instance ends just as another one, on a core of its own, ends a task."""
    both = scenario(tree("a", Rectangle()), tree("b", Rectangle(x=1)), width=2)
    text = CONSTANT.replace(
        "operations: operations", "operations: operations\n    serial_gap_ms: 2"
    ).replace("phases:", "start_skew_ms: 1\nphases:")
    (data_folder() / "workloads" / "ties.yaml").write_text(text)
    result = run(both, "ties", operations=3_000)
    assert result.start_seconds.values[0] == pytest.approx([2e-3, 3e-3], abs=1e-15)
    assert result.finish_seconds.values[0] == pytest.approx([5e-3, 6e-3], abs=1e-15)
    assert result.window_start_seconds.values == pytest.approx([3e-3], abs=1e-15)
    assert result.window_finish_seconds.values == pytest.approx([5e-3], abs=1e-15)
    assert result.operations_in_window.values[0] == pytest.approx([2_000, 2_000], abs=1)


def test_a_barrier_waits_for_the_slowest(constant: str) -> None:
    """Equal work on 1 and on 4 cores: phase by phase, nobody begins before all have ended."""
    unequal = scenario(tree("a", Rectangle()), tree("b", Rectangle(x=1, width=4)), width=5)
    phase = CONSTANT[CONSTANT.index("  - name: work") :]
    second = phase.replace("work\n", "more\n    barrier: true\n    serial_gap_ms: 2\n", 1)
    for name, text in (("barrier", second), ("free", second.replace("true", "false"))):
        (data_folder() / "workloads" / f"{name}.yaml").write_text(CONSTANT + text)
        result = run(unequal, name, operations=4_000)
        assert result.finish_seconds.sel(phase="work").values == pytest.approx([4e-3, 1e-3])
        # The serial part of 2 ms comes after the barrier.
        begins = [6e-3, 6e-3] if name == "barrier" else [6e-3, 3e-3]
        assert result.start_seconds.sel(phase="more").values == pytest.approx(begins, abs=1e-15)
        ends = [begins[0] + 4e-3, begins[1] + 1e-3]
        assert result.finish_seconds.sel(phase="more").values == pytest.approx(ends, abs=1e-12)
        assert float(result.elapsed_seconds) == pytest.approx(10e-3, abs=1e-12)
        # Core 1 does b's serial part besides its share of both phases.
        assert result.idle_seconds.values == pytest.approx([0, 6e-3, 8e-3, 8e-3, 8e-3], abs=1e-12)
