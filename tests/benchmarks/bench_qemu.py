"""Virtual machines under TCG: boot, a whole small run, and what the backend adds to QEMU.

The overhead is the wall time of ``workbench run`` (Python's start included) minus that of the
same QEMU command with the same image started by hand, in turn. A guest with 16 cores in
4 NUMA nodes, and one with 64 cores, show what they found themselves on.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from workbench.backends import settings
from workbench.backends.base import Job, Log, backend
from workbench.backends.guest import parameters
from workbench.backends.guest.build import guest
from workbench.backends.guest.plan import plan
from workbench.backends.guest.protocol import Transcript
from workbench.backends.processes import workplace
from workbench.backends.qemu import initramfs, kernel
from workbench.backends.qemu.accelerator import EMPTY_PLAN
from workbench.backends.qemu.backend import _machine, _own
from workbench.backends.qemu.guest import Patience, run
from workbench.backends.qemu.machine import VirtualMachine
from workbench.errors import InputError
from workbench.experiments.samples import samples
from workbench.formats import read
from workbench.scenario import variants
from workbench.scenario.model import AffinitySpace

REPETITIONS = 5
SECONDS = 600.0
SMALL = {"accelerator": "tcg", "operations": 50_000}


def timed(work: Callable[[], object]) -> float:
    """Return how long something takes, in s."""
    begin = time.monotonic()
    work()
    return time.monotonic() - begin


def first_line(cores: int) -> float:
    """Return the time from QEMU's start to the guest's first line, in s."""
    at = 0.0

    def heard(event: object) -> None:
        nonlocal at
        if isinstance(event, Log) and "clock" in event.text and not at:
            at = time.monotonic()

    async def booted() -> float:
        found = kernel.find()
        with workplace() as place:
            image = place.folder / "initramfs"
            image.write_bytes(initramfs.archive(guest().path, EMPTY_PLAN, found.modules))
            machine = VirtualMachine(cores, 384 + 4 * cores, "tcg")
            begin = time.monotonic()
            patience = Patience(SECONDS, SECONDS)
            await run(place, machine, found, image, Transcript(0), heard, patience)
            return at - begin

    return asyncio.run(booted())


def small() -> Job:
    """One replication of the sample ``small``."""
    scenario = variants.apply(read(samples()["small"]).experiment, "partitioned")
    return Job(scenario, "insert", 1, SMALL)


def by_workbench() -> None:
    """Run it as a user does."""
    words = ["run", "small", "--backend", "qemu", "--variant", "partitioned"]
    words += ["--workload", "insert", "--replications", "1"]
    words += [word for name, value in SMALL.items() for word in ("--set", f"{name}={value}")]
    subprocess.run([sys.executable, "-m", "workbench", *words], check=True, capture_output=True)


def by_hand(folder: Path) -> Callable[[], None]:
    """Return what starts the same command with the same image and waits for its end."""
    job, found = small(), kernel.find()
    given = settings.resolve(job, {**parameters.known(job.workload), **_own(job.parameters)})
    asked = plan(job, given, range(128))
    image = folder / "initramfs"
    image.write_bytes(initramfs.archive(guest().path, asked.text(), found.modules))

    def started() -> None:
        (ours, qmp), (results, theirs) = socket.socketpair(), socket.socketpair()
        command = _machine(asked, given).command(
            found.image, image, qmp=qmp.fileno(), results=theirs.fileno()
        )
        with ours, results, subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            pass_fds=(qmp.fileno(), theirs.fileno()),
        ) as process:  # fmt: skip
            qmp.close()
            theirs.close()
            threading.Thread(target=_drained, args=(results,), daemon=True).start()
            process.wait()

    return started


def _drained(end: socket.socket) -> None:
    while end.recv(1 << 16):
        pass


def topology(width: int, height: int, nodes: int) -> str:
    """Return what a guest with these cores and nodes found, as its result tells it."""
    job = small()
    scenario = job.scenario.but(space=AffinitySpace(width=width, height=height))
    chosen = {**SMALL, "operations": 1000, "numa_nodes": nodes, "boot_deadline_s": int(SECONDS)}
    begin = time.monotonic()
    execution = backend("qemu").start(Job(scenario, "insert", 1, chosen))
    attrs = execution.result().attrs
    cpus, found = (json.loads(attrs[name]) for name in ("cpus", "numa_nodes"))
    each = [sum(cpu["node"] == node["node"] for cpu in cpus) for node in found]
    distances = {tuple(node["distances"]) for node in found}
    return (
        f"{len(cpus)} CPUs in {len(found)} nodes of {each} CPUs, distances {sorted(distances)}, "
        f'accelerator "{attrs["accelerator"]}"; whole run {time.monotonic() - begin:.1f} s'
    )


def main() -> None:
    """Print boot times, overhead and topologies."""
    print("QEMU under TCG")
    try:
        print(f"  kernel {kernel.find().release}")
        for cores in (2, 4):
            boots = [first_line(cores) for _ in range(3)]
            print(f"  {cores} cores: first line after {median(boots):.1f} s (median of 3)")
        with tempfile.TemporaryDirectory(prefix="workbench-bench-") as folder:
            hand = by_hand(Path(folder))
            by_workbench()  # what is compiled or cached once
            pairs = [(timed(by_workbench), timed(hand)) for _ in range(REPETITIONS)]
        ours, alone = (median(side) for side in zip(*pairs, strict=True))
        over = [a - b for a, b in pairs]
        print(
            f"  small run: workbench {ours:.1f} s, QEMU by hand {alone:.1f} s; overhead median "
            f"{median(over):.2f} s, {min(over):.2f} to {max(over):.2f} s, n = {REPETITIONS}"
        )
        print(f"  {topology(16, 1, 4)}")
        print(f"  {topology(16, 4, 8)}")
    except InputError as lack:
        print(f"  not measured: {lack.what} {lack.remedy}")


if __name__ == "__main__":
    main()
