"""Processes of replications: ended with their context, reaped when their owner died."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from workbench.backends.base import BackendError, Cancelled, Log
from workbench.backends.execution import ProcessExecution, Report
from workbench.backends.processes import Workplace, reap, workplace
from workbench.folders import data_folder

SLEEP = (sys.executable, "-c", "import time; time.sleep(300)")
ESCAPED = "import os, subprocess, sys; subprocess.Popen({sleep!r}, start_new_session=True); {then}"

OWNER = """
import asyncio, sys
from workbench.backends.processes import workplace

async def main():
    with workplace() as place:
        async with place.process({command!r}) as process:
            print(place.folder, process.pid, flush=True)
            await process.wait()

asyncio.run(main())
"""


def running() -> list[Path]:
    """Workplaces there are."""
    root = data_folder() / "running"
    return sorted(root.iterdir()) if root.exists() else []


def until(true: Callable[[], bool]) -> None:
    """Wait for something that must become true."""
    while not true():
        time.sleep(0.02)


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_process_and_folder_end_with_their_context() -> None:
    async def main() -> tuple[Workplace, int]:
        with workplace() as place:
            async with place.process(SLEEP) as process:
                assert not gone(process.pid)
            assert process.returncode == -signal.SIGTERM
            assert place.folder.is_dir()
        return place, process.pid

    place, pid = asyncio.run(main())
    assert gone(pid)
    assert not place.folder.exists()


def test_a_descendant_in_another_session_that_holds_the_pipe_ends_too() -> None:
    script = ESCAPED.format(sleep=list(SLEEP), then="print('up', flush=True); sys.stdin.read()")

    async def main() -> list[psutil.Process]:
        with workplace() as place:
            async with place.process(
                (sys.executable, "-c", script),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            ) as process:
                assert process.stdout is not None
                assert await process.stdout.readline() == b"up\n"
                escaped = place.marked()
                assert len(escaped) == 2
        return escaped

    assert all(gone(process.pid) for process in asyncio.run(main()))


def test_a_process_that_refuses_to_stop_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.backends.processes._GRACE_SECONDS", 0.2)
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('up', flush=True); time.sleep(300)"
    )

    async def main() -> int | None:
        with workplace() as place:
            async with place.process(
                (sys.executable, "-c", stubborn), stdout=asyncio.subprocess.PIPE
            ) as process:
                assert process.stdout is not None
                await process.stdout.readline()
        return process.returncode

    assert asyncio.run(main()) == -signal.SIGKILL


@pytest.fixture
def owner() -> subprocess.Popen[str]:
    """Another workbench with a process that has a descendant in a session of its own."""
    script = ESCAPED.format(sleep=list(SLEEP), then="import time; time.sleep(300)")
    program = OWNER.format(command=(sys.executable, "-c", script))
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)


def test_reaping_ends_what_a_killed_workbench_left_and_nothing_else(
    owner: subprocess.Popen[str],
) -> None:
    with owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().split()[0])
        until(lambda: len(Workplace(folder).marked()) == 2)
        started = Workplace(folder).marked()
        with workplace() as own:
            assert reap() == 0, "its owner lives"
            assert not any(gone(process.pid) for process in started)
            owner.kill()
            owner.wait()
            reap()
            assert own.folder.is_dir()
        assert all(gone(process.pid) for process in started)
        assert running() == []


def test_reaping_ignores_folders_that_are_not_workplaces() -> None:
    strange = data_folder() / "running" / "notes"
    strange.mkdir(parents=True)
    assert reap() == 0
    assert strange.is_dir()


def test_cancel_ends_the_processes() -> None:
    started: list[int] = []

    async def job(report: Report) -> None:  # type: ignore[return]
        with workplace() as place:
            async with place.process(SLEEP) as process:
                started.append(process.pid)
                report(Log("up"))
                await process.wait()

    execution = ProcessExecution(job, "test")  # type: ignore[arg-type]
    assert next(iter(execution.events())) == Log("up")
    execution.cancel()
    with pytest.raises(Cancelled):
        execution.result()
    assert list(execution.events()) == []
    assert gone(started[0])
    assert running() == []
    execution.cancel()  # too late, and harmless


def test_a_full_disk_is_named() -> None:
    async def job(_: Report) -> None:  # type: ignore[return]
        with workplace() as place:
            (place.folder / "image").symlink_to("/dev/full")
            (place.folder / "image").write_bytes(b"x" * 4096)

    execution = ProcessExecution(job, "test")  # type: ignore[arg-type]
    with pytest.raises(BackendError, match="disk is full") as failure:
        execution.result()
    assert failure.value.cause == "disk-full"
    assert running() == []
