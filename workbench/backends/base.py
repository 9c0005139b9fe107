"""What a backend is: one protocol for simulator, process, virtual machine, remote worker.

A backend turns a `Job` (one replication) into an `Execution`. The execution
is started, streams `Event` objects until it ends, can be cancelled from any
thread, and then gives one dataset that keeps to `workbench.results.schema`.

A new backend is one module in `workbench.backends` that calls `register`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from workbench.errors import InputError
from workbench.scenario.experiment import Parameter
from workbench.scenario.model import Scenario
from workbench.scenario.problem import Problem

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "Backend",
    "BackendError",
    "Cancelled",
    "Event",
    "Execution",
    "Job",
    "Log",
    "ParameterInfo",
    "Progress",
    "backend",
    "backend_names",
    "register",
]


@dataclass(frozen=True, slots=True)
class Job:
    """One replication of one run; can be pickled.

    Parameters
    ----------
    scenario
        With the variant applied: every affinity is a rectangle or None.
    workload
        Name of the workload.
    seed
        Seed of this replication. Variants that are to be compared are given
        the same seed, so they can share random numbers.
    parameters
        Values by documented name; what is not named has its default.
    variant, replication
        For labels and logs only; a result never depends on them.
    """

    scenario: Scenario
    workload: str
    seed: int
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    variant: str = "as-written"
    replication: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an execution has come: `fraction` from 0 to 1, never falling."""

    fraction: float
    message: str = ""


@dataclass(frozen=True, slots=True)
class Log:
    """A line of the log; `component` names its origin, "" is the backend itself."""

    text: str
    component: str = ""


Event = Progress | Log


class Cancelled(Exception):  # noqa: N818 - it is no error
    """Raised by `Execution.result` after a cancel that took effect."""


class BackendError(Exception):
    """An execution that failed.

    Parameters
    ----------
    cause
        Stable short code, for example ``boot-timeout``.
    message
        What happened and what to do, for people.
    """

    def __init__(self, cause: str, message: str) -> None:
        self.cause = cause
        self.message = message
        super().__init__(f"{cause}: {message}")


class Execution(Protocol):
    """A started replication."""

    def events(self) -> Iterator[Event]:
        """Yield events as they come; ends when the execution has ended."""
        ...

    def cancel(self) -> None:
        """Ask it to stop soon; returns at once, may be called from any thread."""
        ...

    def result(self) -> xr.Dataset:
        """Return the dataset; waits for the end.

        Raises
        ------
        Cancelled
            If it was cancelled before its end.
        BackendError
            If it failed.
        """
        ...


@dataclass(frozen=True, slots=True)
class ParameterInfo:
    """What is known of one parameter that ``--set`` reaches.

    Parameters
    ----------
    name
        As in ``--set name=value``; carries the unit, for example ``quantum_ms``.
    default
        Value where nothing else is said; its type is the parameter's type.
    doc
        One line: what it is.
    source
        Where the default comes from: paper, file, our own measurement, or a guess.
    group
        ``machine``, ``workload``, ``policy`` or ``backend``.
    choices
        Allowed values, or () for any of the type.
    """

    name: str
    default: Parameter
    doc: str
    source: str
    group: str
    choices: tuple[Parameter, ...] = ()


class Backend(Protocol):
    """A way to run a scenario."""

    name: str
    """As in ``--backend NAME``."""
    title: str
    """For people, for example ``Simulation``."""
    kind: Literal["simulation", "measurement"]
    exclusive: bool
    """Whether a replication must have the machine for itself, since it measures it."""

    def workloads(self) -> tuple[str, ...]:
        """Return the names of the workloads it can run."""
        ...

    def parameters(
        self, workload: str, chosen: Mapping[str, Parameter]
    ) -> tuple[ParameterInfo, ...]:
        """Return every parameter that a job may set.

        `chosen` are the values already set; a default may follow from them (another
        ``machine`` has another ``quantum_ms``).
        """
        ...

    def validate(self, job: Job) -> list[Problem]:
        """Return what keeps the job from running as written; empty if nothing does.

        An unknown parameter or workload, or a value of the wrong type, is an
        ``error``; a component that will not run is a ``warning``.
        """
        ...

    def start(self, job: Job) -> Execution:
        """Start one replication and return at once.

        Raises
        ------
        workbench.errors.InputError
            If `validate` finds an error.
        """
        ...


_factories: dict[str, Callable[[], Backend]] = {}


def register(name: str, factory: Callable[[], Backend]) -> None:
    """Make a backend known under a name; the factory is called on first use."""
    _factories[name] = factory


def backend_names() -> tuple[str, ...]:
    """Return the names of all registered backends."""
    return tuple(_factories)


def backend(name: str) -> Backend:
    """Return a backend by name.

    Raises
    ------
    workbench.errors.InputError
        If there is none; the message lists those there are.
    """
    if name not in _factories:
        known = ", ".join(sorted(_factories)) or "none"
        raise InputError(f'There is no backend "{name}".', f"Choose one of: {known}.")
    return _factories[name]()
