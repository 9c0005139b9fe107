"""The control variate of a run: of expectation 0, and worth its degree of freedom."""

from __future__ import annotations

import numpy as np
import pytest

from tests.simulation import run, scenario, talk, tree
from workbench.backends.base import Job
from workbench.backends.simulated import parameters, setup
from workbench.backends.simulated.luck import slice_luck
from workbench.results.statistics import mean
from workbench.scenario.model import Rectangle, Scenario

OVERLAPPING = scenario(
    tree("a", Rectangle(x=0, width=6, height=1)),
    tree("b", Rectangle(x=2, width=6, height=1)),
    tree("c", Rectangle(x=3, width=2, height=1)),
    width=8,
)


def lucks(what: Scenario, draws: int, spread: float) -> np.ndarray:
    """Return it for many draws of what the cores have left of their first slices."""
    job = Job(what, "insert", 1, {"slice_spread": spread})
    engine = setup.plan(job, parameters.resolve(job)).engine
    quantum, random, found = engine.clock["quantum"][0], np.random.default_rng(7), []
    for _ in range(draws):
        engine.cores["phase"] = quantum * (1 - spread * random.random(len(engine.cores)))
        found.append(slice_luck(engine, spread))
    return np.array(found)


@pytest.mark.parametrize(
    ("what", "spread"),
    [(talk("time-share", cores=12), 1.0), (OVERLAPPING, 1.0), (OVERLAPPING, 0.3)],
)
def test_its_mean_over_many_draws_is_zero(what: Scenario, spread: float) -> None:
    found = lucks(what, 2000, spread)
    assert found.std() > 0
    assert abs(found.mean()) < 4 * found.std() / np.sqrt(found.size)


def test_there_is_none_where_nothing_is_drawn() -> None:
    for found in (
        lucks(talk("partition-evenly", cores=13), 5, 1.0),
        lucks(OVERLAPPING, 5, 0.0),
    ):
        assert np.ptp(found) == 0
        assert found[0] == pytest.approx(0.0, abs=1e-12)


def test_adjusted_intervals_of_time_shared_inserts_cover_the_mean_of_many_runs() -> None:
    """Twelve experiments of ten replications against all of them."""
    what = talk("time-share", cores=14)
    few = {"operations": 4000, "quantum_ms": 1.0, "window": 300}
    runs = [run(what, "insert", seed, **few) for seed in range(120)]
    data = np.array([one.total_makespan.item() for one in runs])
    luck = np.array([one.slice_luck.item() for one in runs])
    truth = mean(data)
    experiments = [(data[i : i + 10], luck[i : i + 10]) for i in range(0, 120, 10)]
    adjusted = [mean(*one) for one in experiments]
    plain = [mean(values) for values, _ in experiments]

    def width(estimates: list) -> float:  # type: ignore[type-arg]
        return float(np.median([one.high - one.low for one in estimates]))

    # 10 of 12 or more with a probability of 0.98, if each covers with 0.95.
    assert sum(not one.excludes(truth.value) for one in adjusted) >= 10
    assert width(adjusted) < 0.7 * width(plain)
    whole = mean(data, luck)
    assert whole.low < truth.high
    assert truth.low < whole.high
