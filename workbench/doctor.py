"""What a machine lacks to use the workbench, and the command that mends it.

One small function per check, registered with `@examination`; the order of
registration is the order shown. What the workbench can mend by itself has a
function for that, which ``workbench doctor --fix`` calls.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Literal

from packaging.requirements import Requirement

from workbench.errors import InputError
from workbench.folders import cache_folder, data_folder

__all__ = ["Finding", "examination", "examine", "mend"]

_PYTHON = (3, 11)
_DISTRIBUTION = "affinity-workbench"
_MIN_FREE_BYTES = 200 * 2**20
_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one examination found.

    Parameters
    ----------
    title
        What was looked at.
    state
        ``ok``, ``note`` (nothing that keeps anything from working) or ``problem``.
    message
        What was found.
    remedy
        The command or step that mends it; "" where nothing is to be done.
    """

    title: str
    state: Literal["ok", "note", "problem"]
    message: str
    remedy: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


Examination = Callable[[], Finding]
Fix = Callable[[], object]
_examinations: list[tuple[str, Examination, Fix | None]] = []


def examination(title: str, fix: Fix | None = None) -> Callable[[Examination], Examination]:
    """Register a check of the machine, and what mends it if the workbench itself can."""

    def register(look: Examination) -> Examination:
        _examinations.append((title, look, fix))
        return look

    return register


def examine() -> list[Finding]:
    """Return what all checks find; one that fails is itself a finding."""
    return [_look(title, look) for title, look, _ in _examinations]


def mend() -> list[Finding]:
    """Mend what the workbench can, and return what the checks find after that."""
    findings = []
    for title, look, fix in _examinations:
        found = _look(title, look)
        if fix is not None and found.state != "ok":
            try:
                fix()
                found = _look(title, look)
            except InputError as lack:
                found = Finding(title, found.state, lack.what, lack.remedy)
        findings.append(found)
    return findings


def _look(title: str, look: Examination) -> Finding:
    try:
        return look()
    except InputError as lack:
        return Finding(title, "problem", f"{lack.location}: {lack.what}", lack.remedy)
    except Exception as defect:  # the doctor is called when something is broken
        message = f"could not be examined: {type(defect).__name__}: {defect}"
        return Finding(title, "problem", message)


@examination("Python")
def _python() -> Finding:
    found = sys.version.split()[0]
    if sys.version_info >= _PYTHON:
        return Finding("Python", "ok", found)
    wanted = ".".join(map(str, _PYTHON))
    return Finding("Python", "problem", f"{found} is too old", f"install Python {wanted} or newer")


@examination("Packages")
def _packages() -> Finding:
    try:
        needed = [Requirement(text) for text in requires(_DISTRIBUTION) or ()]
    except PackageNotFoundError:
        remedy = "make setup, or: pip install affinity-workbench"
        return Finding("Packages", "problem", "the workbench is not installed", remedy)
    wrong = []
    for requirement in needed:
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            wrong.append(f"{requirement} is missing")
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            wrong.append(f"{requirement.name} {found} is not {requirement.specifier}")
    if wrong:
        remedy = f"{sys.executable} -m pip install --upgrade {_DISTRIBUTION}"
        return Finding("Packages", "problem", "; ".join(wrong), remedy)
    return Finding("Packages", "ok", f"{len(needed)} requirements are met")


@examination("Data folder")
def _data_folder() -> Finding:
    return _writable("Data folder", data_folder, "WORKBENCH_HOME")


@examination("Cache folder")
def _cache_folder() -> Finding:
    return _writable("Cache folder", cache_folder, "WORKBENCH_CACHE")


def _writable(title: str, folder: Callable[[], Path], variable: str) -> Finding:
    remedy = f"set {variable} to a folder you may write to"
    try:
        place = folder()
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as problem:
        return Finding(title, "problem", f"cannot be written: {problem}", remedy)
    free = shutil.disk_usage(place).free
    if free < _MIN_FREE_BYTES:
        message = f"{place} has only {free // 2**20} MB left"
        return Finding(title, "problem", message, f"free some space, or {remedy}")
    return Finding(title, "ok", f"{place} ({free // 2**30} GB free)")


@examination("Run store")
def _store() -> Finding:
    from workbench.results.store import RunStore  # noqa: PLC0415 - slow to import

    with RunStore(data_folder()) as store:
        count = len(store.runs())
    return Finding("Run store", "ok", f"{count} runs")


@examination("Engine")
def _engine() -> Finding:
    from workbench.backends.simulated.cache import cache  # noqa: PLC0415 - slow to import

    if any(cache().rglob("*.nbc")):  # numba's name for compiled code
        return Finding("Engine", "ok", f"compiled, in {cache()}")
    return Finding(
        "Engine",
        "note",
        "not compiled yet; the first run will take a while longer",
        f"{sys.executable} -m workbench.backends.simulated.compile",
    )


def _compile_guest() -> None:
    from workbench.backends.guest import guest  # noqa: PLC0415 - only where asked for

    guest()


@examination("Guest programs", _compile_guest)
def _guest() -> Finding:
    from workbench.backends.guest import build  # noqa: PLC0415 - slow to import

    found = build.compiler()
    if found is None:
        message = "no C compiler that links statically; native and QEMU runs need one"
        return Finding("Guest programs", "note", message, build.INSTALL)
    if build.compiled():
        return Finding("Guest programs", "ok", f"compiled with {found.version}")
    return Finding(
        "Guest programs",
        "note",
        f"not compiled yet, {found.version} will; the first run will take a while longer",
        f"{sys.executable} -m workbench.backends.guest",
    )


def _install_qemu() -> None:
    from workbench.backends.qemu.prepare import install_qemu  # noqa: PLC0415 - as above

    install_qemu()


@examination("QEMU", _install_qemu)
def _qemu() -> Finding:
    from workbench.backends.qemu.accelerator import qemu_version  # noqa: PLC0415 - as above
    from workbench.backends.qemu.machine import INSTALL  # noqa: PLC0415 - as above

    try:
        return Finding("QEMU", "ok", qemu_version())
    except InputError:
        remedy = INSTALL if os.geteuid() == 0 else f"sudo {INSTALL}"
        return Finding("QEMU", "note", "missing; the backend qemu needs it", remedy)


def _fetch_kernel() -> None:
    from workbench.backends.qemu.prepare import fetch_kernel  # noqa: PLC0415 - as above

    fetch_kernel()


@examination("Kernel", _fetch_kernel)
def _kernel() -> Finding:
    from workbench.backends.qemu import kernel  # noqa: PLC0415 - as above

    try:
        found = kernel.find()
    except InputError:
        return Finding("Kernel", "note", "missing; the backend qemu needs one", kernel.FETCH)
    return Finding("Kernel", "ok", f"{found.release}, {found.image}")


@examination("Accelerator")
def _accelerator() -> Finding:
    from workbench.backends.qemu.accelerator import known_here  # noqa: PLC0415 - as above

    found = known_here()
    if found is None:
        return Finding("Accelerator", "ok", "not tried yet; the first run on qemu finds out")
    return Finding("Accelerator", "ok", f"{found.accelerator}: {found.why}")


@examination("Port")
def _port() -> Finding:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return Finding(
            "Port", "ok", f"the app can listen on this machine ({free.getsockname()[0]})"
        )


@examination("Chromium")
def _chromium() -> Finding:
    found = next(filter(None, map(shutil.which, _CHROMIUM_NAMES)), None)
    if found:
        return Finding("Chromium", "ok", found)
    install = "apt-get install chromium"
    remedy = install if os.geteuid() == 0 else f"sudo {install}"
    return Finding("Chromium", "note", "missing; only the tests of the app need it", remedy)
