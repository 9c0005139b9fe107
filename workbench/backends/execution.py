"""Executions in a thread of their own: what all backends of this machine share."""

from __future__ import annotations

import asyncio
import errno
import queue
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any

from workbench.backends.base import BackendError, Cancelled, Event
from workbench.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "DISK_FULL",
    "ProcessExecution",
    "Report",
    "ThreadExecution",
    "failure_of",
    "is_disk_full",
    "next_line",
]

Report = Callable[[Event], object]
"""What an execution calls with each event."""

DISK_FULL = BackendError("disk-full", "The disk is full. Free some space and run again.")
"""How a run ends for which there is no room."""


class ThreadExecution(ABC):
    """A replication that a thread carries out; see `workbench.backends.base.Execution`."""

    def __init__(self, name: str) -> None:
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._outcome: xr.Dataset | Exception = Cancelled()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def work(self, report: Report) -> xr.Dataset:
        """Carry the replication out; called in the execution's thread."""

    @abstractmethod
    def cancel(self) -> None:
        """Ask it to stop soon."""

    def events(self) -> Iterator[Event]:
        """Yield progress and log lines until the end."""
        while (event := self._events.get()) is not None:
            yield event
        self._events.put(None)

    def result(self) -> xr.Dataset:
        """Return the dataset; waits for the end."""
        self._thread.join()
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome

    def _run(self) -> None:
        try:
            self._outcome = self.work(self._events.put)
        except Exception as error:  # a thread must not die silently
            self._outcome = failure_of(error)
        finally:
            self._events.put(None)


class ProcessExecution(ThreadExecution):
    """A replication that processes carry out, watched by an event loop in a thread.

    The thread lives as long as its processes, so that these can be tied to it.

    Parameters
    ----------
    job
        Gives the coroutine that runs the processes; it ends all of them even
        when it is cancelled.
    name
        Of the thread.
    """

    def __init__(self, job: Callable[[Report], Coroutine[Any, Any, xr.Dataset]], name: str) -> None:
        super().__init__(name)
        self._job = job
        self._lock = threading.Lock()
        self._cancelled = False
        self._stop: Callable[[], object] | None = None
        self._thread.start()

    def work(self, report: Report) -> xr.Dataset:
        """Run the coroutine in an event loop of its own."""
        try:
            return asyncio.run(self._watched(report))
        except asyncio.CancelledError:
            raise Cancelled from None

    def cancel(self) -> None:
        """End the processes and the replication."""
        with self._lock:
            if self._cancelled:  # once is enough; twice would disturb the ending of processes
                return
            self._cancelled = True
            if self._stop is not None:
                self._stop()

    async def _watched(self, report: Report) -> xr.Dataset:
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._job(report))
        with self._lock:
            self._stop = lambda: loop.call_soon_threadsafe(task.cancel)
            if self._cancelled:
                task.cancel()
        try:
            return await task
        finally:
            with self._lock:
                self._stop = None


async def next_line(stream: asyncio.StreamReader, seconds: float) -> bytes:
    """Return the next line of a stream, b"" at its end; `TimeoutError` if it takes longer.

    `asyncio.wait_for` would not do: before Python 3.12 it loses a cancel that comes
    together with a line.
    """
    async with asyncio.timeout(seconds):
        return await stream.readline()


def failure_of(error: Exception) -> Exception:
    """Return what `Execution.result` raises for an error of whatever kind."""
    if isinstance(error, BackendError | Cancelled | InputError):
        return error
    if is_disk_full(error):
        failure = BackendError(DISK_FULL.cause, DISK_FULL.message)
    else:
        failure = BackendError("internal", f"{type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure


def is_disk_full(error: BaseException) -> bool:
    """Whether an error of the system or of the run store says that the disk is full."""
    match error:
        case OSError():
            return error.errno in (errno.ENOSPC, errno.EDQUOT)
        case sqlite3.Error():
            return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        case _:
            return False
