"""Real runs for tests: small experiments, and what must be left after one: nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from workbench.backends.base import Job, backend
from workbench.backends.execution import ProcessExecution
from workbench.backends.processes import MARK
from workbench.backends.qemu import kernel, machine
from workbench.errors import InputError
from workbench.experiments.samples import file_or_sample
from workbench.folders import data_folder
from workbench.formats import read
from workbench.scenario import variants
from workbench.scenario.experiment import Experiment
from workbench.scenario.model import AffinitySpace, Component, Scenario

SMALL = {"operations": 2000, "keys": 2000, "check_tree": True}


def small(**changes: object) -> Experiment:
    """The sample ``small``, with as many cores as there are if that is one."""
    experiment = read(file_or_sample(Path("small"))).experiment
    if len(os.sched_getaffinity(0)) < 2:
        one = experiment.scenario.but(space=AffinitySpace(width=1))
        experiment = experiment.but(scenario=one)
    return experiment.but(**changes)


def job(
    variant: str = "partitioned",
    workload: str = "insert",
    change: Callable[[Component], Component] | None = None,
    **parameters: object,
) -> Job:
    """One replication; `change` is applied to blinktree2."""
    scenario: Scenario = variants.apply(small(), variant)
    if change is not None:
        scenario = scenario.replaced(scenario.named("blinktree2").id, change)  # type: ignore[union-attr]
    known = {i.name for i in backend("qemu").parameters(workload, {})}
    given = {name: value for name, value in SMALL.items() if name in known}
    return Job(scenario, workload, 7, {**given, **parameters})  # type: ignore[arg-type]


def endless(**parameters: object) -> Job:
    """A replication that goes on for longer than any test looks at it."""
    return job(workload="lookup", operations=20_000_000, deadline_s=3600, **parameters)


def ended(execution: ProcessExecution) -> list[str]:
    """Wait for the end and return the log's lines."""
    return [
        f"{event.component}: {event.text}" for event in execution.events() if hasattr(event, "text")
    ]


def left() -> list[str]:
    """What runs left behind: processes with our mark and workplaces."""
    found = [str(place) for place in (data_folder() / "running").glob("*")]
    for process in psutil.process_iter():
        try:
            place = process.environ().get(MARK, "")
            if place.startswith(str(data_folder())) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(f"{process.pid} {process.name()}")
        except psutil.Error:
            continue
    return found


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """After each test no process, socket or file of a run is left."""
    yield
    assert left() == []


def needs_virtual_machines() -> None:
    """Skip on a machine that cannot boot a guest, naming what it lacks."""
    for look in (machine.program, kernel.find):
        try:
            look()
        except InputError as lack:
            pytest.skip(f"this machine lacks: {lack.what} {lack.remedy}")
