"""The editing state: history, selection, variants, what is derived."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench import formats
from workbench.app import changes
from workbench.app.editor import ScenarioEditor, apply_gesture, grid_of
from workbench.app.grid import Gesture
from workbench.app.state import AppState
from workbench.app.templates import empty_experiment, template
from workbench.errors import InputError
from workbench.scenario import placement, variants
from workbench.scenario.experiment import Experiment, Variant
from workbench.scenario.model import PlacementRule, Rectangle, Scenario


@pytest.fixture
def state() -> AppState:
    return AppState(template("talk"))


def place(id: str, x: int, width: int = 4, *, repeated: bool = False) -> Gesture:
    rectangle = Rectangle(x=x, width=width)
    return Gesture("place", component=id, rectangle=rectangle, repeated=repeated)


def test_undo_brings_back_the_very_experiment(state: AppState) -> None:
    first = state.experiment
    apply_gesture(state, place("blinktree1", 5))
    second = state.experiment
    assert second.scenario.component("blinktree1").affinity == Rectangle(x=5, width=4)
    assert state.undo_label == "Move blinktree1"
    assert state.undo()
    assert state.experiment is first
    assert not state.undo()
    assert state.redo()
    assert state.experiment is second
    assert not state.redo()


def test_a_new_edit_forgets_what_could_be_redone(state: AppState) -> None:
    apply_gesture(state, place("blinktree1", 5))
    state.undo()
    apply_gesture(state, place("blinktree2", 9))
    assert not state.redo()


def test_an_edit_that_changes_nothing_is_no_step(state: AppState) -> None:
    state.edit("Nothing", lambda experiment: experiment.but(name=experiment.name))
    assert state.undo_label == ""
    assert not state.unsaved


def test_a_key_held_down_is_one_step(state: AppState) -> None:
    first = state.experiment
    apply_gesture(state, place("blinktree1", 1))
    for x in range(2, 9):
        apply_gesture(state, place("blinktree1", x, repeated=True))
    state.undo()
    assert state.experiment is first


def test_a_refused_edit_leaves_everything(state: AppState) -> None:
    first, text = state.experiment, state.text

    def refuse(_: object) -> None:
        raise InputError("No.", "Try another.")

    with pytest.raises(InputError):
        state.edit("Refused", refuse)  # type: ignore[arg-type]
    assert state.experiment is first
    assert state.text == text
    assert state.undo_label == ""


def test_in_a_variant_placing_is_the_variants_own(state: AppState) -> None:
    state.variant = "partitioned"
    apply_gesture(state, place("blinktree1", 1, 30))
    assert state.experiment.scenario is template("talk").scenario or (
        state.experiment.scenario == template("talk").scenario
    )
    shown = placement.requested(state.shown)
    assert shown["blinktree1"] == Rectangle(x=1, width=30)
    assert shown["blinktree2"] == Rectangle(x=22, width=21)
    assert 'xpos="1" width="30"' in state.text


def test_removing_a_component_removes_it_from_the_variants(state: AppState) -> None:
    state.variant = "partitioned"
    apply_gesture(state, place("blinktree3", 50))
    apply_gesture(state, Gesture("remove", component="blinktree3"))
    assert "blinktree3" not in {component.id for component in state.shown.components}
    rectangles = placement.requested(state.shown)
    assert rectangles["blinktree1"] == Rectangle(x=1, width=31)
    assert rectangles["blinktree2"] == Rectangle(x=32, width=32)


def test_one_click_variants_keep_their_rule_when_instances_come_and_go() -> None:
    state = AppState(empty_experiment())
    for _ in range(3):
        apply_gesture(state, Gesture("add", binary="blinktree"))
    state.edit("Partition", lambda e: changes.make_variant(e, "partitioned", 1))
    apply_gesture(state, Gesture("add", binary="blinktree"))
    state.variant = "partitioned"
    widths = [r.width for id, r in placement.requested(state.shown).items() if "blinktree" in id]
    assert sum(widths) == 63
    assert max(widths) - min(widths) <= 1
    assert len(widths) == 4


def test_new_components_go_where_there_is_room() -> None:
    state = AppState(empty_experiment())
    for _ in range(7):
        apply_gesture(state, Gesture("add", binary="blinktree"))
    rectangles = list(placement.requested(state.shown).values())
    assert [r.x for r in rectangles] == [1, 9, 17, 25, 33, 41, 49]
    assert {r.width for r in rectangles} == {8}
    apply_gesture(state, Gesture("add", binary="blinktree"))
    assert placement.requested(state.shown)["blinktree8"] == Rectangle(x=1, width=8)


def test_selection_follows_ids_here_and_names_in_plots(state: AppState) -> None:
    state.selected = "blinktree2"
    assert state.selection.component == "blinktree2"
    state.selection.component = "timer"
    assert state.selected == "timer"
    apply_gesture(state, Gesture("remove", component="timer"))
    assert state.selected is None
    assert state.selection.component is None


def test_gestures_on_what_is_gone_do_nothing(state: AppState) -> None:
    first = state.experiment
    apply_gesture(state, place("nobody", 3))
    apply_gesture(state, Gesture("remove", component="nobody"))
    assert state.experiment is first


def test_an_instance_of_a_variant_only_can_be_moved_but_not_removed(state: AppState) -> None:
    many = Variant(name="many", instances=5)
    state.edit("Many", lambda experiment: experiment.but(variants=(many,)))
    state.variant = "many"
    extra = state.shown.components[-1].id
    apply_gesture(state, place(extra, 3))
    assert placement.requested(state.shown)[extra] == Rectangle(x=3, width=4)
    with pytest.raises(InputError, match="only in the variant"):
        apply_gesture(state, Gesture("remove", component=extra))


def test_opening_a_file_can_be_undone(state: AppState, tmp_path: Path) -> None:
    file = tmp_path / "small.xml"
    file.write_text('<config><affinity-space width="2"/></config>', encoding="utf-8")
    first = state.experiment
    state.read(file)
    assert state.experiment.name == "small"
    assert state.text == file.read_text(encoding="utf-8")
    assert not state.unsaved
    state.undo()
    assert state.experiment is first
    assert state.document is None


def test_a_bad_file_leaves_the_experiment(state: AppState, tmp_path: Path) -> None:
    file = tmp_path / "cut.xml"
    file.write_text("<config><start", encoding="utf-8")
    first = state.experiment
    with pytest.raises(InputError):
        state.read(file)
    assert state.experiment is first


def test_real_configurations_appear_on_the_grid_and_keep_their_text(shared: Path) -> None:
    files = [
        shared / "samples" / "talk-by-hand.xml",
        *sorted((shared / "corpus/xml").glob("*.xml")),
    ]
    with_space = [file for file in files if b"<affinity-space" in file.read_bytes()]
    assert len(with_space) >= 4
    for file in with_space:
        state = AppState(empty_experiment())
        state.read(file)
        drawn = grid_of(state).components
        assert len(drawn) == len(state.experiment.scenario.components) > 0
        assert any(component["x"] is not None for component in drawn) == any(
            component.affinity is not None for component in state.experiment.scenario.components
        )
        assert state.text == file.read_bytes().decode()


def test_the_editor_of_notebooks_gives_the_edited_value() -> None:
    editor = ScenarioEditor(template("talk"))
    apply_gesture(editor.state, place("blinktree1", 7, 3))
    assert editor.scenario.component("blinktree1").affinity == Rectangle(x=7, width=3)
    assert editor.experiment.scenario is editor.scenario
    assert 'xpos="7" width="3"' in editor.xml


IDS = ("blinktree1", "blinktree2", "blinktree3", "timer", "blinktree4")
GESTURES = st.one_of(
    st.builds(place, st.sampled_from(IDS), st.integers(0, 50), st.integers(1, 14)),
    st.builds(Gesture, st.sampled_from(["remove", "duplicate", "free"]), st.sampled_from(IDS)),
    st.builds(Gesture, st.just("add"), binary=st.sampled_from(["blinktree", "timer"])),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(GESTURES, max_size=12), st.sampled_from(["", "time-shared", "partitioned"]))
def test_any_edits_are_undone_and_done_again(gestures: list[Gesture], variant: str) -> None:
    state = AppState(template("talk"))
    state.variant = variant
    first, first_text = state.experiment, state.text
    for gesture in gestures:
        apply_gesture(state, gesture)
    last, last_text = state.experiment, state.text
    while state.undo():
        pass
    assert state.experiment is first
    assert state.text == first_text
    while state.redo():
        pass
    assert state.experiment is last
    assert state.text == last_text


def renamed(title: str) -> Callable[[Experiment], Experiment]:
    return lambda experiment: experiment.but(title=title)


def test_undo_across_a_save_still_saves_to_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    document = formats.save(Experiment(name="mine", scenario=Scenario()), file)
    state = AppState(document.experiment, document=document)
    state.edit("Title", renamed("one"))
    state.saved_as(formats.save(state.experiment, file, state.document))
    assert not state.unsaved
    state.undo()
    assert state.unsaved
    state.saved_as(formats.save(state.experiment, file, state.document))
    state.redo()
    state.saved_as(formats.save(state.experiment, file, state.document))
    assert formats.read(file).experiment.title == "one"


def test_undoing_an_opening_brings_back_what_was_saved() -> None:
    state = AppState(Experiment(name="first", scenario=Scenario()))
    state.open(Experiment(name="second", scenario=Scenario()))
    state.undo()
    assert state.experiment.name == "first"
    assert not state.unsaved


def test_edits_of_two_variants_or_around_a_save_are_undone_one_by_one(tmp_path: Path) -> None:
    experiment = Experiment(
        name="mine", scenario=Scenario(), variants=(Variant(name="a"), Variant(name="b"))
    )
    state = AppState(experiment)
    state.variant = "a"
    state.edit("Move", renamed("1"), continues=True)
    state.edit("Move", renamed("2"), continues=True)
    state.variant = "b"
    state.edit("Move", renamed("3"), continues=True)
    state.saved_as(formats.save(state.experiment, tmp_path / "mine.yaml"))
    state.edit("Move", renamed("4"), continues=True)
    titles = []
    while state.undo():
        titles.append(state.experiment.title)
    assert titles == ["3", "2", ""]


def test_true_is_another_value_than_one() -> None:
    state = AppState(Experiment(name="mine", scenario=Scenario(), parameters={"flag": 1}))
    state.edit("Set", lambda e: e.but(parameters={"flag": True}))
    assert state.experiment.parameters["flag"] is True


def test_a_variant_that_cannot_be_applied_is_a_problem() -> None:
    broken = Variant(name="broken", affinity={"nobody": Rectangle()})
    state = AppState(Experiment(name="mine", scenario=Scenario(), variants=(broken,)))
    state.variant = "broken"
    assert state.shown == Scenario()
    assert any("nobody" in found.problem.message for found in state.problems)


def test_a_copy_made_in_a_variant_lies_where_the_first_does(state: AppState) -> None:
    place_ = Rectangle(x=40, width=3)
    state.edit("Move", lambda e: changes.place(e, "partitioned", "blinktree1", place_))
    experiment, copy = changes.duplicate(state.experiment, "blinktree1")
    rectangles = placement.requested(variants.apply(experiment, "partitioned"))
    assert rectangles[copy] == rectangles["blinktree1"] == place_


def test_a_rule_that_names_every_benchmark_takes_a_new_one() -> None:
    rule = PlacementRule(rule="partition-evenly")
    talk = template("talk")
    listed = Variant(
        name="all", placement=rule, components=("blinktree1", "blinktree2", "blinktree3")
    )
    some = listed.but(name="some", components=("blinktree1", "blinktree2"))
    grown, id = changes.add(talk.but(variants=(listed, some)), "", "blinktree", None)
    assert grown.variant("all").components == (*(listed.components or ()), id)
    assert grown.variant("some").components == some.components
