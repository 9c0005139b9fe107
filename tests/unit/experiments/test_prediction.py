"""Task times are fitted to a machine whose costs are known."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.datasets import replication
from workbench.experiments.prediction import fit, reference, seconds_per_operation
from workbench.experiments.samples import samples
from workbench.formats import read
from workbench.scenario import variants

WAITS_NS = 70.0


def cost(workload: str, times: Mapping[str, float]) -> float:
    """Two inner nodes, then a leaf, on a machine that waits for memory besides; in s."""
    leaf = times["read_ns" if workload == "lookup" else "write_ns"]
    return (2 * times["descend_ns"] + leaf + WAITS_NS) * 1e-9


def test_the_times_of_a_known_machine_are_found() -> None:
    truth = {"descend_ns": 60.0, "read_ns": 54.0, "write_ns": 333.0}  # lookup: a tenth of the talk
    measured = {name: cost(name, truth) for name in ("lookup", "insert")}
    found = fit(measured, cost)
    assert found.parameters == pytest.approx(truth, rel=1e-3)
    assert found.measured == measured


def test_what_no_task_time_explains_is_not_made_negative() -> None:
    found = fit({"lookup": 20e-9, "insert": 20e-9}, cost)  # less than the waits alone
    assert all(value > 0 for value in found.parameters.values())


def test_the_reference_is_one_instance_with_one_worker() -> None:
    alone = reference(read(samples()["small"]).experiment)
    assert [one.name for one in variants.measured(variants.apply(alone, "alone"))] == ["blinktree1"]
    assert variants.parameters(alone, "alone")["workers"] == 1
    assert alone.workloads == ("lookup", "insert")


def test_the_cost_of_an_operation_is_that_of_all_cores() -> None:
    busy = replication(
        1e6, cores=4, owned={name: [1] for name in ("a", "b")}, components=("a", "b")
    )
    assert seconds_per_operation(busy) == pytest.approx(1e-6)
