"""An experiment that would not run as written is noticed, and mended where it can be."""

from __future__ import annotations

import pytest

from tests.fake_backend import experiment
from workbench.experiments.readiness import readiness
from workbench.scenario import variants
from workbench.scenario.experiment import Experiment
from workbench.scenario.model import Rectangle, RouteRule, Target


def changed(**fields: object) -> Experiment:
    """Return the small experiment with some of blinktree2's fields changed."""
    scenario = experiment().scenario.replaced("blinktree2", lambda c: c.but(**fields))
    return experiment(scenario=scenario)


def test_a_sound_experiment_needs_no_decision() -> None:
    sound = experiment()
    found = readiness(sound)
    assert found.problems == ()
    assert not found.needs_decision
    assert found.mended is sound


@pytest.mark.parametrize(
    "fields",
    [
        {"affinity": Rectangle(x=6, width=7)},
        {"name": "blinktree1"},
        {"name": None},
        {"route": (RouteRule(service="Timer", targets=(Target(kind="child", child="tmer"),)),
                   RouteRule(targets=(Target(kind="parent"),)))},
    ],
    ids=["outside", "same-name", "no-name", "route-to-nobody"],
)  # fmt: skip
def test_what_init_would_not_run_as_written_is_mended(fields: dict) -> None:
    faulty = changed(**fields)
    found = readiness(faulty)
    assert found.needs_decision
    assert {problem.component for problem in found.changing} == {"blinktree2"}
    assert found.remaining == ()
    assert not readiness(found.mended).needs_decision
    untouched = [c for c in faulty.scenario.components if c.id != "blinktree2"]
    assert [c for c in found.mended.scenario.components if c.id != "blinktree2"] == untouched


def test_several_faults_are_mended_together() -> None:
    faulty = changed(affinity=Rectangle(x=6, width=7), name="blinktree1")
    found = readiness(faulty)
    assert len(found.changing) >= 2
    assert found.remaining == ()


def test_a_fault_of_a_variant_is_mended_in_the_variant() -> None:
    sound = experiment()
    wide = sound.variants[1].but(affinity={"blinktree1": Rectangle(x=7, width=5)})
    found = readiness(sound.but(variants=(sound.variants[0], wide)))
    assert found.needs_decision
    assert found.remaining == ()
    assert found.mended.scenario == sound.scenario
    assert found.mended.variants[0] == sound.variants[0]
    scenario = variants.apply(found.mended, "partitioned")
    assert scenario.effective_space.contains(scenario.component("blinktree1").affinity)


def test_one_problem_of_scenario_and_variants_is_said_once() -> None:
    found = readiness(changed(name="blinktree1"))
    said = [(problem.code, problem.component) for problem in found.problems]
    assert len(said) == len(set(said))


def test_a_variant_that_names_nobody_is_a_problem() -> None:
    sound = experiment()
    lost = sound.variants[0].but(affinity={"nobody": Rectangle(x=1, width=2)})
    found = readiness(sound.but(variants=(lost, sound.variants[1])))
    (problem,) = found.problems
    assert (problem.code, problem.severity) == ("variant-unusable", "error")
    assert "nobody" in problem.message
    assert found.mended.variants[0] == lost


def test_ram_below_what_the_data_takes() -> None:
    """The data before the first operation: 10 M keys of 24.3 bytes, and 16 MiB."""
    sound = changed(ram_bytes=64 * 2**20).but(
        workloads=("lookup",), parameters={"keys": 10_000_000}
    )
    (problem,) = readiness(sound).problems
    assert (problem.code, problem.component) == ("ram-below-workload", "blinktree2")
    assert "before the first operation" in problem.message
    mended = readiness(sound).mended.scenario.component("blinktree2")
    needed = 10_000_000 * 24.3 + 16 * 2**20 + 248 * 2**10
    assert 0 <= mended.ram_bytes - needed < 2**20
    assert readiness(readiness(sound).mended).problems == ()


def test_a_tree_that_grows_beyond_its_ram() -> None:
    sound = changed(ram_bytes=32 * 2**20).but(
        workloads=("insert",), parameters={"operations": 1_000_000}
    )
    (problem,) = readiness(sound).problems
    assert "in the end" in problem.message
    assert not readiness(sound).needs_decision, "it runs, and says so when it ends"
    fits = changed(ram_bytes=42 * 2**20).but(
        workloads=("insert",), parameters={"operations": 1_000_000}
    )
    assert readiness(fits).problems == ()
