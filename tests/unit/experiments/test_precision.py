"""Replications are repeated in batches until they are precise, whatever runs them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t

from tests import fake_backend
from tests.fake_backend import FakeBackend, experiment
from workbench.experiments.jobs import JobManager
from workbench.experiments.precision import Precision, Width, widest
from workbench.results.schema import METRICS
from workbench.results.store import RunStore

SOON = 60.0


@pytest.fixture(autouse=True)
def backend() -> FakeBackend:
    return fake_backend.install()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore(tmp_path) as opened:
        yield opened


def summaries(totals: dict[str, list[float | None]]) -> dict[int, dict[str, dict[str, object]]]:
    count = len(next(iter(totals.values())))
    return {
        number: {metric: {"insert": totals[metric][number]} for metric in METRICS}
        for number in range(count)
    }


def same(values: list[float | None]) -> dict[int, dict[str, dict[str, object]]]:
    return summaries(dict.fromkeys(METRICS, values))


def test_the_widest_interval_is_students() -> None:
    values = [10.0, 11.0, 12.5, 9.0]
    half = t.ppf(0.975, 3) * np.std(values, ddof=1) / 2 / np.mean(values)
    found = widest({"one": same(values)})
    assert found.half_width == pytest.approx(half)
    assert found.of == "throughput window of insert, one"


def test_ratios_are_judged_pair_by_pair() -> None:
    first, second = [10.0, 11.0, 12.0], [30.0, 33.0, 36.0]
    alone = widest({"one": same(first)}).half_width
    # In step with each other, so the ratio is exact and the runs themselves are the widest.
    assert widest({"one": same(first), "two": same(second)}).half_width == pytest.approx(alone)
    logs = np.log(np.array(second[::-1]) / first)
    half = np.expm1(t.ppf(0.975, 2) * np.std(logs, ddof=1) / np.sqrt(3))
    crossed = widest({"one": same(first), "two": same(second[::-1])})
    assert crossed.half_width == pytest.approx(half)
    assert crossed.of.endswith("two / one")


def test_what_no_replication_has_is_not_judged() -> None:
    some = summaries({m: [10.0, 11.0] for m in METRICS} | {"throughput_window": [None, None]})
    assert "window" not in widest({"one": some}).of
    assert widest({"one": same([None, None])}) == Width(0.0)
    assert widest({"one": same([10.0, None])}).half_width == np.inf


def test_batches_end_at_the_limit() -> None:
    asked = Precision(0.05, batch=10, limit=25)
    wide, narrow = Width(0.2, "it"), Width(0.04, "it")
    assert [asked.more(done, wide) for done in (10, 20, 25)] == [10, 5, 0]
    assert asked.more(10, narrow) == 0
    assert "limit" in asked.verdict(25, wide)
    assert "±20 % (it), asked for 5 %" in asked.verdict(25, wide)
    assert "Precise enough after 10" in asked.verdict(10, narrow)


def precise(store: RunStore, workers: int, **options: float) -> tuple[str, ...]:
    with JobManager(store, workers=workers) as jobs:
        ids = jobs.submit(experiment(**options))
        assert jobs.wait(ids, SOON)
    return ids


def test_it_stops_at_the_first_batch_that_is_precise(store: RunStore) -> None:
    ids = precise(store, 2, replications=3, half_width=0.012, max_replications=60)
    for pair in (ids[:2], ids[2:]):
        runs = [store.run(run_id) for run_id in pair]
        assert {run.status for run in runs} == {"done"}
        (done,) = {run.done for run in runs}
        assert done == runs[0].replications
        assert done % 3 == 0
        assert 3 < done < 60
        # Judged as above with all it has, and with a batch less.
        found = {run.id: store.summaries(run.id) for run in runs}
        assert widest(found).half_width <= 0.012
        less = {i: {r: one for r, one in s.items() if r < done - 3} for i, s in found.items()}
        assert widest(less).half_width > 0.012
        assert "Precise enough" in runs[0].message
        assert any("3 more" in line.text for line in store.log_lines(pair[0]))


def test_the_limit_ends_it_and_is_named(store: RunStore) -> None:
    ids = precise(store, 2, replications=4, half_width=0.0001, max_replications=10)
    for run in map(store.run, ids):
        assert (run.status, run.done, run.replications) == ("done", 10, 10)
        assert "limit of 10" in run.message


def test_the_number_of_workers_changes_nothing(store: RunStore) -> None:
    options = {"replications": 2, "half_width": 0.012, "max_replications": 40}
    alone, many = (precise(store, workers, **options) for workers in (1, 5))
    for a, b in zip(alone, many, strict=True):
        assert store.run(a).message == store.run(b).message
        assert store.summaries(a) == store.summaries(b)


def test_a_run_that_fails_leaves_the_others_to_be_judged(store: RunStore) -> None:
    failing = {"fail": "boot-timeout", "fail_from": 3}
    given = experiment(half_width=0.0001, max_replications=6)
    first = given.variants[0].but(parameters=failing)
    with JobManager(store, workers=2) as jobs:
        ids = jobs.submit(given.but(variants=(first, given.variants[1])), workloads=["insert"])
        assert jobs.wait(ids, SOON)
    failed, other = map(store.run, ids)
    assert (failed.status, failed.done) == ("failed", 3)
    assert (other.status, other.done) == ("done", 6)
