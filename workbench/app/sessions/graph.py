"""The routes as a graph, with connections to be drawn; the table shows and does the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

from workbench.app.sessions.sessions import follow
from workbench.app.state import AppState

__all__ = ["RouteGraph", "graph_of"]

_FOLDER = Path(__file__).parent


class RouteGraph(JSComponent):  # type: ignore[misc]
    """Shows sessions as lines; sends what `SessionTable` does."""

    groups = param.List(default=[], item_type=dict, doc="As of `SessionTable`.")
    selected = param.String(default="", doc="Key of the selected component.")

    _debounce = 0
    _esm = (_FOLDER / "graph.js").read_text(encoding="utf-8")
    _stylesheets = (_FOLDER / "graph.css",)


def graph_of(state: AppState, **params: Any) -> RouteGraph:
    """Return the graph of a state's sessions."""
    view = RouteGraph(**params)
    follow(state, view)
    return view
