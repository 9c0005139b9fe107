"""The fluid preview against closed forms and against the event level."""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmarks.preview import Case, cases, errors
from tests.simulation import scenario, talk, tree
from workbench.backends.base import Job, Log, backend
from workbench.backends.simulated.fluid import KNOWN_ERRORS, Preview, preview
from workbench.scenario.model import Rectangle

TASKS = {"descend_ns": 1000.0, "read_ns": 2000.0, "write_ns": 3000.0, "leaf_lines": 0.0}
LEVELS = 3  # of a million keys: 41 < 41 * 45.5 < 41 * 45.5**2 < 1e6


def flow(what: object, workload: str, **parameters: object) -> Preview:
    (found,) = preview(Job(what, workload, 1, TASKS | parameters))  # type: ignore[arg-type]
    return found


def test_lookups_are_shares_of_cores_over_the_work_of_one() -> None:
    alone = 1e9 / (LEVELS * 1000 + 2000)
    apart = flow(talk("partition-evenly"), "lookup")
    assert apart.rates == pytest.approx(dict.fromkeys(apart.rates, 21 * alone))
    shared = flow(talk("time-share"), "lookup", quantum_ms=1.0, switch_us=10.0, refill_us=40.0)
    each = 63 * alone / 3 * 1000 / 1050
    assert shared.rates == pytest.approx(dict.fromkeys(shared.rates, each))


@pytest.mark.parametrize(("workers", "window"), [(4, 40), (8, 16), (16, 64)])
def test_owners_on_their_cores_make_a_closed_queueing_network(workers: int, window: int) -> None:
    # Balanced, one class: X = K / (K + m - 1) * m / D (Lazowska et al. 1984, ch. 5).
    one = scenario(tree("blinktree1", Rectangle(x=0, width=workers)), width=workers)
    found = flow(one, "update", window=window, keys=1_000_000).total
    work = (LEVELS * 1000 + 3000) * 1e-9
    assert found == pytest.approx(window / (window + workers - 1) * workers / work, rel=0.04)


def test_without_delegation_nobody_waits_for_owners() -> None:
    shared = talk("time-share")
    waiting = flow(shared, "update", keys=1_000_000)
    free = flow(shared, "update", keys=1_000_000, delegation="off")
    work = (LEVELS * 1000 + 3000) * 1e-9
    assert free.total == pytest.approx(63 / work * 10 / 10.022)
    assert waiting.total < 0.5 * free.total
    assert waiting.error == KNOWN_ERRORS[True]
    assert free.error == KNOWN_ERRORS[False]


def test_as_a_backend_it_gives_the_same_rates_as_a_result_of_its_own() -> None:
    job = Job(talk("time-share"), "insert", 1, {})
    execution = backend("fluid").start(job)
    logged = [event.text for event in execution.events() if isinstance(event, Log)]
    result = execution.result()
    (found,) = preview(job)
    assert result.total_window.item() == pytest.approx(found.total)
    assert result.throughput_window.sel(phase="insert").to_series().to_dict() == pytest.approx(
        dict(found.rates)
    )
    assert result.attrs["backend"] == "fluid"  # so it is never pooled with the event level
    assert bool(result.accounting_seconds.isnull().all())
    assert logged == [text for text in logged if "Left out: locks" in text] != []


def test_slices_in_step_are_as_good_as_cores_of_ones_own() -> None:
    costless = {"switch_us": 0.0, "refill_us": 0.0, "window": 15000}
    apart = flow(talk("partition-evenly"), "insert", **costless).total
    gang = flow(talk("time-share"), "insert", policy="gang", **costless).total
    aligned = flow(talk("time-share"), "insert", slice_spread=0.0, **costless).total
    assert gang == pytest.approx(apart, rel=0.03)
    assert aligned == pytest.approx(apart, rel=0.03)


def test_it_does_not_depend_on_the_seed_nor_on_who_is_first() -> None:
    places = [Rectangle(x=0, width=5), Rectangle(x=3, width=7)]
    a, b = (
        scenario(*(tree(f"blinktree{p.x}", p) for p in order), width=10)
        for order in (places, places[::-1])
    )
    assert flow(a, "insert").rates == flow(a, "insert").rates
    assert flow(b, "insert").rates == pytest.approx(flow(a, "insert").rates, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("case", list(cases(seed=7, each=1)), ids=str)
def test_random_placements_agree_with_the_event_level(case: Case) -> None:
    found = np.array(list(errors(case, replications=2, seconds=0.2).values()))
    tolerance = 0.25 if case.overlapping and case.workload == "insert" else 0.10
    assert np.abs(found[:, 0] / found[:, 1] - 1).max() < tolerance
