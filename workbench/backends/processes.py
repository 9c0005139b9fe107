"""Processes that belong to a replication: started, ended, and reaped if their owner died.

Each replication has a `Workplace`, a folder below the data folder for its
sockets and files whose name says which workbench process owns it. Every process
started from there carries the folder's path in its environment, and so do its
descendants, whatever session or process group they move to. What is left of a
workbench that was killed is found by that mark: `reap` ends it, and never
touches what belongs to a workbench that still lives.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from workbench.folders import data_folder
from workbench.results.owner import Owner

__all__ = ["MARK", "Workplace", "reap", "workplace"]

MARK = "WORKBENCH_WORKPLACE"
"""Environment variable that names the workplace of a process."""

_GRACE_SECONDS = 2.0
_SEPARATOR = "_"
_number = itertools.count()


@dataclass(frozen=True, slots=True)
class Workplace:
    """The folder of one replication and the processes that were started from it."""

    folder: Path

    @asynccontextmanager
    async def process(
        self, command: Sequence[str | Path], **options: Any
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        """Start a process in a group of its own; with the context, the whole group ends.

        Parameters
        ----------
        command
            Program and arguments.
        options
            As for `asyncio.create_subprocess_exec`.
        """
        environment = {**(options.pop("env", None) or os.environ), MARK: str(self.folder)}
        process = await asyncio.create_subprocess_exec(
            *_tied_to_us(), *command, env=environment, start_new_session=True, **options
        )
        try:
            yield process
        finally:
            # A second cancel must not leave the process behind.
            await asyncio.shield(self._end(process))

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """End a process and its descendants: asked first, killed after a grace."""
        if process.returncode is None:
            _signal_group(process.pid, signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GRACE_SECONDS):
                    await process.wait()
        _signal_group(process.pid, signal.SIGKILL)
        # Those that left the group; while they hold its pipes, waiting would not end.
        _kill([one for one in self.marked() if one.pid != process.pid])
        await process.wait()

    def marked(self) -> list[psutil.Process]:
        """Return the processes that carry this workplace's mark and still run."""
        return [process for place, process in _marked() if place == self.folder]

    def clear(self) -> None:
        """Kill what is left of its processes and remove the folder."""
        _kill(self.marked())
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def workplace() -> Iterator[Workplace]:
    """Make a workplace of this process; with the context it is gone, and all its processes."""
    place = Workplace(_made(_root()))
    try:
        yield place
    finally:
        place.clear()


def reap() -> int:
    """End what processes of dead workbenches left behind; return how many processes that were.

    Workplaces of living owners are left alone, be it this process or another one.
    """
    root = _root()
    lost = [
        folder
        for folder in (root.iterdir() if root.is_dir() else ())
        if (owner := _owner_of(folder)) is not None and not owner.lives()
    ]
    if not lost:
        return 0
    left = [process for place, process in _marked() if place in lost]
    _kill(left)
    for folder in lost:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)


def _root() -> Path:
    return data_folder() / "running"


def _made(root: Path) -> Path:
    me = Owner.this_process()
    words = (str(me.pid), repr(me.created), me.boot or "-", str(next(_number)))
    folder = root / _SEPARATOR.join(words)
    folder.mkdir(parents=True)
    return folder


def _owner_of(folder: Path) -> Owner | None:
    """Return the owner that a folder's name tells; None if it is no workplace."""
    try:
        pid, created, boot, _ = folder.name.split(_SEPARATOR)
        return Owner(int(pid), float(created), "" if boot == "-" else boot)
    except ValueError:
        return None


def _tied_to_us() -> list[str]:
    """Return a prefix that has Linux kill the command when the thread that starts it ends."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _marked() -> Iterator[tuple[Path, psutil.Process]]:
    """Yield every process of this user that carries a mark, with its workplace."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            place = process.environ().get(MARK)
            if place and process.pid != os.getpid():
                yield Path(place), process


def _kill(processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
    deadline = time.monotonic() + _GRACE_SECONDS
    while any(map(_runs, processes)) and time.monotonic() < deadline:
        time.sleep(0.005)


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
