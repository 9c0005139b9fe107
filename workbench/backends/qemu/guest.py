"""One virtual machine from its start to its end, and why it ended.

QEMU's exit code alone says nothing: it is 0 after a power-off, after a panic and after a
signal. A run has come to its end when the guest's final line is there; everything else is a
failure, told by silence, by QEMU's SHUTDOWN event and by the kernel's last words.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from asyncio import StreamReader
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from qemu.qmp import EventListener, QMPClient, QMPError

from workbench.backends.base import BackendError, Log
from workbench.backends.execution import Report, next_line
from workbench.backends.guest.protocol import Transcript
from workbench.backends.processes import Workplace
from workbench.backends.qemu.clock import ClockCheck
from workbench.backends.qemu.kernel import Kernel
from workbench.backends.qemu.machine import VirtualMachine

__all__ = ["CONSOLE", "Patience", "run"]

CONSOLE = "console"
"""Origin of the log lines that the guest's kernel writes."""

_LINE_BYTES = 1 << 20
_END_SECONDS = 20.0
"""How long QEMU may take to end after the guest's final line."""
_KEPT_LINES = 60


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait: for the guest's first line, and for the next one, in s."""

    boot_seconds: float
    silence_seconds: float


@dataclass
class _Observed:
    """What was seen of a machine beside its results."""

    console: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT_LINES))
    complaints: str = ""
    shutdown: str = ""  # reason of QEMU's SHUTDOWN event
    status: int | None = None


async def run(
    place: Workplace,
    machine: VirtualMachine,
    kernel: Kernel,
    initramfs: Path,
    said: Transcript,
    report: Report,
    patience: Patience,
    log_level: int = 4,
) -> float:
    """Boot a machine and take in what its guest says until it has ended.

    Returns
    -------
    float
        How fast the guest's clock ran by this machine's; about 1.

    Raises
    ------
    BackendError
        If there is no final line: ``boot-timeout``, ``guest-hang``, ``guest-panic``,
        ``init-died``, ``guest-ended``, ``qemu-killed`` or ``qemu-failed``; if its times
        mean nothing: ``clock-wrong``; or what the final line tells.
    """
    seen, clock = _Observed(), ClockCheck()
    async with contextlib.AsyncExitStack() as stack:
        ours, theirs = zip(*(_pair(stack) for _ in ("qmp", "results")), strict=True)
        descriptors = [end.fileno() for end in theirs]
        command = machine.command(
            kernel.image, initramfs, qmp=descriptors[0], results=descriptors[1],
            log_level=log_level,
        )  # fmt: skip
        process = await stack.enter_async_context(
            place.process(
                command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, pass_fds=descriptors,
                limit=_LINE_BYTES,
            )
        )  # fmt: skip
        for end in theirs:
            end.close()
        async with _watched(process, ours[0], seen, report):
            await _hear(ours[1], said, report, patience, clock)
            ratio = clock.ratio(said)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_END_SECONDS):
                    await process.wait()
    if said.final is None:
        raise _why(seen, booted=bool(said.hello))
    if failure := said.failure():
        raise failure
    return ratio


def _pair(stack: contextlib.AsyncExitStack) -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    stack.enter_context(ours)
    stack.enter_context(theirs)
    ours.setblocking(False)
    return ours, theirs


async def _hear(
    results: socket.socket,
    said: Transcript,
    report: Report,
    patience: Patience,
    clock: ClockCheck,
) -> None:
    """Take in the guest's lines up to the final one, or to the end of the machine."""
    reader, writer = await asyncio.open_connection(sock=results, limit=_LINE_BYTES)
    try:
        while said.final is None:
            seconds = patience.silence_seconds if said.hello else patience.boot_seconds
            line = await next_line(reader, seconds)
            if not line:
                return
            if not said.hello:
                clock.first_line()
            for event in said.add(line):
                report(event)
    except TimeoutError:
        if said.hello:
            raise BackendError(
                "guest-hang",
                f"The guest has said nothing for {patience.silence_seconds:g} s and was ended.",
            ) from None
        raise BackendError(
            "boot-timeout",
            f"The guest has not reported within {patience.boot_seconds:g} s of its start. "
            "A kernel without built-in virtio needs its modules; see the log, or set "
            "boot_deadline_s higher.",
        ) from None
    except (ConnectionError, asyncio.IncompleteReadError):
        return
    finally:
        writer.close()


@asynccontextmanager
async def _watched(
    process: Process, control: socket.socket, seen: _Observed, report: Report
) -> AsyncIterator[None]:
    """Follow console, complaints and events of a machine while the context lasts."""
    assert process.stdout is not None
    assert process.stderr is not None
    following = [
        asyncio.create_task(_follow_console(process.stdout, seen, report)),
        asyncio.create_task(_follow_complaints(process.stderr, seen)),
    ]
    client, listener = QMPClient("workbench"), EventListener(("SHUTDOWN",))
    client.register_listener(listener)
    # Beside the rest: a QEMU that hangs at once never answers.
    connecting = asyncio.create_task(_connected(client, control))
    try:
        yield
    finally:
        seen.status = process.returncode
        if seen.status is not None:  # all it ever said is there to be read
            await asyncio.wait(following, timeout=_END_SECONDS)
        for task in (*following, connecting):
            task.cancel()
        await asyncio.wait([connecting])
        if not connecting.cancelled() and connecting.result():
            with contextlib.suppress(QMPError, OSError, EOFError):
                await client.disconnect()
        while not listener.empty():
            event = await listener.get()
            data = event["data"]
            if isinstance(data, dict):
                seen.shutdown = str(data.get("reason", ""))


async def _connected(client: QMPClient, control: socket.socket) -> bool:
    """Connect to QEMU and return whether it answered; it may have died at once."""
    with contextlib.suppress(QMPError, OSError, EOFError):
        await client.connect(control)
        return True
    return False


async def _follow_console(console: StreamReader, seen: _Observed, report: Report) -> None:
    while raw := await console.readline():
        text = raw.decode(errors="replace").strip()
        if text:
            seen.console.append(text)
            report(Log(text, CONSOLE))


async def _follow_complaints(complaints: StreamReader, seen: _Observed) -> None:
    while raw := await complaints.readline():
        seen.complaints += raw.decode(errors="replace")


def _why(seen: _Observed, booted: bool) -> BackendError:
    """Return why a machine ended before its guest's final line."""
    panic = next((line for line in seen.console if "Kernel panic" in line), "")
    if "Attempted to kill init" in panic:
        return BackendError("init-died", f"The guest's init died: {_without_time(panic)}")
    if panic or seen.shutdown == "guest-panic":
        return BackendError("guest-panic", f"The guest's kernel gave up: {_without_time(panic)}")
    how = _signal_name(seen.status)
    if seen.shutdown in ("host-signal", "host-qmp-quit") or how in ("SIGKILL", "SIGTERM", "SIGINT"):
        return BackendError("qemu-killed", f"QEMU was ended from outside ({how or seen.shutdown}).")
    if seen.status:
        told = seen.complaints.strip().splitlines() or ["it does not say why"]
        how = how or f"status {seen.status}"
        return BackendError("qemu-failed", f"QEMU ended with {how}: {told[-1]}")
    when = "before it had reported anything" if not booted else "in the middle of the run"
    return BackendError("guest-ended", f"The guest ended {when} ({seen.shutdown or 'no reason'}).")


def _signal_name(status: int | None) -> str:
    """Return the name of the signal in an exit status; "" if there is none."""
    if status is None or status >= 0:
        return ""
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


def _without_time(line: str) -> str:
    """Return a kernel's line without its time stamp."""
    return line.partition("] ")[2] if line.startswith("[") else line
