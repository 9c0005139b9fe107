"""Runs that have not ended: what a `JobManager` keeps of them beside the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.backends.base import Execution
from workbench.experiments.plan import Plan
from workbench.experiments.precision import Precision
from workbench.results.records import Status

__all__ = ["Judged", "LiveRun", "Submit", "queued"]

_ESTIMATE_FROM = 0.01  # of the work of a submit; before that a guess at its end is noise


@dataclass(eq=False)
class LiveRun:
    """A run that has not ended. Guarded by its manager's lock."""

    id: str
    plan: Plan
    submit: Submit
    judged_with: Judged
    planned: int  # replications, until now
    waiting: int  # replications not yet taken from the queue
    expected: int  # replications in the end
    done: int = 0
    started: bool = False
    active: dict[int, Execution | None] = field(default_factory=dict)
    fractions: dict[int, float] = field(default_factory=dict)
    message: str = ""
    outcome: tuple[Status, str, str] | None = None  # decided before the active ones have ended
    notified: float = 0.0

    @property
    def work_done(self) -> float:
        """Finished work, in replications."""
        return self.done + sum(self.fractions.values())

    @property
    def rests(self) -> bool:
        """Whether all that was planned has ended."""
        return self.waiting == 0 and not self.active


@dataclass(eq=False)
class Judged:
    """Runs whose replications end together; one alone where no precision is asked for."""

    precision: Precision | None
    runs: list[LiveRun] = field(default_factory=list)  # those that have not ended


@dataclass(eq=False)
class Submit:
    """The runs of one submit; they share the estimate of the time left."""

    runs: list[LiveRun] = field(default_factory=list)
    began: float | None = None
    work_ended: float = 0.0  # of the runs that have ended, in replications

    def seconds_left(self, now: float) -> float | None:
        """Return the estimated time left, in s; None while there is nothing to estimate from."""
        done = self.work_ended + sum(run.work_done for run in self.runs)
        left = sum(run.expected - run.work_done for run in self.runs)
        if self.began is None or done <= _ESTIMATE_FROM * (done + left):
            return None
        return max(0.0, (now - self.began) / done * left)


def queued(planned: Mapping[str, Plan], precision: Precision | None) -> list[LiveRun]:
    """Return the runs of one submit; those of a workload are judged together."""
    submit = Submit()
    judged: dict[str, Judged] = {}
    for run_id, plan in planned.items():
        key = plan.spec.workload if precision else run_id
        together = judged.setdefault(key, Judged(precision))
        batch = plan.spec.replications
        run = LiveRun(run_id, plan, submit, together, planned=batch, waiting=batch, expected=batch)
        together.runs.append(run)
        submit.runs.append(run)
    return list(submit.runs)
