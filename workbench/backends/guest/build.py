"""Compile the guest programs: ``python -m workbench.backends.guest``.

They become one static program, so that it runs in a virtual machine without any
libraries. Debian's ``cc`` is taken where it links statically, and the compiler of
PyPI's ``ziglang`` otherwise. The second time the program is in the cache, in a folder
named after a hash of the sources, the compiler and the flags.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workbench.errors import InputError
from workbench.folders import cache_folder

__all__ = ["INSTALL", "Compiler", "Guest", "compiled", "compiler", "guest", "main"]

SOURCES = Path(__file__).parent / "src"
FLAGS = ("-std=c11", "-O2", "-g0", "-pthread", "-Wall", "-Wextra", "-Wshadow")
STATIC = (*FLAGS, "-static")
INSTALL = f"{sys.executable} -m pip install ziglang"
"""Works without root; Debian's ``apt-get install gcc libc6-dev`` compiles faster."""

_PROBE = '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n'


@dataclass(frozen=True, slots=True)
class Compiler:
    """A C compiler that links statically.

    Parameters
    ----------
    command
        Its words, to be followed by flags and files.
    version
        As it names itself.
    """

    command: tuple[str, ...]
    version: str


@dataclass(frozen=True, slots=True)
class Guest:
    """The compiled program.

    Parameters
    ----------
    path
        Of the program.
    compiler, flags
        What made it; results of different ones are not compared.
    """

    path: Path
    compiler: str
    flags: str


@cache
def compiler() -> Compiler | None:
    """Return the compiler to use, or None if this machine has none."""
    for command in _candidates():
        version = _version(command)
        if version and _links_statically(command):
            return Compiler(command, version)
    return None


def compiled() -> bool:
    """Whether the program is in the cache; compiles nothing."""
    found = compiler()
    return found is not None and _program(found, STATIC).exists()


def guest(sanitizer: str | None = None) -> Guest:
    """Return the guest program, compiled now if it is not in the cache.

    Parameters
    ----------
    sanitizer
        ``thread``, ``address`` or ``undefined`` for a program that looks for its own
        defects, linked dynamically and several times slower.

    Raises
    ------
    workbench.errors.InputError
        If there is no compiler, or the sources do not compile.
    """
    found = compiler()
    if found is None:
        raise InputError(
            "There is no C compiler that links statically; native and QEMU runs need one.",
            f"Run: {INSTALL}",
        )
    flags = STATIC if sanitizer is None else _sanitizing(sanitizer)
    program = _program(found, flags)
    if not program.exists():
        _compile(found, flags, program)
    return Guest(program, found.version, " ".join(flags))


def _program(found: Compiler, flags: tuple[str, ...]) -> Path:
    return cache_folder() / "guest" / _digest(found, flags) / "guest"


def _sanitizing(sanitizer: str) -> tuple[str, ...]:
    # gcc warns that its thread sanitizer ignores fences; what they order is atomic anyway.
    return (*FLAGS, "-g", f"-fsanitize={sanitizer}", "-fno-omit-frame-pointer", "-Wno-tsan")


def _candidates() -> list[tuple[str, ...]]:
    named = [os.environ["CC"]] if os.environ.get("CC") else []
    paths = filter(None, map(shutil.which, (*named, "cc", "gcc", "clang")))
    found: list[tuple[str, ...]] = [(path,) for path in paths]
    if importlib.util.find_spec("ziglang") is not None:
        target = f"{platform.machine()}-linux-musl"
        found.append((sys.executable, "-m", "ziglang", "cc", "-target", target))
    return found


def _version(command: tuple[str, ...]) -> str:
    try:
        told = subprocess.run(
            [*command, "--version"], capture_output=True, text=True, timeout=120, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return told.stdout.partition("\n")[0].strip()


def _links_statically(command: tuple[str, ...]) -> bool:
    with tempfile.TemporaryDirectory(prefix="workbench-cc-") as folder:
        source = Path(folder, "probe.c")
        source.write_text(_PROBE)
        words = [*command, "-static", str(source), "-o", str(Path(folder, "probe"))]
        try:
            subprocess.run(words, capture_output=True, timeout=300, check=True)
        except (OSError, subprocess.SubprocessError):
            return False
    return True


def _digest(found: Compiler, flags: tuple[str, ...]) -> str:
    digest = hashlib.sha256("\0".join((*found.command, found.version, *flags)).encode())
    for source in sorted(SOURCES.iterdir()):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _compile(found: Compiler, flags: tuple[str, ...], program: Path) -> None:
    """Compile into a file of its own, so that several at once do not meet."""
    try:
        program.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=program.parent) as folder:
            made = Path(folder, "guest")
            sources = map(str, sorted(SOURCES.glob("*.c")))
            words = [*found.command, *flags, *sources, "-lm", "-o", str(made)]
            told = subprocess.run(words, capture_output=True, text=True, check=False)
            if told.returncode != 0:
                why = told.stderr.strip().splitlines() or ["no message"]
                raise InputError(
                    f"The guest programs do not compile with {found.version}: {why[0]}",
                    "Set CC to another compiler, or report this as a defect.",
                )
            made.replace(program)
    except OSError as problem:
        raise InputError(
            f"The guest programs cannot be compiled: {problem.strerror or problem}.",
            "Free some space, or set WORKBENCH_CACHE to a folder you can write.",
        ) from problem


def main() -> None:
    """Compile the guest; a machine without a compiler is told, and is no failure."""
    print("Compiling the guest programs ...", end="", flush=True)
    begin = time.perf_counter()
    try:
        made = guest()
    except InputError as problem:
        print(f" not now. {problem.what} {problem.remedy}", flush=True)
        return
    print(f" {time.perf_counter() - begin:.1f} s, {made.path}", flush=True)
