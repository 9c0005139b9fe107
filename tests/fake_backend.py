"""A backend for tests: results of a known truth, at once, without an engine.

`install` registers it as ``fake``. Its rates depend on the placement alone:
inserts of components that share a core are slow, all else is fast. Tests steer
it by parameters (``fail``, ``seconds``) and by `FakeBackend.gate`, which while it is
cleared holds every replication from number `FakeBackend.gate_from` on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from tests.datasets import replication
from workbench.backends.base import (
    BackendError,
    Cancelled,
    Event,
    Job,
    Log,
    ParameterInfo,
    Progress,
    register,
)
from workbench.errors import InputError
from workbench.scenario.experiment import Experiment, Parameter, Variant
from workbench.scenario.model import (
    AffinitySpace,
    Component,
    PlacementRule,
    Rectangle,
    RouteRule,
    Scenario,
    Target,
)
from workbench.scenario.problem import Problem

RATES = {
    ("insert", "shared"): 4e6,
    ("insert", "disjoint"): 16e6,
    ("lookup", "shared"): 26e6,
    ("lookup", "disjoint"): 26e6,
}
"""Operations per second of all instances together."""

_PARAMETERS = (
    ParameterInfo(
        "sync", "queue", "How writes are synchronised.", "test", "policy", ("queue", "olfit")
    ),
    ParameterInfo("quantum_ms", 10.0, "Time slice.", "test", "machine"),
    ParameterInfo("window", 1500, "Requests in flight.", "test", "workload"),
    ParameterInfo("leaf_ns", 2000, "Mean time of a leaf write.", "test", "workload"),
    ParameterInfo("pinned", True, "Whether workers are pinned.", "test", "policy"),
    ParameterInfo("fail", "", "Fail with this cause; `crash` raises.", "test", "backend"),
    ParameterInfo("fail_from", 0, "First replication that fails.", "test", "backend"),
    ParameterInfo("starve", "", "Component that ends out of memory.", "test", "backend"),
    ParameterInfo("seconds", 0.0, "How long a replication takes.", "test", "backend"),
)


class FakeBackend:
    """Implements `workbench.backends.base.Backend`."""

    name = "fake"
    title = "Fake"
    kind = "simulation"

    def __init__(self) -> None:
        self.exclusive = False
        self.running = 0
        self.most_running = 0
        self.gate = threading.Event()
        self.gate.set()
        self.gate_from = 0
        self.started: list[Job] = []

    def workloads(self) -> tuple[str, ...]:
        return ("insert", "lookup")

    def parameters(
        self,
        workload: str,
        chosen: Mapping[str, Parameter],  # noqa: ARG002
    ) -> tuple[ParameterInfo, ...]:
        return tuple(info for info in _PARAMETERS if workload == "insert" or info.name != "leaf_ns")

    def validate(self, job: Job) -> list[Problem]:
        known = {info.name for info in self.parameters(job.workload, {})}
        problems = [
            Problem("parameter-unknown", "error", f'There is no parameter "{name}".')
            for name in job.parameters
            if name not in known
        ]
        if job.workload not in self.workloads():
            problems.append(
                Problem("workload-unknown", "error", f'There is no workload "{job.workload}".')
            )
        return problems

    def start(self, job: Job) -> FakeExecution:
        for problem in self.validate(job):
            raise InputError(problem.message, "Choose another.")
        self.started.append(job)
        return FakeExecution(self, job)


class FakeExecution:
    """One replication, computed by the thread that reads its events."""

    def __init__(self, backend: FakeBackend, job: Job) -> None:
        self._backend = backend
        self._job = job
        self._cancelled = threading.Event()

    def events(self) -> Iterator[Event]:
        self._backend.running += 1
        self._backend.most_running = max(self._backend.most_running, self._backend.running)
        yield Log(f"replication {self._job.replication} with seed {self._job.seed}")
        yield Progress(0.25, "loading")
        if self._job.replication >= self._backend.gate_from:
            while not self._backend.gate.wait(0.005) and not self._cancelled.is_set():
                pass
        end = time.monotonic() + float(self._job.parameters.get("seconds", 0.0))
        while time.monotonic() < end and not self._cancelled.is_set():
            time.sleep(0.005)
        self._backend.running -= 1
        yield Progress(1.0)

    def cancel(self) -> None:
        self._cancelled.set()

    def result(self) -> xr.Dataset:
        if self._cancelled.is_set():
            raise Cancelled
        parameters = self._job.parameters
        fail = parameters.get("fail", "")
        if fail and self._job.replication >= int(parameters.get("fail_from", 0)):
            if fail == "crash":
                raise ZeroDivisionError("a defect")
            raise BackendError(str(fail), "It failed as it was told to.")
        return _dataset(self._job)


def _dataset(job: Job) -> xr.Dataset:
    space = job.scenario.effective_space
    owned = {}
    for component in job.scenario.components:
        if component.program == "blinktree" and component.enabled:
            place = component.affinity
            assert not isinstance(place, PlacementRule), "a job has rectangles only"
            cells = (place or space.whole).cells()
            owned[component.label] = [y * space.width + x for x, y in cells]
    cells = [cell for own in owned.values() for cell in own]
    placement = "disjoint" if len(set(cells)) == len(cells) else "shared"
    luck = np.random.default_rng(job.seed).normal()
    return replication(
        RATES[job.workload, placement] * np.exp(0.02 * luck),
        cores=space.width * space.height,
        components=list(owned),
        owned=owned,
        phase=job.workload,
        exits={str(starved): "out-of-memory"}
        if (starved := job.parameters.get("starve"))
        else None,
        backend="fake",
        seed=job.seed,
    )


def install() -> FakeBackend:
    """Register a new fake backend as ``fake`` and return it."""
    backend = FakeBackend()
    register("fake", lambda: backend)
    return backend


def experiment(**changes: object) -> Experiment:
    """Return the talk's experiment in small: 8 cores, two instances, the fake backend."""
    to_timer = RouteRule(service="Timer", targets=(Target(kind="child", child="timer"),))
    to_parent = RouteRule(targets=(Target(kind="parent"),))
    tree = {"binary": "blinktree", "ram_bytes": "8G", "caps": 500, "route": (to_timer, to_parent)}
    timer = Component(
        id="timer", name="timer", ram_bytes="8M", caps=100, provides=("Timer",), route=(to_parent,)
    )
    scenario = Scenario(
        space=AffinitySpace(width=8),
        parent_provides=("CPU", "IO_MEM", "IO_PORT", "IRQ", "LOG", "PD", "RM", "ROM"),
        components=(
            timer,
            *(
                Component(id=n, name=n, affinity=Rectangle(x=1, width=7), **tree)
                for n in ("blinktree1", "blinktree2")
            ),
        ),
    )
    fields: dict[str, object] = {
        "name": "small",
        "scenario": scenario,
        "variants": (
            Variant(name="time-shared", placement=PlacementRule(rule="time-share", leave=1)),
            Variant(name="partitioned", placement=PlacementRule(rule="partition-evenly", leave=1)),
        ),
        "backend": "fake",
        "replications": 3,
    }
    return Experiment(**fields | changes)
