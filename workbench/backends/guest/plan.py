"""From a job to what the guest's runner is told; the format is described in README.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from workbench.backends.base import Job
from workbench.backends.guest.parameters import mix
from workbench.backends.instances import Instance, instances
from workbench.backends.settings import Settings
from workbench.backends.workload import Phase, Workload, workload
from workbench.scenario.catalogue import catalogue
from workbench.scenario.model import Component
from workbench.scenario.prediction import Prediction, predict

__all__ = ["GuestPlan", "Helper", "plan"]


@dataclass(frozen=True, slots=True)
class Helper:
    """A component without a workload of its own that the guest runs too.

    Parameters
    ----------
    component
        As in the scenario.
    program
        ``timer`` or ``antagonist``.
    prediction
        What `init` makes of it.
    cores
        Its cores.
    """

    component: Component
    program: str
    prediction: Prediction
    cores: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GuestPlan:
    """What one replication asks of the runner.

    Parameters
    ----------
    job, settings, table
        What is run.
    instances
        The measured components, in document order; also those that will not start.
    helpers
        The other components that run.
    left_out
        Enabled components that have no program among the guest's.
    cores
        Cells of the affinity space.
    cpus
        CPU number of each cell.
    """

    job: Job
    settings: Settings
    table: Workload
    instances: tuple[Instance, ...]
    helpers: tuple[Helper, ...]
    left_out: tuple[Component, ...]
    cores: int
    cpus: tuple[int, ...]

    @property
    def phases(self) -> tuple[str, ...]:
        """Names of the phases, in order."""
        return tuple(phase.name for phase in self.table.phases)

    @property
    def operations(self) -> int:
        """Operations of all instances that start, over all phases."""
        each = sum(self.settings.whole(phase.operations) for phase in self.table.phases)
        return each * sum(one.prediction.starts for one in self.instances)

    def workers(self, one: Instance) -> int:
        """Return how many workers an instance has."""
        return self.settings.whole("workers") or len(one.cores)

    def text(self, *, heartbeat_ms: int = 500, lines: Iterable[str] = ()) -> str:
        """Return the plan as the runner reads it.

        Parameters
        ----------
        heartbeat_ms
            How often the runner says how far it is.
        lines
            Further global lines.
        """
        settings = self.settings
        head = [
            "plan 1",
            f"seed {self.job.seed}",
            f"barriers {settings.text('barriers')}",
            f"heartbeat_ms {heartbeat_ms}",
            f"deadline_ms {settings.whole('deadline_s') * 1000}",
            *lines,
        ]
        blocks = [
            *(self._helper(helper) for helper in self.helpers),
            *(self._instance(index, one) for index, one in enumerate(self.instances)),
        ]
        return "\n".join((*head, *("\n".join(("", *block, "end")) for block in blocks))) + "\n"

    def _helper(self, helper: Helper) -> Iterator[str]:
        yield from self._place(helper.component.label, helper.program, helper.cores)
        yield f"ram {helper.prediction.ram_bytes}"
        if not helper.prediction.starts:
            yield f"denied {_one_line(helper.prediction.reason)}"
        if helper.program == "timer":
            periods = [
                one.timer_period_ms for one in self.instances if one.timer == helper.component.label
            ]
            yield f"set period_us {round(min(periods, default=1.0) * 1000)}"

    def _instance(self, index: int, one: Instance) -> Iterator[str]:
        settings = self.settings
        yield from self._place(one.label, "blinktree", one.cores)
        yield f"ram {one.quota_bytes}"
        if not one.prediction.starts:
            yield f"denied {_one_line(one.prediction.reason)}"
        timers = {helper.component.label for helper in self.helpers if helper.program == "timer"}
        yield f"timer {one.timer if one.timer in timers else 'parent'}"
        if skew := round(index * settings.number(self.table.start_skew_ms)):
            yield f"delay_ms {skew}"
        yield f"set sync {settings.text('sync')}"
        yield f"set workers {self.workers(one)}"
        yield f"set window {self._window(one)}"
        yield f"set prefetch {settings.whole('prefetch_distance')}"
        yield f"set latency_every {settings.whole('latency_every')}"
        yield f"set check {'yes' if settings.values['check_tree'] else 'no'}"
        yield f"set hardware {'yes' if settings.values['hardware_counters'] else 'no'}"
        yield from (self._phase(phase) for phase in self.table.phases)

    def _place(self, label: str, program: str, cores: Sequence[int]) -> Iterator[str]:
        yield f"component {label}"
        yield f"program {program}"
        yield "cpus " + " ".join(str(self.cpus[core]) for core in cores)

    def _window(self, one: Instance) -> int:
        if self.table.window_per_worker is not None:
            return self.settings.whole(self.table.window_per_worker) * self.workers(one)
        assert self.table.window is not None
        return self.settings.whole(self.table.window)

    def _phase(self, phase: Phase) -> str:
        settings = self.settings
        words = [
            f"phase {phase.name}",
            f"operations={settings.whole(phase.operations)}",
            f"mix={mix(self.table, phase, settings)}",
        ]
        assert self.table.tree is not None
        if zipf := settings.number(self.table.tree.zipf):
            words.append(f"pick=zipf theta={zipf:g}")
        if keys := settings.whole(phase.keys):
            words.append(f"keys={keys}")
        return " ".join(words)


def plan(job: Job, settings: Settings, cpus: Sequence[int]) -> GuestPlan:
    """Return what a job asks of the runner.

    Parameters
    ----------
    job
        One replication.
    settings
        Values of all its parameters.
    cpus
        CPU number of each cell of the affinity space; at least as many as cells.
    """
    space = job.scenario.effective_space
    measured = instances(job.scenario)
    helpers, left_out = _others(job, measured)
    return GuestPlan(
        job=job,
        settings=settings,
        table=workload(job.workload),
        instances=measured,
        helpers=helpers,
        left_out=left_out,
        cores=space.width * space.height,
        cpus=tuple(cpus),
    )


def _others(
    job: Job, measured: Sequence[Instance]
) -> tuple[tuple[Helper, ...], tuple[Component, ...]]:
    """Return the helpers among the enabled components, and those nothing stands for."""
    width = job.scenario.effective_space.width
    predictions = predict(job.scenario)
    used = {one.component.id for one in measured}
    timers = {one.timer for one in measured}
    helpers, left_out, names = [], [], {one.label for one in measured}
    for component in job.scenario.components:
        if not component.enabled or component.id in used:
            continue
        entry = catalogue().entry(component.program)
        role = entry.role if entry else ""
        is_timer = component.label in timers and role == "timer"
        if component.label in names or not (is_timer or role == "antagonist"):
            left_out.append(component)
            continue
        names.add(component.label)
        prediction = predictions[component.id]
        cores = tuple(y * width + x for x, y in prediction.rectangle.cells())
        program = "timer" if is_timer else "antagonist"
        helpers.append(Helper(component, program, prediction, cores))
    return tuple(helpers), tuple(left_out)


def _one_line(text: str) -> str:
    return " ".join(text.split()) or "it will not start"
