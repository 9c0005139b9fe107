"""News of the process-wide jobs, brought safely into one browser session."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import panel as pn

if TYPE_CHECKING:
    from workbench.app.state import AppState
    from workbench.experiments.jobs import JobManager

__all__ = ["Updates", "jobs_of"]

_PAUSE_MS = 150


class Updates:
    """Calls back inside the session a little after jobs changed, at most 6 times a second.

    Worker threads tell of changes at any rate; the session's own thread is the
    only one that may touch what the browser sees. The subscription ends with
    the session.

    Parameters
    ----------
    jobs
        Whose changes to follow.
    on_change
        Called in the session with the ids of the runs that changed.
    """

    def __init__(self, jobs: JobManager, on_change: Callable[[frozenset[str]], None]) -> None:
        self._on_change = on_change
        self._document = pn.state.curdoc
        self._lock = threading.Lock()
        self._changed: set[str] = set()
        unsubscribe = jobs.subscribe(self._news)
        if self._document is not None:
            pn.state.on_session_destroyed(lambda _context: unsubscribe())

    def _news(self, run_id: str) -> None:
        with self._lock:
            waiting = bool(self._changed)
            self._changed.add(run_id)
        if waiting:
            return
        if self._document is None:
            self._deliver()
        else:
            self._document.add_next_tick_callback(self._soon)

    def _soon(self) -> None:
        self._document.add_timeout_callback(self._deliver, _PAUSE_MS)

    def _deliver(self) -> None:
        with self._lock:
            changed = frozenset(self._changed)
            self._changed.clear()
        self._on_change(changed)


def jobs_of(state: AppState) -> JobManager:
    """Return the process-wide manager; a state made only for editing has none."""
    if state.jobs is None:
        raise ValueError("this view needs a state with jobs and a store")
    return state.jobs
