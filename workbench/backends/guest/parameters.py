"""What can be set where the guest programs run, and which workloads they know.

Of a workload's table the guest takes the phases and the numbers that say how much is
done; the times of its tasks are what a measurement finds out.
"""

from __future__ import annotations

from itertools import accumulate, pairwise

from workbench.backends import settings
from workbench.backends.base import Job
from workbench.backends.settings import Known, Settings
from workbench.backends.tables import Setting
from workbench.backends.workload import Phase, Workload, workload, workload_names
from workbench.errors import InputError
from workbench.scenario.problem import Problem

__all__ = ["KINDS", "MODES", "known", "mix", "problems", "runnable", "workloads"]

MODES = ("queue", "exclusive", "latched", "spinlock", "olfit", "sync4me")
"""Synchronisation modes of MxTasking, all of which the guest has."""

KINDS = ("insert", "lookup", "update")
"""Kinds of operations of the guest's B-link tree."""

_MAX_ZIPF = 0.999
"""The guest draws keys as YCSB does, which takes exponents below 1."""

_MODE_DOC = (
    "Who touches a node: its owner alone writes it (queue), or reads it too (exclusive); "
    "whoever is at hand under a latch (latched, spinlock) or optimistically (olfit); owners "
    "for inner nodes, olfit for leaves (sync4me)."
)

_OWN: dict[str, tuple[str, Setting]] = {
    "workers": (
        "workload",
        Setting(
            value=0,
            doc="Workers of each instance, dealt to its cores in turn; 0 means one per core, "
            "as in the talk.",
            source="The talk's design; a number gives every placement equally many threads.",
            maximum=1024,
        ),
    ),
    "prefetch_distance": (
        "policy",
        Setting(
            value=3,
            doc="How many tasks ahead a node is prefetched; 0 means never.",
            source="Our choice; MxTasking's benchmark has it as option -pd.",
            maximum=64,
        ),
    ),
    "barriers": (
        "workload",
        Setting(
            value="phases",
            doc="Whether instances wait for each other before each phase, at the start, or never.",
            source="Our choice: phases that overlap can be compared; the talk's did not wait.",
            choices=("phases", "start", "none"),
        ),
    ),
    "latency_every": (
        "backend",
        Setting(
            value=8,
            doc="The latency of each n-th operation is taken.",
            source="Our choice; reading a clock for each operation would slow them.",
            minimum=1,
            maximum=1e6,
        ),
    ),
    "check_tree": (
        "backend",
        Setting(
            value=True,
            doc="Whether each tree is checked after every phase, outside the timed part.",
            source="Our choice.",
        ),
    ),
    "hardware_counters": (
        "backend",
        Setting(
            value=False,
            doc="Count cycles, instructions and cache misses, where the machine allows it.",
            source="Our choice.",
        ),
    ),
    "deadline_s": (
        "backend",
        Setting(
            value=300,
            doc="A replication that takes longer is ended and has failed.",
            source="Our choice.",
            minimum=1,
            maximum=86400,
        ),
    ),
}


def known(workload_name: str) -> dict[str, tuple[str, Setting]]:
    """Return what may be set for a workload, wherever the guest runs.

    Raises
    ------
    workbench.errors.InputError
        If there is no such workload.
    """
    table = workload(workload_name)
    used = _numbers(table)
    of_workload: dict[str, tuple[str, Setting]] = {
        name: ("workload", setting) for name, setting in table.parameters.items() if name in used
    }
    if (zipf := of_workload.get("zipf")) is not None:
        of_workload["zipf"] = ("workload", zipf[1].but(maximum=_MAX_ZIPF))
    mode = table.parameters.get("sync")
    return {
        **of_workload,
        "sync": (
            "policy",
            Setting(
                value=mode.value if mode else MODES[0],
                doc=_MODE_DOC,
                source=mode.source if mode else "queue is MxTasking's default.",
                choices=MODES,
            ),
        ),
        **_OWN,
    }


def workloads() -> tuple[str, ...]:
    """Return the names of the workloads that the guest can run."""
    return tuple(name for name in workload_names() if runnable(workload(name)))


def problems(job: Job, own: Known | None = None) -> list[Problem]:
    """Return what is wrong with a job's workload and parameters; each is an error.

    Parameters
    ----------
    job
        What is to run.
    own
        Parameters of the backend itself.
    """
    try:
        everything = {**known(job.workload), **(own or {})}
        table = workload(job.workload)
    except InputError as error:
        return [_error("unusable-table", f"{error.what} {error.remedy}")]
    if not runnable(table):
        what = f'The workload "{job.workload}" exists only in the simulation.'
        return [_error("unsupported-workload", f"{what} Choose one of: {', '.join(workloads())}.")]
    return settings.problems(job, everything)


def runnable(table: Workload) -> bool:
    """Whether the guest's programs can run a workload: one of operations on a tree."""
    return table.tree is not None and all(
        phase.arrivals is None and table.kinds(phase).keys() <= set(KINDS) for phase in table.phases
    )


def mix(table: Workload, phase: Phase, given: Settings) -> str:
    """Return a phase's kinds of operations as the guest's plan has it."""
    kinds = table.kinds(phase)
    if len(kinds) == 1:
        return next(iter(kinds))
    shares = [given.number(share) for share in kinds.values()]
    steps = [round(100 * part / sum(shares)) for part in accumulate(shares)]
    parts = zip(kinds, (b - a for a, b in pairwise([0, *steps])), strict=True)
    return ",".join(f"{kind}:{percent}" for kind, percent in parts if percent)


def _numbers(table: Workload) -> set[str]:
    """Return the parameters of a table that say how much of what is done."""
    values = [table.window, table.window_per_worker, table.start_skew_ms]
    values += [table.tree.zipf] if table.tree is not None else []
    for phase in table.phases:
        values += [phase.operations, phase.keys, *table.kinds(phase).values()]
    return {value for value in values if isinstance(value, str)}


def _error(code: str, message: str) -> Problem:
    return Problem(code, "error", message, consequence="Nothing is run.")
