"""Predictions of what this machine will do: a profile of it, and how long tasks take on it.

The shipped tables hold the times of the talk's machine. For another one they are fitted
to two measurements alone: one instance with one worker, inserting and looking up, with
nobody beside it. All else (time sharing, partitions, modes, more instances) is then predicted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from workbench.backends.calibration.profile import NAME, calibrate
from workbench.backends.workload import workload
from workbench.errors import InputError
from workbench.experiments.jobs import JobManager
from workbench.experiments.plan import adjusted, plans
from workbench.folders import data_folder
from workbench.scenario.experiment import Experiment, Parameter, Variant
from workbench.scenario.model import PlacementRule

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "MEASURED",
    "Both",
    "TaskTimes",
    "fit",
    "predicted_and_measured",
    "reference",
    "seconds_per_operation",
]

MEASURED, PREDICTED = "native", "simulated"
REPLICATIONS = 3
_FITTED = {"lookup": ("descend_ns", "read_ns"), "insert": ("write_ns",)}
"""Task times by the workload whose cost per operation they are fitted to, in this order."""
_STEPS = (0.1, 1.0)
_LEAST, _MOST = 0.02, 50.0

Follow = Callable[[JobManager, Sequence[str]], bool]
"""Waits for runs to end and returns whether they came to their own end."""


@dataclass(frozen=True, slots=True)
class TaskTimes:
    """How long an operation takes one worker alone, and the task times fitted to that.

    Parameters
    ----------
    measured
        CPU seconds of an operation, by workload.
    parameters
        Mean times of the tasks in ns, by the workloads' parameters.
    """

    measured: Mapping[str, float]
    parameters: Mapping[str, float]


def reference(experiment: Experiment, backend: str = MEASURED) -> Experiment:
    """Return the experiment that the times are fitted to: one instance with one worker."""
    alone = Variant(
        name="alone",
        title="One instance with one worker: what predictions are fitted to",
        instances=1,
        placement=PlacementRule(rule="time-share"),
        parameters={"workers": 1},
    )
    return experiment.but(
        name=f"{experiment.name} (reference)",
        variants=(alone,),
        workloads=tuple(_FITTED),
        backend=backend,
        replications=REPLICATIONS if backend == MEASURED else 1,
        half_width=None,
    )


def seconds_per_operation(dataset: xr.Dataset) -> float:
    """Return the CPU time of an operation: that of all workers over all operations, in s."""
    return float(dataset.accounting_seconds.sum() / dataset.operations.sum())


def fit(
    measured: Mapping[str, float], simulate: Callable[[str, Mapping[str, float]], float]
) -> TaskTimes:
    """Return the task times with which a simulation costs what was measured.

    The cost of an operation is affine in the times of its tasks (the waits for the memory
    come on top), so two simulations tell the factor.

    Parameters
    ----------
    measured
        CPU seconds of an operation, by workload (``lookup``, ``insert``).
    simulate
        Returns the same of a simulation, given the workload and task times in ns.
    """
    table = workload("insert-lookup").parameters
    times = {name: float(table[name].value) for names in _FITTED.values() for name in names}
    for name, fitted in _FITTED.items():
        shipped = dict(times)

        def scaled(by: float, names: tuple[str, ...] = fitted) -> dict[str, float]:
            return shipped | {one: shipped[one] * by for one in names}  # noqa: B023

        costs = [simulate(name, scaled(by)) for by in _STEPS]
        slope = (costs[1] - costs[0]) / (_STEPS[1] - _STEPS[0])
        by = _STEPS[1] + (measured[name] - costs[1]) / slope
        times = scaled(min(max(by, _LEAST), _MOST))
    return TaskTimes(dict(measured), {name: round(value, 2) for name, value in times.items()})


class Both(NamedTuple):
    """Ids of the runs of either side, and what the predictions rest on."""

    predicted: tuple[str, ...]
    measured: tuple[str, ...]
    times: TaskTimes


def predicted_and_measured(
    jobs: JobManager,
    experiment: Experiment,
    follow: Follow,
    say: Callable[[str], object] = lambda _: None,
    *,
    variants: Sequence[str] | None = None,
) -> Both:
    """Run an experiment on this machine and in the simulator set up for it.

    Parameters
    ----------
    jobs
        Runs and records both.
    experiment
        With the replications wanted.
    follow
        Waits for runs.
    say
        Is told what is done next.
    variants
        Names of those to run; None means all.

    Raises
    ------
    workbench.errors.InputError
        If a run has no result.
    KeyboardInterrupt
        If `follow` was interrupted.
    """
    profile = data_folder() / "machines" / f"{NAME}.yaml"
    if not profile.is_file():
        say("Measuring this machine (once; `workbench calibrate` repeats it).")
        profile = calibrate()
    say("Measuring one instance with one worker, to fit the times of tasks to.")
    alone = _run(jobs, reference(experiment), follow)
    measured = {
        jobs.store.run(run).workload: median(
            seconds_per_operation(one) for one in _replications(jobs, run)
        )
        for run in alone
    }
    settings: dict[str, Parameter] = {"machine": str(profile), "policy": "linux_fair"}
    times = fit(measured, lambda name, given: _simulated(experiment, name, {**settings, **given}))
    told = ", ".join(f"{name} {value:g}" for name, value in times.parameters.items())
    say(f"Fitted: {told}.")
    real, model = (adjusted(experiment, backend=name) for name in (MEASURED, PREDICTED))
    return Both(
        _run(jobs, model, follow, {**settings, **times.parameters}, variants),
        _run(jobs, real, follow, variants=variants),
        times,
    )


def _run(
    jobs: JobManager,
    experiment: Experiment,
    follow: Follow,
    parameters: Mapping[str, Parameter] | None = None,
    variants: Sequence[str] | None = None,
) -> tuple[str, ...]:
    ids = jobs.submit(experiment, parameters=parameters, variants=variants)
    if not follow(jobs, ids):
        raise KeyboardInterrupt
    for record in map(jobs.store.run, ids):
        if not record.done:
            raise InputError(
                f"Run {record.id} ({record.workload}, {record.variant}) on {record.backend} "
                f"{record.status}: {record.message}",
                "Without it there is nothing to compare.",
            )
    return ids


def _replications(jobs: JobManager, run: str) -> list[xr.Dataset]:
    dataset = jobs.store.dataset(run)
    return [dataset.isel(replication=index) for index in range(dataset.sizes["replication"])]


def _simulated(experiment: Experiment, name: str, parameters: Mapping[str, Parameter]) -> float:
    """Return the CPU seconds of an operation in one simulated replication of the reference."""
    found = plans(reference(experiment, PREDICTED), parameters=parameters)
    plan = next(plan for plan in found if plan.spec.workload == name)
    return seconds_per_operation(plan.backend.start(plan.job(0)).result())
