"""The grid as a Panel component: what it shows, and the gestures it reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import param
from panel.custom import JSComponent

from workbench.scenario.model import AffinitySpace, Rectangle

__all__ = ["AffinityGrid", "Gesture", "Kind"]

_FOLDER = Path(__file__).parent

Kind = Literal["place", "free", "add", "remove", "duplicate", "undo", "redo"]


@dataclass(frozen=True, slots=True)
class Gesture:
    """One thing the user did, checked and clamped.

    Parameters
    ----------
    kind
        ``place`` gives a component a rectangle, ``free`` takes it away.
    component
        Id of the component concerned; "" where there is none yet.
    binary
        What to add.
    rectangle
        Where to; inside the space. None when adding means "where there is room".
    anywhere
        Whether to add without a rectangle.
    repeated
        Whether it continues the gesture before it (a key held down).
    """

    kind: Kind
    component: str = ""
    binary: str = ""
    rectangle: Rectangle | None = None
    anywhere: bool = False
    repeated: bool = False


class AffinityGrid(JSComponent):  # type: ignore[misc]
    """Components on an affinity space.

    The grid holds no truth of its own. It shows `components`, reports every gesture to the
    callbacks of `on_gesture`, and shows whatever they make of it.
    """

    columns = param.Integer(default=1, bounds=(1, None), doc="Columns of the space.")
    rows = param.Integer(default=1, bounds=(1, None), doc="Rows of the space.")
    reserved = param.Integer(default=0, bounds=(0, None), doc="Columns left to the system.")
    components = param.List(
        default=[],
        item_type=dict,
        doc="""
        Dictionaries with id, name, short (a name for narrow blocks), x, y, w, h in cells (x None:
        anywhere), colour, ink (colour of text on it), enabled, problem and summary (sentences).""",
    )
    palette = param.List(
        default=[],
        item_type=dict,
        doc="What can be dragged in: dictionaries with binary, title, icon (SVG) and colour.",
    )
    insert_size = param.List(default=[1, 1], doc="Width and height of what is dragged in.")
    selected = param.String(default=None, allow_None=True, doc="Id of the selected component.")
    editable = param.Boolean(default=True, doc="Whether gestures are taken.")
    shortcuts = param.Boolean(
        default=False, doc="Whether undo and redo keys work anywhere on the page."
    )
    requests = param.List(default=[], doc="Numbered gestures, written by the browser only.")
    held = param.Dict(
        default={},
        doc="""
        What is being dragged, written by the browser only: `moved` (x, y, w, h by id), `added`
        (binary and rectangle, or None), `number`. Nothing is held where both are empty.""",
    )
    previewed = param.Integer(default=0, doc="Number of the last `held` that was looked at.")
    acknowledged = param.Integer(default=0, doc="Number of the last gesture answered.")

    _debounce = 0
    _esm = "\n".join(
        (_FOLDER / name).read_text(encoding="utf-8")
        for name in ("geometry.js", "view.js", "held.js", "affinity_grid.js")
    )
    _stylesheets = (_FOLDER / "affinity_grid.css",)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._callbacks: list[Callable[[Gesture], None]] = []
        self.param.watch(self._answer, "requests")

    def on_gesture(self, callback: Callable[[Gesture], None]) -> None:
        """Call `callback` with every gesture of the user, in their order."""
        self._callbacks.append(callback)

    def _answer(self, event: param.parameterized.Event) -> None:
        """Hand on the gestures that have not been answered yet."""
        space = AffinitySpace(width=self.columns, height=self.rows)
        for request in sorted(event.new, key=_number):
            if _number(request) <= self.acknowledged:
                continue
            try:
                if gesture := read_gesture(request, space):
                    for callback in self._callbacks:
                        callback(gesture)
            finally:
                self.acknowledged = _number(request)


def read_gesture(request: dict[str, Any], space: AffinitySpace) -> Gesture | None:
    """Return what a browser's request means, with its rectangle inside the space.

    Returns
    -------
    Gesture or None
        None for anything that no grid would send.
    """
    kind: Any = request.get("kind")
    if kind not in get_args(Kind):
        return None
    rectangle = request.get("rectangle")
    if rectangle is not None:
        try:
            sides = [int(rectangle[side]) for side in ("x", "y", "w", "h")]
        except (KeyError, TypeError, ValueError):
            return None
        rectangle = fitted(space, *sides)
    elif kind == "place":
        return None
    return Gesture(
        kind=kind,
        component=str(request.get("id") or ""),
        binary=str(request.get("binary") or ""),
        rectangle=rectangle,
        anywhere=bool(request.get("anywhere")),
        repeated=bool(request.get("repeat")),
    )


def fitted(space: AffinitySpace, x: int, y: int, width: int, height: int) -> Rectangle:
    """Return the rectangle moved, then cut, until it lies inside a space."""
    width = min(max(width, 1), max(space.width, 1))
    height = min(max(height, 1), max(space.height, 1))
    return Rectangle(
        x=min(max(x, 0), max(space.width, 1) - width),
        y=min(max(y, 0), max(space.height, 1) - height),
        width=width,
        height=height,
    )


def _number(request: Any) -> int:
    number = request.get("number") if isinstance(request, dict) else None
    return number if isinstance(number, int) else 0
