"""Settings of a job by name: listed, checked, and resolved against their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.backends.base import Job, ParameterInfo
from workbench.backends.tables import Setting, did_you_mean
from workbench.backends.workload import Value
from workbench.scenario.experiment import Parameter
from workbench.scenario.problem import Problem

__all__ = ["Known", "Settings", "fault", "infos", "problems", "resolve"]

Known = Mapping[str, tuple[str, Setting]]
"""What may be set, by name, with its group; see `ParameterInfo`."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of all parameters of one job."""

    values: Mapping[str, Parameter]

    def number(self, value: Value | str) -> float:
        """Return a number, looking a parameter's name up."""
        return float(self.values[value] if isinstance(value, str) else value)

    def whole(self, value: Value | str) -> int:
        """Return a whole number, looking a parameter's name up."""
        return int(self.number(value))

    def text(self, name: str) -> str:
        """Return a parameter that is a word."""
        return str(self.values[name])


def infos(known: Known) -> tuple[ParameterInfo, ...]:
    """Return what people are told of parameters."""
    return tuple(
        ParameterInfo(name, setting.value, setting.doc, setting.source, group, setting.choices)
        for name, (group, setting) in known.items()
    )


def problems(job: Job, known: Known) -> list[Problem]:
    """Return what is wrong with a job's parameters; each is an error."""
    found = []
    for name in job.parameters.keys() - known.keys():
        hint = did_you_mean(name, tuple(known))
        found.append(_error("unknown-parameter", f'There is no parameter "{name}". {hint}'))
    for name, (_, setting) in known.items():
        value = job.parameters.get(name, setting.value)
        if what := fault(setting, value):
            found.append(_error("wrong-parameter", f"{name} = {value}: {what}"))
    return found


def resolve(job: Job, known: Known) -> Settings:
    """Return the values of all parameters of a job in which `problems` finds nothing."""
    return Settings(
        {
            name: type(setting.value)(job.parameters.get(name, setting.value))
            for name, (_, setting) in known.items()
        }
    )


def fault(setting: Setting, value: Parameter) -> str:
    """Say what is wrong with a value, or nothing."""
    if setting.choices:
        return "" if value in setting.choices else did_you_mean(str(value), setting.choices)
    match setting.value:
        case str():
            return "" if isinstance(value, str) else "give a name."
        case bool():
            return "" if isinstance(value, bool) else "give true or false."
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "give a number."
    if not setting.minimum <= value <= setting.maximum:
        return f"give a number from {setting.minimum:g} to {setting.maximum:g}."
    whole = isinstance(setting.value, int)
    return "give a whole number." if whole and value != int(value) else ""


def _error(code: str, message: str) -> Problem:
    return Problem(code, "error", message, consequence="Nothing is run.")
