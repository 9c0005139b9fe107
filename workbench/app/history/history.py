"""A table of runs: tick some, click one; rows change in place."""

from __future__ import annotations

from pathlib import Path

import param
from panel.custom import JSComponent

__all__ = ["HistoryTable"]

_FOLDER = Path(__file__).parent


class HistoryTable(JSComponent):  # type: ignore[misc]
    """Rows with a check box each; those that did not change are left alone in the browser."""

    columns = param.List(default=[], doc="Column names; # at the end aligns to the right, ~ wraps.")
    rows = param.List(default=[], doc="Texts of each row; the first is the id of its run.")
    ticked = param.List(default=[], doc="Ids of the ticked rows.")
    chosen = param.String(default="", doc="Id of the row clicked last.")

    _esm = (_FOLDER / "history.js").read_text(encoding="utf-8")
    _stylesheets = (_FOLDER / "history.css",)
