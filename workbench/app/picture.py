"""A small picture of where a scenario's components are, drawn from the scenario itself."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from workbench.analysis.colours import component_colours, text_colour
from workbench.scenario import placement
from workbench.scenario.model import Component, Rectangle, Scenario

__all__ = ["lanes", "picture"]

_WIDTH, _HEIGHT = 240, 96  # of the picture, in px
_TRAY = 16  # height of the row of those that may run anywhere
_LETTER = 5.6  # width of a letter of 9 px, about
_FRAME = 'fill="currentColor" fill-opacity=".06" stroke="currentColor" stroke-opacity=".3"'


def picture(scenario: Scenario) -> str:
    """Return an SVG of the grid: a block for each placed component, a dot for each other one.

    On a space of one row overlapping components lie in lanes below each other, as on the
    grid; on one of several rows they are half transparent.
    """
    space = scenario.effective_space
    columns, rows = max(space.width, 1), max(space.height, 1)
    on = [component for component in scenario.components if component.enabled]
    colours = component_colours(component.label for component in scenario.components)
    asked = placement.requested(scenario)
    placed = [(c, asked[c.id]) for c in on if c.affinity is not None and c.id in asked]
    free = [component for component in on if component.affinity is None]
    deep = _HEIGHT - _TRAY
    parts = [f'<rect x=".5" y=".5" width="{_WIDTH - 1}" height="{deep - 1}" rx="3" {_FRAME}/>']
    flat = rows == 1
    lane_of = lanes(place for _, place in placed)
    bands = max(lane_of, default=0) + 1 if flat else rows
    for (component, place), lane in zip(placed, lane_of, strict=True):
        x, width = place.x * _WIDTH / columns, place.width * _WIDTH / columns
        y, height = (lane, 1) if flat else (place.y, place.height)
        band = min(deep / bands, 24) if flat else deep / bands
        colour = colours[component.label]
        parts.append(_block(component, colour, (x, y * band, width, height * band), solid=flat))
    for index, component in enumerate(free):
        x = 7 + index * 14
        title = escape(component.label)
        parts.append(
            f'<circle cx="{x}" cy="{_HEIGHT - 6}" r="4" fill="{colours[component.label]}">'
            f"<title>{title}, anywhere</title></circle>"
        )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" xmlns="http://www.w3.org/2000/svg" '
        f'aria-hidden="true">{"".join(parts)}</svg>'
    )


def lanes(places: Iterable[Rectangle]) -> list[int]:
    """Return the first lane, from 0, in which each place overlaps none before it."""
    taken: list[list[Rectangle]] = []
    found = []
    for place in places:
        free = (
            lane
            for lane, others in enumerate(taken)
            if not any(
                place.x < other.x + other.width and other.x < place.x + place.width
                for other in others
            )
        )
        lane = next(free, len(taken))
        if lane == len(taken):
            taken.append([])
        taken[lane].append(place)
        found.append(lane)
    return found


def _block(
    component: Component, colour: str, box: tuple[float, float, float, float], *, solid: bool
) -> str:
    x, y, width, height = box
    rectangle = (
        f'<rect x="{x + 1:.1f}" y="{y + 1.5:.1f}" width="{max(width - 2, 1):.1f}" '
        f'height="{max(height - 2, 2):.1f}" rx="2" fill="{colour}" '
        f'fill-opacity="{1 if solid else 0.7}"><title>{escape(component.label)}</title></rect>'
    )
    letters = int((width - 8) / _LETTER)
    if height < 11 or letters < min(len(component.label), 5):
        return rectangle
    label = component.label
    if len(label) > letters:
        label = f"{label[: letters - 1]}…"
    return rectangle + (
        f'<text x="{x + 5:.1f}" y="{y + height / 2 + 3.5:.1f}" font-size="9" font-weight="600" '
        f'fill="{text_colour(colour)}">{escape(label)}</text>'
    )
