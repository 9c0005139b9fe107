"""The tour stands where the experiment stands."""

from __future__ import annotations

from workbench.app import changes
from workbench.app.state import AppState
from workbench.app.templates import empty_experiment, template
from workbench.app.tour import STEPS, Tour
from workbench.scenario.model import Rectangle


def test_each_step_is_done_by_doing_it_and_undone_by_undo() -> None:
    state = AppState(empty_experiment())
    tour = Tour(state)
    place = Rectangle(x=1, width=8, height=1)
    deeds = (
        lambda e: changes.add(e, "", "blinktree", place)[0],
        lambda e: changes.add(e, "", "timer", None)[0],
        lambda e: changes.duplicate(changes.duplicate(e, "blinktree1")[0], "blinktree1")[0],
        lambda e: changes.make_variant(e, "time-shared", 1),
        lambda e: changes.make_variant(e, "partitioned", 1),
    )
    assert len(deeds) == len(STEPS) == 5
    for number, deed in enumerate(deeds):
        assert tour.step == number
        state.edit(f"Step {number}", deed)
    assert tour.step == len(STEPS)
    for number in reversed(range(len(STEPS))):
        state.undo()
        assert tour.step == number


def test_steps_that_were_done_in_another_order_are_not_asked_for_again() -> None:
    state = AppState(empty_experiment())
    tour = Tour(state)
    state.edit("Add", lambda e: changes.add(e, "", "timer", None)[0])
    assert tour.step == 0
    state.edit("Add", lambda e: changes.add(e, "", "blinktree", None)[0])
    assert tour.step == 2


def test_the_talk_needs_no_tour() -> None:
    assert Tour(AppState(template("talk"))).step == len(STEPS)
