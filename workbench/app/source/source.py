"""A light, read-only view of XML that follows fast edits."""

from __future__ import annotations

from pathlib import Path

import param
from panel.custom import JSComponent

__all__ = ["SourceView"]

_FOLDER = Path(__file__).parent


class SourceView(JSComponent):  # type: ignore[misc]
    """Text with line numbers, XML colours, marked lines, and a flash where it changed."""

    text = param.String(default="", doc="What to show.")
    marked = param.List(default=[], doc="First and last line to mark, from 1; empty for none.")
    label = param.String(default="Configuration", doc="What screen readers call it.")

    _esm = (_FOLDER / "source.js").read_text(encoding="utf-8")
    _stylesheets = (_FOLDER / "source.css",)
