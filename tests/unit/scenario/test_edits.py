"""Edits do what they say and leave the rest alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.nodes import USUAL, config
from workbench.errors import InputError
from workbench.scenario import edits, init_config
from workbench.scenario.checks import check
from workbench.scenario.model import PlacementRule, Rectangle, Scenario, Target
from workbench.scenario.prediction import predict

TIMER = '<start name="timer"><provides><service name="Timer"/></provides></start>'


@pytest.fixture
def talk() -> Scenario:
    tree = config('<affinity-space width="64"/>', USUAL, TIMER)
    scenario = init_config.read(tree)
    for _ in range(3):
        scenario, _ = edits.add(scenario, "blinktree", Rectangle(x=1, width=63))
    return scenario


def test_adding_gives_a_component_that_runs(talk: Scenario):
    assert [c.name for c in talk.components] == ["timer", "blinktree1", "blinktree2", "blinktree3"]
    assert check(talk) == ()
    assert all(prediction.starts for prediction in predict(talk).values())
    added = talk.component("blinktree3")
    assert (added.program, added.ram_bytes, added.caps) == ("blinktree", 80 * 2**30, 1000)
    assert added.affinity == Rectangle(x=1, width=63)


def test_a_freed_name_is_taken_again_with_an_id_of_its_own():
    tree = config(USUAL, '<start name="blinktree1"/><start name="blinktree2"/>')
    scenario = edits.remove(init_config.read(tree), "blinktree1")
    scenario, id = edits.add(scenario, "blinktree")
    assert scenario.component(id).name == "blinktree1"
    assert id != "blinktree1"


def test_required_services_are_routed_to_the_one_that_offers_them():
    clock = TIMER.replace('"timer"', '"clock"')
    scenario, id = edits.add(init_config.read(config(USUAL, clock)), "blinktree")
    assert scenario.component(id).route[0].targets == (Target(kind="child", child="clock"),)
    assert check(scenario) == ()


def test_unknown_binaries_can_be_added_too():
    scenario, id = edits.add(init_config.read(config(USUAL)), "novelty")
    assert scenario.component(id).program == "novelty"
    assert check(scenario) == ()


def test_renaming_keeps_the_program_and_takes_routes_along(talk: Scenario):
    renamed = edits.rename(talk, "timer", "clock")
    assert renamed.component("timer").name == "clock"
    assert renamed.component("timer").program == "timer"
    assert check(renamed) == ()
    assert edits.rename(renamed, "timer", "timer").component("blinktree1") == talk.component(
        "blinktree1"
    )


def test_a_copy_stands_behind_its_original(talk: Scenario):
    copied, id = edits.duplicate(talk, "blinktree1")
    assert [c.name for c in copied.components][1:3] == ["blinktree1", "blinktree4"]
    copy, original = copied.component(id), talk.component("blinktree1")
    assert copy.but(id=original.id, name=original.name) == original
    timers, id = edits.duplicate(talk, "timer")
    assert (timers.component(id).name, timers.component(id).program) == ("timer1", "timer")


def test_resizing_keeps_the_corner(talk: Scenario):
    resized = edits.resize(talk, "blinktree1", 5)
    assert resized.component("blinktree1").affinity == Rectangle(x=1, width=5)
    whole = edits.resize(talk, "timer", 5)
    assert whole.component("timer").affinity == Rectangle(width=5)
    ruled = edits.place(talk, "blinktree1", PlacementRule(rule="time-share"))
    with pytest.raises(InputError, match="rule"):
        edits.resize(ruled, "blinktree1", 5)


def test_single_fields(talk: Scenario):
    changed = edits.set_quota(talk, "timer", ram_bytes="4M", caps=7)
    changed = edits.set_priority(changed, "timer", -1)
    changed = edits.set_parameter(changed, "timer", "period_ms", 20)
    changed = edits.set_parameter(changed, "timer", "verbose", True)
    timer = edits.switch(changed, "timer", False).component("timer")
    assert (timer.ram_bytes, timer.caps, timer.priority, timer.enabled) == (4 * 2**20, 7, -1, False)
    assert timer.config.attributes == (("period_ms", "20"), ("verbose", "yes"))


def test_unknown_ids_are_refused(talk: Scenario):
    for edit in (edits.remove, edits.duplicate):
        with pytest.raises(KeyError):
            edit(talk, "nobody")


@given(st.lists(st.sampled_from(["add", "timer", "copy", "remove"]), max_size=25), st.randoms())
def test_names_and_ids_stay_unique(steps, random):
    scenario = init_config.read(config(USUAL, '<start name="blinktree2"/>'))
    for step in steps:
        ids = [component.id for component in scenario.components]
        if step == "add":
            scenario, _ = edits.add(scenario, "blinktree")
        elif step == "timer":
            scenario, _ = edits.add(scenario, "timer")
        elif ids and step == "copy":
            scenario, _ = edits.duplicate(scenario, random.choice(ids))
        elif ids:
            scenario = edits.remove(scenario, random.choice(ids))
        names = [component.name for component in scenario.components]
        assert len(set(names)) == len(names)
