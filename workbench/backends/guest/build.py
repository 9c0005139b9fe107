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
MAIN = SOURCES / "main.c"
FLAGS = ("-std=c11", "-D_GNU_SOURCE", "-O2", "-g0", "-pthread", "-Wall", "-Wextra", "-Wshadow")
STATIC = (*FLAGS, "-static")
"""A virtual machine has no libraries."""
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
        found = Compiler(command, _version(command))
        # What it has linked before it links again.
        if found.version and (_place(found, STATIC, MAIN).exists() or _links_statically(command)):
            return found
    return None


def compiled() -> bool:
    """Whether the program is in the cache; compiles nothing."""
    found = compiler()
    return found is not None and _place(found, STATIC, MAIN).exists()


def guest(flags: tuple[str, ...] = STATIC, main: Path = MAIN) -> Guest:
    """Return the guest program, compiled now if it is not in the cache.

    Parameters
    ----------
    flags
        Of the compiler; tests look for defects with others.
    main
        The file with ``main``; tests and benchmarks drive the guest's parts with others.

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
    program = _place(found, flags, main)
    if not program.exists():
        _compile(found, flags, main, program)
    return Guest(program, found.version, " ".join(flags))


def _place(found: Compiler, flags: tuple[str, ...], main: Path) -> Path:
    """Return where the program is, once it is compiled."""
    digest = hashlib.sha256("\0".join((*found.command, found.version, *flags)).encode())
    for source in (main, *sorted(SOURCES.iterdir())):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return cache_folder() / "guest" / digest.hexdigest()[:16] / "guest"


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


def _compile(found: Compiler, flags: tuple[str, ...], main: Path, program: Path) -> None:
    """Compile into a file of its own, so that several at once do not meet."""
    try:
        program.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=program.parent) as folder:
            made = Path(folder, "guest")
            parts = [source for source in sorted(SOURCES.glob("*.c")) if source != MAIN]
            files = ["-I", SOURCES, main, *parts, "-lm", "-o", made]
            words = [*found.command, *flags, *map(str, files)]
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
