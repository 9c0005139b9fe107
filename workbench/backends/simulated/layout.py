"""What the engine's memory looks like: one record array per kind of thing.

Plain NumPy, so that models can be laid out and results read without numba.
All times are int64 picoseconds. Everything that changes during a run lies in
these arrays: a run can stop after any event and go on later, or elsewhere.

Events come from cores and from *sources*: one per component (its begin, its arrivals),
one for the changes of placement. Both have a leaf in the tree of pending events.

Workers are numbered core by core, so that the workers resident on a core are
the range ``first`` to ``last``; `Engine.members` lists them component by component.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.results.schema import BUCKETS, LATENCY_EDGES_SECONDS

__all__ = [
    "CHANGE",
    "CLOCK",
    "COMPONENT",
    "CORE",
    "COST",
    "FOREVER",
    "KIND",
    "LATENCY_BINS",
    "LOCK",
    "MAX_CORES",
    "MAX_SOURCES",
    "NOBODY",
    "NODE",
    "PHASE",
    "RASTER_BINS",
    "REQUEST",
    "SEGMENT",
    "STAGE",
    "WORKER",
    "Engine",
    "Sizes",
    "empty",
]

EVENT_BITS = 9
"""Low bits of an event's key: the core or source it comes from."""
MAX_CORES = 256
MAX_SOURCES = (1 << EVENT_BITS) - MAX_CORES

FOREVER = 1 << 53
"""A time that never comes (2.5 hours); shifted by `EVENT_BITS` it still fits into an int64."""

NOBODY = -1
SERIAL_WORK = -2
"""In `WORKER.current`: the single-threaded work between phases."""
NOT_BEGUN, LOCKING = -1, -2
"""In `WORKER.remaining`: its task has not begun, or waits for a lock."""

# What a core does (`CORE.activity`); all but STARTING are accounting buckets.
USEFUL, POLL_IDLE, WAIT_OWNER, LOCK_SPIN = 0, 1, 2, 3
SWITCH, REFILL, REMOTE_MEMORY, BANDWIDTH, IDLE, STARTING = 4, 5, 6, 7, 8, 9
assert BUCKETS == (
    "useful",
    "poll_idle",
    "wait_owner",
    "lock_spin",
    "switch",
    "refill",
    "remote_memory",
    "bandwidth",
    "idle",
)

# What a component does (`COMPONENT.state`).
WAITING, SERIAL, PARALLEL, FINISHED, OUT_OF_MEMORY, AT_BARRIER, CHECKING = range(7)

# What a component has just ended (`COMPONENT.pending`).
NOTHING, PHASE_DONE, DIED, SERIAL_DONE = range(4)

# Where a task runs (`STAGE.where`); 0 and above: the worker of that number.
LOCAL, OWNER, ANY = -1, -2, -3
# How long (`STAGE.distribution`).
CONSTANT, EXPONENTIAL, UNIFORM, HYPEREXPONENTIAL = range(4)
# What it holds (`STAGE.lock`).
UNLOCKED, SHARED, EXCLUSIVE, OPTIMISTIC = range(4)
# How far a worker is with the lock it needs (`WORKER.lock_state`).
NO_LOCK, SPINNING, HOLDING = range(3)

LATENCY_BINS = len(LATENCY_EDGES_SECONDS)
LATENCY_BASE_PS = 1e5
"""Lower edge of the first latency bin; `LATENCY_PER_OCTAVE` bins double it."""
LATENCY_PER_OCTAVE = 4
RASTER_BINS = 256
"""Bins of the rasters; their width doubles whenever a run outgrows them."""


_LINE_BYTES = 64
"""Records that every event needs begin with a cache line, and with what it needs of them."""


def _lines(*fields: tuple[str, str]) -> np.dtype[np.void]:
    """Return a record of whole cache lines; each pair is a type and names of fields of it."""
    named = [(name, kind) for kind, names in fields for name in names.split()]
    packed = np.dtype(named, align=True)
    assert packed.names is not None
    assert packed.fields is not None
    return np.dtype(
        {
            "names": packed.names,
            "formats": [packed.fields[name][0] for name in packed.names],
            "offsets": [packed.fields[name][1] for name in packed.names],
            "itemsize": -(-packed.itemsize // _LINE_BYTES) * _LINE_BYTES,
        }
    )


def _record(integers: str, floats: str = "", **others: str) -> np.dtype[np.void]:
    fields = [(name, "i8") for name in integers.split()]
    fields += [(name, "f8") for name in floats.split()]
    return np.dtype([*fields, *others.items()], align=True)


CLOCK = _record(
    "now quantum switch_cost refill_cost wake_cost fair_slice fill_slice super_period "
    "bin_width bin bin_end running boundary agenda batching limited recorded record_from "
    "record_until",
    "private_lines thread_speed",
)
"""One record: the time, the costs, how many components still run, and whether a component
changes its state in this event (`boundary`), which `phases.cross_boundary` carries out.
`bin`, `bin_end`: where the rasters are. `agenda`: list of cores to look at before the event is
over. `limited`: whether memory bandwidth can run short or threads share cores. `recorded`:
segments so far, of the span from `record_from` to `record_until`."""

COMPONENT = _record(
    "begin state phase phases pending first_member workers tasks delegated retries background "
    "blocks queue_head queue_tail free_head next_issuer first_lock",
    "lines_per_ps working_set quota",
    key="u8",
)
"""`begin` is when it starts, `pending` what it has just ended, `key` its stream of random
numbers. `queue_*`: operations any of its workers may take; `free_head`: requests for those
that will arrive. `lines_per_ps` is negative where a switch costs the whole private cache.
`quota`: the part of each of its cores that it may claim."""

PHASE = _record(
    "operations gap check barrier capacity first_kind last_kind levels next_level_at leaves "
    "arrival_distribution batchable issued reserved arrived lost done start finish "
    "done_at_last_start done_at_first_finish",
    "fanout arrival_ps zipf zipf_sum zipf_power zipf_factor zipf_second latency_sum",
)
"""Per component and phase. `capacity`: operations its RAM quota has room for, negative if
its data does not even load. `levels`: inner levels of the tree, one more at the operation
`next_level_at`. `reserved`: operations of batches under way that are not issued yet.
`zipf_*`: constants of `draws.zipf_rank`."""

KIND = _record("first_stage last_stage", "below")
"""A kind of operation: its stages, and the share of it and the kinds before it."""

STAGE = _record(
    "where distribution tasks per_level alone lock first_lock locks", "mean_ps variation"
)
"""One task of an operation's chain, or `tasks` equal ones in a row (per inner level).
`alone`: each is a segment of its own; `first_lock`: of its component's locks the first of
the `locks` it may need; `variation`: squared coefficient of variation of its time."""

COST = _record("own_ps remote_ps")
"""What a task takes beyond its time: in its own NUMA node's memory, and beyond that because
its data lie in others. Per site (component and NUMA node) and stage."""

WORKER = _lines(
    ("i8", "remaining"),
    ("i4", "core component current lock next_waiting inbox_head inbox_tail site stage stand_in"),
    ("i4", "stuck batch"),
    ("i1", "lock_state lock_mode spins granted ready woken level"),
    # The second cache line.
    ("i8", "batch_start batch_length"),
    ("f8", "footprint touched_before remote_share stall_share"),
    ("i4", "lock_version first_request window"),
    ("i2", "number priority"),
)
"""`current`: request being run;
`inbox_*`: list of requests waiting here; `first_request` and the `window` - 1 following ones
are its own; `stuck`: those that lie with a worker off its core. `granted`: whether it may use
its core; if not, `stand_in` gets its requests. `lock_*`: the one lock it holds or spins for;
`spins`: whether it does so, on its core, right now.
`stage`, `level`: where the present segment began. `batch`: operations of the present segment.
`footprint`: cache lines of its last slice."""

CORE = _lines(
    ("i8", "busy_until slice_end since"),
    ("f8", "remote_share stall_share"),
    ("i4", "running next_listed first last last_ran"),
    ("i1", "activity ask listed draws"),
    # The second cache line.
    ("i8", "switch_until held_since switches phase useful_before lost"),
    ("f8", "touched"),
    ("i4", "node sibling"),
)
"""`running` holds the core, `last_ran` was the last
to. `busy_until`: end of the task or switch under way, or `FOREVER`. `phase`: what is left of
the slice when a second worker gets ready, the one random number of a core. `ask`: whether the
policy is to be asked (2: the slice is over). `draws`: whether its demand for bandwidth is in
the books. `touched`: cache lines so far. `sibling`: the other thread of its core, if it has one;
`lost`: useful time that this took."""

LOCK = np.dtype(
    [(name, "i4") for name in ("holder", "readers", "version", "first_waiting", "last_waiting")]
)
"""`holder` writes; `*_waiting`: list of the workers that spin for it."""

NODE = _record("load bandwidth")
"""A NUMA node: bytes per second asked of its memory, and what it can give."""

CHANGE = _record("time worker granted")
"""A core withdrawn from a worker, or granted."""

REQUEST = np.dtype(
    [("operation", "i8"), ("start", "i8")]
    + [(name, "i4") for name in ("issuer", "target", "next", "stage", "level", "last")],
    align=True,
)
"""An operation under way; `issuer` and `target` are workers, `next` links lists, `last` is
the end of its stages."""

SEGMENT = np.dtype(
    [("start", "i8"), ("duration", "i4"), ("core", "u1"), ("bucket", "u1"), ("component", "u1")]
)
"""A piece of the timeline; times in ns."""


class Engine(NamedTuple):
    """All state of one run.

    ``phases`` is (component, phase); ``costs`` (site, stage), ``demand`` (site, NUMA node) in
    bytes per second; ``accounting`` (component, core, bucket) in ps, where the bucket ``idle``
    of component 0 stands for nobody's; ``latency`` (phase, component, bin); ``occupancy``
    (bin, component, core) in ps and ``finished`` likewise in operations, as those of one
    moment are written together; ``tree`` is the min-tree over cores and sources of
    ``time << EVENT_BITS | core or source``; ``table`` is the policy's.
    """

    clock: npt.NDArray[Any]
    components: npt.NDArray[Any]
    phases: npt.NDArray[Any]
    kinds: npt.NDArray[Any]
    stages: npt.NDArray[Any]
    costs: npt.NDArray[Any]
    workers: npt.NDArray[Any]
    members: npt.NDArray[np.int64]
    cores: npt.NDArray[Any]
    requests: npt.NDArray[Any]
    locks: npt.NDArray[Any]
    nodes: npt.NDArray[Any]
    demand: npt.NDArray[np.int64]
    changes: npt.NDArray[Any]
    tree: npt.NDArray[np.int64]
    accounting: npt.NDArray[np.int64]
    occupancy: npt.NDArray[np.int64]
    finished: npt.NDArray[np.int64]
    latency: npt.NDArray[np.int64]
    segments: npt.NDArray[Any]
    table: npt.NDArray[np.int64]


class Sizes(NamedTuple):
    """How many there are of each kind of thing."""

    components: int = 1
    phases: int = 1
    kinds: int = 1
    stages: int = 1
    workers: int = 1
    cores: int = 1
    requests: int = 1
    locks: int = 1
    nodes: int = 1
    changes: int = 1
    segments: int = 1


def _in_lines(count: int, record: np.dtype[np.void]) -> npt.NDArray[Any]:
    """Return records of zeros that begin where a cache line does."""
    room = np.zeros(count * record.itemsize + _LINE_BYTES, np.uint8)
    begin = -room.ctypes.data % _LINE_BYTES
    return room[begin : begin + count * record.itemsize].view(record)


def empty(sizes: Sizes) -> Engine:
    """Return arrays of the right shapes, all cores idle and all lists empty at time 0."""
    components, cores = sizes.components, sizes.cores
    sources = components + 1
    engine = Engine(
        clock=np.zeros(1, CLOCK),
        components=np.zeros(components, COMPONENT),
        phases=np.zeros((components, sizes.phases), PHASE),
        kinds=np.zeros(sizes.kinds, KIND),
        stages=np.zeros(sizes.stages, STAGE),
        costs=np.zeros((components * sizes.nodes, sizes.stages), COST),
        workers=_in_lines(sizes.workers, WORKER),
        members=np.zeros(sizes.workers, np.int64),
        cores=_in_lines(cores, CORE),
        requests=np.zeros(sizes.requests, REQUEST),
        locks=np.zeros(sizes.locks, LOCK),
        nodes=np.zeros(sizes.nodes, NODE),
        demand=np.zeros((components * sizes.nodes, sizes.nodes), np.int64),
        changes=np.zeros(sizes.changes, CHANGE),
        tree=np.full(2 << max(cores + sources - 1, 1).bit_length(), FOREVER << EVENT_BITS),
        accounting=np.zeros((components, cores, len(BUCKETS)), np.int64),
        occupancy=np.zeros((RASTER_BINS, components, cores), np.int64),
        finished=np.zeros((RASTER_BINS, components, cores), np.int64),
        latency=np.zeros((sizes.phases, components, LATENCY_BINS), np.int64),
        segments=np.zeros(sizes.segments, SEGMENT),
        table=np.zeros(0, np.int64),
    )
    leaves = len(engine.tree) // 2
    engine.tree[leaves : leaves + cores + sources] += np.arange(cores + sources)
    for node in range(leaves - 1, 0, -1):
        engine.tree[node] = min(engine.tree[2 * node], engine.tree[2 * node + 1])
    for name in ("current", "inbox_head", "inbox_tail", "lock", "next_waiting"):
        engine.workers[name] = NOBODY
    engine.workers["granted"] = 1
    engine.workers["stand_in"] = np.arange(sizes.workers)
    engine.workers["batch"] = 1
    for name in ("queue_head", "queue_tail", "free_head"):
        engine.components[name] = NOBODY
    for name in ("holder", "first_waiting"):
        engine.locks[name] = NOBODY
    for name in ("running", "last_ran", "sibling"):
        engine.cores[name] = NOBODY
    engine.cores["activity"] = IDLE
    engine.clock["bin"] = NOBODY
    engine.cores["busy_until"] = FOREVER
    engine.cores["slice_end"] = FOREVER
    engine.phases["start"] = NOBODY
    engine.phases["finish"] = NOBODY
    engine.changes["time"] = FOREVER
    return engine
