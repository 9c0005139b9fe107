"""Parts of a comparison: replications, cores and spans of time, against what was put in."""

from __future__ import annotations

import numpy as np
import pytest

from tests.datasets import replication
from workbench.analysis.comparison import Comparison
from workbench.analysis.narrowing import narrowed, told
from workbench.analysis.selection import Selection
from workbench.experiments.slots import SLOTS, with_slots
from workbench.results.schema import join

RATE = 8e6


@pytest.fixture(scope="module")
def compared() -> Comparison:
    """Eight cores, three components; `fast` is twice as fast, replication i has 1 % i more."""
    cells = {
        "slow": [replication(RATE * (1 + 0.01 * i), seed=i) for i in range(3)],
        "fast": [
            replication(
                2 * RATE * (1 + 0.01 * i),
                owned={"blinktree1": [1, 2], "blinktree2": [3, 4], "blinktree3": [5, 6]},
                seed=i,
            )
            for i in range(3)
        ],
    }
    runs = {name: join(parts, replication=range(3)) for name, parts in cells.items()}
    slotted = with_slots(runs, dict.fromkeys(runs, "insert"))
    whole = join([join(list(slotted.values()), variant=list(slotted))], workload=["insert"])
    return Comparison(whole, space=(8, 1))


def test_slots_keep_every_operation_and_every_second(compared: Comparison) -> None:
    dataset = compared.dataset
    assert dataset.sizes["slot"] == SLOTS
    ended = dataset.operations_in_slot.sum(("core", "slot"))
    np.testing.assert_allclose(ended, dataset.operations.sum("phase"), rtol=1e-5)
    held = dataset.held_in_slot.sum(("component", "core", "slot"))
    spent = dataset.accounting_seconds.sum(("component", "core", "bucket"))
    np.testing.assert_allclose(held, spent, rtol=1e-5)


def test_nothing_selected_is_the_whole(compared: Comparison) -> None:
    assert narrowed(compared, Selection(component="blinktree1")) is compared
    assert narrowed(compared, Selection(replications=(99,), cores=(99,))) is compared


def test_a_replication_alone(compared: Comparison) -> None:
    chosen = Selection(replications=(2,))
    part = narrowed(compared, chosen)
    estimate = part.throughput("throughput_makespan", "slow", "insert")
    assert (estimate.value, estimate.n) == (pytest.approx(RATE * 1.02), 1)
    assert told(compared, chosen) == " · replication 2"


def test_cores_leave_what_ended_on_them(compared: Comparison) -> None:
    part = narrowed(compared, Selection(cores=(1, 3)))
    assert part.metrics == ("throughput_part",)
    # Two of six cores, of two components; and two of seven that all share.
    fast = part.throughput("throughput_part", "fast", "insert")
    assert fast.value == pytest.approx(2 * RATE * 1.01 * 2 / 6, rel=1e-3)
    slow = part.throughput("throughput_part", "slow", "insert", component="blinktree3")
    assert slow.value == pytest.approx(RATE * 1.01 / 3 * 2 / 7, rel=1e-3)
    assert sum(part.accounting("slow", "insert").values()) == pytest.approx(
        2 * float(compared.run("slow", "insert").elapsed_seconds.mean())
    )
    (ratio,) = part.ratios()
    assert ratio.ratio == pytest.approx(2 * 7 / 6, rel=1e-3)


def test_a_span_of_time_leaves_what_ended_and_who_held_in_it(compared: Comparison) -> None:
    length = float(compared.run("fast", "insert").elapsed_seconds.min())
    part = narrowed(compared, Selection(time=(0.2 * length, 0.35 * length)))
    for variant, rate in (("slow", RATE), ("fast", 2 * RATE)):
        found = part.throughput("throughput_part", variant, "insert")
        assert found.value == pytest.approx(rate * 1.01, rel=1e-3)
    spent = part.accounting("fast", "insert")
    assert spent["held"] == pytest.approx(6 * 0.15 * length, rel=1e-3)
    assert spent["idle"] == pytest.approx(2 * 0.15 * length, rel=1e-3)


def test_after_the_end_of_a_run_there_is_nothing(compared: Comparison) -> None:
    """The fast runs end when half of the slow ones is over."""
    length = float(compared.run("slow", "insert").elapsed_seconds.max())
    part = narrowed(compared, Selection(time=(0.7 * length, 0.9 * length)))
    assert not part.throughput("throughput_part", "fast", "insert").exists
    assert part.throughput("throughput_part", "slow", "insert").exists
