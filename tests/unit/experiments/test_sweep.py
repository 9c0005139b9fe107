"""Sweeps: designs, the placement rule at every point, resumption, lazy opening."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import fake_backend
from tests.fake_backend import FakeBackend, experiment
from workbench.analysis.sweep_tables import sweep_points
from workbench.analysis.sweeps import sweep_outcome
from workbench.backends.base import BackendError, Job
from workbench.errors import InputError
from workbench.experiments.samples import file_or_sample
from workbench.experiments.seeds import replication_seed
from workbench.experiments.sweep import open_sweep, plan_of, run_sweep, sweep_plan
from workbench.experiments.sweep.axes import Axis, points
from workbench.formats import read
from workbench.results.store import RunStore
from workbench.results.sweeps import SweepStore
from workbench.scenario.model import Rectangle


@pytest.fixture
def backend() -> FakeBackend:
    return fake_backend.install()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore(tmp_path) as opened:
        yield opened


def talk() -> Any:
    return read(file_or_sample("talk")).experiment


# -- designs -----------------------------------------------------------------------------------


@given(count=st.integers(1, 60), low=st.floats(0.1, 10), width=st.floats(0.1, 1000))
@settings(max_examples=50, deadline=None)
def test_a_latin_hypercube_has_one_value_in_each_stratum(
    count: int, low: float, width: float
) -> None:
    axes = [
        Axis("a", low=low, high=low + width),
        Axis("b", low=low, high=low + width, log=True),
        Axis("c", low=1, high=count, whole=True),
    ]
    found = points(axes, "latin-hypercube", count, seed=3)
    linear = (np.array([p[0] for p in found], float) - low) / width * count
    assert sorted(np.minimum(linear.astype(int), count - 1)) == list(range(count))
    logs = np.log(np.array([p[1] for p in found], float) / low) / np.log(1 + width / low) * count
    assert sorted(np.clip(logs.astype(int), 0, count - 1)) == list(range(count))
    assert sorted(p[2] for p in found) == list(range(1, count + 1))


def test_random_points_fill_the_range_evenly() -> None:
    axes = [Axis("whole", low=3, high=5, whole=True), Axis("list", ("x", "y"))]
    found = points(axes, "random", 9000, seed=1)
    for column, values in ((0, (3, 4, 5)), (1, ("x", "y"))):
        counts = [sum(p[column] == value for p in found) for value in values]
        assert sum(counts) == 9000
        expected = 9000 / len(values)
        assert all(abs(n - expected) < 5 * np.sqrt(expected) for n in counts)
    assert found == points(axes, "random", 9000, seed=1)
    assert found != points(axes, "random", 9000, seed=2)


@pytest.mark.parametrize(
    ("over", "values"),
    [
        ("cores=4,8,16", (4, 8, 16)),
        ("instances=1:4", (1, 2, 3, 4)),
        ("cores=4:16:4", (4, 8, 12, 16)),
        ("quantum_ms=0.5:2:0.5", (0.5, 1.0, 1.5, 2.0)),
        ("sync=queue,olfit", ("queue", "olfit")),
    ],
)
def test_what_people_write_becomes_values(over: str, values: tuple[object, ...]) -> None:
    plan = sweep_plan(talk(), [over], workloads=["insert"])
    assert tuple(point[0] for point in plan.points) == values


@pytest.mark.parametrize(
    ("over", "more", "says"),
    [
        (["cores"], {}, "nothing to sweep over"),
        ([], {}, "nothing to sweep over"),
        (["cores=0"], {}, "no number of cores"),
        (["cores=8,8"], {}, "cannot be swept"),
        (["cores=9:3"], {}, "cannot be swept"),
        (["cores=8", "cores=9"], {}, "twice"),
        (["quantum_ms=0.5:30"], {}, "cannot be swept"),
        (["quantum_ms=0:30:log"], {"design": "random", "count": 3}, "cannot be swept"),
        (["quantum_ms=1:2:0"], {}, "cannot be swept"),
        (["quantum_ms=fast"], {}, "not a number"),
        (["quantum=1,2"], {}, 'no parameter "quantum"'),
        (["sync=queue,other"], {}, "not one of the choices"),
        (["cores=4"], {"design": "random"}, "needs a number of points"),
        (["cores=4"], {"count": 3}, "as many points as"),
        (["cores=4"], {"workloads": ["reading"]}, 'no workload "reading"'),
        (["cores=4"], {"variant_names": ["shared"]}, 'no variant "shared"'),
        (["cores=100000"], {"workloads": ["insert"]}, "cores"),
    ],
)
def test_what_cannot_be_swept_is_refused(over: list[str], more: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as refusal:
        sweep_plan(talk(), over, **more)
    assert says in str(refusal.value)


# -- the placement rule ------------------------------------------------------------------------


@pytest.mark.parametrize("cores", [4, 5, 8, 64, 65])
@pytest.mark.parametrize("instances", [1, 2, 3, 5])
def test_every_point_places_by_the_rule(cores: int, instances: int) -> None:
    """Against what the rule means: all of 1..cores-1, or a part each, disjoint and even."""
    plan = sweep_plan(
        talk(), {"cores": [cores], "instances": [instances]}, workloads=["insert"], replications=1
    )
    for task in plan.order():
        job = plan.job(task)
        trees = [c for c in job.scenario.components if c.program == "blinktree"]
        assert len(trees) == instances
        assert job.scenario.effective_space.width == cores
        held = [set(range(c.affinity.x, c.affinity.x + c.affinity.width)) for c in trees]
        usable = set(range(1, cores))
        assert set().union(*held) == usable
        if job.variant == "time-shared":
            assert all(cells == usable for cells in held)
        elif instances <= len(usable):
            assert sum(map(len, held)) == len(usable)
            assert max(map(len, held)) - min(map(len, held)) <= 1


@pytest.mark.parametrize("over", ["cores=8,16", "instances=1:4"])
def test_a_stale_rectangle_is_refused(over: str) -> None:
    given = talk()
    fixed = given.scenario.replaced(
        "blinktree2", lambda c: c.but(affinity=Rectangle(x=1, width=63))
    )
    with pytest.raises(InputError, match="rectangle of its own") as refusal:
        sweep_plan(given.but(scenario=fixed, variants=()), [over])
    assert "placement rule" in refusal.value.remedy
    # A variant that places all of them by a rule makes it good again.
    assert sweep_plan(given.but(scenario=fixed), [over]).size > 0


def test_replications_share_their_seeds_across_points() -> None:
    plan = sweep_plan(talk(), ["cores=8,16"], workloads=["insert"], replications=3, seed=5)
    for task in plan.order():
        assert plan.job(task).seed == replication_seed(5, task.replication)


def test_what_only_another_workload_understands_is_left_out() -> None:
    given = read(file_or_sample("small")).experiment  # it sets `keys`, which are of lookups
    plan = sweep_plan(given, ["quantum_ms=1,2"], workloads=["insert"], backend_name="fluid")
    for task in plan.order():
        assert plan.job(task).parameters["operations"] == 200_000
        assert "keys" not in plan.job(task).parameters
    with pytest.raises(InputError, match='no parameter "keys"'):
        sweep_plan(given, ["operations=1000"], workloads=["insert"], backend_name="fluid",
                   parameters={"keys": 100})  # fmt: skip


# -- running -----------------------------------------------------------------------------------


def small(**more: Any) -> Any:
    return sweep_plan(experiment(), {"instances": [1, 2, 3]}, replications=2, **more)


def test_a_sweep_has_every_number_and_is_found_again(store: RunStore, backend: FakeBackend) -> None:
    plan = small()
    seen: list[Any] = []
    sweep_id = run_sweep(store, plan, workers=2, report=seen.append)
    assert (seen[-1].total, seen[-1].known, seen[-1].done) == (plan.size, 0, plan.size)
    dataset = open_sweep(store, sweep_id)
    assert dataset.total_makespan.dims == (
        "instances", "workload", "variant", "replication", "phase",
    )  # fmt: skip
    direct = plan.order()[3]
    job = plan.job(direct)
    execution = backend.start(job)
    list(execution.events())
    truth = execution.result()
    cell = dataset.isel(
        instances=direct.point, workload=direct.workload, variant=direct.variant,
        replication=direct.replication,
    ).sel(phase=truth.phase.values)  # fmt: skip
    for name in ("total_window", "total_makespan", "total_self"):
        np.testing.assert_array_equal(cell[name], truth[name])
    np.testing.assert_array_equal(cell.operations, truth.operations.sum("component"))
    started = backend.started
    assert run_sweep(store, plan, report=seen.append) == sweep_id
    assert (seen[-1].known, seen[-1].done) == (plan.size, 0)
    assert backend.started == started  # nothing ran again
    xr.testing.assert_identical(open_sweep(store, sweep_id), dataset)


def test_a_larger_sweep_takes_over_what_a_smaller_one_knows(
    store: RunStore, backend: FakeBackend
) -> None:
    run_sweep(store, small())
    seen: list[Any] = []
    larger = sweep_plan(experiment(), {"instances": [1, 2, 3, 4]}, replications=2)
    run_sweep(store, larger, report=seen.append)
    assert (seen[-1].known, seen[-1].done) == (small().size, larger.size - small().size)
    other = sweep_plan(experiment(), {"instances": [1, 2, 3]}, replications=2, seed=99)
    run_sweep(store, other, report=seen.append)
    assert seen[-1].known == 0  # another seed is other numbers


def test_a_cancelled_sweep_goes_on_to_the_same_numbers(
    store: RunStore, backend: FakeBackend, tmp_path: Path
) -> None:
    plan = small()
    for _ in range(50):
        stop = threading.Event()
        seen: list[Any] = []

        def report(progress: Any, stop: Any = stop, seen: Any = seen) -> None:
            seen.append(progress)
            if progress.done >= 1:
                stop.set()

        sweep_id = run_sweep(store, plan, workers=1, report=report, cancelled=stop)
        if seen[-1].ended == plan.size:
            break
    with RunStore(tmp_path / "other") as other:
        whole = open_sweep(other, run_sweep(other, plan)).load()
    whole.attrs["sweep"] = sweep_id
    xr.testing.assert_identical(open_sweep(store, sweep_id).load(), whole)


def test_a_failing_point_is_told_and_tried_again(
    store: RunStore, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, calls = FakeBackend.start, []

    def broken(self: FakeBackend, job: Job) -> Any:
        calls.append(job)
        if len(calls) % 5 == 0:
            raise BackendError("boot-timeout", "It did not boot.")
        return start(self, job)

    monkeypatch.setattr(FakeBackend, "start", broken)
    plan = small()
    sweep_id = run_sweep(store, plan, workers=1)
    told = sweep_outcome(store, sweep_id)
    assert told["failed"] == plan.size // 5
    assert told["done"] + told["failed"] == told["tasks"] == plan.size
    assert told["failures"][0]["message"] == "boot-timeout: It did not boot."
    monkeypatch.undo()
    run_sweep(store, plan, workers=1)
    told = sweep_outcome(store, sweep_id)
    assert (told["failed"], told["done"]) == (0, plan.size)


def test_a_backend_that_needs_the_machine_alone_gets_one_thread(
    store: RunStore, backend: FakeBackend
) -> None:
    backend.exclusive = True
    run_sweep(store, small(parameters={"seconds": 0.01}), workers=4)
    assert backend.most_running == 1


def test_opening_reads_no_numbers_until_they_are_needed(
    store: RunStore, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep_id = run_sweep(store, small())
    reads = []
    whole = SweepStore.numbers

    def counted(self: SweepStore, *arguments: Any) -> Any:
        reads.append(arguments)
        return whole(self, *arguments)

    monkeypatch.setattr(SweepStore, "numbers", counted)
    dataset = open_sweep(store, sweep_id).sel(instances=2)
    assert reads == []
    assert dataset.total_makespan.notnull().any()
    assert dataset.latency_count.notnull().any()
    assert len(reads) == 1


def test_points_have_means_and_intervals(store: RunStore, backend: FakeBackend) -> None:
    dataset = open_sweep(store, run_sweep(store, small()))
    frame = sweep_points(dataset)
    row = frame.iloc[0]
    values = dataset.total_makespan.sel(
        instances=row["instances"], workload=row["workload"], variant=row["variant"],
        phase=row["phase"],
    ).values  # fmt: skip
    half = 12.706204736432095 * values.std(ddof=1) / np.sqrt(2)  # t(0.975, 1)
    assert row["throughput_makespan"] == pytest.approx(values.mean())
    assert row["throughput_makespan_high"] == pytest.approx(values.mean() + half)
    assert row["throughput_makespan_n"] == 2


def test_a_plan_comes_back_from_its_spec() -> None:
    plan = sweep_plan(talk(), ["cores=8,16", "quantum_ms=1,10"], workloads=["insert"])
    again = plan_of(plan.spec)
    assert again.digest == plan.digest
    for task in plan.order():
        assert again.key(again.job(task), task) == plan.key(plan.job(task), task)
