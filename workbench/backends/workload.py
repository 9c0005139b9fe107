"""Workload tables: what a component does, without a line of code.

A workload is a YAML file in ``data/workloads``, in ``workloads`` of the user's
own data folder, or anywhere if named by its path. It lists its parameters
and its measured phases; a phase is a number of operations, and an operation is a
chain of tasks. Wherever a number is wanted, the name of a parameter will do.
What several tables have in common lies in ``workloads/include`` and is taken over by
``include: NAME``; a table's own words win. All that a table can say is described at
the classes of this module; `data/workloads/include/blinktree.yaml` shows most of it.
A small one::

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

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from workbench.backends import tables
from workbench.backends.tables import Setting
from workbench.scenario.model import Frozen

__all__ = [
    "Arrivals",
    "Choice",
    "Footprint",
    "Phase",
    "Task",
    "Tree",
    "Value",
    "Workload",
    "background",
    "background_names",
    "workload",
    "workload_names",
]

Value = Annotated[int, Field(ge=0)] | Annotated[float, Field(ge=0)] | str
"""A number, or the name of a parameter that holds it."""

Distribution = Literal["constant", "exponential", "uniform", "hyperexponential"]
"""``uniform`` is from 0 to twice the mean; ``hyperexponential`` has a tenth of its values
exponential about 5.5 means, the rest about half a mean (squared coefficient of variation 5.5)."""

Where = Literal["local", "owner", "first", "any"] | Annotated[int, Field(ge=0, le=255)]
"""The issuing worker; the worker that owns the datum; worker 0; whichever worker is free
(first tasks only: requests that arrive wait in one queue); or the worker of that number."""

Lock = Literal["none", "shared", "exclusive", "optimistic"]
"""What a task holds while it runs: nothing, a reader's or the writer's part of a latch, or
nothing but the hope that nobody writes meanwhile: an ``optimistic`` reader waits for a writer
and reads again what was written while it read."""


class Choice(Frozen):
    """What depends on a parameter: ``{by: sync, is: {queue: owner, olfit: local}}``."""

    by: str
    cases: dict[str, Where | Lock] = Field(alias="is")


class Task(Frozen):
    """One link of an operation's chain.

    Parameters
    ----------
    task
        Its name.
    where
        Which worker runs it.
    mean_ns
        Mean run time of one task with all it reads in its caches, or prefetched.
    distribution
        Of the run time.
    tasks
        How many such tasks follow each other; ``levels`` means one for each
        inner level of the tree as it is at that moment.
    lock
        What it holds while it runs; a worker that must wait for it spins.
    locks
        How many such locks there are, one being chosen at random; None means one for
        each node of the tree, or a single one where there is no tree.
    lines
        Cache lines it waits for, each in turn, that do not lie in the private cache.
    data_mib
        Size of the data those lines lie in; None means the leaves, or inner nodes, of the tree.
    """

    task: str
    where: Where | Choice
    mean_ns: Value
    distribution: Distribution = "exponential"
    tasks: Annotated[int, Field(ge=1, le=60)] | Literal["levels"] = 1
    lock: Lock | Choice = "none"
    locks: Value | None = None
    lines: Value = 0
    data_mib: Value | None = None


class Tree(Frozen):
    """A B-link tree as it grows: how high it is and what memory it takes.

    It has one inner level above ``keys_per_leaf`` keys, and one more whenever the
    keys have grown `fanout`-fold. An operation goes to a random one of the leaves there
    are at the end of the phase, or of the `hot_leaves` first ones if that is not 0; with
    `zipf` above 0 to the leaf of a key drawn from a zipfian distribution of that exponent
    (YCSB: 0.99). Nodes are dealt to their owners in turn.
    """

    base_bytes: Value
    bytes_per_key: Value
    keys_per_leaf: Value
    fanout: Value
    hot_leaves: Value = 0
    zipf: Value = 0


class Footprint(Frozen):
    """What running leaves behind in caches and asks of the memory.

    Parameters
    ----------
    lines_per_us
        Distinct cache lines a running worker touches in a microsecond; a worker that
        returns to its core fetches again those of its last slice that others evicted.
    working_set_mib
        Most that a worker touches; None means the whole tree.
    traffic_gb_per_s
        Memory traffic of a running worker; None means that of its tasks' `lines`.
    batch, fill_ns
        A worker takes up to `batch` tasks at once, which costs it `fill_ns`; fewer if
        fewer of its operations are in flight.
    prefetch_distance, prefetch_lines
        The first lines of a task are fetched while the tasks that many places before it
        run; they are waited for only as far as that time does not suffice.
    """

    lines_per_us: Value
    working_set_mib: Value | None = None
    traffic_gb_per_s: Value | None = None
    batch: Value = 1
    fill_ns: Value = 0
    prefetch_distance: Value = 0
    prefetch_lines: Value = 0


class Arrivals(Frozen):
    """Operations that arrive by themselves, whatever is still in flight (an open system).

    Those that find the whole window in flight are turned away.
    """

    every_ns: Value
    distribution: Distribution = "exponential"


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
        Single-threaded work of each instance just before the phase, such as loading.
    check_ms
        Single-threaded work of each instance just after the phase.
    barrier
        Whether all instances wait for each other before the phase (and its serial part).
    arrivals
        None: a closed system, each worker keeps its window full.
    chain
        The tasks of an operation, in order, or the name of one of the table's `chains`.
    mix
        In place of a chain: the names of chains with their shares of the operations.
    """

    name: str
    operations: Value
    keys: Value = 0
    keys_per_operation: Literal[0, 1] = 0
    serial_gap_ms: Value = 0
    check_ms: Value = 0
    barrier: bool = False
    arrivals: Arrivals | None = None
    chain: Annotated[tuple[Task, ...], Field(min_length=1)] | str | None = None
    mix: dict[str, Value] = Field(default_factory=dict)


class Workload(Frozen):
    """A whole table.

    Parameters
    ----------
    workload
        Version of the tables' format.
    title
        For people.
    include
        Name of a file in ``workloads/include`` whose words hold where this one is silent.
    parameters
        By name; the name carries the unit.
    chains
        Chains of tasks by name.
    window
        Operations in flight per instance; each worker has an equal part, rounded
        down, but at least 1.
    window_per_worker
        The same per worker; give one of the two.
    issue
        Whether worker 0, or workers 0 and 1, issue operations like the others.
    idle
        What a worker does that has nothing to do: ``poll`` for more, or ``block``, that
        is leave its core until there is more. Or the name of a parameter that says it.
    start_skew_ms
        How much later than the one before it each instance starts.
    tree
        The data; None for a workload without any.
    footprint
        None: a switch of the core's worker costs the refill of the whole private cache.
    phases
        In order.
    """

    workload: Literal[1]
    title: str
    include: str | None = None
    parameters: dict[str, Setting] = Field(default_factory=dict)
    chains: dict[str, Annotated[tuple[Task, ...], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    window: Value | None = None
    window_per_worker: Value | None = None
    issue: Literal["all", "all-but-first", "all-but-two"] = "all"
    idle: str = "poll"
    start_skew_ms: Value = 0
    tree: Tree | None = None
    footprint: Footprint | None = None
    phases: tuple[Phase, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _with_included(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(name := data.get("include"), str):
            return data
        included = tables.raw("workloads/include", name)
        merged = {**included, **data}
        for field in ("parameters", "chains"):
            merged[field] = _merged(included.get(field) or {}, data.get(field) or {})
        return merged

    @model_validator(mode="after")
    def _is_complete(self) -> Workload:
        if (self.window is None) == (self.window_per_worker is None):
            raise ValueError("give either window or window_per_worker")
        for phase in self.phases:
            if (phase.chain is None) != bool(phase.mix):
                raise ValueError(f'give phase "{phase.name}" either a chain or a mix')
            for name in self.kinds(phase):
                self._check_chain(phase, name)
        unknown = self._names_used() - self.parameters.keys()
        if self.idle not in ("poll", "block"):
            unknown |= {self.idle} - self.parameters.keys()
        if unknown:
            raise ValueError(f'there is no parameter "{min(unknown)}"')
        return self

    def _check_chain(self, phase: Phase, name: str) -> None:
        if not isinstance(phase.chain, tuple) and name not in self.chains:
            raise ValueError(f'there is no chain "{name}"')
        chain = self.chain(phase, name)
        anywhere = [task.where == "any" for task in chain]
        if any(anywhere[1:]) or (anywhere[0] and phase.arrivals is None):
            raise ValueError(
                f'phase "{phase.name}": only the first task of operations that arrive by '
                "themselves can run on any worker"
            )
        if self.tree is None and any(task.tasks == "levels" for task in chain):
            raise ValueError(f'phase "{phase.name}" counts the levels of a tree: give a tree')

    def kinds(self, phase: Phase) -> dict[str, Value]:
        """Return the kinds of a phase's operations: names of chains with their shares."""
        if phase.mix:
            return phase.mix
        return {phase.chain if isinstance(phase.chain, str) else phase.name: 1}

    def chain(self, phase: Phase, kind: str) -> tuple[Task, ...]:
        """Return the tasks of one kind of operation of a phase."""
        return phase.chain if isinstance(phase.chain, tuple) else self.chains[kind]

    def used_parameters(self) -> dict[str, Setting]:
        """Return the parameters that the table looks at; included ones need not all be."""
        used = self._names_used() | {self.idle}
        return {name: setting for name, setting in self.parameters.items() if name in used}

    def _names_used(self) -> set[str]:
        return {value for value in self._values() if isinstance(value, str)}

    def _values(self) -> Iterator[Value | None]:
        yield from (self.window, self.window_per_worker, self.start_skew_ms)
        for part in (self.tree, self.footprint):
            if part is not None:
                yield from (getattr(part, field) for field in type(part).model_fields)
        for phase in self.phases:
            yield from (phase.operations, phase.keys, phase.serial_gap_ms, phase.check_ms)
            if phase.arrivals is not None:
                yield phase.arrivals.every_ns
            for kind, share in self.kinds(phase).items():
                yield share
                for task in self.chain(phase, kind):
                    yield from (task.mean_ns, task.locks, task.lines, task.data_mib)
                    for chosen in (task.where, task.lock):
                        if isinstance(chosen, Choice):
                            yield chosen.by


def _merged(included: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return entries of both, the own ones winning; of an entry in both, word by word."""
    merged = dict(included)
    for name, entry in own.items():
        base = merged.get(name)
        both = isinstance(base, dict) and isinstance(entry, dict)
        merged[name] = {**base, **entry} if both else entry  # type: ignore[dict-item]
    return merged


def workload_names() -> tuple[str, ...]:
    """Return the names of all workloads."""
    return tables.names("workloads")


def background_names() -> tuple[str, ...]:
    """Return the names of all tables of what runs beside the measured workload."""
    return tables.names("background")


def background(name: str) -> Workload:
    """Return what a component does all the time while others run a workload.

    The same kind of table, in folders ``background``; the component's catalogue
    entry names it as its ``workload``. Its operations never end.
    """
    return tables.read("background", name, Workload)


def workload(name: str) -> Workload:
    """Return a workload by name or path.

    Raises
    ------
    workbench.errors.InputError
        If there is none, or it cannot be used.
    """
    return tables.read("workloads", name, Workload)
