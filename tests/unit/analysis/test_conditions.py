"""What is said of the conditions of a measurement, against datasets whose truth is known."""

from __future__ import annotations

import numpy as np

from tests.datasets import replication, talk
from workbench.analysis.comparison import Comparison
from workbench.analysis.conditions import conditions, provenance_facts, remarks
from workbench.analysis.tables import conditions_html
from workbench.results.schema import join


def measured(load: list[float], owned: dict[str, list[int]], **attrs: object) -> Comparison:
    """A run of three instances with these shares of foreign load, by replication."""
    parts = [
        replication(1e6, owned=owned, backend="native", kind="measurement").assign(
            foreign_load=share, instructions=(("phase", "component"), np.full((1, 3), 5e9))
        )
        for share in load
    ]
    whole = join([join(parts, replication=range(len(parts)))], variant=["apart"])
    return Comparison(join([whole], workload=["insert"]).assign_attrs(attrs))


APART = {"blinktree1": [1], "blinktree2": [2], "blinktree3": [3]}
UNEVEN = {"blinktree1": [1], "blinktree2": [1], "blinktree3": [2]}


def test_disturbed_replications_are_counted() -> None:
    (told,) = remarks(measured([0.01, 0.05, 0.4], APART))
    assert "in 2 of 3 replications" in told
    assert "median 5%, at most 40%" in told
    assert remarks(measured([0.0, 0.049], APART)) == []


def test_instances_that_share_cores_only_in_part_are_not_disjoint() -> None:
    (told,) = remarks(measured([0.0], UNEVEN))
    assert told == "Not disjoint, instances share cores: apart."
    everywhere = {name: [1, 2, 3] for name in APART}
    assert remarks(measured([0.0], everywhere)) == [], "time sharing is no accident"


def test_limits_of_the_means_are_said() -> None:
    found = measured([0.0], APART, accelerator="tcg", quota_means=["cgroup-v2", "rlimit-as"])
    assert ["TCG" in remarks(found)[0], "address space" in remarks(found)[1]] == [True, True]
    assert provenance_facts(found)["RAM quota by"] == "cgroup-v2; rlimit-as"


def test_a_simulation_needs_no_remark_and_has_no_foreign_load() -> None:
    simulated = Comparison(talk(cores=4, replications=2))
    assert remarks(simulated) == []
    assert "taken by other processes" not in {one.title for one in conditions(simulated)}


def test_counters_stand_in_the_table_with_their_units() -> None:
    found = measured([0.2], APART)
    by_title = {one.title: texts["apart", "insert"] for one, texts in conditions(found).items()}
    assert by_title["instructions"] == "5000"  # 15e9 of 3 M operations
    assert by_title["context switches"] == "800"
    assert by_title["taken by other processes"] == "20%, at most 20%; 1 of 1 flagged"
    assert "cycles" not in by_title
    assert "per op" in conditions_html(found)
