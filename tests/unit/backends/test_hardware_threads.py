"""Two hardware threads of a core: how fast each gets on, against closed forms."""

from __future__ import annotations

from pathlib import Path

import pytest
import xarray as xr

from tests.simulation import run, scenario, timer, tree
from workbench.backends.base import Job
from workbench.backends.simulated.fluid import preview
from workbench.scenario.model import Rectangle, Scenario

CONSTANT = str(Path(__file__).parent / "constant.yaml")
BUT_FIRST = str(Path(__file__).parent / "constant_but_first.yaml")
OPERATIONS = 2000
ALL = OPERATIONS * 1e-6  # seconds that they take one worker at full speed
MACHINE = {"cores": 4, "threads": 8, "switch_us": 0.0, "refill_us": 0.0, "wake_us": 0.0}
SPEEDS = pytest.mark.parametrize("speed", [0.5, 0.625, 0.8, 1.0])


def ends(result: xr.Dataset, name: str) -> float:
    """Return when an instance has done its operations."""
    return float(result.finish_seconds.sel(component=name).item())


def rows(*places: Rectangle) -> Scenario:
    """Return instances in a space of four cores with two threads each, one below the other."""
    trees = (tree(f"t{i}", place) for i, place in enumerate(places))
    return scenario(*trees, width=4, height=2)


@SPEEDS
def test_two_busy_siblings_each_get_on_at_part_of_their_speed(speed: float) -> None:
    what = rows(Rectangle(x=1), Rectangle(x=1, y=1))
    result = run(what, CONSTANT, thread_speed=speed, **MACHINE)
    assert float(result.elapsed_seconds) == pytest.approx(ALL / speed, abs=1e-9)
    useful = float(result.accounting_seconds.sel(bucket="useful").sum())
    assert useful == pytest.approx(2 * ALL / speed, abs=1e-9)
    lost = result.shared_core_seconds
    assert lost.values[[1, 5]] == pytest.approx(ALL / speed * (1 - speed), abs=1e-8)
    assert float(lost.sum()) == pytest.approx(float(lost[1] + lost[5]))


@pytest.mark.parametrize(
    ("machine", "second"),
    [
        ({}, Rectangle(x=2, y=1)),  # another core
        ({"threads": 4}, Rectangle(x=1, y=1)),  # one thread each: a row of more cores
        ({"thread_speed": 1.0}, Rectangle(x=1, y=1)),
    ],
)
def test_without_a_sibling_nobody_is_slowed(
    machine: dict[str, float | int], second: Rectangle
) -> None:
    values = MACHINE | {"thread_speed": 0.5} | machine
    result = run(rows(Rectangle(x=1), second), CONSTANT, **values)
    assert float(result.elapsed_seconds) == pytest.approx(ALL, abs=1e-9)
    assert float(result.shared_core_seconds.sum()) == 0.0


@SPEEDS
def test_who_remains_alone_goes_on_at_full_speed(speed: float) -> None:
    """The second instance has a core more, does 1 + f of the work while the first one does f."""
    what = rows(Rectangle(x=1), Rectangle(x=1, y=1, width=2))
    result = run(what, CONSTANT, thread_speed=speed, **MACHINE)
    assert ends(result, "t1") == pytest.approx(ALL / (1 + speed), abs=2e-6)
    assert ends(result, "t0") == pytest.approx(2 * ALL / (1 + speed), abs=2e-6)


@SPEEDS
@pytest.mark.parametrize("idle", ["poll", "block"])
def test_a_sibling_that_polls_slows_and_one_that_blocks_does_not(speed: float, idle: str) -> None:
    """The first worker of the second instance has nothing to do until that ends, at `ALL`."""
    what = rows(Rectangle(x=1, width=2), Rectangle(x=2, y=1, width=2))
    result = run(what, BUT_FIRST, thread_speed=speed, idle=idle, **MACHINE)
    expected = ALL * (2 - speed) if idle == "poll" else ALL
    assert ends(result, "t1") == pytest.approx(ALL, abs=1e-9)
    assert ends(result, "t0") == pytest.approx(expected, abs=1e-8)


@SPEEDS
@pytest.mark.parametrize("busy", [0.1, 0.3])
def test_a_sibling_that_comes_and_goes(speed: float, busy: float) -> None:
    """A tick of W at full speed takes W / f, in which the other does W: each period costs it
    the difference."""
    period = 100_000.0
    what = scenario(
        tree("t0", Rectangle(x=1)),
        width=4,
        height=2,
        timers=[timer(affinity=Rectangle(x=1, y=1))],
    )
    values = {"timer_work_ns": busy * period, "timer_tick_ns": period, "thread_speed": speed}
    result = run(what, CONSTANT, operations=20 * OPERATIONS, **(MACHINE | values))
    rate = 1 - busy * (1 / speed - 1)
    took = ends(result, "t0")
    assert took == pytest.approx(20 * ALL / rate, abs=period * 1e-9)
    ticking = float(result.accounting_seconds.sel(component="timer", bucket="useful").sum())
    assert ticking == pytest.approx(took * busy / speed, abs=period * 1e-9)


def test_who_leaves_in_mid_operation_takes_what_is_left_along() -> None:
    """Two instances share a thread, slice by slice, beside a third one on its sibling."""
    here, below = Rectangle(x=1), Rectangle(x=1, y=1)
    what = rows(here, here, below)
    values = MACHINE | {"quantum_ms": 0.0137, "thread_speed": 0.625}
    result = run(what, CONSTANT, **values)
    # The one below has its thread to itself and ends first; then both others are alone.
    own = ALL / 0.625
    left = 2 * ALL - own * 0.625
    assert ends(result, "t2") == pytest.approx(own, abs=1e-8)
    assert float(result.elapsed_seconds) == pytest.approx(own + left, abs=1e-8)


def test_the_preview_knows_of_siblings() -> None:
    for second, speed in ((Rectangle(x=1, y=1), 0.625), (Rectangle(x=2, y=1), 1.0)):
        job = Job(rows(Rectangle(x=1), second), CONSTANT, 1, MACHINE | {"thread_speed": 0.625})
        (phase,) = preview(job)
        assert list(phase.rates.values()) == pytest.approx([1e6 * speed] * 2)
