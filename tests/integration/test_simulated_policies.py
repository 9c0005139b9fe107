"""Scheduling policies: the shipped ones, and one's own from a single file."""

from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np
import pytest

from tests.simulation import run, scenario, stepwise, timer, tree
from workbench.backends.base import Job, backend
from workbench.backends.simulated import policy
from workbench.backends.simulated.loading import scheduling_policy
from workbench.errors import InputError
from workbench.scenario.model import Rectangle

PAIR = Rectangle(width=2)


@pytest.fixture
def policies(home: Path) -> Path:
    folder = home / "policies"
    folder.mkdir()
    return folder


def test_the_documented_policy_runs_from_ones_own_folder(policies: Path) -> None:
    """First come, first served: the second instance begins when the first one has ended."""
    assert policy.__doc__ is not None
    example = textwrap.dedent(policy.__doc__.rsplit("::\n", 1)[1])
    (policies / "fcfs.py").write_text(example)
    infos = {info.name: info for info in backend("simulated").parameters("insert", {})}
    assert set(infos["policy"].choices) == {"nova", "gang", "linux_fair", "base_hw", "fcfs"}
    both = scenario(tree("a", PAIR), tree("b", PAIR))
    result = run(both, operations=5_000, policy="fcfs").isel(phase=0)
    assert result.operations_in_window.values.tolist() == [5_000, 0]
    assert result.context_switches.values.tolist() == [1, 1, 0, 0]
    alone = run(scenario(tree("a", PAIR)), operations=5_000)
    assert float(result.finish_seconds[0]) == float(alone.elapsed_seconds)


def test_a_changed_policy_is_loaded_anew(policies: Path) -> None:
    shipped = Path(policy.__file__).parent / "policies" / "nova.py"
    mine = policies / "mine.py"
    mine.write_text(shipped.read_text())
    before = scheduling_policy("mine")
    assert scheduling_policy("mine") is before
    mine.write_text(shipped.read_text().replace("NOVA: fixed", "Mine: fixed"))
    assert scheduling_policy("mine").title.startswith("Mine")


@pytest.mark.parametrize(
    "text", ["TITLE = 'No pick'\n", "TITLE = \n", "import no_such_module\n", "pick = 3\n"]
)
def test_a_faulty_policy_is_refused(policies: Path, text: str) -> None:
    (policies / "faulty.py").write_text(text)
    job = Job(scenario(tree("a", PAIR)), "insert", 1, {"policy": "faulty", "operations": 100})
    with pytest.raises(InputError, match="faulty") as refusal:
        backend("simulated").start(job).result()
    assert refusal.value.location.file == str(policies / "faulty.py")


def test_nova_gives_everyone_a_quantum_in_turn() -> None:
    both = scenario(tree("a", PAIR), tree("b", PAIR))
    result = run(both, "lookup", operations=100_000, quantum_ms=1, switch_us=3, refill_us=7)
    turn = 1e-3 + 3e-6 + 7e-6
    slices = float(result.elapsed_seconds) / turn
    assert result.context_switches.values[:2] == pytest.approx([slices] * 2, abs=2)


@pytest.mark.parametrize("policy", ["nova", "gang", "linux_fair", "base_hw"])
def test_nobody_starves_between_frequent_preemptions(policy: str) -> None:
    """A timer that wakes up every 20 us lets every one of three workers have its turn."""
    alone = scenario(tree("a", Rectangle(width=1), priority=-1), width=1, prio_levels=2)
    parameters = {"policy": policy, "workers": 3, "operations": 150, "quantum_ms": 0.05}
    woken = {"timer_tick_ns": 20_000.0, "timer_work_ns": 500.0, "switch_us": 0.0}
    events = 0
    for _ in stepwise(alone, "insert", parameters | woken, 1_000):
        events += 1_000
        assert events < 100_000, "it will never end"


def test_nova_cores_switch_at_moments_of_their_own_unless_told_otherwise() -> None:
    def moments(spread: float) -> np.ndarray:
        both = scenario(tree("a", Rectangle(width=4)), tree("b", Rectangle(width=4)))
        parameters = {"operations": 100_000, "quantum_ms": 1, "raster_ms": 0.01}
        held = run(both, "lookup", slice_spread=spread, **parameters).occupancy_seconds
        first = held.sel(component="a").isel(time_bin=slice(100)).sum("time_bin")
        return first.values

    assert len(set(moments(1.0).round(6))) == 4
    assert np.ptp(moments(0.0)) < 1e-9


def test_gang_switches_all_workers_of_a_component_together() -> None:
    everywhere = Rectangle(width=4)
    both = scenario(tree("a", everywhere), tree("b", everywhere))
    parameters = {"operations": 20_000, "quantum_ms": 0.5, "raster_ms": 0.01}
    held = run(both, "insert", policy="gang", **parameters).occupancy_seconds
    for component in ("a", "b"):
        by_core = held.sel(component=component).values
        assert np.ptp(by_core, axis=0).max() < 1e-12


def test_gang_runs_disjoint_components_side_by_side() -> None:
    """`b` and `c` share a row, so `a` has every other turn and not every third."""
    three = scenario(
        tree("a", Rectangle(width=4)), tree("b", PAIR), tree("c", Rectangle(x=2, width=2))
    )
    result = run(three, "lookup", operations=100_000, policy="gang", quantum_ms=0.5)
    first = result.isel(time_bin=slice(4)).occupancy_seconds.sum("time_bin")
    assert result.time_bin.values[1] == 5e-3
    assert first.sel(component="a").values == pytest.approx([10e-3] * 4, rel=0.06)
    assert first.sel(component="b").values[:2] == pytest.approx([10e-3] * 2, rel=0.06)


def test_gang_fills_cores_that_would_idle() -> None:
    """Once `a` has ended, `b` has its own cores for itself all the time."""
    two = scenario(tree("a", PAIR), tree("b", PAIR))
    result = run(two, "lookup", operations=50_000, policy="gang", quantum_ms=0.5)
    assert result.idle_seconds.values[:2] == pytest.approx([0, 0], abs=1e-12)


def test_linux_shares_fairly_a_slice_at_a_time() -> None:
    """Three that always want the core get a third each, in slices of the given length."""
    three = scenario(*(tree(name, Rectangle()) for name in "abc"), width=1)
    parameters = {"policy": "linux_fair", "fair_slice_ms": 0.5}
    result = run(three, "lookup", operations=20_000, slice_spread=0.0, **parameters)
    assert result.operations_in_window.values[0] == pytest.approx([20_000] * 3, abs=250)
    slices = float(result.window_finish_seconds[0]) / 0.5e-3
    assert float(result.context_switches[0]) == pytest.approx(slices, rel=0.1)


def test_cores_under_linux_do_not_switch_together_unless_told_to() -> None:
    """What is left of the first slice is a chance of each core: owners are missed, or not."""
    two = scenario(tree("a", PAIR), tree("b", PAIR), width=2)

    def waited(spread: float) -> float:
        given = {"policy": "linux_fair", "slice_spread": spread, "window": 100}
        results = (run(two, "insert", seed, operations=20_000, **given) for seed in range(1, 5))
        return max(
            float(one.accounting_seconds.sel(bucket="wait_owner").sum() / one.elapsed_seconds)
            for one in results
        )

    assert waited(1.0) > 0.2
    assert waited(0.0) < 0.05


def test_linux_lets_the_one_that_slept_go_first(home: Path) -> None:
    """An instance that blocks between rare arrivals is served at once, beside one that polls."""
    mixed = scenario(tree("a", Rectangle()), timers=[timer()], width=1)
    busy = {"policy": "linux_fair", "timer_work_ns": 20_000.0, "timer_tick_ns": 5e6}
    result = run(mixed, "lookup", operations=40_000, fair_slice_ms=3.0, **busy)
    assert result.component.values.tolist() == ["a", "timer"]
    spent = result.accounting_seconds.sum(("core", "bucket"))
    ticks = float(result.elapsed_seconds) / 5e-3
    assert float(
        result.accounting_seconds.sel(component="timer", bucket="useful").sum()
    ) == pytest.approx(ticks * 20e-6, rel=0.1)
    assert float(spent.sel(component="a")) > 0.98 * float(result.elapsed_seconds)


def test_base_hw_gives_a_quota_by_priority_and_shares_the_rest() -> None:
    """`a` claims half of every super period; what remains goes round, a slice each."""
    both = scenario(
        tree("a", Rectangle()), tree("b", Rectangle(), priority=-1), width=1, prio_levels=2
    )
    parameters = {
        "policy": "base_hw",
        "super_period_ms": 2.0,
        "fill_slice_ms": 0.25,
        "cpu_quota": "a 50",
        "switch_us": 0.0,
        "refill_us": 0.0,
    }
    result = run(both, "lookup", operations=20_000, **parameters)
    assert result.operations_in_window.values[0] == pytest.approx([20_000, 20_000 / 3], rel=0.04)
    even = run(both, "lookup", operations=20_000, **parameters | {"cpu_quota": ""})
    assert even.operations_in_window.values[0] == pytest.approx([20_000] * 2, rel=0.02)


@pytest.mark.parametrize("text", ["a", "a 101", "nobody 5", "a -3"])
def test_a_quota_that_cannot_be_read_is_refused(text: str) -> None:
    job = Job(scenario(tree("a", PAIR)), "insert", 1, {"cpu_quota": text, "operations": 100})
    with pytest.raises(InputError, match="cpu_quota"):
        backend("simulated").start(job).result()


@pytest.mark.parametrize("workload", ["insert", "lookup"])
def test_cores_are_withdrawn_and_granted_while_it_runs(workload: str) -> None:
    """Of four cores two are withdrawn from 10 to 20 ms; others do the work of their workers."""
    alone = scenario(tree("a", Rectangle(width=4)))
    result = run(
        alone,
        workload,
        operations=60_000,
        core_changes="10 a -2:3; 20 a +2:3",
        raster_ms=1.0,
    )
    assert result.operations.values.tolist() == [[60_000]]
    held = result.occupancy_seconds.sel(component="a")
    assert held.isel(core=slice(2, 4), time_bin=slice(11, 20)).sum() == 0
    assert held.isel(core=slice(0, 2), time_bin=slice(11, 20)).values == pytest.approx(1e-3)
    assert held.isel(time_bin=slice(20, 30)).values == pytest.approx(1e-3)
    whole = run(alone, workload, operations=60_000, batching="off")
    lost = float(result.elapsed_seconds) - float(whole.elapsed_seconds)
    # Half of the cores are lost for 10 ms; owners that stand in for others are busier still.
    assert 4.5e-3 < lost < (7.5e-3 if workload == "insert" else 5.5e-3)


def test_a_component_grows_into_cores_it_is_granted() -> None:
    grown = scenario(tree("a", PAIR))
    result = run(grown, operations=40_000, core_changes="10 a +2:3", raster_ms=1.0)
    held = result.occupancy_seconds.sel(component="a").isel(core=slice(2, 4))
    assert held.isel(time_bin=slice(0, 10)).sum() == 0
    assert held.isel(time_bin=slice(10, 20)).values == pytest.approx(1e-3)


@pytest.mark.parametrize("text", ["soon a -1", "1 a 2", "1 nobody -1", "1 a -9:12", "1 a -2:1"])
def test_a_change_that_cannot_be_carried_out_is_refused(text: str) -> None:
    job = Job(scenario(tree("a", PAIR)), "insert", 1, {"core_changes": text, "operations": 100})
    with pytest.raises(InputError, match="core_changes"):
        backend("simulated").start(job).result()


def test_withdrawn_before_all_is_done_and_never_granted_again_stalls_nothing() -> None:
    """The one worker left ends what all had begun."""
    result = run(scenario(tree("a", Rectangle(width=4))), operations=5_000, core_changes="1 a -1:3")
    assert result.operations.values.tolist() == [[5_000]]
