"""Plans for the guest's runner, and what it reports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.linearizability import Kind, Operation
from workbench.backends.guest import build
from workbench.errors import InputError

Event = dict[str, Any]

CPUS = sorted(os.sched_getaffinity(0))


STRESS = Path(__file__).parent / "guest_programs" / "stress.c"


def sanitizing(sanitizer: str) -> tuple[str, ...]:
    """Return flags for a program that looks for its own defects: ``thread``, ``address``."""
    # gcc warns that its thread sanitizer ignores fences; what they order is atomic anyway.
    return (*build.FLAGS, "-g", f"-fsanitize={sanitizer}", "-fno-omit-frame-pointer", "-Wno-tsan")


def program(flags: tuple[str, ...] = build.STATIC, main: Path = build.MAIN) -> Path:
    """Return the compiled guest; on a machine that cannot compile it the test fails by name."""
    try:
        return build.guest(flags, main).path
    except InputError as problem:
        pytest.fail(str(problem))


@dataclass
class Told:
    """What a run told: its events in order, and its exit status."""

    events: list[Event]
    status: int
    errors: str = ""
    plan: str = field(default="", repr=False)

    def of(self, event: str, component: str | None = None) -> list[Event]:
        """Return the events of a kind, of one component or of all."""
        return [
            one
            for one in self.events
            if one["event"] == event and component in (None, one.get("component"))
        ]

    def exits(self) -> dict[str, str]:
        """Return the exit reason of each component."""
        return {one["component"]: one["reason"] for one in self.of("exit")}


def plan(*components: str, head: str = "") -> str:
    """Return the text of a plan; each component begins with its name."""
    parts = [f"component {one.strip()}\nend\n" for one in components]
    return f"plan 1\n{head}\n" + "\n".join(parts)


def run(
    text: str, folder: Path, flags: tuple[str, ...] = build.STATIC, timeout: float = 120
) -> Told:
    """Run a plan to its end."""
    file = folder / "plan"
    file.write_text(text)
    words = [str(program(flags)), "runner", f"plan={file}"]
    # What a short-lived process has not freed at its end is no defect.
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=timeout, check=False, env=environment
    )
    sys.stderr.write(done.stderr)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return Told(events, done.returncode, done.stderr, text)


def stress(
    flags: tuple[str, ...] = build.STATIC, entries: int = 4, **parameters: int | str
) -> tuple[list[Operation], str]:
    """Run random operations at once; return their history and the tree's own check."""
    tree = program((*flags, f"-DNODE_ENTRIES={entries}", "-DINTERLEAVE=hesitate"), STRESS)
    words = [str(tree), *(f"{name}={value}" for name, value in parameters.items())]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    *lines, check = done.stdout.splitlines()
    kinds: tuple[Kind, ...] = ("lookup", "insert", "update")
    history = []
    for line in lines:
        kind, key, value, begin, end, found, result = map(int, line.split())
        history.append(Operation(kinds[kind], key, value, begin, end, bool(found), result))
    return history, check
