"""The genode backend: the scenario on the user's own Genode, through its run tool."""

from __future__ import annotations

from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from workbench.backends import settings
from workbench.backends.base import BackendError, Job, Log, ParameterInfo, Progress
from workbench.backends.execution import ProcessExecution, Report, next_line
from workbench.backends.genode.log import Booted, RunTool, findings, line
from workbench.backends.genode.results import PHASES, Seen, dataset
from workbench.backends.genode.scenario import NAME, installed, repositories, run_script
from workbench.backends.guest.needs import lacks
from workbench.backends.guest.parameters import known
from workbench.backends.instances import Instance, instance_problems, instances
from workbench.backends.processes import workplace
from workbench.backends.settings import Known, Settings
from workbench.backends.tables import Setting
from workbench.errors import InputError
from workbench.scenario.experiment import Parameter
from workbench.scenario.problem import Problem

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["GenodeBackend"]

_LINE_BYTES = 1 << 20
_SPARE_SECONDS = 600.0
"""How long make may build beyond the time limit of the run itself, between two lines."""
_RUN_TOOL = {
    "timeout": ("run-timeout", "The run tool gave up; set run_timeout_s higher, or see the log."),
    "died": ("emulator-died", "What the run tool had started died; see the log."),
    "error": ("build-failed", "make failed: {text}"),
}

_RELEASES = tuple(
    release
    for year in range(22, 27)
    for month in ("02", "05", "08", "11")
    if "22.02" <= (release := f"{year}.{month}") <= "26.02"
)

_OWN: Known = {
    "build_dir": (
        "backend",
        Setting(
            value="",
            doc="Build directory of Genode; its last repository gets the run script for a while.",
            source="Yours: made with Genode's tool/create_builddir.",
        ),
    ),
    "genode_kernel": (
        "backend",
        Setting(
            value="hw",
            doc="KERNEL as the build directory is told.",
            source="base-hw is Genode's own.",
            choices=("hw", "nova", "linux", "foc", "sel4", "okl4", "pistachio"),
        ),
    ),
    "board": (
        "backend",
        Setting(value="pc", doc="BOARD as the build directory is told.", source="A PC in QEMU."),
    ),
    "release": (
        "backend",
        Setting(
            value="26.02",
            doc="Release of Genode that the build directory is of.",
            source="The newest that we know.",
            choices=_RELEASES,
        ),
    ),
    "run_timeout_s": (
        "backend",
        Setting(
            value=300,
            doc="After so long the run tool gives up.",
            source="Our choice.",
            minimum=1,
            maximum=86400,
        ),
    ),
}


class GenodeBackend:
    """Runs a scenario with ``make run/...`` in a build directory of Genode."""

    name = "genode"
    title = "Genode (your build directory)"
    kind: Literal["simulation", "measurement"] = "measurement"
    exclusive = True

    def workloads(self) -> tuple[str, ...]:
        """Return the workloads whose phases the benchmark on Genode has."""
        return tuple(PHASES)

    def parameters(
        self,
        workload: str,  # noqa: ARG002 - what is done is in each component's own configuration
        chosen: Mapping[str, Parameter],  # noqa: ARG002
    ) -> tuple[ParameterInfo, ...]:
        """Return every parameter."""
        return settings.infos(_OWN)

    def validate(self, job: Job) -> list[Problem]:
        """Return what keeps a job from running as written."""
        if job.workload not in PHASES:
            what = f'The workload "{job.workload}" is not one of the benchmark on Genode.'
            return [Problem("unsupported-workload", "error", what, consequence="Nothing is run.")]
        elsewhere = job.parameters.keys() & (known(job.workload).keys() - _OWN.keys())
        found = [_told_by_the_component(name) for name in sorted(elsewhere)]
        kept = {name: job.parameters[name] for name in job.parameters.keys() - elsewhere}
        found += settings.problems(replace(job, parameters=kept), _OWN)
        if not found:
            build_dir = settings.resolve(job, _OWN).text("build_dir")
            found = lacks(("build-dir-missing", lambda: _checked(build_dir)))
        return found or instance_problems(job.scenario)

    def start(self, job: Job) -> ProcessExecution:
        """Start one replication."""
        for problem in self.validate(job):
            if problem.severity == "error":
                raise InputError(problem.message, problem.consequence, problem.location)
        return ProcessExecution(lambda report: _run(job, report), "genode")


def _told_by_the_component(name: str) -> Problem:
    """Return what is said of a parameter of other backends, which here would be without effect."""
    return Problem(
        "wrong-parameter",
        "error",
        f'"{name}" cannot be set for Genode: there the benchmark reads what to do from its own '
        "configuration.",
        consequence=f'Take "{name}" out of the parameters of the experiment and its variants, and '
        "write what the benchmark needs into the component's configuration.",
    )


def _checked(build_dir: str) -> None:
    if not build_dir:
        raise InputError(
            "No build directory of Genode is named.", "Name yours by --set build_dir=PATH."
        )
    repositories(Path(build_dir).expanduser())


async def _run(job: Job, report: Report) -> xr.Dataset:
    given = settings.resolve(job, _OWN)
    measured = instances(job.scenario)
    build_dir = Path(given.text("build_dir")).expanduser()
    script = run_script(
        job,
        measured,
        timeout_s=given.whole("run_timeout_s"),
        release=given.text("release"),
    )
    command = (
        "make", "-C", str(build_dir), f"run/{NAME}",
        f"KERNEL={given.text('genode_kernel')}", f"BOARD={given.text('board')}",
    )  # fmt: skip
    report(Log(" ".join(command)))
    with workplace() as place, installed(build_dir, script):
        async with place.process(
            command, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, limit=_LINE_BYTES
        ) as process:
            seen = await _followed(process, measured, given, report)
    provenance = {
        "backend": "genode",
        "accelerator": f"run tool, {given.text('genode_kernel')} on {given.text('board')}",
    }
    return dataset(job, measured, seen, given.values, provenance)


async def _followed(
    process: Process, measured: tuple[Instance, ...], given: Settings, report: Report
) -> Seen:
    """Follow the console until all instances have ended, or the run tool has.

    Raises
    ------
    BackendError
        ``build-failed``, ``run-timeout``, ``emulator-died`` or ``console-hangs``.
    """
    assert process.stdout is not None
    seen = Seen()
    verdict: RunTool | None = None
    report(Progress(0.0, "building"))
    patience = given.whole("run_timeout_s") + _SPARE_SECONDS
    while not all(seen.ended(one.label) for one in measured):
        try:
            raw = await next_line(process.stdout, patience)
        except TimeoutError:
            raise BackendError(
                "console-hangs", f"Nothing has come from the run tool for {patience:g} s."
            ) from None
        if not raw:
            break
        said = line(raw.decode(errors="replace"))
        seen.lines.append(f"[{' -> '.join(said.path)}] {said.text}" if said.path else said.text)
        if said.text.strip():
            report(Log(said.text, said.component))
        finding = findings(said)
        if isinstance(finding, Booted):
            seen.release = finding.release or seen.release
            report(Progress(0.01, "running"))
        elif isinstance(finding, RunTool):
            # make's own complaint comes after the run tool's and says less.
            verdict = verdict or finding
        elif finding is not None:
            seen.take(finding)
            ended = sum(seen.ended(one.label) for one in measured)
            report(Progress(max(0.01, ended / len(measured)), "running"))
    _judge(seen, verdict, measured)
    return seen


def _judge(seen: Seen, verdict: RunTool | None, measured: tuple[Instance, ...]) -> None:
    """Raise what made the run as a whole fail, if something did."""
    if any(seen.ended(one.label) for one in measured):
        return  # what the instances say counts, even where one of them never ended
    if verdict is not None and verdict.outcome in _RUN_TOOL:
        cause, message = _RUN_TOOL[verdict.outcome]
        raise BackendError(cause, message.format(text=verdict.text))
    last = next((one for one in reversed(seen.lines) if one.strip()), "nothing")
    raise BackendError(
        "run-ended", f"The run tool ended before any instance had. Its last words: {last}"
    )
