"""How fast the simulation is, side by side with others: printed, and saved as a table.

The model is that of ``round_robin.yaml``: every core is shared in turn by three components,
quantum 50 us, switch 1 us, operations of 1 us, one in five under its component's lock. The
engine runs it with accounting, raster and histograms on; SimPy with random numbers drawn
beforehand and none of these books; a plain loop in C++ (``round_robin.cpp``) with the same books.
That loop is written as one would: it reads each level of its tree back from memory and takes a
logarithm for the histogram, both of which the engine avoids.
All three must find the same number of operations of each component at the same time.

The nanoseconds are CPU time. Repetitions of all cases are interleaved, so that a noisy moment
hits them alike, and the least of each is taken: noise only adds.
"""

from __future__ import annotations

import csv
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.round_robin_simpy import Component, Simulation
from tests.simulation import run, scenario, talk, tree
from workbench.backends.base import Job
from workbench.backends.simulated import parameters, setup
from workbench.backends.simulated.draws import bits, demand_ps, uniform
from workbench.backends.simulated.layout import EXPONENTIAL, Engine
from workbench.backends.simulated.loading import engine_loop, phase_changes, scheduling_policy
from workbench.scenario.model import Rectangle

__all__ = ["main"]

HERE = Path(__file__).parent
CORES = (8, 64, 128)
COMPONENTS = 3
QUANTUM_PS, SWITCH_PS = 50_000_000, 1_000_000
EVENTS, SIMPY_EVENTS = 3_000_000, 150_000
REPETITIONS = 5
KIND = (1 << 20) + 1
"""Purpose of the random number that chooses the kind of an operation (`requests._KIND`)."""


def engine_of(cores: int) -> tuple[Engine, Any]:
    """Return the model laid out, with its first operations issued, and the policy."""
    what = scenario(
        *(tree(f"c{i}", Rectangle(width=cores)) for i in range(COMPONENTS)), width=cores
    )
    values = {"quantum_ms": 0.05, "switch_us": 1.0, "refill_us": 0.0, "memory_gb_per_s": 1e6}
    job = Job(what, str(HERE / "round_robin.yaml"), 1, values)
    plan = setup.plan(job, parameters.resolve(job))
    policy = scheduling_policy("nova")
    engine = replace(plan, engine=plan.engine._replace(table=policy.prepare(plan.engine))).engine
    advance, cross = engine_loop(), phase_changes()
    advance(engine, policy.pick, 1)
    cross(engine)
    return engine, policy


def run_engine(cores: int, events: int) -> tuple[float, Engine]:
    """Return nanoseconds per event, and the engine after so many events."""
    engine, policy = engine_of(cores)
    advance = engine_loop()
    begin = time.thread_time()
    for _ in range(events // 100_000):
        advance(engine, policy.pick, 100_000)
    advance(engine, policy.pick, events % 100_000)
    return (time.thread_time() - begin) / events * 1e9, engine


def run_cpp(program: Path, cores: int, events: int) -> tuple[float, list[int]]:
    """Return nanoseconds per event, and time, switches, useful, spun and operations done."""
    engine, _ = engine_of(cores)
    numbers = [*engine.components["key"].tolist(), *engine.cores["phase"].tolist()]
    arguments = map(str, (cores, COMPONENTS, events, QUANTUM_PS, SWITCH_PS))
    done = subprocess.run(
        [program, *arguments],
        input=" ".join(map(str, numbers)),
        capture_output=True,
        text=True,
        check=True,
    )
    ns, *figures = done.stdout.split()
    return float(ns), list(map(int, figures))


def run_simpy(cores: int, until: int, events: int) -> tuple[float, list[int]]:
    """Return nanoseconds per event of the engine's count, and the operations done."""
    engine, _ = engine_of(cores)
    components = []
    for index, key in enumerate(engine.components["key"]):
        count = events + COMPONENTS * cores
        locked = [uniform(key, op, KIND) > engine.kinds["below"][0] for op in range(count)]
        times = [
            demand_ps(EXPONENTIAL, 1e6, 1, key, op, 64 * (2 * index + locked[op]))
            for op in range(count)
        ]
        components.append(Component(times, locked))
    simulation = Simulation(components, engine.cores["phase"].tolist(), QUANTUM_PS, SWITCH_PS)
    begin = time.thread_time()
    simulation.env.run(until=until + 1)
    return (time.thread_time() - begin) / events * 1e9, [one.done for one in components]


def figures_of(engine: Engine) -> list[int]:
    """Return what the C++ loop prints."""
    now = int(engine.clock["now"][0])
    spent = engine.accounting.sum(axis=(0, 1))
    # Books are closed lazily: what a core has been doing since its last booking.
    for core in engine.cores:
        spent[core["activity"] if core["activity"] < 9 else 4] += now - core["since"]
    done = engine.phases["done"][:, 0].tolist()
    return [now, int(engine.cores["switches"].sum()), int(spent[0]), int(spent[3]), *done]


def compare() -> list[dict[str, float]]:
    """Measure the three side by side; raise if they disagree."""
    program = Path(tempfile.mkdtemp()) / "round_robin"
    compiler = shutil.which("g++") or shutil.which("clang++") or "g++"
    subprocess.run(
        [compiler, "-O3", "-std=c++17", "-o", program, HERE / "round_robin.cpp"], check=True
    )
    best: dict[tuple[int, str], float] = {}
    for repetition in range(REPETITIONS):
        for cores in CORES:
            measured = {}
            measured["engine"], engine = run_engine(cores, EVENTS)
            measured["cpp"], figures = run_cpp(program, cores, EVENTS)
            if figures != figures_of(engine):
                raise SystemExit(f"{cores} cores: {figures} in C++, {figures_of(engine)} here")
            if repetition < 2:
                _, few = run_engine(cores, SIMPY_EVENTS)
                until = int(few.clock["now"][0])
                measured["simpy"], done = run_simpy(cores, until, SIMPY_EVENTS)
                if done != figures_of(few)[4:]:
                    raise SystemExit(f"{cores} cores: {done} in SimPy, {figures_of(few)[4:]} here")
            for name, ns in measured.items():
                best[cores, name] = min(ns, best.get((cores, name), ns))
    rows = []
    for cores in CORES:
        row: dict[str, float] = {"cores": cores}
        row |= {f"{name}_ns": best[cores, name] for name in ("engine", "cpp", "simpy")}
        row["times_simpy"] = row["simpy_ns"] / row["engine_ns"]
        row["of_cpp"] = row["engine_ns"] / row["cpp_ns"]
        rows.append(row)
    return rows


def long_run(events: int = 100_000_000) -> tuple[float, float]:
    """Return the seconds of a run of so many events, and by how many MB memory grew."""
    run_engine(64, 1_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.perf_counter()
    run_engine(64, events)
    return time.perf_counter() - begin, (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    ) / 1024


def lookup_ns(batching: str) -> float:
    """Return nanoseconds per simulated lookup of the talk, time-shared."""
    operations = 8_000_000 if batching == "on" else 200_000
    begin = time.perf_counter()
    run(talk("time-share"), "lookup", operations=operations, batching=batching)
    return (time.perf_counter() - begin) / (3 * operations) * 1e9


FIRST_EVENT = """
from tests.simulation import stepwise, talk
next(stepwise(talk("time-share", cores=4), "insert", {}, 1))
"""
FIRST_RUN = """
from tests.simulation import run, talk
run(talk("time-share", cores=4), operations=10)
"""


def start_seconds(program: str) -> float:
    """Return the time from starting Python to the end of a program, the least of three."""
    took = []
    for _ in range(3):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], check=True)
        took.append(time.perf_counter() - begin)
    return min(took)


def compile_seconds() -> dict[str, float]:
    """Return the seconds to compile everything, and one more policy, into an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"WORKBENCH_CACHE": folder, "WORKBENCH_HOME": folder}
        command = [sys.executable, "-m", "workbench.backends.simulated.compile"]
        begin = time.perf_counter()
        subprocess.run(command, check=True, env=environment, capture_output=True)
        everything = time.perf_counter() - begin
        own = Path(folder) / "policies"
        own.mkdir()
        shipped = HERE.parents[1] / "workbench/backends/simulated/policies/nova.py"
        (own / "mine.py").write_text(shipped.read_text())
        begin = time.perf_counter()
        subprocess.run(command, check=True, env=environment, capture_output=True)
        return {"everything": everything, "one policy more": time.perf_counter() - begin}


def talk_seconds(threads: int) -> float:
    """Return the wall time of the talk: 10 replications, both variants, both workloads."""
    jobs = [
        (talk(rule), workload, seed)
        for seed in range(1, 11)
        for workload in ("insert", "lookup")
        for rule in ("time-share", "partition-evenly")
    ]
    begin = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda job: run(*job), jobs))
    return time.perf_counter() - begin


def main() -> None:
    """Print all tables; save the comparison as ``.cache/bench/engine.csv``."""
    bits(np.uint64(1), 1, 1)
    rows = compare()
    print(
        f"Nanoseconds of CPU time per event (least of {REPETITIONS} interleaved runs; SimPy of 2)"
    )
    print("cores   engine      C++    SimPy   times SimPy   of C++")
    for row in rows:
        print(
            f"{row['cores']:5.0f} {row['engine_ns']:8.1f} {row['cpp_ns']:8.1f} "
            f"{row['simpy_ns']:8.0f} {row['times_simpy']:13.1f} {row['of_cpp']:8.2f}"
        )
    simpy, cpp = (
        exp(sum(log(row[name]) for row in rows) / len(rows)) for name in ("times_simpy", "of_cpp")
    )
    print(f"geometric means: {simpy:.1f} times SimPy, {cpp:.2f} of C++")
    target = HERE.parents[1] / ".cache" / "bench" / "engine.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    print(f"saved as {target}")

    seconds, grown = long_run()
    print(f"1e8 events on 64 cores: {seconds:.1f} s, memory grew by {grown:.1f} MB")
    batched, single = (min(lookup_ns(batching) for _ in range(3)) for batching in ("on", "off"))
    simpy_ns = rows[1]["simpy_ns"]
    print(
        f"a lookup: {batched:.2f} ns in batches, {single:.0f} ns as an event; an event of "
        f"SimPy is {simpy_ns / batched:.0f} times the former"
    )
    print(
        f"start of Python to the first event: {start_seconds(FIRST_EVENT):.2f} s, "
        f"to the dataset of a first run: {start_seconds(FIRST_RUN):.2f} s"
    )
    for name, took in compile_seconds().items():
        print(f"compiling {name}: {took:.1f} s")
    threads = os.cpu_count() or 1
    print(f"The talk, 40 replications on {threads} threads: {talk_seconds(threads):.1f} s")


if __name__ == "__main__":
    main()
