"""The parameters of a simulation: those of its machine, its workload and its own.

The rest of this package is given their resolved values only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.backends.base import Job, ParameterInfo
from workbench.backends.machine import machine
from workbench.backends.simulated.own_parameters import DEFAULT_MACHINE, own_settings
from workbench.backends.tables import Setting, did_you_mean
from workbench.backends.workload import Value, Workload, background, background_names, workload
from workbench.errors import InputError
from workbench.scenario.experiment import Parameter
from workbench.scenario.problem import Problem

__all__ = ["Settings", "infos", "problems", "resolve"]

_OF_MACHINE = {"quantum_ms": 1e6, "switch_us": 1e6, "refill_us": 1e6, "slice_spread": 1.0}
"""The values every machine profile must have, with the largest the engine can take."""

_NEUTRAL = {
    "cores": (1 << 20, 1e6),
    "threads": (1, 1e6),
    "thread_speed": (1.0, 1.0),
    "numa_nodes": (1, 256.0),
    "nodes_per_socket": (1, 256.0),
    "private_kib": (512, 1e9),
    "l3_mib": (0.0, 1e6),
    "l3_cores": (1, 1e6),
    "l3_ns": (0.0, 1e6),
    "memory_ns": (0.0, 1e6),
    "remote_ns": (0.0, 1e6),
    "far_ns": (0.0, 1e6),
    "memory_gb_per_s": (1e6, 1e6),
    "wake_us": (0.0, 1e6),
    "fair_slice_ms": (3.0, 1e6),
}
"""What is assumed where a profile is silent, without effect; and the largest possible value."""

_MAX_SECONDS = 8e3
"""Longest simulated time; below the engine's `layout.FOREVER`."""

_DEEP = 16
"""Levels of a tree that is deeper than any that fits a machine."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The resolved parameters of one job."""

    workload: Workload
    values: Mapping[str, Parameter]

    def number(self, value: Value) -> float:
        """Return a number of the workload's table, looking a parameter's name up."""
        return float(self.values[value] if isinstance(value, str) else value)

    def rows_are_threads(self, rows: int) -> bool:
        """Whether the rows of an affinity space are the hardware threads of cores."""
        return rows == 2 and int(self.values["threads"]) == 2 * int(self.values["cores"])


def infos(workload_name: str, chosen: Mapping[str, Parameter]) -> tuple[ParameterInfo, ...]:
    """Return all parameters, with the defaults that follow from those already chosen.

    Raises
    ------
    workbench.errors.InputError
        If there is no such workload or machine.
    """
    return tuple(
        ParameterInfo(name, setting.value, setting.doc, setting.source, group, setting.choices)
        for name, (group, setting) in _settings(workload_name, chosen).items()
    )


def problems(job: Job) -> list[Problem]:
    """Return what is wrong with a job's workload and parameters; each is an error."""
    try:
        known = _settings(job.workload, job.parameters)
    except InputError as error:
        return [_error("unusable-table", f"{error.what} {error.remedy}")]
    found = []
    for name in job.parameters.keys() - known.keys():
        hint = did_you_mean(name, tuple(known))
        found.append(_error("unknown-parameter", f'There is no parameter "{name}". {hint}'))
    for name, (_, setting) in known.items():
        value = job.parameters.get(name, setting.value)
        if fault := _fault(setting, value):
            found.append(_error("wrong-parameter", f"{name} = {value}: {fault}"))
    if not found and (seconds := _longest(job)) > _MAX_SECONDS:
        found.append(
            _error(
                "too-long",
                f"These parameters ask for up to {seconds:.2g} s of simulated time; "
                f"at most {_MAX_SECONDS:g} s can be simulated. Lower the operations, the times "
                "of the tasks, or the skew and gaps.",
            )
        )
    return found


def _longest(job: Job) -> float:
    settings = resolve(job)
    seconds = _longest_seconds(settings)
    shared = settings.rows_are_threads(job.scenario.effective_space.height)
    return seconds / settings.number("thread_speed") if shared else seconds


def _longest_seconds(settings: Settings) -> float:
    """Return how long one worker alone would take for the operations of an instance, in s."""
    table = settings.workload
    total_ns = settings.number(table.start_skew_ms) * 1e6
    slowest_ns = max(settings.number(name) for name in ("memory_ns", "remote_ns", "far_ns"))
    for phase in table.phases:
        operation_ns = 0.0 if phase.arrivals is None else settings.number(phase.arrivals.every_ns)
        for kind in table.kinds(phase):
            chain_ns = sum(
                (_DEEP if task.tasks == "levels" else task.tasks)
                * (settings.number(task.mean_ns) + settings.number(task.lines) * slowest_ns)
                for task in table.chain(phase, kind)
            )
            operation_ns = max(operation_ns, chain_ns)
        total_ns += settings.number(phase.operations) * operation_ns
        total_ns += settings.number(phase.serial_gap_ms) * 1e6
        total_ns += settings.number(phase.check_ms) * 1e6
    return total_ns * 1e-9


def resolve(job: Job) -> Settings:
    """Return the values of all parameters of a job in which `problems` finds nothing."""
    values: dict[str, Parameter] = {}
    for name, (_, setting) in _settings(job.workload, job.parameters).items():
        value = job.parameters.get(name, setting.value)
        values[name] = type(setting.value)(value)
    return Settings(workload(job.workload), values)


def _settings(
    workload_name: str, chosen: Mapping[str, Parameter]
) -> dict[str, tuple[str, Setting]]:
    machine_name = str(chosen.get("machine", DEFAULT_MACHINE))
    profile = machine(machine_name)
    of_machine = {
        name: ("machine", _limited(profile.values[name], limit))
        for name, limit in _OF_MACHINE.items()
        if name in profile.values
    }
    missing = _OF_MACHINE.keys() - of_machine.keys()
    if missing:
        raise InputError(
            f'The machine profile "{machine_name}" lacks {", ".join(sorted(missing))}.',
            "Add these values; see workbench/data/machines/talk.yaml.",
        )
    of_machine |= {
        name: ("machine", _limited(profile.values[name], limit))
        if name in profile.values
        else ("machine", _silent(name, value, limit))
        for name, (value, limit) in _NEUTRAL.items()
    }
    beside = {
        name: ("workload", setting)
        for other in background_names()
        for name, setting in background(other).used_parameters().items()
    }
    of_workload = {
        name: ("workload", setting)
        for name, setting in workload(workload_name).used_parameters().items()
    }
    return own_settings() | of_machine | beside | of_workload


def _silent(name: str, value: float, limit: float) -> Setting:
    return Setting(
        value=value,
        doc=f"{name}; see the shipped profiles.",
        source="Assumption: the profile does not say; without effect.",
        maximum=limit,
    )


def _fault(setting: Setting, value: Parameter) -> str:
    """Say what is wrong with a value, or nothing."""
    if setting.choices:
        return "" if value in setting.choices else did_you_mean(str(value), setting.choices)
    if isinstance(setting.value, str):
        return "" if isinstance(value, str) else "give a name."
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "give a number."
    if not setting.minimum <= value <= setting.maximum:
        return f"give a number from {setting.minimum:g} to {setting.maximum:g}."
    if isinstance(setting.value, int) and value != int(value):
        return "give a whole number."
    return ""


def _limited(setting: Setting, limit: float) -> Setting:
    return setting.but(maximum=min(setting.maximum, limit))


def _error(code: str, message: str) -> Problem:
    return Problem(code, "error", message, consequence="Nothing is run.")
