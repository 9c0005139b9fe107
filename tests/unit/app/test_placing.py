"""Placing several components, filling the rest, one-click rules, strips, quotas."""

from __future__ import annotations

import pytest

from workbench import formats
from workbench.app import changes
from workbench.app.blocks import compared_blocks
from workbench.app.editor import apply_gesture
from workbench.app.grid import Gesture
from workbench.app.grid.grid import read_gesture
from workbench.app.host import Host
from workbench.app.quotas import quotas_of
from workbench.app.state import AppState
from workbench.app.strips import nodes_of, strips
from workbench.app.templates import template
from workbench.errors import InputError
from workbench.scenario.model import AffinitySpace, Rectangle
from workbench.scenario.placement import requested

GIB = 2**30


@pytest.fixture
def state() -> AppState:
    return AppState(template("talk"))


def test_a_group_is_placed_in_one_step(state: AppState) -> None:
    places = (("blinktree1", Rectangle(x=2)), ("blinktree2", Rectangle(x=3, width=5)))
    apply_gesture(state, Gesture("arrange", places=(*places, ("gone", Rectangle())), title="Move"))
    assert [requested(state.shown)[id] for id, _ in places] == [place for _, place in places]
    assert state.undo_label == "Move 2 components"
    state.undo()
    assert not state.undo_label


def test_several_are_removed_and_duplicated_in_one_step(state: AppState) -> None:
    apply_gesture(
        state,
        Gesture("duplicate", component="blinktree1", places=(("blinktree1", Rectangle(x=9)),)),
    )
    assert state.selected == "blinktree4"
    assert requested(state.shown)["blinktree4"] == Rectangle(x=9)
    apply_gesture(
        state, Gesture("remove", component="blinktree1", others=("blinktree4", "timer", "gone"))
    )
    assert [c.id for c in state.shown.components] == ["blinktree2", "blinktree3"]
    assert state.undo_label == "Remove 3 components"


def test_places_from_the_browser_are_clamped() -> None:
    space = AffinitySpace(width=16)
    inside = {"id": "a", "x": 20, "y": 0, "w": 4, "h": 1}
    asked = {"kind": "arrange", "places": [inside, {"id": 3}, "no", {"id": "b", "x": 1}]}
    gesture = read_gesture(asked, space)
    assert gesture is not None
    assert gesture.places == (("a", Rectangle(x=12, width=4)),)
    assert read_gesture({"kind": "arrange", "places": []}, space) is None
    assert read_gesture({"kind": "arrange"}, space) is None


def test_the_rest_is_the_widest_run_that_is_free(state: AppState) -> None:
    experiment = state.experiment
    for id, x, width in (("blinktree1", 0, 10), ("blinktree2", 30, 2)):
        experiment = changes.place(experiment, "", id, Rectangle(x=x, width=width))
    filled = changes.fill_the_rest(experiment, "", "blinktree3", 1)
    assert requested(filled.scenario)["blinktree3"] == Rectangle(x=32, width=32)
    full = changes.place(filled, "", "blinktree1", Rectangle(width=32))
    with pytest.raises(InputError, match="No column is free"):
        changes.fill_the_rest(full, "", "timer", 0)


def test_the_machine_lies_under_the_cores(state: AppState) -> None:
    nodes, caches = strips(state)
    assert nodes_of(state.experiment) == len(nodes["runs"]) == 8
    assert sum(run["length"] for run in nodes["runs"]) == 64
    assert len(caches["runs"]) == 16
    state.edit("Machine", lambda e: e.but(parameters={"machine": "no such machine"}))
    assert strips(state) == []


def test_what_two_variants_place_elsewhere_differs(state: AppState) -> None:
    left = changes.shown(state.experiment, "time-shared")
    right = changes.shown(state.experiment, "partitioned")
    assert {b["id"]: b["differs"] for b in compared_blocks(left, right)} == {
        "timer": False,
        "blinktree1": True,
        "blinktree2": True,
        "blinktree3": True,
    }


def test_quotas_are_set_against_what_there_is(state: AppState) -> None:
    bars = quotas_of(state)
    ram, caps = bars.resources
    assert ram["given"] is None
    assert [row["asked"] for row in ram["rows"]] == [8 * 2**20] + [80 * GIB] * 3
    assert [row["gets"] for row in caps["rows"]][1] == 1000 - 34
    state.host = Host(ram_bytes=200 * GIB)
    ram = bars.resources[0]
    assert ram["given"] < 200 * GIB
    assert sum(row["asked"] for row in ram["rows"]) > ram["given"]
    assert ram["rows"][-1]["gets"] < 40 * GIB
    assert any("RAM" in found.problem.message for found in state.problems)


def test_inside_a_component_its_own_quota_is_what_there_is() -> None:
    text = """<config><affinity-space width="4"/>
    <parent-provides><service name="ROM"/><service name="PD"/><service name="CPU"/>
      <service name="LOG"/></parent-provides>
    <default-route><any-service><parent/></any-service></default-route>
    <start name="cell" caps="500"><binary name="init"/><resource name="RAM" quantum="64M"/>
      <config><parent-provides><service name="ROM"/><service name="PD"/><service name="CPU"/>
        <service name="LOG"/></parent-provides>
        <default-route><any-service><parent/></any-service></default-route>
        <start name="a" caps="100"><resource name="RAM" quantum="8M"/></start>
      </config></start></config>"""
    state = AppState(formats.read_text(text, "xml-classic").experiment)
    bars = quotas_of(state)
    state.enter(("cell",))
    ram, caps = bars.resources
    assert 60 * 2**20 < ram["given"] < 64 * 2**20
    assert 400 < caps["given"] < 500 - 34
    assert [row["name"] for row in ram["rows"]] == ["a"]
