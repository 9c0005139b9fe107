"""The history of runs as a table."""

from workbench.app.history.history import HistoryTable

__all__ = ["HistoryTable"]
