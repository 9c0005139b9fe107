"""What the run store takes and gives: plain, immutable records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from workbench.results.owner import Owner

__all__ = ["ENDED", "LIVE", "LogLine", "RunRecord", "RunSpec", "Status", "Value"]

Status = Literal["queued", "running", "done", "cancelled", "failed", "interrupted"]
LIVE: tuple[Status, ...] = ("queued", "running")
ENDED: tuple[Status, ...] = ("done", "cancelled", "failed", "interrupted")

Value = bool | int | float | str
"""Value of a parameter."""


@dataclass(frozen=True, kw_only=True)
class RunSpec:
    """What is known of a run before it starts.

    Parameters
    ----------
    experiment, variant, workload, backend
        Names.
    kind
        ``simulation`` or ``measurement``.
    seed
        Seed of the experiment; those of the replications follow from it.
    replications
        How many are planned.
    parameters
        Values that differ from their defaults, by documented name.
    experiment_yaml
        The whole experiment as a workbench file.
    configuration
        The configuration of `init` for this variant, as written.
    versions
        Version by package.
    """

    experiment: str
    variant: str
    workload: str
    backend: str
    kind: str
    seed: int
    replications: int
    parameters: Mapping[str, Value] = field(default_factory=dict)
    experiment_yaml: str = ""
    configuration: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RunRecord(RunSpec):
    """A run as it stands in the store.

    Parameters
    ----------
    id
        Short text that names the run in this store; never used twice.
    status
        See `Status`.
    done
        Finished replications.
    created, started, finished
        Times in UTC; None while it has not happened.
    cause
        Short stable code of a failure, else "".
    message
        For people: why it failed, was cancelled or interrupted, or how precise it got.
    owner
        The process that runs or ran it.
    """

    id: str
    status: Status
    done: int
    created: datetime
    started: datetime | None
    finished: datetime | None
    cause: str
    message: str
    owner: Owner

    @property
    def owner_pid(self) -> int:
        """Number of the owning process."""
        return self.owner.pid

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.status in ENDED


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a run's log; `number` rises within the store."""

    number: int
    time: datetime
    component: str
    text: str
