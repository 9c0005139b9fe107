"""The mode for projectors: whether it is on, its key, and the button that leaves it."""

from __future__ import annotations

from pathlib import Path

import param
from panel.custom import JSComponent

__all__ = ["Presentation"]

_FOLDER = Path(__file__).parent


class Presentation(JSComponent):  # type: ignore[misc]
    """Makes type larger while `active`, and offers a way out.

    Alt+P turns it on and off, Escape ends it. What is hidden meanwhile is for those who
    watch `active`; style sheets multiply their sizes of type by ``--type-scale``.
    """

    active = param.Boolean(default=False, doc="Whether it is shown to an audience.")

    _debounce = 0
    _esm = (_FOLDER / "presentation.js").read_text(encoding="utf-8")
    _stylesheets = (_FOLDER / "presentation.css",)
