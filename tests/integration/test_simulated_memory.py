"""Caches, NUMA nodes and bandwidth: against sums done by hand; and what disturbs a neighbour."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import xarray as xr

from tests.simulation import run, scenario, tree
from workbench.scenario.model import Component, Rectangle

MACHINE = {
    "cores": 8,
    "numa_nodes": 2,
    "nodes_per_socket": 1,
    "l3_ns": 20.0,
    "memory_ns": 120.0,
    "far_ns": 220.0,
    "l3_cores": 4,
    "l3_mib": 0.0,
    "switch_us": 0.0,
    "refill_us": 0.0,
}


@pytest.fixture
def reader(home: Path) -> str:
    """A workload of operations of 1 us that wait for ten lines each of 64 MiB."""
    (home / "workloads").mkdir()
    (home / "workloads" / "reader.yaml").write_text("""
workload: 1
title: Reads memory
parameters:
  operations: {value: 40000, doc: Operations., source: Test.}
window_per_worker: 1
phases:
  - name: read
    operations: operations
    chain:
      - {task: read, where: local, mean_ns: 1000, distribution: constant, lines: 10, data_mib: 64}
""")
    return "reader"


def rate(result: xr.Dataset, component: int = 0) -> float:
    return float(result.throughput_window[0, component])


def hog(name: str, place: Rectangle) -> Component:
    return Component(id=name, name=name, binary="stress", ram_bytes="64M", caps=100, affinity=place)


@pytest.mark.parametrize(
    ("memory", "x", "ns"),
    [
        ("local", 0, 1000 + 10 * 100),
        ("interleaved", 0, 1000 + 10 * (100 + 0.5 * 100)),
        ("one-node", 0, 1000 + 10 * 100),
    ],
)
def test_distance_costs_what_the_profile_says(reader: str, memory: str, x: int, ns: float) -> None:
    one = scenario(tree("a", Rectangle(x=x)), width=8)
    result = run(one, reader, memory=memory, memory_gb_per_s=1e6, **MACHINE)
    assert rate(result) == pytest.approx(1e9 / ns, rel=1e-4)
    spent = result.accounting_seconds.sum(("component", "core"))
    remote = (ns - 2000) / ns * float(result.elapsed_seconds)
    assert float(spent.sel(bucket="remote_memory")) == pytest.approx(remote, rel=1e-3, abs=1e-12)


def test_all_memory_on_the_node_of_the_first_core(reader: str) -> None:
    """A worker on either node: the second one reads across the sockets."""
    one = scenario(tree("a", Rectangle(x=3, width=2)), width=8)
    far = run(one, reader, memory="one-node", memory_gb_per_s=1e6, **MACHINE)
    spent = far.accounting_seconds.sel(bucket="remote_memory", component="a").values
    assert spent[3] == 0.0
    assert spent[4] / float(far.elapsed_seconds) == pytest.approx(1000 / 3000, rel=1e-3)
    assert rate(far) == pytest.approx(1e9 / 2000 + 1e9 / 3000, rel=1e-3)


@pytest.mark.parametrize(("x", "part"), [(0, 16), (4, 32)])
def test_a_shared_slice_of_cache_holds_less_for_each(reader: str, x: int, part: float) -> None:
    """Slices of 32 MiB: two components on one hold 16 MiB each of their 64."""
    both = scenario(tree("a", Rectangle()), tree("b", Rectangle(x=x or 1)), width=8)
    result = run(both, reader, memory="local", memory_gb_per_s=1e6, **MACHINE | {"l3_mib": 32.0})
    ns = 1000 + 10 * 100 * (1 - part / 64)
    assert rate(result, 1) == pytest.approx(1e9 / ns, rel=1e-3)


@pytest.mark.parametrize("gb_per_s", [0.5, 1.0, 4.0, 100.0])
def test_throughput_is_bounded_by_cores_and_by_bandwidth(reader: str, gb_per_s: float) -> None:
    """X = min(cores / S, bandwidth / (lines x 64 B))."""
    cores = scenario(tree("a", Rectangle(width=4)), width=8)
    result = run(cores, reader, memory="one-node", memory_gb_per_s=gb_per_s, **MACHINE)
    bound = min(4 / 2000e-9, gb_per_s * 1e9 / (10 * 64))
    assert rate(result) == pytest.approx(bound, rel=0.01)
    stalled = result.accounting_seconds.sel(bucket="bandwidth").sum()
    share = max(0.0, 1 - bound / (4 / 2000e-9))
    assert float(stalled) / float(result.elapsed_seconds) / 4 == pytest.approx(share, abs=0.01)


def test_refill_after_a_switch_is_thiebaut_and_stones(home: Path) -> None:
    """F (1 - exp(-G / C)) of the C lines: two that alternate, each touching F = G lines."""
    (home / "workloads").mkdir()
    (home / "workloads" / "cached.yaml").write_text("""
workload: 1
title: Touches its cache
window_per_worker: 1
footprint: {lines_per_us: 20, working_set_mib: 1}
phases:
  - name: work
    operations: 20000
    chain:
      - {task: work, where: local, mean_ns: 1000, distribution: constant}
""")
    both = scenario(tree("a", Rectangle()), tree("b", Rectangle()), width=1)
    parameters = {"quantum_ms": 0.1, "switch_us": 0.0, "refill_us": 50.0, "private_kib": 512}
    result = run(both, "cached", **parameters)
    lines, touched = 8192, 20 * 100
    each = 50e-6 * touched / lines * (1 - math.exp(-touched / lines))
    spent = float(result.accounting_seconds.sel(bucket="refill").sum())
    assert spent / float(result.context_switches[0]) == pytest.approx(each, rel=0.03)


def test_a_hog_of_time_takes_its_slices_and_no_more(reader: str) -> None:
    alone = scenario(tree("a", Rectangle()), width=8)
    beside = scenario(tree("a", Rectangle()), hog("noise", Rectangle()), width=8)
    quiet, noisy = (
        run(one, reader, quantum_ms=0.5, memory="local", **MACHINE) for one in (alone, beside)
    )
    assert rate(noisy) == pytest.approx(rate(quiet) / 2, rel=0.02)
    assert noisy.component.values.tolist() == ["a", "noise"]
    assert noisy.exit_reason.values.tolist() == ["finished", "finished"]
    assert float(noisy.total_window[0]) == pytest.approx(rate(noisy))


def test_a_hog_of_memory_slows_neighbours_on_other_cores(reader: str) -> None:
    """Asked for 0.32 and 4 GB/s of the 2 that there are, each gets its part of them."""
    beside = scenario(tree("a", Rectangle()), hog("noise", Rectangle(x=1)), width=8)
    parameters = {"memory": "one-node", "memory_gb_per_s": 2.0, "antagonist_gb_per_s": 4.0}
    result = run(beside, reader, **MACHINE | parameters)
    asked = 10 * 64 / 2000e-9
    assert rate(result) == pytest.approx(1 / 2000e-9 * 2e9 / (4e9 + asked), rel=0.02)


def test_prefetching_hides_lines_and_few_in_flight_hide_fewer(home: Path) -> None:
    text = """
workload: 1
title: Prefetches
window_per_worker: WINDOW
footprint: {lines_per_us: 0, prefetch_distance: 2, prefetch_lines: 4, batch: 8, fill_ns: 80}
phases:
  - name: read
    operations: 40000
    chain:
      - {task: read, where: local, mean_ns: 100, distribution: constant, lines: 5, data_mib: 64}
"""
    (home / "workloads").mkdir()
    one = scenario(tree("a", Rectangle()), width=8)
    # Two tasks of 100 ns ahead hide 120 ns of four of the lines; none ahead hide nothing.
    for window, ns in ((16, 100 + 10 + 1 * 100), (1, 100 + 80 + 5 * 100)):
        (home / "workloads" / "ahead.yaml").write_text(text.replace("WINDOW", str(window)))
        result = run(one, "ahead", memory="local", memory_gb_per_s=1e6, **MACHINE)
        assert rate(result) == pytest.approx(1e9 / ns, rel=1e-3)
