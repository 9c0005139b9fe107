"""News of the process-wide jobs, brought safely into one browser session."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import panel as pn

if TYPE_CHECKING:
    from workbench.experiments.jobs import JobManager

__all__ = ["Updates"]

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
        Called in the session.
    """

    def __init__(self, jobs: JobManager, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._document = pn.state.curdoc
        self._lock = threading.Lock()
        self._waiting = False
        unsubscribe = jobs.subscribe(self._news)
        if self._document is not None:
            pn.state.on_session_destroyed(lambda _context: unsubscribe())

    def _news(self, _run_id: str) -> None:
        with self._lock:
            if self._waiting:
                return
            self._waiting = True
        if self._document is None:
            self._deliver()
        else:
            self._document.add_next_tick_callback(self._soon)

    def _soon(self) -> None:
        self._document.add_timeout_callback(self._deliver, _PAUSE_MS)

    def _deliver(self) -> None:
        with self._lock:
            self._waiting = False
        self._on_change()
