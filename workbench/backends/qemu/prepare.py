"""QEMU and a kernel for it, got where this user may: root installs, everybody fetches."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable

from workbench.backends.qemu import kernel, machine
from workbench.errors import InputError

__all__ = ["fetch_kernel", "install_qemu", "prepare"]

_INSTALL_SECONDS = 900


def install_qemu() -> str:
    """Install QEMU if it is missing; return what there is now.

    Raises
    ------
    workbench.errors.InputError
        If that takes root, or apt fails.
    """
    if not _is_installed():
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            machine.program()  # says what is missing and the command
        _apt("update")
        _apt(*machine.INSTALL.split()[1:])
    return machine.program()


def fetch_kernel() -> str:
    """Fetch a kernel if there is none; return which there is now.

    Raises
    ------
    workbench.errors.InputError
        If it cannot be had.
    """
    try:
        return kernel.find().release
    except InputError:
        if os.geteuid() == 0 and shutil.which("apt-get"):
            _apt("update")
        return kernel.fetch().release


def prepare() -> None:
    """Get both, as far as this user may; what is missing is told, and is no failure."""
    _step("QEMU", install_qemu)
    _step("Kernel of virtual machines", fetch_kernel)


def _step(title: str, get: Callable[[], str]) -> None:
    print(f"{title} ...", end=" ", flush=True)
    try:
        print(get(), flush=True)
    except InputError as lack:
        print(f"not now. {lack.what} {lack.remedy}", flush=True)


def _is_installed() -> bool:
    try:
        machine.program()
    except InputError:
        return False
    return True


def _apt(*words: str) -> None:
    command = ["apt-get", "-q", "-y", *words]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    try:
        told = subprocess.run(
            command, capture_output=True, text=True, env=environment,
            stdin=subprocess.DEVNULL, timeout=_INSTALL_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise InputError(f"{' '.join(command)} failed: {problem}.", "Run it by hand.") from problem
    if told.returncode != 0:
        last = (told.stderr.strip().splitlines() or ["no message"])[-1]
        raise InputError(f"{' '.join(command)} failed: {last}", "Run it by hand.")


if __name__ == "__main__":
    prepare()
    sys.exit(0)
