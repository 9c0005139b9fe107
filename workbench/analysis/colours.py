"""One colour per component and per accounting bucket, the same in every view.

The component palette is Okabe and Ito's (Color Universal Design, 2008) without
its yellow and black, and two further colours. Any two stay apart under the
three kinds of colour blindness, and each stands out from a white and a dark page.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable

__all__ = ["BUCKET_COLOURS", "NEUTRAL", "PALETTE", "component_colours", "text_colour"]

PALETTE = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#e69f00",
    "#b63ee6",
    "#c8103c",
)

NEUTRAL = "#767b82"
"""Grey that reads on a white and on a dark page: labels, and what is no component."""

BUCKET_COLOURS = {
    "useful": "#009e73",
    "poll_idle": "#f0b429",
    "wait_owner": "#d55e00",
    "lock_spin": "#8f2d8f",
    "switch": "#7a5230",
    "refill": "#e377c2",
    "remote_memory": "#2f5fd0",
    "bandwidth": "#6cb8e6",
    "idle": "#b4b9bf",
    "held": "#56707f",
}
"""Colour of each bucket of `workbench.results.schema.BUCKETS`, and of time held for whatever."""


def component_colours(names: Iterable[str]) -> dict[str, str]:
    """Return a colour for each component.

    A trailing number picks the colour (``blinktree1`` the first, ``blinktree2``
    the second), other names pick by their letters: so a component keeps its
    colour when a sibling is removed. Only where two names pick the same colour
    does the later one, numbered names first, take the next free colour.
    """
    wanted = {name: _slot(name) for name in names}
    taken: dict[str, int] = {}
    for name in sorted(wanted, key=lambda name: (not name[-1:].isdigit(), name)):
        used = set(taken.values())
        choices = [(wanted[name] + step) % len(PALETTE) for step in range(len(PALETTE))]
        taken[name] = next((slot for slot in choices if slot not in used), choices[0])
    return {name: PALETTE[taken[name]] for name in wanted}


def text_colour(background: str) -> str:
    """Return black or white, whichever reads better on a colour."""
    red, green, blue = (int(background[at : at + 2], 16) / 255 for at in (1, 3, 5))
    luminance = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    return "#000000" if luminance > 0.18 else "#ffffff"


def _slot(name: str) -> int:
    number = re.search(r"(\d+)$", name)
    # Any hash that is the same in every process would do.
    pick = int(number[1]) - 1 if number else zlib.crc32(name.encode())
    return pick % len(PALETTE)
