"""Every session of every component: who serves it, by which rule, or why nobody does."""

from workbench.app.sessions.graph import RouteGraph, graph_of
from workbench.app.sessions.sessions import SessionTable, sessions_of

__all__ = ["RouteGraph", "SessionTable", "graph_of", "sessions_of"]
