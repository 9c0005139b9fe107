"""The grid as a Panel component: what it shows, and the gestures it reports."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import param
from panel.custom import JSComponent

from workbench.scenario.model import AffinitySpace, Rectangle

__all__ = ["AffinityGrid", "Gesture", "Kind"]

_FOLDER = Path(__file__).parent

# In the order of use: the browser gets them as one module.
_PARTS = (
    "geometry",
    "words",
    "arrange",
    "dom",
    "following",
    "view",
    "selecting",
    "pointer",
    "keyboard",
    "held",
    "affinity_grid",
)

Kind = Literal[
    "place",
    "free",
    "arrange",
    "add",
    "remove",
    "duplicate",
    "switch",
    "enter",
    "leave",
    "undo",
    "redo",
]


@dataclass(frozen=True, slots=True)
class Gesture:
    """One thing the user did, checked and clamped.

    Parameters
    ----------
    kind
        ``place`` gives a component a rectangle, ``free`` takes it away; ``arrange``
        gives several one, see `places`; ``switch``
        turns it on or off; ``enter`` shows what is inside it, ``leave`` goes back.
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
    others
        Ids of further components to remove or duplicate.
    places
        Rectangles of several components by id; where copies go, if duplicating.
    title
        What arranging them is called.
    depth
        How many components to stay inside of when leaving; 0 is the top.
    """

    kind: Kind
    component: str = ""
    binary: str = ""
    rectangle: Rectangle | None = None
    anywhere: bool = False
    repeated: bool = False
    others: tuple[str, ...] = ()
    places: tuple[tuple[str, Rectangle], ...] = ()
    title: str = ""
    depth: int = 0


class AffinityGrid(JSComponent):  # type: ignore[misc]
    """Components on an affinity space.

    The grid holds no truth of its own. It shows `components`, reports every gesture to the
    callbacks of `on_gesture`, and shows whatever they make of it.
    """

    columns = param.Integer(default=1, bounds=(1, None), doc="Columns of the space.")
    rows = param.Integer(default=1, bounds=(1, None), doc="Rows of the space.")
    reserved = param.Integer(default=0, bounds=(0, None), doc="Columns left to the system.")
    drawn = param.String(
        default="[]",
        doc="""
        The components as JSON, which is compared and sent faster than lists: objects with id,
        name, short (a name for narrow blocks), x, y, w, h in cells (x null: anywhere), colour,
        ink (colour of text on it), enabled; problem, stopped (why it would not start), fate
        (where it runs) and summary, sentences or ""; differs (from what is beside it); inner,
        null or what is inside: objects with x, y, w, h as parts of the whole, colour and
        enabled.""",
    )
    crumbs = param.List(
        default=[], item_type=str, doc="Names from the top to the component that is looked into."
    )
    palette = param.List(
        default=[],
        item_type=dict,
        doc="What can be dragged in: dictionaries with binary, title, icon (SVG) and colour.",
    )
    strips = param.List(
        default=[],
        item_type=dict,
        doc="""
        What lies under the cores: dictionaries with name, dashed (predicted) and runs, which are
        dictionaries with start, length (columns), label, short and colour ("" for none).""",
    )
    insert_size = param.List(default=[1, 1], doc="Width and height of what is dragged in.")
    selected = param.String(default=None, allow_None=True, doc="Id of the selected component.")
    editable = param.Boolean(default=True, doc="Whether gestures are taken.")
    compact = param.Boolean(default=False, doc="Whether to show the cores only, without bars.")
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
    _esm = "\n".join((_FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in _PARTS)
    _stylesheets = (_FOLDER / "affinity_grid.css",)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._callbacks: list[Callable[[Gesture], None]] = []
        self.param.watch(self._answer, "requests")

    @property
    def components(self) -> list[dict[str, Any]]:
        """What is shown, as dictionaries; see `drawn`."""
        shown: list[dict[str, Any]] = json.loads(self.drawn)
        return shown

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
    asked = request.get("rectangle")
    rectangle = None if asked is None else _read_rectangle(asked, space)
    if rectangle is None and (asked is not None or kind == "place"):
        return None
    places = tuple(_read_places(request.get("places"), space))
    if kind == "arrange" and not places:
        return None
    return Gesture(
        kind=kind,
        component=str(request.get("id") or ""),
        binary=str(request.get("binary") or ""),
        rectangle=rectangle,
        anywhere=bool(request.get("anywhere")),
        repeated=bool(request.get("repeat")),
        others=tuple(id for id in request.get("others") or () if isinstance(id, str)),
        places=places,
        title=str(request.get("title") or ""),
        depth=_number(request, "depth"),
    )


def _read_places(places: Any, space: AffinitySpace) -> Iterator[tuple[str, Rectangle]]:
    for place in places if isinstance(places, list) else ():
        rectangle = _read_rectangle(place, space)
        if rectangle is not None and isinstance(place.get("id"), str):
            yield place["id"], rectangle


def _read_rectangle(asked: Any, space: AffinitySpace) -> Rectangle | None:
    try:
        sides = [int(asked[side]) for side in ("x", "y", "w", "h")]
    except (KeyError, TypeError, ValueError):
        return None
    return fitted(space, *sides)


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


def _number(request: Any, name: str = "number") -> int:
    number = request.get(name) if isinstance(request, dict) else None
    return number if isinstance(number, int) else 0
