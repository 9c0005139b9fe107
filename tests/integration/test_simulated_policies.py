"""Scheduling policies: the shipped ones, and one's own from a single file."""

from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np
import pytest

from tests.simulation import run, scenario, tree
from workbench.backends.base import Job, backend
from workbench.backends.simulated import policy
from workbench.backends.simulated.cache import scheduling_policy
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
    assert set(infos["policy"].choices) == {"nova", "gang", "fcfs"}
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
