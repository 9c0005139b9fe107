"""What the grid draws of a scenario: one block for each component, with its fate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from workbench.analysis.colours import component_colours, text_colour
from workbench.app.state import AppState
from workbench.scenario import placement
from workbench.scenario.explain import Explanation
from workbench.scenario.init_config import inner
from workbench.scenario.model import AffinitySpace, Component, Rectangle, Scenario
from workbench.scenario.units import format_amount

__all__ = [
    "blocks",
    "compared_blocks",
    "fate_in_words",
    "numbers_in_words",
    "reserved_columns",
    "short_names",
]


def blocks(state: AppState) -> list[dict[str, Any]]:
    """Return what `workbench.app.grid.AffinityGrid` shows of a state."""
    scenario = state.shown
    places = placement.requested(scenario)
    colours = component_colours(component.label for component in scenario.components)
    shorts = short_names(tuple(component.label for component in scenario.components))
    problems = _problems(state)
    return [
        _block(
            component,
            _drawn(places.get(component.id), component, scenario.effective_space),
            colours[component.label],
            shorts[component.label],
        )
        | _fate(state.outcome(component))
        | {"problem": problems.get(component.id, "")}
        for component in scenario.components
    ]


def compared_blocks(scenario: Scenario, other: Scenario) -> list[dict[str, Any]]:
    """Return what a grid shows of one of two scenarios; what the other has elsewhere `differs`."""
    places, others = placement.requested(scenario), placement.requested(other)
    colours = component_colours(component.label for component in scenario.components)
    shorts = short_names(tuple(component.label for component in scenario.components))
    space = scenario.effective_space
    found = []
    for component in scenario.components:
        drawn = _drawn(places.get(component.id), component, space)
        differs = places.get(component.id) != others.get(component.id)
        quiet = {"fate": "", "stopped": "", "problem": "", "differs": differs}
        found.append(
            _block(component, drawn, colours[component.label], shorts[component.label]) | quiet
        )
    return found


def reserved_columns(state: AppState) -> int:
    """Return the columns to mark as the system's: those left out that nothing was put on."""
    used = [
        place.x
        for id, place in placement.requested(state.shown).items()
        if state.shown.component(id).affinity is not None
    ]
    return min([state.leave_here, *used])


def fate_in_words(explanation: Explanation) -> str:
    """Return where a component runs and what it gets, in one sentence."""
    cpus = explanation.cpus
    parts = [f"CPU {cpus.main}"]
    if len(cpus.all) > 1:
        parts = [f"CPUs {numbers_in_words(cpus.all)}", f"main CPU {cpus.main}"]
    if explanation.ram_bytes is not None and explanation.starts:
        parts.append(f"{_about(explanation.ram_bytes)} RAM after deductions")
    return ", ".join(parts)


def _about(size: int) -> str:
    """Return an amount in bytes to three digits: ``776K``, ``74.9G``."""
    for power, unit in ((3, "G"), (2, "M"), (1, "K")):
        if size >= 1024**power:
            number = size / 1024**power
            return f"{number:.0f}{unit}" if number >= 100 else f"{number:.3g}{unit}"
    return str(size)


def numbers_in_words(numbers: tuple[int, ...]) -> str:
    """Return ascending numbers with runs drawn together: ``0, 4–7``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _problems(state: AppState) -> Mapping[str, str]:
    """Return the gravest problem of each shown component, by id."""
    return {
        component: f"{problem.message} {problem.consequence}".strip()
        for way, component, problem in reversed(state.problems)
        if component is not None and problem.severity != "info" and way == state.inside
    }


def _fate(explanation: Explanation | None) -> dict[str, str]:
    if explanation is None:
        return {"fate": "", "stopped": ""}
    return {"fate": fate_in_words(explanation), "stopped": explanation.reason}


@lru_cache(maxsize=64)
def short_names(labels: tuple[str, ...]) -> Mapping[str, str]:
    """Return names for narrow blocks: the number, after as many letters as tell them apart."""

    def cut(label: str, letters: int) -> str:
        stem, number = re.fullmatch(r"(.*?)(\d*)", label, re.DOTALL).groups()  # type: ignore[union-attr]
        return stem[:letters] + number if number else label[: 2 + letters]

    found = {}
    for label in labels:
        others = [other for other in labels if other != label]
        found[label] = next(
            short
            for letters in range(len(label) + 1)
            if (short := cut(label, letters)) == label
            or all(cut(other, letters) != short for other in others)
        )
    return found


def _block(
    component: Component, place: Rectangle | None, colour: str, short: str
) -> dict[str, Any]:
    within = inner(component)
    return {
        "id": component.id,
        "name": component.label,
        "short": short,
        "x": place.x if place else None,
        "y": place.y if place else 0,
        "w": place.width if place else 1,
        "h": place.height if place else 1,
        "colour": colour,
        "ink": text_colour(colour),
        "enabled": component.enabled,
        "summary": _summary(component),
        "inner": None if within is None else _miniatures(within),
    }


def _miniatures(scenario: Scenario) -> list[dict[str, Any]]:
    """Return the components inside another one, sides as parts of the whole.

    On a flat space each gets a line of its own, so that none covers another.
    """
    space = scenario.effective_space
    width, height = max(space.width, 1), max(space.height, 1)
    places = placement.effective(scenario)
    colours = component_colours(component.label for component in scenario.components)
    lines = len(scenario.components)

    def part(index: int, component: Component) -> dict[str, Any]:
        place = places[component.id]
        flat = height == 1
        return {
            "x": place.x / width,
            "y": index / lines if flat else place.y / height,
            "w": place.width / width,
            "h": 1 / lines if flat else place.height / height,
            "colour": colours[component.label],
            "enabled": component.enabled,
        }

    return [part(index, component) for index, component in enumerate(scenario.components)]


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
