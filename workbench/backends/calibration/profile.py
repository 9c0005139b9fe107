"""From micro-benchmarks of this machine to a machine profile, a source for each number.

``probe.c`` is compiled with the guest programs' compiler and run several times.
What cannot be measured or read here is taken over from the profile of the talk's
machine and says so.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import geometric_mean, median
from typing import Any

import yaml

from workbench.backends.guest.build import guest
from workbench.backends.machine import machine
from workbench.errors import InputError
from workbench.folders import data_folder

__all__ = ["Figure", "Hardware", "calibrate", "figures", "hardware", "settings"]

NAME = "this-machine"
_PROBE = Path(__file__).parent / "probe.c"
_KIB, _MIB = 1 << 10, 1 << 20
_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Hardware:
    """What the system says of this machine.

    Parameters
    ----------
    cores, numa_nodes, clock_ghz
        CPUs this process may use, nodes of the machine, and its clock rate now.
    private_bytes, l3_bytes, l3_cores
        Second-level cache of a core, third-level cache and how many CPUs share it; 0 where unknown.
    """

    cores: int
    numa_nodes: int
    clock_ghz: float
    private_bytes: int
    l3_bytes: int
    l3_cores: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured number: the median of n, with the smallest and largest."""

    value: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, values: Iterable[float]) -> Figure:
        """Return the figure of repeated measurements."""
        data = sorted(values)
        return cls(median(data), data[0], data[-1], len(data))

    @property
    def source(self) -> str:
        """What a profile says of it."""
        return (
            f"Measured by `workbench calibrate` on {datetime.now(UTC):%Y-%m-%d}: median of "
            f"{self.n}, {self.low:.4g} to {self.high:.4g}."
        )


Samples = dict[tuple[str, int], list[float]]
"""Repeated values by name and size in bytes."""


def calibrate(
    repetitions: int = 5,
    *,
    most_bytes: int = 64 * _MIB,
    progress: Callable[[int, int], object] = lambda _done, _of: None,
    folder: Path | None = None,
) -> Path:
    """Measure this machine and return the profile written.

    Parameters
    ----------
    repetitions
        How often everything is measured.
    most_bytes
        Largest working set of the pointer chase.
    progress
        Called with the finished and all repetitions.
    folder
        Where to write; by default ``machines`` of the user's data folder.

    Raises
    ------
    workbench.errors.InputError
        If there is no compiler, the probe fails, or the folder cannot be written.
    """
    here = hardware()
    program = guest(main=_PROBE).path
    samples: Samples = {}
    for done in range(repetitions):
        progress(done, repetitions)
        _collect(_run(program, here.private_bytes or 512 * _KIB, most_bytes), samples)
    progress(repetitions, repetitions)
    profile = {
        "machine": 1,
        "title": f"This machine ({here.cores} CPUs)",
        "values": settings(here, figures(samples, here)),
    }
    file = (folder or data_folder() / "machines") / f"{NAME}.yaml"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(profile, sort_keys=False, allow_unicode=True, width=96)
        file.write_text(f"# Written by `workbench calibrate`.\n{text}", encoding="utf-8")
    except OSError as problem:
        raise InputError(
            f"The profile cannot be written: {problem}.", "Set WORKBENCH_HOME to another folder."
        ) from problem
    return file


def _run(program: Path, private_bytes: int, most_bytes: int) -> str:
    words = [str(program), str(private_bytes), str(most_bytes)]
    try:
        told = subprocess.run(words, capture_output=True, text=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as problem:
        raise InputError(
            f"The measurement failed: {problem}.", "Try again when the machine is less busy."
        ) from problem
    return told.stdout


def _collect(text: str, samples: Samples) -> None:
    """Add what the probe printed to the samples; lines of another shape are passed over."""
    for line in text.splitlines():
        words = line.split()
        if len(words) == 3 and words[1].isdigit():
            samples.setdefault((words[0], int(words[1])), []).append(float(words[2]))


def figures(samples: Mapping[tuple[str, int], list[float]], here: Hardware) -> dict[str, Figure]:
    """Return the profile's values that the samples tell, by name.

    The latency of the third-level cache is that of working sets from twice the private
    cache to half the shared one (the geometric mean of those); that of the memory is that of
    the largest working set, if it is twice the shared cache or more. The refill is an upper
    bound: each load of the probe waits for the one before.
    """
    chases = {size: values for (name, size), values in samples.items() if name == "chase"}
    found: dict[str, Figure] = {}
    fitting = [
        values
        for size, values in chases.items()
        if 2 * here.private_bytes <= size <= here.l3_bytes // 2
    ]
    if here.private_bytes and fitting:
        found["l3_ns"] = Figure.of(geometric_mean(each) for each in zip(*fitting, strict=False))
    if chases and max(chases) >= 2 * here.l3_bytes:
        found["memory_ns"] = Figure.of(chases[max(chases)])
    for name, values in samples.items():
        place = {
            "stream": "memory_gb_per_s", "switch": "switch_us", "slice": "fair_slice_ms",
            "refill": "refill_us",
        }.get(name[0])  # fmt: skip
        if place:
            found[place] = Figure.of(max(value, 0.0) for value in values)
    return found


def settings(here: Hardware, measured: Mapping[str, Figure]) -> dict[str, dict[str, Any]]:
    """Return the values of the profile, each with its source."""
    told = "Told by the operating system."
    known: dict[str, tuple[float, str]] = {
        "cores": (here.cores, told),
        "threads": (here.cores, told),
        "numa_nodes": (here.numa_nodes, told),
        "nodes_per_socket": (here.numa_nodes, "Assumption: one socket."),
    }
    if here.clock_ghz:
        known["clock_ghz"] = (here.clock_ghz, told)
    if here.private_bytes:
        known["private_kib"] = (here.private_bytes // _KIB, told)
    if here.l3_bytes:
        known["l3_mib"] = (here.l3_bytes / _MIB, told)
        known["l3_cores"] = (max(here.l3_cores, 1), told)
    known |= {name: (one.value, one.source) for name, one in measured.items()}
    if "memory_ns" in measured and here.numa_nodes == 1:
        alone = "There is one NUMA node only; as near as the own memory."
        known |= dict.fromkeys(("remote_ns", "far_ns"), (measured["memory_ns"].value, alone))
    values = {}
    for name, pattern in machine("talk").values.items():
        value, source = known.get(
            name,
            (
                pattern.value,
                f"Assumption: as the talk's machine. {pattern.source}",
            ),
        )
        one = pattern.but(value=type(pattern.value)(value), source=source)
        values[name] = {
            key: kept
            for key, kept in one.model_dump(mode="json").items()
            if kept != type(one).model_fields[key].default
        }
    return values


def hardware(system: Path = Path("/sys/devices/system")) -> Hardware:
    """Return what the system says of this machine; what it does not say is 0 (or 1 node)."""
    cpus = sorted(os.sched_getaffinity(0))
    caches = system / f"cpu/cpu{cpus[0]}/cache"
    levels: dict[str, tuple[int, int]] = {}
    for index in sorted(caches.glob("index*")):
        if _read(index / "type") != "Instruction":
            size, unit = _read(index / "size")[:-1], _read(index / "size")[-1:]
            scale = {"K": _KIB, "M": _MIB}.get(unit, 1)
            if size.isdigit():
                shared = len(_numbers(_read(index / "shared_cpu_list")))
                levels[_read(index / "level")] = (int(size) * scale, shared)
    nodes = len([*(system / "node").glob("node[0-9]*")]) or 1
    private, third = levels.get("2", (0, 0)), levels.get("3", (0, 0))
    return Hardware(len(cpus), nodes, _clock_ghz(), private[0], third[0], third[1])


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _numbers(listed: str) -> list[int]:
    """Return the numbers of a list such as ``0-3,8``."""
    found: list[int] = []
    for part in filter(None, listed.split(",")):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def _clock_ghz() -> float:
    for line in _read(Path("/proc/cpuinfo")).splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "cpu MHz":
            return round(float(value) / 1000, 3)
    return 0.0
