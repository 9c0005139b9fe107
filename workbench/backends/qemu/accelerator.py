"""KVM or TCG: found out by booting, once per machine, QEMU and kernel.

``/dev/kvm`` may exist and accept calls, and yet no stock kernel boots under it (nested
virtualisation); QEMU then does not even exit. So a small guest is booted with a deadline.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import time
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from workbench.backends.base import BackendError, Log
from workbench.backends.execution import Report
from workbench.backends.guest.protocol import Transcript
from workbench.backends.processes import Workplace, workplace
from workbench.backends.qemu import guest, initramfs
from workbench.backends.qemu.kernel import Kernel, find
from workbench.backends.qemu.machine import VirtualMachine, program
from workbench.errors import InputError
from workbench.folders import cache_folder

__all__ = ["EMPTY_PLAN", "Choice", "choose", "known_here", "qemu_version"]

EMPTY_PLAN = "plan 1\n"
"""A plan without components: the guest reports itself and powers off."""

_KVM = Path("/dev/kvm")
_PROBE_SECONDS = 20.0
_PROBE = VirtualMachine(cores=2, memory_mb=256, accelerator="kvm")


@dataclass(frozen=True, slots=True)
class Choice:
    """An accelerator, why it was chosen, and how long finding out took."""

    accelerator: str
    why: str
    seconds: float = 0.0


async def choose(program: Path, kernel: Kernel, report: Report) -> Choice:
    """Return the accelerator that works here; found out by a boot, the first time.

    Parameters
    ----------
    program
        The guest program.
    kernel
        What will be booted.
    report
        Is told of a probe.
    """
    if (before := _known(kernel)) is not None:
        return before
    report(Log("Trying whether KVM works here; this is done once."))
    begin = time.monotonic()
    with workplace() as place:
        why = await _refusal(place, program, kernel)
    seconds = round(time.monotonic() - begin, 2)
    found = Choice("tcg", f"KVM does not work here: {why}", seconds)
    if not why:
        found = Choice("kvm", "a guest booted under KVM", seconds)
    report(Log(f"{found.accelerator}: {found.why} ({seconds:.1f} s)"))
    file = _file(kernel)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(asdict(found)), encoding="utf-8")
    return found


def known_here() -> Choice | None:
    """Return what is known of the usual kernel; None while nothing is."""
    try:
        return _known(find())
    except InputError:  # neither QEMU nor kernel
        return None


def _known(kernel: Kernel) -> Choice | None:
    if not os.access(_KVM, os.R_OK | os.W_OK):
        why = "there is no /dev/kvm" if not _KVM.exists() else "/dev/kvm may not be opened"
        return Choice("tcg", why)
    try:
        return Choice(**json.loads(_file(kernel).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


async def _refusal(place: Workplace, program: Path, kernel: Kernel) -> str:
    """Boot under KVM and return why that failed; "" if it worked."""
    image = place.folder / "initramfs"
    image.write_bytes(initramfs.archive(program, EMPTY_PLAN, kernel.modules))
    patience = guest.Patience(_PROBE_SECONDS, _PROBE_SECONDS)
    try:
        await guest.run(place, _PROBE, kernel, image, Transcript(0), lambda _: None, patience)
    except BackendError as failure:
        return failure.message
    return ""


def _file(kernel: Kernel) -> Path:
    words = (qemu_version(), kernel.release, platform.release(), _cpu_model())
    digest = hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]
    return cache_folder() / "accelerator" / f"{digest}.json"


def qemu_version() -> str:
    """Return what QEMU says of itself."""
    return _version(program())


@lru_cache
def _version(path: str) -> str:
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    return told.stdout.partition("\n")[0].strip()


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if "model name" in line), "")
