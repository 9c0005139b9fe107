"""Runs of the store become one dataset, and only if they belong together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.datasets import replication
from workbench.errors import InputError
from workbench.experiments.collect import collect
from workbench.results.records import RunSpec
from workbench.results.store import RunStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore(tmp_path) as opened:
        yield opened


def recorded(
    store: RunStore, variant: str, workload: str, *rates: float, seed: int = 1, **how: str
) -> str:
    """Record a run whose replications have these rates."""
    spec = RunSpec(
        experiment="e", variant=variant, workload=workload, backend="fake", kind="simulation",
        seed=seed, replications=len(rates),
    )  # fmt: skip
    run_id = store.create(spec)
    for index, rate in enumerate(rates):
        store.add_replication(run_id, index, replication(rate, phase=workload, **how))
    store.finish(run_id, "done")
    return run_id


def test_each_run_lands_at_its_variant_and_workload(store: RunStore) -> None:
    ids = {
        (variant, workload): recorded(store, variant, workload, *rates)
        for variant, workload, rates in (
            ("time-shared", "insert", (1e6, 2e6, 3e6)),
            ("partitioned", "insert", (4e6, 5e6)),
            ("partitioned", "lookup", (6e6,)),
        )
    }
    whole = collect(store, ids.values())
    assert whole.variant.values.tolist() == ["time-shared", "partitioned"]
    assert whole.workload.values.tolist() == ["insert", "lookup"]
    for (variant, workload), run_id in ids.items():
        assert whole.run.sel(variant=variant, workload=workload).item() == run_id
    assert whole.run.sel(variant="time-shared", workload="lookup").item() == ""
    insert = whole.total_makespan.sel(workload="insert", phase="insert")
    assert insert.sel(variant="time-shared").values == pytest.approx([1e6, 2e6, 3e6])
    assert insert.sel(variant="partitioned").values[:2] == pytest.approx([4e6, 5e6])
    assert insert.sel(variant="partitioned").isnull().values.tolist() == [False, False, True]
    empty = whole.total_makespan.sel(workload="lookup", variant="time-shared")
    assert bool(empty.isnull().all())


def test_the_order_of_the_ids_gives_the_baseline(store: RunStore) -> None:
    a, b = (recorded(store, variant, "insert", 1e6) for variant in ("z", "a"))
    assert collect(store, [a, b]).variant.values.tolist() == ["z", "a"]
    assert collect(store, [b, a]).variant.values.tolist() == ["a", "z"]


@pytest.mark.parametrize(
    "other", [{"backend": "qemu"}, {"kind": "measurement"}, {"accelerator": "tcg"}]
)
def test_what_must_not_be_pooled_is_refused(store: RunStore, other: dict[str, str]) -> None:
    ids = [recorded(store, "a", "insert", 1e6), recorded(store, "b", "insert", 1e6, **other)]
    (key, value), *_ = other.items()
    with pytest.raises(InputError, match=rf"differ in {key}.*{value}.*never pooled"):
        collect(store, ids)


def test_runs_of_different_seeds_are_not_paired(store: RunStore) -> None:
    ids = [recorded(store, "a", "insert", 1e6, seed=1), recorded(store, "b", "insert", 1e6, seed=2)]
    with pytest.raises(InputError, match="differ in seed"):
        collect(store, ids)


def test_two_runs_of_one_cell_are_refused(store: RunStore) -> None:
    ids = [recorded(store, "a", "insert", 1e6) for _ in range(2)]
    with pytest.raises(InputError, match="Choose one"):
        collect(store, ids)
    assert collect(store, [ids[0], ids[0]]).run.values.tolist() == [[ids[0]]]


def test_no_run_is_refused(store: RunStore) -> None:
    with pytest.raises(InputError, match="No run"):
        collect(store, [])
