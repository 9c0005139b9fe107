"""The qemu backend: the same programs, on as many cores and NUMA nodes as wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import psutil

from workbench.backends import settings
from workbench.backends.base import Job, Log, ParameterInfo, Progress
from workbench.backends.execution import ProcessExecution, Report
from workbench.backends.guest import parameters
from workbench.backends.guest.build import Guest, guest
from workbench.backends.guest.needs import COMPILER, lacks
from workbench.backends.guest.plan import GuestPlan, plan
from workbench.backends.guest.protocol import Transcript
from workbench.backends.guest.results import dataset
from workbench.backends.instances import instance_problems
from workbench.backends.machine import Machine, machine, machine_names
from workbench.backends.native.load import DISTURBED, LoadMeter
from workbench.backends.processes import workplace
from workbench.backends.qemu import accelerator, initramfs, kernel
from workbench.backends.qemu import machine as hardware
from workbench.backends.qemu.guest import Patience, run
from workbench.backends.settings import Known, Settings
from workbench.backends.tables import Setting
from workbench.errors import InputError
from workbench.scenario.experiment import Parameter
from workbench.scenario.problem import Problem

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["MAX_CORES", "QemuBackend"]

MAX_CORES = 128
"""A guest with more takes minutes to boot without hardware support."""

_SILENCE_SECONDS = 120.0
_VERBOSE, _QUIET = 7, 4


class QemuBackend:
    """Boots a stock Linux kernel with the guest's runner as init."""

    name = "qemu"
    title = "Virtual machine (QEMU)"
    kind: Literal["simulation", "measurement"] = "measurement"
    exclusive = True

    def workloads(self) -> tuple[str, ...]:
        """Return the names of the workloads on a B-link tree."""
        return parameters.workloads()

    def parameters(
        self, workload: str, chosen: Mapping[str, Parameter]
    ) -> tuple[ParameterInfo, ...]:
        """Return every parameter of a workload in a machine like the chosen one."""
        return settings.infos({**parameters.known(workload), **_own(chosen)})

    def validate(self, job: Job) -> list[Problem]:
        """Return what keeps a job from running as written."""
        try:
            own = _own(job.parameters)
        except InputError as error:
            return [_problem("unusable-table", f"{error.what} {error.remedy}")]
        found = parameters.problems(job, own) or _space_problems(job)
        if not found:
            given = settings.resolve(job, {**parameters.known(job.workload), **own})
            found = lacks(
                ("qemu-missing", hardware.program),
                ("kernel-missing", lambda: kernel.find(given.text("kernel"))),
                COMPILER,
            )
        return found or instance_problems(job.scenario)

    def start(self, job: Job) -> ProcessExecution:
        """Start one replication."""
        for problem in self.validate(job):
            if problem.severity == "error":
                raise InputError(problem.message, problem.consequence, problem.location)
        return ProcessExecution(lambda report: _run(job, report), "qemu")


def _own(chosen: Mapping[str, Parameter]) -> Known:
    """Return the backend's own parameters; some defaults follow from a machine profile."""
    profile = machine(str(chosen["machine"])) if chosen.get("machine") else None
    return {
        "machine": (
            "machine",
            Setting(
                value="",
                doc="Machine profile whose NUMA nodes the guest gets: "
                f"{', '.join(machine_names())}, or the path of a YAML file.",
                source="Our choice: none, that is one node.",
            ),
        ),
        "numa_nodes": (
            "machine",
            _of(profile, "numa_nodes")
            or Setting(
                value=1,
                doc="NUMA nodes; cores and memory are dealt to them evenly.",
                source="Our choice.",
                minimum=1,
                maximum=MAX_CORES,
            ),
        ),
        "numa_distance": (
            "machine",
            Setting(
                value=20,
                doc="Distance between two NUMA nodes as the guest is told it (local is 10).",
                source="ACPI's usual value; QEMU emulates no difference in latency.",
                minimum=11,
                maximum=254,
            ),
        ),
        "accelerator": (
            "backend",
            Setting(
                value="auto",
                doc="What runs the guest's instructions: KVM where a boot has shown that it "
                "works (auto), or TCG, which translates them.",
                source="Our choice.",
                choices=("auto", "kvm", "tcg"),
            ),
        ),
        "kernel": (
            "backend",
            Setting(
                value="",
                doc="Path of a Linux kernel; without one, Debian's that was fetched.",
                source=f"Fetched by {kernel.FETCH}.",
            ),
        ),
        "memory_mb": (
            "backend",
            Setting(
                value=0,
                doc="RAM of the guest in MiB; 0 means what the trees need, and some more.",
                source="Our choice.",
                maximum=1 << 22,
            ),
        ),
        "boot_deadline_s": (
            "backend",
            Setting(
                value=0,
                doc="How long the guest may take to its first line; 0 means 3 minutes and 5 s "
                "for each core.",
                source="Our choice: 2 cores take 4 s on two idle CPUs, and took more than a "
                "minute on two with ten processes at work.",
                maximum=86400,
            ),
        ),
        "kernel_log": (
            "backend",
            Setting(
                value="warnings",
                doc="What of the guest kernel's log comes into the run's log.",
                source="Our choice.",
                choices=("warnings", "everything"),
            ),
        ),
    }


def _of(profile: Machine | None, name: str) -> Setting | None:
    return profile.values.get(name) if profile else None


def _space_problems(job: Job) -> list[Problem]:
    space = job.scenario.effective_space
    cores = space.width * space.height
    if 0 < cores <= MAX_CORES:
        return []
    return [
        _problem(
            "unsupported-space",
            f"The affinity space has {cores} cores; a virtual machine has 1 to {MAX_CORES}.",
        )
    ]


def _problem(code: str, message: str) -> Problem:
    return Problem(code, "error", message, consequence="Nothing is run.")


async def _run(job: Job, report: Report) -> xr.Dataset:
    program = await asyncio.to_thread(guest)
    given = settings.resolve(job, {**parameters.known(job.workload), **_own(job.parameters)})
    booted = kernel.find(given.text("kernel"))
    asked = plan(job, given, range(MAX_CORES))
    virtual = _machine(asked, given)
    if virtual.accelerator == "auto":
        found = await accelerator.choose(program.path, booted, report)
        virtual = replace(virtual, accelerator=found.accelerator)
    report(Progress(0.0, "booting"))
    report(Log(f"{accelerator.qemu_version()}, {virtual.label}, {virtual.cores} cores"))
    said = Transcript(asked.operations)
    meter = LoadMeter.start(range(psutil.cpu_count() or 1))
    with workplace() as place:
        image = place.folder / "initramfs"
        image.write_bytes(initramfs.archive(program.path, asked.text(), booted.modules))
        level = _VERBOSE if given.text("kernel_log") == "everything" else _QUIET
        ratio = await run(
            place, virtual, booted, image, said, report, _patience(virtual, given), level
        )
    share = meter.share()
    if share >= DISTURBED:
        report(Log(f"Other processes took {share:.0%} of the CPUs' time: flagged as disturbed."))
    return dataset(asked, said, _provenance(virtual, program, booted)).assign(
        foreign_load=share, foreign_load_before=float("nan"), clock_ratio=ratio
    )


def _machine(asked: GuestPlan, given: Settings) -> hardware.VirtualMachine:
    return hardware.VirtualMachine(
        cores=asked.cores,
        memory_mb=given.whole("memory_mb") or _memory_mb(asked),
        accelerator=given.text("accelerator"),
        nodes=min(given.whole("numa_nodes"), asked.cores),
        far=given.whole("numa_distance"),
    )


def _memory_mb(asked: GuestPlan) -> int:
    """Return enough for the trees: 100 bytes a key and 64 MiB an instance, kernel and all."""
    keys = sum(
        asked.settings.whole(phase.keys) + asked.settings.whole(phase.operations)
        for phase in asked.table.phases
    )
    each = 64 + keys * 100 // 2**20
    return int(384 + 4 * asked.cores + each * len(asked.instances))


def _patience(virtual: hardware.VirtualMachine, given: Settings) -> Patience:
    boot = given.whole("boot_deadline_s") or 180 + 5 * virtual.cores
    return Patience(float(boot), _SILENCE_SECONDS)


def _provenance(
    virtual: hardware.VirtualMachine, program: Guest, booted: kernel.Kernel
) -> dict[str, str]:
    return {
        "backend": "qemu",
        "accelerator": virtual.label,
        "compiler": program.compiler,
        "compiler_flags": program.flags,
        "qemu": accelerator.qemu_version(),
        "kernel_image": booted.release,
        "qemu_machine": " ".join(virtual.arguments()),
    }
