"""Which runs are compared, and under which names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.datasets import run
from workbench.analysis.groups import comparisons_of, latest_runs, variant_labels
from workbench.results.records import RunRecord, RunSpec
from workbench.results.store import RunStore
from workbench.scenario.experiment import Experiment, Variant
from workbench.scenario.model import Scenario

VARIANTS = ("time-shared", "partitioned")


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


def add(
    store: RunStore,
    workload: str,
    variant: str,
    *,
    parameters: Mapping[str, float] | None = None,
    ends: str = "done",
    experiment: str = "talk",
    **origin: str,
) -> RunRecord:
    dataset = run(workload, variant, cores=4, replications=3, **origin)
    run_id = store.create(
        RunSpec(
            experiment=experiment,
            variant=variant,
            workload=workload,
            backend=origin.get("backend", "simulated"),
            kind=origin.get("kind", "simulation"),
            seed=1,
            replications=3,
            parameters=parameters or {},
        )
    )
    store.start(run_id)
    for index in range(3):
        store.add_replication(run_id, index, dataset.isel(replication=index, drop=True))
    store.finish(run_id, ends)  # type: ignore[arg-type]
    return store.run(run_id)


def test_the_latest_finished_runs_in_the_experiments_order(store: RunStore) -> None:
    experiment = Experiment(
        name="talk", scenario=Scenario(), variants=tuple(Variant(name=name) for name in VARIANTS)
    )
    for variant in reversed(VARIANTS):
        add(store, "insert", variant)
    newer = add(store, "insert", "time-shared")
    add(store, "insert", "time-shared", ends="cancelled")
    add(store, "insert", "time-shared", experiment="another")
    add(store, "insert", "time-shared", backend="native", kind="measurement")
    found = latest_runs(store, experiment)
    assert [record.variant for record in found] == list(VARIANTS)
    assert found[0].id == newer.id


def test_one_comparison_for_each_origin(store: RunStore) -> None:
    records = [
        add(store, "insert", "partitioned"),
        add(store, "insert", "time-shared", backend="native", kind="measurement"),
        add(store, "insert", "time-shared"),
        add(store, "insert", "partitioned", backend="native", kind="measurement"),
        add(store, "insert", "time-shared", accelerator="kvm"),
    ]
    found = comparisons_of(store, records)
    assert [(one.backend, one.accelerator, len(one.runs)) for one in found] == [
        ("simulated", "none", 2),
        ("native", "none", 2),
        ("simulated", "kvm", 1),
    ]


def test_runs_keep_their_ids_and_their_numbers(store: RunStore) -> None:
    records = [
        add(store, workload, variant) for workload in ("insert", "lookup") for variant in VARIANTS
    ]
    (found,) = comparisons_of(store, records)
    for record in records:
        assert found.run_id(record.variant, record.workload) == record.id
        alone = store.dataset(record.id).total_self.sel(phase=record.workload)
        told = found.values("throughput_self", record.variant, record.workload)
        assert told.tolist() == alone.values.tolist()
    assert {(ratio.a, ratio.b) for ratio in found.ratios()} == {VARIANTS[::-1]}


def test_runs_of_one_variant_are_told_apart_by_their_parameters(store: RunStore) -> None:
    slow = add(store, "insert", "time-shared", parameters={"quantum_ms": 10.0})
    fast = add(store, "insert", "time-shared", parameters={"quantum_ms": 1.5})
    other = add(store, "insert", "partitioned")
    assert variant_labels([slow, fast, other]) == {
        slow.id: "time-shared (quantum_ms=10.0)",
        fast.id: "time-shared (quantum_ms=1.5)",
        other.id: "partitioned (quantum_ms=default)",
    }
    (found,) = comparisons_of(store, [slow, fast, other])
    assert len(found.runs) == 3


def test_equal_runs_are_told_apart_by_their_number(store: RunStore) -> None:
    first, second = (add(store, "insert", "time-shared") for _ in range(2))
    labels = variant_labels([first, second])
    assert labels == {record.id: f"time-shared (run {record.id})" for record in (first, second)}


def test_a_variant_without_one_of_the_workloads(store: RunStore) -> None:
    records = [
        add(store, "insert", "time-shared"),
        add(store, "insert", "partitioned"),
        add(store, "lookup", "partitioned"),
    ]
    (found,) = comparisons_of(store, records)
    assert ("time-shared", "lookup") not in found.runs
    assert {ratio.workload for ratio in found.ratios()} == {"insert"}


def test_the_latest_runs_rest_on_the_same_parameters(store: RunStore) -> None:
    experiment = Experiment(
        name="talk", scenario=Scenario(), variants=tuple(Variant(name=name) for name in VARIANTS)
    )
    add(store, "insert", "time-shared")
    add(store, "insert", "partitioned")
    newest = add(store, "insert", "partitioned", parameters={"quantum_ms": 1.5})
    assert [record.id for record in latest_runs(store, experiment)] == [newest.id]
    match = add(store, "insert", "time-shared", parameters={"quantum_ms": 1.5})
    assert [record.id for record in latest_runs(store, experiment)] == [match.id, newest.id]


def test_a_parameter_that_no_variant_declares_is_in_every_label(store: RunStore) -> None:
    slow = add(store, "insert", "time-shared", parameters={"quantum_ms": 10.0})
    fast = add(store, "insert", "partitioned", parameters={"quantum_ms": 1.5})
    (found,) = comparisons_of(store, [slow, fast])
    assert found.dataset.variant.values.tolist() == [
        "time-shared (quantum_ms=10.0)",
        "partitioned (quantum_ms=1.5)",
    ]
