"""HTML of which only what differs is drawn again: for what follows the hand."""

from __future__ import annotations

from pathlib import Path

import param
from panel.custom import JSComponent

__all__ = ["Markup"]


class Markup(JSComponent):  # type: ignore[misc]
    """Shows HTML like `panel.pane.HTML`, without laying out the page for each change of it."""

    object = param.String(default="", doc="The HTML; without scripts.")

    _debounce = 0
    _esm = (Path(__file__).parent / "markup.js").read_text(encoding="utf-8")
