"""Real virtual machines under TCG: results, and each way in which a guest can end.

Deadlines are generous: the machine that runs the tests may be busy.
"""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.real_runs import (
    ended,
    endless,
    job,
    needs_virtual_machines,
    nothing_is_left,
)
from workbench.backends.base import BackendError, Cancelled, Event, Log, Progress, backend
from workbench.backends.execution import ProcessExecution
from workbench.backends.guest import compiler, guest
from workbench.backends.guest.protocol import Transcript
from workbench.backends.processes import workplace
from workbench.backends.qemu import initramfs, kernel
from workbench.backends.qemu.guest import Patience, run
from workbench.backends.qemu.machine import VirtualMachine

__all__ = ["nothing_is_left"]

BOOT_SECONDS = 400
TCG = {"accelerator": "tcg", "boot_deadline_s": BOOT_SECONDS}

INIT = r"""
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>
int main(void)
{
    char what = 0;
    int file = open("/plan", O_RDONLY);
    if (read(file, &what, 1) != 1 || what == 'd')
        return 7;                                   /* init dies */
    if (what == 'p') {                              /* the kernel panics */
        mount("proc", "/proc", "proc", 0, NULL);
        file = open("/proc/sysrq-trigger", O_WRONLY);
        if (write(file, "c", 1) != 1)
            return 8;
    }
    for (;;)                                        /* it hangs */
        pause();
}
"""


@pytest.fixture(autouse=True)
def machines() -> None:
    needs_virtual_machines()


@pytest.fixture(scope="module")
def unruly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An init that panics, dies or hangs, as the first letter of its plan says."""
    folder = tmp_path_factory.mktemp("init")
    (folder / "init.c").write_text(INIT)
    found = compiler()
    assert found is not None
    words = [*found.command, "-static", str(folder / "init.c"), "-o", str(folder / "init")]
    subprocess.run(words, check=True)
    return folder / "init"


async def booted(
    program: Path, plan: str, said: Transcript, patience: Patience, cores: int = 1
) -> list[Event]:
    """Boot a small machine and return what it reported."""
    heard: list[Event] = []
    found = kernel.find()
    with workplace() as place:
        image = place.folder / "initramfs"
        image.write_bytes(initramfs.archive(program, plan, found.modules))
        machine = VirtualMachine(cores=cores, memory_mb=256, accelerator="tcg")
        await run(place, machine, found, image, said, heard.append, patience)
    return heard


def test_one_guest_with_two_cores_gives_a_result() -> None:
    execution = backend("qemu").start(job("time-shared", "insert-lookup", **TCG))
    log = ended(execution)
    result = execution.result()
    assert (result.exit_reason == "finished").all()
    assert (result.operations == 2000).all()
    assert result.attrs["backend"] == "qemu"
    assert result.attrs["accelerator"] == "tcg"
    assert "QEMU" in result.attrs["qemu"]
    assert result.attrs["kernel"] == kernel.find().release
    assert len(json.loads(result.attrs["cpus"])) == len(result.core)
    assert result.attrs["quota_means"] == "cgroup-v2"
    assert 0.5 < float(result.clock_ratio) < 2
    assert any(line.startswith("console: ") for line in log)


def test_a_component_that_outgrows_its_quota_ends_alone() -> None:
    poor = job(change=lambda c: c.but(ram_bytes="12M"), operations=800_000, **TCG)
    execution = backend("qemu").start(poor)
    ended(execution)
    result = execution.result()
    reasons = dict(zip(result.component.values, result.exit_reason.values, strict=True))
    assert reasons == {"blinktree1": "finished", "blinktree2": "out-of-memory"}


@pytest.mark.parametrize(
    ("plan", "boot_seconds", "cause", "words"),
    [
        ("p", BOOT_SECONDS, "guest-panic", "sysrq"),
        ("d", BOOT_SECONDS, "init-died", "kill init"),
        ("h", 3, "boot-timeout", "boot_deadline_s"),
    ],
)
def test_guests_that_end_badly(
    unruly: Path, plan: str, boot_seconds: float, cause: str, words: str
) -> None:
    with pytest.raises(BackendError, match=words) as failure:
        asyncio.run(booted(unruly, plan, Transcript(0), Patience(boot_seconds, 60)))
    assert failure.value.cause == cause


def test_a_guest_that_falls_silent_is_ended() -> None:
    plan = "plan 1\nheartbeat_ms 60000\n\ncomponent busy\nprogram blinktree\n" + (
        "phase lookup operations=8000000 mix=lookup keys=2000\nend\n"
    )
    with pytest.raises(BackendError, match="said nothing") as failure:
        asyncio.run(booted(guest().path, plan, Transcript(1), Patience(BOOT_SECONDS, 1.5)))
    assert failure.value.cause == "guest-hang"


def first_progress(execution: ProcessExecution) -> None:
    """Wait until the instances are in their phase."""
    for event in execution.events():
        if isinstance(event, Progress) and event.message == "lookup":
            return
    pytest.fail(str(execution.result()))


def test_a_killed_qemu_is_told() -> None:
    execution = backend("qemu").start(endless(**TCG))
    first_progress(execution)
    machine = next(p for p in psutil.Process().children(recursive=True) if "qemu" in p.name())
    machine.send_signal(signal.SIGKILL)
    list(execution.events())
    with pytest.raises(BackendError, match="from outside") as failure:
        execution.result()
    assert failure.value.cause == "qemu-killed"


def test_a_cancel_ends_the_machine() -> None:
    execution = backend("qemu").start(endless(**TCG))
    for event in execution.events():
        if isinstance(event, Log) and "QEMU" in event.text:
            execution.cancel()
    with pytest.raises(Cancelled):
        execution.result()


def test_a_kernel_that_is_none_fails_with_qemus_words(tmp_path: Path) -> None:
    (tmp_path / "vmlinuz").write_bytes(b"this is no kernel" * 1000)
    execution = backend("qemu").start(job(kernel=str(tmp_path / "vmlinuz"), **TCG))
    ended(execution)
    with pytest.raises(BackendError) as failure:
        execution.result()
    assert failure.value.cause == "qemu-failed"
