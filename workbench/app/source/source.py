"""A light view of a configuration that follows fast edits, and a place to write it."""

from __future__ import annotations

from pathlib import Path

import param
from panel.custom import JSComponent

__all__ = ["SourceView"]

_FOLDER = Path(__file__).parent


class SourceView(JSComponent):  # type: ignore[misc]
    """Text with line numbers, colours, marked lines, and a flash where it changed.

    Sends ``{"apply": text}`` and ``{"cancel": True}``; `ask` makes it send the first.
    """

    text = param.String(default="", doc="What to show.")
    marked = param.List(default=[], doc="First and last line to mark, from 1; empty for none.")
    syntax = param.String(default="xml", doc="xml, hid, run or yaml.")
    editing = param.Boolean(default=False, doc="Whether the text is being written.")
    draft = param.String(default="", doc="What was written so far, for a view drawn anew.")
    refusal = param.List(default=[], doc="Line (0: unknown) and words of why it was refused.")
    label = param.String(default="Configuration", doc="What screen readers call it.")

    _esm = "\n".join(
        (_FOLDER / name).read_text(encoding="utf-8") for name in ("highlight.js", "source.js")
    )
    _stylesheets = (_FOLDER / "source.css",)

    def ask(self) -> None:
        """Have the browser send what was written."""
        self._send_msg({"ask": True})
