"""The B-link tree alone against well-known indexes: ratios of throughput.

oneTBB's concurrent ordered map, and Abseil's B-tree under a reader-writer lock (Debian:
libtbb-dev, libabsl-dev). All run the same operations on the same keys, with 1 and with 2
pinned threads, in turn. A ratio is of operations per second of CPU time, so that a busy
machine disturbs it less; that of the wall time stands beside it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from workbench.backends.guest import build
from workbench.errors import InputError

REPETITIONS = 5
OPERATIONS = 1_000_000
SEED = 1
PHASES = ("insert", "lookup")
INDEXES = {"tbb": "oneTBB concurrent_map", "abseil": "Abseil btree_map, shared_mutex"}
SOURCE = Path(__file__).parents[1] / "guest_programs" / "indexes.cc"
LIBRARIES = ("-ltbb", "-labsl_throw_delegate", "-labsl_raw_logging_internal", "-lm")

Rates = dict[str, tuple[float, float]]
"""Operations per second of CPU time and of wall time, by phase."""


def compile_indexes(folder: Path) -> Path | str:
    """Return the program with the other indexes, or why there is none."""
    compiler = shutil.which("c++")
    if compiler is None:
        return "no C++ compiler; on Debian: apt-get install g++ libtbb-dev libabsl-dev"
    keys, program = folder / "keys.o", folder / "indexes"
    parts = [str(SOURCE), str(keys), *LIBRARIES]
    commands = [
        [compiler, "-x", "c", "-O2", "-c", str(build.SOURCES / "keys.c"), "-o", str(keys)],
        [compiler, "-std=c++17", "-O2", "-pthread", *parts, "-o", str(program)],
    ]
    for command in commands:
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        if told.returncode != 0:
            why = next((line for line in told.stderr.splitlines() if "error" in line), "no message")
            return f"{why}; on Debian: apt-get install libtbb-dev libabsl-dev"
    return program


def other_index(program: Path, index: str, workers: int) -> Rates:
    """Measure one of the others."""
    words = [str(program), index, str(workers), str(OPERATIONS), str(SEED)]
    told = subprocess.run(words, capture_output=True, text=True, check=True)
    rates = {}
    for line in told.stdout.splitlines():
        phase, wall_ns, cpu_ns, missing = line.split()
        assert missing == "0"
        rates[phase] = _rates(float(cpu_ns) / workers, float(wall_ns))
    return rates


def our_tree(program: Path, sync: str, workers: int) -> Rates:
    """Measure the guest's tree in one of its modes."""
    cpus = ",".join(map(str, range(workers)))
    phases = [f"phase={name} operations={OPERATIONS} mix={name}" for name in PHASES]
    words = [str(program), "blinktree", f"cpus={cpus}", f"seed={SEED}", f"sync={sync}", *phases]
    told = subprocess.run(words, capture_output=True, text=True, check=True)
    rates = {}
    for event in map(json.loads, told.stdout.splitlines()):
        if event["event"] == "phase":
            cpu_ns = sum(worker["cpu_ns"] for worker in event["workers"]) / workers
            rates[event["phase"]] = _rates(cpu_ns, event["finish_ns"] - event["start_ns"])
    return rates


def _rates(cpu_ns: float, wall_ns: float) -> tuple[float, float]:
    return OPERATIONS / cpu_ns * 1e9, OPERATIONS / wall_ns * 1e9


def main() -> None:
    """Print throughput of each, and the ratio of the tree's to it."""
    print(f"B-link tree alone, {OPERATIONS} operations, median of {REPETITIONS} interleaved runs")
    try:
        guest = build.guest().path
    except InputError as problem:
        print(f"  not measured: {problem.what} {problem.remedy}")
        return
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as folder:
        indexes = compile_indexes(Path(folder))
        if isinstance(indexes, str):
            print(f"  not compared: {indexes}")
        for workers in (1, 2):
            if workers > (os.cpu_count() or 1):
                print(f"  {workers} workers: not measured, this machine has fewer CPUs")
                continue
            _compare(guest, indexes, workers)


def _compare(guest: Path, indexes: Path | str, workers: int) -> None:
    subjects: dict[str, Callable[[], Rates]] = {
        "B-link tree, queue": lambda: our_tree(guest, "queue", workers),
        "B-link tree, olfit": lambda: our_tree(guest, "olfit", workers),
    }
    if isinstance(indexes, Path):
        for index, title in INDEXES.items():
            subjects[title] = lambda index=index: other_index(indexes, index, workers)
    samples: dict[str, list[Rates]] = {title: [] for title in subjects}
    for _ in range(REPETITIONS):
        for title, measure in subjects.items():
            samples[title].append(measure())
    for phase in PHASES:
        print(f"  {phase}, {workers} worker{'s' * (workers > 1)}: Mop per CPU second, per second")
        medians = {
            title: tuple(median(rates[phase][kind] for rates in runs) for kind in (0, 1))
            for title, runs in samples.items()
        }
        ours = medians["B-link tree, olfit"]
        for title, (cpu, wall) in medians.items():
            ratio = f"   olfit is {ours[0] / cpu:5.2f}, {ours[1] / wall:5.2f} times as fast"
            print(f"    {title:32}{cpu / 1e6:7.2f}{wall / 1e6:7.2f}{ratio}")


if __name__ == "__main__":
    main()
