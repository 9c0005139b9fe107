"""What the engine's memory looks like: one record array per kind of thing.

Plain NumPy, so that models can be laid out and results read without numba.
All times are int64 picoseconds. Everything that changes during a run lies in
these arrays: a run can stop after any event and go on later, or elsewhere.

Workers are numbered core by core, so that the workers resident on a core are
the range ``first`` to ``last``; `Engine.members` lists them component by component.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.results.schema import BUCKETS, LATENCY_EDGES_SECONDS

__all__ = [
    "CLOCK",
    "COMPONENT",
    "CORE",
    "FOREVER",
    "LATENCY_BINS",
    "MAX_CORES",
    "NOBODY",
    "PHASE",
    "RASTER_BINS",
    "REQUEST",
    "STAGE",
    "WORKER",
    "Engine",
    "empty",
]

CORE_BITS = 8
MAX_CORES = 1 << CORE_BITS
"""Cores that fit into the low bits of an event's key."""

FOREVER = 1 << 54
"""A time that never comes (5 hours); shifted by `CORE_BITS` it still fits into an int64."""

NOBODY = -1
SERIAL_WORK = -2
"""In `WORKER.current`: the single-threaded work between phases."""

# What a core does (`CORE.activity`); the first four are accounting buckets.
USEFUL, POLL_IDLE, WAIT_OWNER, IDLE, STARTING = 0, 1, 2, 8, 9
SWITCH, REFILL = 4, 5
assert BUCKETS[USEFUL] == "useful"
assert (BUCKETS[POLL_IDLE], BUCKETS[WAIT_OWNER]) == ("poll_idle", "wait_owner")
assert (BUCKETS[SWITCH], BUCKETS[REFILL], BUCKETS[IDLE]) == ("switch", "refill", "idle")

# What a component does (`COMPONENT.state`).
WAITING, SERIAL, PARALLEL, FINISHED, OUT_OF_MEMORY = range(5)

# Where a task runs (`STAGE.where`) and how long (`STAGE.distribution`).
LOCAL, OWNER, FIRST = range(3)
CONSTANT, EXPONENTIAL, UNIFORM = range(3)

LATENCY_BINS = len(LATENCY_EDGES_SECONDS)
LATENCY_BASE_PS = 1e5
"""Lower edge of the first latency bin; `LATENCY_PER_OCTAVE` bins double it."""
LATENCY_PER_OCTAVE = 4
RASTER_BINS = 256
"""Bins of the occupancy raster; their width doubles whenever a run outgrows them."""


def _record(integers: str, **others: str) -> np.dtype[np.void]:
    fields = [(name, "i8") for name in integers.split()]
    return np.dtype([*fields, *others.items()], align=True)


CLOCK = _record("now quantum switch_cost refill_cost bin_width running boundary")
"""One record: the time, the costs, how many components still run, and whether
a component has changed its state in this event (`boundary`)."""

COMPONENT = _record("begin state phase first_member workers tasks delegated", key="u8")
"""`begin` is when it starts, `key` its stream of random numbers."""

PHASE = _record(
    "operations gap capacity first_stage last_stage levels next_level_at issued "
    " done start finish done_at_last_start done_at_first_finish",
    fanout="f8",
)
"""Per component and phase. `capacity`: operations its RAM quota has room for, negative if
its data does not even load. `levels`: inner levels of the tree, one more at the operation
`next_level_at`."""

STAGE = _record("where distribution tasks per_level", mean_ps="f8")
"""One task of an operation's chain, or `tasks` equal ones in a row (per inner level)."""

WORKER = _record(
    "component core number priority ready current remaining inbox_head inbox_tail "
    "first_request window stuck"
)
"""`current`: request being run; `inbox_*`: list of requests waiting here; `first_request` and
the `window` - 1 following ones are its own; `stuck`: those that lie with a worker off its core."""

CORE = _record(
    "first last running last_ran activity since busy_until switch_until slice_end "
    "held_since switches phase"
)
"""`running` holds the core, `last_ran` was the last to. `busy_until`: end of the task or switch
under way, or `FOREVER`. `phase`: what is left of the slice
when a second worker gets ready, the one random number of a core."""

REQUEST = np.dtype(
    [("operation", "i8"), ("start", "i8")]
    + [(name, "i4") for name in ("issuer", "target", "next", "stage")],
    align=True,
)
"""An operation under way; `issuer` and `target` are workers, `next` links lists."""


class Engine(NamedTuple):
    """All state of one run.

    ``phases`` is (component, phase); ``accounting`` (component, core, bucket) in ps, where
    the bucket ``idle`` of component 0 stands for nobody's; ``latency`` (phase, component, bin);
    ``occupancy`` (component, core, bin) in ps; ``tree`` is the min-tree over cores of
    ``time << CORE_BITS | core``.
    """

    clock: npt.NDArray[Any]
    components: npt.NDArray[Any]
    phases: npt.NDArray[Any]
    stages: npt.NDArray[Any]
    workers: npt.NDArray[Any]
    members: npt.NDArray[np.int64]
    cores: npt.NDArray[Any]
    requests: npt.NDArray[Any]
    tree: npt.NDArray[np.int64]
    accounting: npt.NDArray[np.int64]
    occupancy: npt.NDArray[np.int64]
    latency: npt.NDArray[np.int64]
    table: npt.NDArray[np.int64]


def empty(
    *, components: int, phases: int, stages: int, workers: int, cores: int, requests: int
) -> Engine:
    """Return arrays of the right shapes, all cores idle and all lists empty at time 0."""
    engine = Engine(
        clock=np.zeros(1, CLOCK),
        components=np.zeros(components, COMPONENT),
        phases=np.zeros((components, phases), PHASE),
        stages=np.zeros(stages, STAGE),
        workers=np.zeros(workers, WORKER),
        members=np.zeros(workers, np.int64),
        cores=np.zeros(cores, CORE),
        requests=np.zeros(requests, REQUEST),
        tree=np.full(2 << max(cores - 1, 1).bit_length(), np.iinfo(np.int64).max, np.int64),
        accounting=np.zeros((components, cores, len(BUCKETS)), np.int64),
        occupancy=np.zeros((components, cores, RASTER_BINS), np.int64),
        latency=np.zeros((phases, components, LATENCY_BINS), np.int64),
        table=np.zeros(0, np.int64),
    )
    leaves = len(engine.tree) // 2
    engine.tree[leaves : leaves + cores] = (FOREVER << CORE_BITS) | np.arange(cores)
    for node in range(leaves - 1, 0, -1):
        engine.tree[node] = min(engine.tree[2 * node], engine.tree[2 * node + 1])
    for name in ("current", "inbox_head", "inbox_tail"):
        engine.workers[name] = NOBODY
    for name in ("running", "last_ran"):
        engine.cores[name] = NOBODY
    engine.cores["activity"] = IDLE
    engine.cores["busy_until"] = FOREVER
    engine.cores["slice_end"] = FOREVER
    engine.phases["start"] = NOBODY
    engine.phases["finish"] = NOBODY
    return engine
