"""The native backend: each component a process with its affinity, on this machine."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal

from workbench.backends import settings
from workbench.backends.base import BackendError, Job, Log, ParameterInfo, Progress
from workbench.backends.execution import ProcessExecution, Report, next_line
from workbench.backends.guest import parameters
from workbench.backends.guest.build import guest
from workbench.backends.guest.needs import COMPILER, lacks
from workbench.backends.guest.plan import GuestPlan, plan
from workbench.backends.guest.protocol import Transcript
from workbench.backends.guest.results import dataset
from workbench.backends.instances import instance_problems
from workbench.backends.native.load import DISTURBED, LoadMeter
from workbench.backends.processes import Workplace, workplace
from workbench.errors import InputError
from workbench.scenario.experiment import Parameter
from workbench.scenario.problem import Problem

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["NativeBackend", "usable_cpus"]

_LINE_BYTES = 1 << 20
_LOOK_SECONDS = 0.2
"""How long the load is looked at before a replication."""
_SILENCE_SECONDS = 60.0
"""Without a heartbeat for so long the runner hangs."""


class NativeBackend:
    """Runs the guest's programs as processes of this machine."""

    name = "native"
    title = "This machine"
    kind: Literal["simulation", "measurement"] = "measurement"
    exclusive = True

    def workloads(self) -> tuple[str, ...]:
        """Return the names of the workloads on a B-link tree."""
        return parameters.workloads()

    def parameters(
        self,
        workload: str,
        chosen: Mapping[str, Parameter],  # noqa: ARG002 - no default follows from another value
    ) -> tuple[ParameterInfo, ...]:
        """Return every parameter of a workload."""
        return settings.infos(parameters.known(workload))

    def validate(self, job: Job) -> list[Problem]:
        """Return what keeps a job from running as written."""
        found = parameters.problems(job) or _machine_problems(job) or lacks(COMPILER)
        return found or instance_problems(job.scenario)

    def start(self, job: Job) -> ProcessExecution:
        """Start one replication."""
        for problem in self.validate(job):
            if problem.severity == "error":
                raise InputError(problem.message, problem.consequence, problem.location)
        return ProcessExecution(lambda report: _run(job, report), "native")


def usable_cpus() -> tuple[int, ...]:
    """Return the CPUs that this process may use; those of the cells, in order."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def _machine_problems(job: Job) -> list[Problem]:
    if sys.platform != "linux":
        return [
            Problem(
                "unsupported-system",
                "error",
                f"Components cannot be bound to CPUs on {sys.platform}.",
                consequence="Nothing is run: choose another backend, or run on Linux.",
            )
        ]
    space = job.scenario.effective_space
    cores, cpus = space.width * space.height, len(usable_cpus())
    if 0 < cores <= cpus:
        return []
    return [
        Problem(
            "unsupported-space",
            "error",
            f"The affinity space has {cores} cores; this machine lets us use {cpus}.",
            consequence="Nothing is run: make the space smaller, or choose the backend qemu "
            "or simulated.",
        )
    ]


async def _run(job: Job, report: Report) -> xr.Dataset:
    program = await asyncio.to_thread(guest)
    chosen = settings.resolve(job, parameters.known(job.workload))
    asked = plan(job, chosen, usable_cpus())
    used = asked.cpus[: asked.cores]
    before = await _load_before(used, report)
    meter = LoadMeter.start(used)
    with workplace() as place:
        file = place.folder / "plan"
        file.write_text(asked.text(), encoding="utf-8")
        async with _runner(place, str(program.path)) as process:
            said = await _heard(process, asked, report)
    share = meter.share()
    if share >= DISTURBED:
        report(Log(f"Other processes took {share:.0%} of the CPUs' time: flagged as disturbed."))
    result = dataset(
        asked,
        said,
        {
            "backend": "native",
            "accelerator": "none",
            "compiler": program.compiler,
            "compiler_flags": program.flags,
        },
    )
    return result.assign(foreign_load=share, foreign_load_before=before, clock_ratio=1.0)


async def _load_before(cpus: tuple[int, ...], report: Report) -> float:
    meter = LoadMeter.start(cpus)
    await asyncio.sleep(_LOOK_SECONDS)
    share = meter.share()
    if share >= DISTURBED:
        report(Log(f"Other processes take {share:.0%} of the CPUs' time already."))
    return share


@asynccontextmanager
async def _runner(place: Workplace, program: str) -> AsyncIterator[Process]:
    """Start the runner; it ends by itself when our end of its pipe is closed."""
    theirs, ours = os.pipe()
    try:
        words = (program, "runner", f"plan={place.folder / 'plan'}", "out=1", f"watch={theirs}")
        async with place.process(
            words, stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, stderr=PIPE,
            pass_fds=(theirs,), limit=_LINE_BYTES,
        ) as process:  # fmt: skip
            os.close(theirs)
            theirs = -1
            yield process
    finally:
        for end in (theirs, ours):
            if end >= 0:
                os.close(end)


async def _heard(process: Process, asked: GuestPlan, report: Report) -> Transcript:
    """Return all that the runner says, to its end.

    Raises
    ------
    BackendError
        If the run failed as a whole.
    """
    assert process.stdout is not None
    assert process.stderr is not None
    said = Transcript(asked.operations)
    complaints = asyncio.create_task(process.stderr.read())
    try:
        report(Progress(0.0, "starting"))
        while line := await next_line(process.stdout, _SILENCE_SECONDS):
            for event in said.add(line):
                report(event)
        async with asyncio.timeout(_SILENCE_SECONDS):
            status = await process.wait()
        told = (await complaints).decode(errors="replace").strip()
    except TimeoutError:
        raise BackendError(
            "runner-hangs", f"The runner has said nothing for {_SILENCE_SECONDS:g} s."
        ) from None
    finally:
        complaints.cancel()
    if said.final is None:
        raise BackendError("runner-died", _death(status, told))
    if failure := said.failure():
        raise failure
    return said


def _death(status: int, told: str) -> str:
    last = f" Its last words: {told.splitlines()[-1]}" if told else ""
    if status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = str(-status)
        return f"The runner was killed by {name}.{last}"
    return f"The runner ended with exit status {status} before its final line.{last}"
