"""Whether the quotas of a scenario hold the data of the workloads it is to run.

`init` knows nothing of this: it starts a component with whatever it is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from workbench.backends.workload import Value, Workload, workload
from workbench.errors import InputError, Location
from workbench.scenario.edits import set_quota
from workbench.scenario.experiment import Experiment, Parameter
from workbench.scenario.model import Component, Scenario
from workbench.scenario.prediction import predict
from workbench.scenario.problem import Fix, Problem
from workbench.scenario.quota import RAM_DEDUCTED
from workbench.scenario.units import format_amount
from workbench.scenario.variants import measured

__all__ = ["Memory", "memory", "memory_problems"]

_MIB = 2**20


class Memory(NamedTuple):
    """What the data of one instance takes, in bytes: before its first operation, and at most."""

    to_begin: int
    to_finish: int


def memory(table: Workload, chosen: Mapping[str, Parameter]) -> Memory | None:
    """Return what an instance needs for its data; None for a workload without any.

    Parameters
    ----------
    table
        The workload.
    chosen
        Values of its parameters that differ from the defaults.
    """
    tree = table.tree
    if tree is None:
        return None

    def number(value: Value) -> float:
        if not isinstance(value, str):
            return float(value)
        return float(chosen.get(value, table.parameters[value].value))

    def taken(keys: float) -> int:
        return round(number(tree.base_bytes) + keys * number(tree.bytes_per_key))

    begin = number(table.phases[0].keys)
    end = max(
        number(phase.keys) + phase.keys_per_operation * number(phase.operations)
        for phase in table.phases
    )
    return Memory(taken(begin), taken(max(begin, end)))


def memory_problems(
    experiment: Experiment, scenario: Scenario, file: str | None = None
) -> Iterator[Problem]:
    """Yield a problem for each component that runs a workload and whose RAM is too little for it.

    Parameters
    ----------
    experiment
        Says the workloads and their parameters.
    scenario
        With a variant applied, or as written.
    file
        Its name, for the locations.
    """
    needs = {name: need for name in experiment.workloads if (need := _need(experiment, name))}
    if not needs:
        return
    found = predict(scenario)
    for component in measured(scenario):
        prediction = found[component.id]
        if not prediction.starts:
            continue
        for name, need in needs.items():
            if prediction.ram_bytes < need.to_finish:
                yield _problem(component, name, need, prediction.ram_bytes, file)
                break


def _need(experiment: Experiment, name: str) -> Memory | None:
    try:
        return memory(workload(name), experiment.parameters)
    except (InputError, ValueError):
        return None  # said where the workload is read


def _problem(
    component: Component, name: str, need: Memory, given: int, file: str | None
) -> Problem:
    enough = -(-(need.to_finish + RAM_DEDUCTED) // _MIB) * _MIB
    position = component.form.position if component.form else None
    short = given < need.to_begin
    return Problem(
        "ram-below-workload",
        "warning" if short else "info",
        f"{component.label} has {format_amount(given)} of RAM left for its data; the workload "
        f"{name} takes about {format_amount(need.to_begin if short else need.to_finish)} "
        + ("before the first operation." if short else "in the end."),
        component.id,
        component.name or "",
        "It ends out of memory " + ("before it has begun." if short else "on the way."),
        Location(
            file,
            position.line if position else None,
            position.column if position else None,
            f'start "{component.name}"',
        ),
        Fix(
            f"Give it {format_amount(enough)} of RAM",
            lambda scenario: set_quota(scenario, component.id, ram_bytes=enough),
        ),
    )
