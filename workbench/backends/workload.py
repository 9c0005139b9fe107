"""Workload tables: what a component does, without a line of code.

A workload is a YAML file in ``data/workloads``, in ``workloads`` of the user's
own data folder, or anywhere if named by its path. It lists its parameters
and its measured phases; a phase is a number of operations, and an operation is a
chain of tasks. Wherever a number is wanted, the name of a parameter will do::

    workload: 1
    title: Echo
    parameters:
      operations: {value: 1000000, doc: Operations of each instance., source: Our choice.}
      window: {value: 64, doc: Operations in flight per instance., source: Our choice.}
      reply_ns: {value: 500, doc: Mean time to answer., source: "Guess: a small server."}
    window: window
    phases:
      - name: echo
        operations: operations
        chain:
          - {task: parse, where: local, mean_ns: 200, distribution: constant}
          - {task: answer, where: owner, mean_ns: reply_ns}
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from workbench.backends import tables
from workbench.backends.tables import Setting
from workbench.scenario.model import Frozen

__all__ = ["Choice", "Phase", "Task", "Tree", "Value", "Workload", "workload", "workload_names"]

Value = Annotated[int, Field(ge=0)] | Annotated[float, Field(ge=0)] | str
"""A number, or the name of a parameter that holds it."""

Where = Literal["local", "owner", "first"]
"""The issuing worker; the worker that owns the data, all being equally likely; worker 0."""


class Choice(Frozen):
    """A place that depends on a parameter: ``{by: sync, is: {queue: owner, olfit: local}}``."""

    by: str
    cases: dict[str, Where] = Field(alias="is")


class Task(Frozen):
    """One link of an operation's chain.

    Parameters
    ----------
    task
        Its name.
    where
        Which worker runs it.
    mean_ns
        Mean run time of one task.
    distribution
        Of the run time; ``uniform`` is from 0 to twice the mean.
    tasks
        How many such tasks follow each other; ``levels`` means one for each
        inner level of the tree as it is at that moment.
    """

    task: str
    where: Where | Choice
    mean_ns: Value
    distribution: Literal["constant", "exponential", "uniform"] = "exponential"
    tasks: Annotated[int, Field(ge=1, le=60)] | Literal["levels"] = 1


class Tree(Frozen):
    """A B-link tree as it grows: how high it is and what memory it takes.

    It has one inner level above ``keys_per_leaf`` keys, and one more whenever the
    keys have grown `fanout`-fold.
    """

    base_bytes: Value
    bytes_per_key: Value
    keys_per_leaf: Value
    fanout: Value


class Phase(Frozen):
    """One measured phase of every instance.

    Parameters
    ----------
    name
        Name of the phase in results.
    operations
        Operations of each instance.
    keys
        Keys in the tree when the phase begins.
    keys_per_operation
        How many keys an operation adds.
    serial_gap_ms
        Single-threaded work of each instance just before the phase.
    chain
        The tasks of an operation, in order; the first one is local.
    """

    name: str
    operations: Value
    keys: Value = 0
    keys_per_operation: Literal[0, 1] = 0
    serial_gap_ms: Value = 0
    chain: tuple[Task, ...] = Field(min_length=1)


class Workload(Frozen):
    """A whole table.

    Parameters
    ----------
    workload
        Version of the tables' format.
    title
        For people.
    parameters
        By name; the name carries the unit.
    window
        Operations in flight per instance; each worker has an equal part, rounded
        down, but at least 1.
    window_per_worker
        The same per worker; give one of the two.
    issue
        Whether worker 0 issues operations like the others.
    start_skew_ms
        How much later than the one before it each instance starts.
    tree
        The data; None for a workload without any.
    phases
        In order.
    """

    workload: Literal[1]
    title: str
    parameters: dict[str, Setting] = Field(default_factory=dict)
    window: Value | None = None
    window_per_worker: Value | None = None
    issue: Literal["all", "all-but-first"] = "all"
    start_skew_ms: Value = 0
    tree: Tree | None = None
    phases: tuple[Phase, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_complete(self) -> Workload:
        if (self.window is None) == (self.window_per_worker is None):
            raise ValueError("give either window or window_per_worker")
        for phase in self.phases:
            if phase.chain[0].where != "local":
                raise ValueError(f'the first task of phase "{phase.name}" must be local')
            if self.tree is None and any(task.tasks == "levels" for task in phase.chain):
                raise ValueError(f'phase "{phase.name}" counts the levels of a tree: give a tree')
        for name in self._names_used():
            if name not in self.parameters:
                raise ValueError(f'there is no parameter "{name}"')
        return self

    def _names_used(self) -> set[str]:
        values: list[Value | None] = [self.window, self.window_per_worker, self.start_skew_ms]
        if self.tree is not None:
            values += [getattr(self.tree, field) for field in Tree.model_fields]
        for phase in self.phases:
            values += [phase.operations, phase.keys, phase.serial_gap_ms]
            for task in phase.chain:
                values.append(task.mean_ns)
                if isinstance(task.where, Choice):
                    values.append(task.where.by)
        return {value for value in values if isinstance(value, str)}


def workload_names() -> tuple[str, ...]:
    """Return the names of all workloads."""
    return tables.names("workloads")


def workload(name: str) -> Workload:
    """Return a workload by name or path.

    Raises
    ------
    workbench.errors.InputError
        If there is none, or it cannot be used.
    """
    return tables.read("workloads", name, Workload)
