"""News of the process-wide jobs, brought safely into one browser session."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import panel as pn

from workbench.results.records import LIVE

if TYPE_CHECKING:
    from workbench.app.state import AppState
    from workbench.experiments.jobs import JobManager

__all__ = ["Updates", "jobs_of"]

_PAUSE_MS = 150
_LOOK_MS = 2000


class Updates:
    """Calls back inside the session a little after jobs changed, at most 6 times a second.

    Worker threads tell of changes at any rate; the session's own thread is the
    only one that may touch what the browser sees. Runs of other processes are
    looked up in the store every 2 s. All of it ends with the session.

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
        self._store = jobs.store
        self._others: dict[str, int] = {}
        unsubscribe = jobs.subscribe(self._news)
        if self._document is not None:
            pn.state.on_session_destroyed(lambda _context: unsubscribe())
            self._document.add_periodic_callback(self.look_around, _LOOK_MS)

    def look_around(self) -> None:
        """Pass on what has become of runs of other processes, which tell nobody."""
        others = self._of_others()
        if others:  # their process may have died meanwhile
            self._store.recover()
            others = self._of_others()
        changed = {
            run_id
            for run_id in others.keys() | self._others.keys()
            if others.get(run_id) != self._others.get(run_id)
        }
        self._others = others
        if changed:
            self._on_change(frozenset(changed))

    def _of_others(self) -> dict[str, int]:
        """Return the finished replications of each live run of another process."""
        live = (run for status in LIVE for run in self._store.runs(status=status))
        return {run.id: run.done for run in live if run.owner_pid != os.getpid()}

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
