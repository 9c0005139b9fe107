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

from workbench.backends.guest import guest
from workbench.errors import InputError

Event = dict[str, Any]

CPUS = sorted(os.sched_getaffinity(0))


def program(sanitizer: str | None = None) -> Path:
    """Return the compiled guest; on a machine that cannot compile it the test fails by name."""
    try:
        return guest(sanitizer).path
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


def run(text: str, folder: Path, sanitizer: str | None = None, timeout: float = 120) -> Told:
    """Run a plan to its end."""
    file = folder / "plan"
    file.write_text(text)
    words = [str(program(sanitizer)), "runner", f"plan={file}"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=False)
    sys.stderr.write(done.stderr)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return Told(events, done.returncode, done.stderr, text)


def alone(*words: str, sanitizer: str | None = None, timeout: float = 120) -> Told:
    """Run a program of the guest without the runner."""
    command = [str(program(sanitizer)), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return Told(events, done.returncode, done.stderr)
