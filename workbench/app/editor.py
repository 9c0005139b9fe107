"""The affinity grid bound to an editing state, and the editor that notebooks show."""

from __future__ import annotations

import re
from typing import Any

import panel as pn

from workbench import formats
from workbench.analysis.colours import NEUTRAL, component_colours, text_colour
from workbench.app import changes
from workbench.app.grid import AffinityGrid, Gesture
from workbench.app.icons import component_icon
from workbench.app.source import SourceView
from workbench.app.state import AppState
from workbench.formats import genode_xml
from workbench.scenario import placement
from workbench.scenario.catalogue import catalogue
from workbench.scenario.experiment import Experiment
from workbench.scenario.model import AffinitySpace, Component, Rectangle, Scenario
from workbench.scenario.units import format_amount

__all__ = ["ScenarioEditor", "apply_gesture", "grid_of", "source_of"]


def grid_of(state: AppState, **params: Any) -> AffinityGrid:
    """Return a grid that shows a state and edits it."""
    grid = AffinityGrid(palette=_palette(), **params)

    def show(*_: Any) -> None:
        space = state.shown.effective_space
        rows, columns = max(space.height, 1), max(space.width, 1)
        grid.param.update(
            columns=columns,
            rows=rows,
            reserved=_reserved(state),
            insert_size=[max(1, columns // 8), rows],
            components=_items(state),
        )

    def select(*_: Any) -> None:
        grid.selected = state.selected

    state.param.watch(show, ["experiment", "variant", "leave"])
    state.param.watch(select, "selected")
    grid.param.watch(lambda event: _select(state, event.new), "selected")
    grid.on_gesture(lambda gesture: apply_gesture(state, gesture))
    show()
    select()
    return grid


def source_of(state: AppState, **params: Any) -> SourceView:
    """Return the text of a state's scenario, with the selected component marked."""
    source = SourceView(label="Configuration as Genode XML", **params)

    def show(*_: Any) -> None:
        lines = formats.component_lines(state.text, genode_xml.PROFILE, state.shown)
        marked = lines.get(state.selected) if state.selected else None
        source.param.update(text=state.text, marked=list(marked or ()))

    state.param.watch(show, ["experiment", "variant", "document", "selected"])
    show()
    return source


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


def _items(state: AppState) -> list[dict[str, Any]]:
    scenario = state.shown
    places = placement.requested(scenario)
    colours = component_colours(component.label for component in scenario.components)
    problems = {
        problem.component: f"{problem.message} {problem.consequence}".strip()
        for problem in reversed(state.problems)
        if problem.component is not None and problem.severity != "info"
    }
    return [
        _item(
            component,
            _drawn(places.get(component.id), component, scenario.effective_space),
            colours[component.label],
            problems.get(component.id, ""),
        )
        for component in scenario.components
    ]


def _item(
    component: Component, place: Rectangle | None, colour: str, problem: str
) -> dict[str, Any]:
    number = re.search(r"\d+$", component.label)
    return {
        "id": component.id,
        "name": component.label,
        "short": number[0] if number else component.label[:2],
        "x": place.x if place else None,
        "y": place.y if place else 0,
        "w": place.width if place else 1,
        "h": place.height if place else 1,
        "colour": colour,
        "ink": text_colour(colour),
        "enabled": component.enabled,
        "problem": problem,
        "summary": _summary(component),
    }


def _drawn(place: Rectangle | None, component: Component, space: AffinitySpace) -> Rectangle | None:
    """Return where to draw a component; None if it has no place, or none that can be seen."""
    if place is None or component.affinity is None:
        return None
    visible = (
        place.width > 0
        and place.height > 0
        and place.x < space.width
        and place.y < space.height
        and place.x + place.width > 0
        and place.y + place.height > 0
    )
    return place if visible else None


def _summary(component: Component) -> str:
    parts = [component.program]
    if component.ram_bytes is not None:
        parts.append(f"{format_amount(component.ram_bytes)} RAM")
    if component.caps is not None:
        parts.append(f"{component.caps} caps")
    if component.priority is not None:
        parts.append(f"priority {component.priority}")
    return " · ".join(part for part in parts if part)


def _reserved(state: AppState) -> int:
    """Return the columns to mark as the system's: those left out that nothing was put on."""
    used = [
        place.x
        for id, place in placement.requested(state.shown).items()
        if state.shown.component(id).affinity is not None
    ]
    return min([state.leave, *used])


def _select(state: AppState, id: str | None) -> None:
    known = {component.id for component in state.shown.components}
    state.selected = id if id in known else None


def apply_gesture(state: AppState, gesture: Gesture) -> None:
    """Make a gesture an edit."""
    id, variant = gesture.component, state.variant
    labels = {component.id: component.label for component in state.shown.components}
    if gesture.kind not in ("add", "undo", "redo") and id not in labels:
        return  # it was removed in the meantime
    written = {component.id for component in state.experiment.scenario.components}
    if gesture.kind in ("remove", "duplicate") and id not in written:
        raise changes.only_in_variant(labels[id], variant)
    match gesture.kind:
        case "undo":
            state.undo()
        case "redo":
            state.redo()
        case "place" | "free":
            state.edit(
                f"Move {labels[id]}",
                lambda experiment: changes.place(experiment, variant, id, gesture.rectangle),
                continues=gesture.repeated,
            )
        case "remove":
            state.edit(f"Remove {labels[id]}", lambda experiment: changes.remove(experiment, id))
        case "add":
            place = gesture.rectangle
            if place is None and not gesture.anywhere:
                place = _first_place(state, gesture.binary)
            grown, new = changes.add(state.experiment, variant, gesture.binary, place)
            state.edit(f"Add {gesture.binary}", lambda _: grown)
            state.selected = new
        case "duplicate":
            grown, new = changes.duplicate(state.experiment, id)
            state.edit(f"Duplicate {labels[id]}", lambda _: grown)
            state.selected = new


def _first_place(state: AppState, binary: str) -> Rectangle | None:
    """Return where a component goes that is added without pointing: services go anywhere."""
    entry = catalogue().entry(binary)
    if entry is not None and entry.role in ("timer", "system", "driver"):
        return None
    return changes.free_place(state.shown, state.leave)
