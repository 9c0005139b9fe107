"""The affinity grid bound to an editing state, and the editor that notebooks show."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import reduce
from typing import Any

import panel as pn

from workbench import formats
from workbench.analysis.colours import NEUTRAL
from workbench.app import changes
from workbench.app.blocks import blocks, reserved_columns
from workbench.app.grid import AffinityGrid, Gesture
from workbench.app.icons import component_icon
from workbench.app.source import SourceView
from workbench.app.state import AppState
from workbench.app.strips import strips
from workbench.scenario import edits, inside
from workbench.scenario.catalogue import catalogue
from workbench.scenario.experiment import Experiment
from workbench.scenario.init_config import inner
from workbench.scenario.model import Rectangle, Scenario

__all__ = ["ScenarioEditor", "apply_gesture", "grid_of", "source_of"]


_SYNTAX = defaultdict(lambda: "xml", {"hid": "hid", "yaml": "yaml"}) | {
    "run-26.02": "run",
    "run-22.02": "run",
}
"""How the text of each format is coloured."""


def grid_of(state: AppState, **params: Any) -> AffinityGrid:
    """Return a grid that shows a state and edits it."""
    grid = AffinityGrid(palette=_palette(), **params)

    def show(*_: Any) -> None:
        space = state.shown.effective_space
        rows, columns = max(space.height, 1), max(space.width, 1)
        grid.param.update(
            columns=columns,
            rows=rows,
            reserved=reserved_columns(state),
            insert_size=[max(1, columns // 8), rows],
            drawn=json.dumps(blocks(state)),
            strips=strips(state),
            crumbs=[state.experiment.name, *inside.names(state.whole, state.inside)],
        )

    def select(*_: Any) -> None:
        grid.selected = state.selected

    state.param.watch(show, ["experiment", "variant", "inside", "leave", "host"])
    state.param.watch(select, "selected")
    grid.param.watch(lambda event: _select(state, event.new), "selected")
    grid.on_gesture(lambda gesture: apply_gesture(state, gesture))
    show()
    select()
    return grid


def source_of(state: AppState, **params: Any) -> SourceView:
    """Return the text of a state's scenario, with the selected component marked."""
    source = SourceView(label="Configuration as text", **params)
    document = pn.state.curdoc

    def show(*_: Any) -> None:
        source.param.update(text=state.text, syntax=_SYNTAX[state.text_format])

    def mark(*_: Any) -> None:
        source.marked = list(_marked_lines(state) or ())

    def mark_next(*_: Any) -> None:
        # To find the lines, the text is read again: that need not stand before the text.
        if document is None:
            mark()
        else:
            document.add_next_tick_callback(mark)

    names = ["experiment", "variant", "document", "format"]
    state.param.watch(show, names)
    state.param.watch(mark_next, [*names, "inside", "selected", "line"])
    show()
    mark()
    return source


def _marked_lines(state: AppState) -> tuple[int, int] | None:
    """Return the lines of what is looked at: a line that was asked for, else the selection."""
    if state.line is not None:
        return state.line, state.line
    outer, *_ = (*state.inside, state.selected or "")
    if state.inside:
        *around, id = (*state.inside, state.selected) if state.selected else state.inside
        ids = [c.id for c in inside.seen(state.whole, tuple(around)).components]
        if id in ids and (lines := state.as_text.lines(tuple(around), ids.index(id))):
            return lines
    holds_all = formats.formats()[state.text_format].holds_experiment
    scenario = state.experiment.scenario if holds_all else state.whole
    return formats.component_lines(state.text, state.text_format, scenario).get(outer)


class ScenarioEditor(pn.viewable.Viewer):  # type: ignore[misc]
    """The grid with the XML beside it, for a notebook cell.

    Parameters
    ----------
    experiment
        What to edit. It is immutable; the edited one is `experiment` of this editor.
    height
        Of the view, in px.
    """

    def __init__(self, experiment: Experiment, *, height: int = 420, **params: Any) -> None:
        super().__init__(**params)
        self.state = AppState(experiment)
        self._view = pn.Row(
            grid_of(self.state, sizing_mode="stretch_both", styles={"flex": "3 1 0"}),
            source_of(self.state, sizing_mode="stretch_both", styles={"flex": "2 1 0"}),
            height=height,
            sizing_mode="stretch_width",
        )

    @property
    def experiment(self) -> Experiment:
        """The experiment with all edits."""
        return self.state.experiment

    @property
    def scenario(self) -> Scenario:
        """The scenario with all edits."""
        return self.state.experiment.scenario

    @property
    def xml(self) -> str:
        """The scenario as Genode XML."""
        return self.state.text

    def __panel__(self) -> Any:
        return self._view


def _palette() -> list[dict[str, str]]:
    return [
        {
            "binary": entry.binary,
            "title": entry.title,
            "summary": entry.summary,
            "icon": component_icon(entry.icon),
            "colour": NEUTRAL,
        }
        for entry in catalogue().palette()
    ]


def _select(state: AppState, id: str | None) -> None:
    known = {component.id for component in state.shown.components}
    state.selected = id if id in known else None


def apply_gesture(state: AppState, gesture: Gesture) -> None:
    """Make a gesture an edit, or a step through history or nesting."""
    match gesture.kind:
        case "undo":
            state.undo()
        case "redo":
            state.redo()
        case "leave":
            state.enter(state.inside[: gesture.depth])
        case "add":
            _add(state, gesture)
        case "arrange":
            _arrange(state, gesture)
        case _ if any(c.id == gesture.component for c in state.shown.components):
            _apply_to_component(state, gesture)
        case _:
            pass  # it was removed in the meantime


def _arrange(state: AppState, gesture: Gesture) -> None:
    """Give several components their rectangles in one step."""
    known = {component.id for component in state.shown.components}
    places = [(id, place) for id, place in gesture.places if id in known]
    variant = state.variant_here
    state.edit_here(
        f"{gesture.title or 'Move'} {len(places)} components",
        lambda experiment: changes.place_all(experiment, variant, places),
        continues=gesture.repeated,
    )


def _apply_to_component(state: AppState, gesture: Gesture) -> None:
    id, variant = gesture.component, state.variant_here
    component = state.shown.component(id)
    written = {component.id for component in state.here.scenario.components}
    known = {component.id: component.label for component in state.shown.components}
    ids = [other for other in (id, *gesture.others) if other in known]
    if gesture.kind in ("remove", "duplicate", "switch"):
        for other in ids:
            if other not in written:
                raise changes.only_in_variant(known[other], variant)
    what = component.label if len(ids) == 1 else f"{len(ids)} components"
    match gesture.kind:
        case "place" | "free":
            state.edit_here(
                f"Move {what}",
                lambda experiment: changes.place(experiment, variant, id, gesture.rectangle),
                continues=gesture.repeated,
            )
        case "switch":
            on = not component.enabled
            state.edit_here(
                f"Switch {what} {'on' if on else 'off'}",
                lambda experiment: changes.changed(
                    experiment, lambda scenario: edits.switch(scenario, id, on)
                ),
            )
        case "remove":
            state.edit_here(
                f"Remove {what}", lambda experiment: reduce(changes.remove, ids, experiment)
            )
        case "duplicate":
            _duplicate(state, gesture, ids)
        case "enter" if inner(component) is not None:
            state.enter((*state.inside, id))


def _duplicate(state: AppState, gesture: Gesture, ids: list[str]) -> None:
    """Copy components; to the places of the gesture where it has some."""
    written = {component.id for component in state.here.scenario.components}
    places = dict(gesture.places)
    ids = [id for id in places if id in written] or ids
    grown, new = state.here, ""
    for id in ids:
        grown, new = changes.duplicate(grown, id)
        if id in places:
            grown = changes.place(grown, state.variant_here, new, places[id])
    label = state.shown.component(ids[0]).label
    what = label if len(ids) == 1 else f"{len(ids)} components"
    state.edit_here(f"Duplicate {what}", lambda _: grown)
    state.selected = new


def _add(state: AppState, gesture: Gesture) -> None:
    place = gesture.rectangle
    if place is None and not gesture.anywhere:
        place = _first_place(state, gesture.binary)
    grown, new = changes.add(state.here, state.variant_here, gesture.binary, place)
    state.edit_here(f"Add {gesture.binary}", lambda _: grown)
    state.selected = new


def _first_place(state: AppState, binary: str) -> Rectangle | None:
    """Return where a component goes that is added without pointing: services go anywhere."""
    entry = catalogue().entry(binary)
    if entry is not None and entry.role in ("timer", "system", "driver"):
        return None
    return changes.free_place(state.shown, state.leave_here)
