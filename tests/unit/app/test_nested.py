"""Editing inside a component: the grid, history and text of nested scenarios."""

from __future__ import annotations

import pytest

from workbench import formats
from workbench.app import changes
from workbench.app.blocks import blocks, numbers_in_words
from workbench.app.editor import apply_gesture, grid_of, source_of
from workbench.app.grid import Gesture
from workbench.app.host import Host
from workbench.app.sessions import sessions_of
from workbench.app.state import AppState
from workbench.errors import InputError
from workbench.scenario import inside
from workbench.scenario.experiment import Variant
from workbench.scenario.model import Rectangle
from workbench.scenario.placement import requested

TEXT = """<config>
  <affinity-space width="4"/>
  <parent-provides>
    <service name="ROM"/><service name="PD"/><service name="CPU"/><service name="LOG"/>
  </parent-provides>
  <default-route><any-service><parent/><any-child/></any-service></default-route>
  <default caps="100"/>
  <start name="timer"><resource name="RAM" quantum="1M"/>
    <provides><service name="Timer"/></provides>
  </start>
  <start name="cell" caps="900">
    <binary name="init"/>
    <affinity xpos="2" width="2"/>
    <resource name="RAM" quantum="90M"/>
    <config>
      <affinity-space width="2" height="2"/>
      <parent-provides>
        <service name="ROM"/><service name="PD"/><service name="CPU"/><service name="LOG"/>
      </parent-provides>
      <default-route><any-service><parent/></any-service></default-route>
      <start name="a" caps="100">
        <affinity xpos="0" ypos="0" width="1" height="1"/>
        <resource name="RAM" quantum="2M"/>
      </start>
      <start name="b" caps="100">
        <affinity xpos="1" ypos="0" width="3" height="1"/>
        <resource name="RAM" quantum="2M"/>
      </start>
    </config>
  </start>
</config>
"""


@pytest.fixture
def state() -> AppState:
    document = formats.read_text(TEXT, "xml-classic")
    return AppState(document.experiment, document=document)


def enter(state: AppState) -> None:
    apply_gesture(state, Gesture("enter", component="cell"))


def test_the_grid_shows_what_is_inside_and_the_way_back(state: AppState) -> None:
    grid = grid_of(state)
    cell = next(block for block in grid.components if block["id"] == "cell")
    assert len(cell["inner"]) == 2
    assert grid.components[0]["inner"] is None
    enter(state)
    assert (grid.columns, grid.rows) == (2, 2)
    assert [block["name"] for block in grid.components] == ["a", "b"]
    assert grid.crumbs == ["untitled", "cell"]
    apply_gesture(state, Gesture("leave", depth=0))
    assert (grid.columns, grid.rows) == (4, 1)
    assert state.selected == "cell"


def test_a_component_without_anything_inside_is_not_entered(state: AppState) -> None:
    apply_gesture(state, Gesture("enter", component="timer"))
    assert state.inside == ()


def test_edits_inside_are_undone_where_they_were_made(state: AppState) -> None:
    enter(state)
    apply_gesture(state, Gesture("place", component="a", rectangle=Rectangle(x=1)))
    assert '<affinity xpos="1" ypos="0" width="1" height="1"/>' in state.text
    assert TEXT.replace('xpos="0"', 'xpos="1"') == state.text
    state.enter(())
    assert state.undo()
    assert state.inside == ("cell",)
    assert state.text == TEXT
    assert state.redo()
    assert requested(state.shown)["a"] == Rectangle(x=1)


def test_the_selection_follows_a_new_name_inside(state: AppState) -> None:
    enter(state)
    state.selected = "a"
    state.edit_here("Rename", lambda e: changes.changed(e, lambda s: _renamed(s, "a", "z")))
    assert state.selected == "z"
    assert 'name="z"' in state.text
    state.undo()
    assert [c.name for c in state.shown.components] == ["a", "b"]


def _renamed(scenario, id, name):  # type: ignore[no-untyped-def]
    return scenario.replaced(id, lambda component: component.but(name=name))


def test_what_is_inside_goes_with_its_component(state: AppState) -> None:
    enter(state)
    state.edit("Remove cell", lambda experiment: changes.remove(experiment, "cell"))
    assert state.inside == ()
    state.undo()
    assert state.inside == ("cell",)


def test_add_duplicate_switch_and_remove_inside(state: AppState) -> None:
    enter(state)
    apply_gesture(state, Gesture("add", binary="blinktree", rectangle=Rectangle(x=1, y=1)))
    assert state.selected == "blinktree1"
    apply_gesture(state, Gesture("duplicate", component="blinktree1"))
    assert state.selected == "blinktree2"
    apply_gesture(state, Gesture("switch", component="blinktree2"))
    assert not state.shown.component("blinktree2").enabled
    apply_gesture(state, Gesture("remove", component="blinktree1"))
    written = inside.seen(state.experiment.scenario, ("cell",))
    assert [c.name for c in written.components] == ["a", "b", "blinktree2"]


def test_one_click_placements_inside_make_no_variant(state: AppState) -> None:
    enter(state)
    state.edit_here("Partition", lambda e: changes.place_by_rule(e, "partitioned"))
    assert requested(state.shown)["b"] == Rectangle(x=1, width=1, height=2)
    assert state.experiment.variants == ()


def test_the_inside_of_an_instance_that_only_a_variant_makes_is_not_edited(
    state: AppState,
) -> None:
    more = Variant(name="more", instances=2)
    state.edit("More", lambda e: e.but(variants=(more,)))
    scenario = state.experiment.scenario
    bench = scenario.component("cell").but(id="bench", name="bench", binary="blinktree")
    state.edit(
        "Bench", lambda e: e.but(scenario=scenario.but(components=(*scenario.components, bench)))
    )
    state.variant = "more"
    only = next(c.id for c in state.whole.components if c.id not in {"timer", "cell", "bench"})
    state.enter((only,))
    with pytest.raises(InputError, match="exists only in the variant"):
        state.edit_here("Move", lambda e: changes.place(e, "", "a", Rectangle(x=1)))


def test_the_fate_of_each_component_is_told(state: AppState) -> None:
    shown = {block["id"]: block for block in blocks(state)}
    assert shown["cell"]["fate"].startswith("CPUs 2–3, main CPU 2")
    assert shown["cell"]["stopped"] == ""
    state.host = Host(cpus=2)
    assert blocks(state)[1]["fate"].startswith("CPU 1")
    state.edit(
        "Switch", lambda e: changes.changed(e, lambda s: s.but(parent_provides=("PD", "CPU")))
    )
    assert "session is denied" in blocks(state)[1]["stopped"]


def test_problems_inside_are_found_and_belong_to_the_inside(state: AppState) -> None:
    found = [f for f in state.problems if f.problem.code == "affinity-outside-space"]
    assert [(f.way, f.component) for f in found] == [(("cell",), "b")]
    enter(state)
    assert blocks(state)[1]["problem"]


def test_the_lines_of_a_component_inside_are_marked(state: AppState) -> None:
    source = source_of(state)
    enter(state)
    rows = TEXT.split("\n")
    first, last = source.marked
    assert 'name="cell"' in rows[first - 1]
    assert rows[last - 1] == "  </start>"
    state.selected = "b"
    first, last = source.marked
    assert 'name="b"' in rows[first - 1]
    assert rows[last - 1] == "      </start>"
    state.line = 3
    assert source.marked == [3, 3]


def test_sessions_have_the_lines_of_the_text_after_an_edit(state: AppState) -> None:
    table = sessions_of(state)
    apply_gesture(state, Gesture("add", binary="blinktree", anywhere=True))
    groups = {group["name"]: group for group in table.groups}
    assert list(groups) == ["timer", "cell", "cell -> a", "cell -> b", "blinktree1"]
    (timer,) = (s for s in groups["blinktree1"]["sessions"] if s["service"] == "Timer")
    assert timer["provider"] == "timer"
    assert state.text.split("\n")[timer["line"] - 1].strip() == timer["rule"]
    assert "Timer" in timer["rule"]


@pytest.mark.parametrize(
    ("numbers", "words"), [((0,), "0"), ((1, 2, 3), "1–3"), ((0, 2, 3, 7), "0, 2–3, 7")]
)
def test_numbers_are_drawn_together(numbers: tuple[int, ...], words: str) -> None:
    assert numbers_in_words(numbers) == words
