"""The same seed gives the same bits: whatever the chunks, the threads, the other runs."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import xarray as xr

from tests.simulation import run, scenario, talk, tree
from workbench.backends.base import Job, Progress
from workbench.backends.simulated.backend import SimulatedBackend, simulate
from workbench.scenario.model import Rectangle

JOB = Job(talk("time-share", cores=9), "insert", 7, {"operations": 20_000, "quantum_ms": 0.5})


@pytest.fixture(scope="module")
def expected() -> xr.Dataset:
    return simulate(JOB)


@pytest.mark.parametrize("events", [7, 97, 10_000])
def test_chunks_change_nothing(expected: xr.Dataset, events: int) -> None:
    assert expected.identical(simulate(JOB, chunk_events=events))


def test_threads_change_nothing(expected: xr.Dataset) -> None:
    backend = SimulatedBackend()
    running = [backend.start(JOB) for _ in range(4)]
    assert all(expected.identical(one.result()) for one in running)


def test_another_seed_changes_something(expected: xr.Dataset) -> None:
    other = simulate(Job(JOB.scenario, JOB.workload, 8, JOB.parameters))
    assert not np.array_equal(expected.finish_seconds, other.finish_seconds)


def test_placements_share_their_random_numbers() -> None:
    """Alone on one core, an instance does the very same work wherever that core is."""
    here = run(scenario(tree("a", Rectangle(x=0))), operations=2_000)
    there = run(scenario(tree("a", Rectangle(x=3))), operations=2_000)
    assert float(here.elapsed_seconds) == float(there.elapsed_seconds)


def test_progress_rises_to_one() -> None:
    seen: list[float] = []
    simulate(JOB, lambda e: seen.append(e.fraction) if isinstance(e, Progress) else None, None, 999)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) > 10


def test_cancel_ends_it_in_mid_run() -> None:
    from workbench.backends.base import Cancelled

    endless = Job(JOB.scenario, "lookup", 1, {"operations": 5 * 10**8})
    execution = SimulatedBackend().start(endless)
    events = execution.events()
    next(event for event in events if isinstance(event, Progress))
    execution.cancel()
    with pytest.raises(Cancelled):
        execution.result()
    assert all(event.fraction < 1 for event in events if isinstance(event, Progress))
    assert "simulation" not in {thread.name for thread in threading.enumerate()}
