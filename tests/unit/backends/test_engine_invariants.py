"""What must hold in any simulation, whatever the scenario: exact, in whole picoseconds."""

from __future__ import annotations

import numpy as np
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulation import run, scenario, stepwise, tree
from workbench.backends.simulated import layout
from workbench.backends.simulated.setup import Plan
from workbench.scenario.experiment import Parameter
from workbench.scenario.model import AffinitySpace, Rectangle, Scenario

OPERATIONS = 150


@st.composite
def rectangles(draw: st.DrawFn, space: AffinitySpace) -> Rectangle:
    x = draw(st.integers(0, space.width - 1))
    y = draw(st.integers(0, space.height - 1))
    return Rectangle(
        x=x,
        y=y,
        width=draw(st.integers(1, space.width - x)),
        height=draw(st.integers(1, space.height - y)),
    )


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    space = AffinitySpace(width=draw(st.integers(1, 5)), height=draw(st.integers(1, 2)))
    places = draw(st.lists(rectangles(space), min_size=1, max_size=4))
    trees = (
        tree(f"b{i}", place, priority=draw(st.sampled_from([None, 0, -1])))
        for i, place in enumerate(places)
    )
    return scenario(*trees, width=space.width, height=space.height, prio_levels=2)


parameters = st.fixed_dictionaries(
    {
        "policy": st.sampled_from(["nova", "gang", "linux_fair", "base_hw"]),
        "quantum_ms": st.sampled_from([0.003, 0.02, 0.1, 10.0]),
        "fair_slice_ms": st.sampled_from([0.003, 0.05]),
        "fill_slice_ms": st.sampled_from([0.01, 10.0]),
        "super_period_ms": st.sampled_from([0.1, 1000.0]),
        "switch_us": st.sampled_from([0.0, 0.5, 5.0]),
        "refill_us": st.sampled_from([0.0, 2.0]),
        "wake_us": st.sampled_from([0.0, 1.0]),
        "slice_spread": st.sampled_from([0.0, 1.0]),
        "window": st.sampled_from([1, 7, 60, 10**12]),
        "workers": st.sampled_from([0, 0, 1, 3, 7]),
        "operations": st.just(OPERATIONS),
        "start_skew_ms": st.sampled_from([0.0, 0.02]),
        "serial_gap_ms": st.sampled_from([0.0, 0.05]),
        "check_ms": st.sampled_from([0.0, 0.03]),
        "raster_ms": st.sampled_from([0.001, 5.0]),
        "sync": st.sampled_from(["queue", "exclusive", "latched", "spinlock", "olfit", "sync4me"]),
        "idle": st.sampled_from(["poll", "block"]),
        "hot_leaves": st.sampled_from([0, 1, 3]),
        "memory": st.sampled_from(["interleaved", "local", "one-node"]),
        "memory_gb_per_s": st.sampled_from([0.001, 42.6]),
        "l3_mib": st.sampled_from([0.0, 8.0]),
        "prefetch_distance": st.sampled_from([0, 3]),
        "numa_nodes": st.sampled_from([1, 3]),
        "cores": st.sampled_from([4, 64]),
        "threads": st.sampled_from([1, 8, 128]),
        "thread_speed": st.sampled_from([0.5, 0.7]),
        "timeline_ms": st.sampled_from([0.0, 0.1]),
        "timer_work_ns": st.sampled_from([0.0, 500.0]),
        "timer_tick_ns": st.just(20_000.0),
    }
)
workloads = st.sampled_from(["insert", "lookup", "insert-lookup", "update", "ycsb-a", "ycsb-b"])


def held_by(plan: Plan, w: int) -> list[int]:
    """Return the requests that lie with a worker."""
    worker = plan.engine.workers[w]
    held = [int(worker["current"])] if worker["current"] >= 0 else []
    r = worker["inbox_head"]
    while r != layout.NOBODY:
        held.append(int(r))
        r = plan.engine.requests["next"][r]
    return held


def requests_by_worker(plan: Plan) -> tuple[list[int], list[int]]:
    """Return, by worker, its requests in flight and those of them at a worker off its core."""
    engine = plan.engine
    in_flight = [0] * len(engine.workers)
    stuck = [0] * len(engine.workers)
    for w, worker in enumerate(engine.workers):
        absent = engine.cores["running"][worker["core"]] != w
        for issuer in engine.requests["issuer"][held_by(plan, w)]:
            in_flight[issuer] += 1
            stuck[issuer] += absent and issuer != w
    return in_flight, stuck


def check_locks(plan: Plan) -> None:
    """Whoever holds a lock knows of it; nobody spins on its core for a lock that is free."""
    engine = plan.engine
    holders = {int(w): int(number) for number, w in enumerate(engine.locks["holder"]) if w >= 0}
    for w, number in holders.items():
        assert engine.workers["lock"][w] == number
        assert engine.workers["lock_state"][w] == layout.HOLDING
    for w, worker in enumerate(engine.workers):
        if worker["lock_state"] == layout.NO_LOCK:
            continue
        core = engine.cores[worker["core"]]
        exclusive = worker["lock_mode"] == layout.EXCLUSIVE
        lock = engine.locks[worker["lock"]]
        if worker["lock_state"] == layout.HOLDING and exclusive:
            assert holders[w] == worker["lock"]
        if core["running"] == w and core["activity"] == layout.LOCK_SPIN:
            assert worker["lock_state"] == layout.SPINNING
            assert lock["holder"] >= 0 or (exclusive and lock["readers"] > 0)


def check_cores(plan: Plan) -> None:
    """No core idles with a ready worker, none polls or sleeps with something to do."""
    engine = plan.engine
    for core in engine.cores:
        if core["running"] == layout.NOBODY:
            assert not engine.workers["ready"][core["first"] : core["last"]].any()
        else:
            assert engine.workers["ready"][core["running"]]
        if core["activity"] in (layout.POLL_IDLE, layout.WAIT_OWNER):
            assert engine.workers["inbox_head"][core["running"]] == layout.NOBODY
            waits = engine.workers["stuck"][core["running"]] > 0
            assert core["activity"] == (layout.WAIT_OWNER if waits else layout.POLL_IDLE)
    for worker in engine.workers:
        state = engine.components["state"][worker["component"]]
        if state == layout.PARALLEL and not worker["ready"]:
            assert worker["inbox_head"] == layout.NOBODY


@settings(max_examples=25, deadline=None)
@given(scenarios(), workloads, parameters, st.integers(211, 997))
def test_conservation(
    what: Scenario, workload: str, values: dict[str, Parameter], events: int
) -> None:
    before = -1
    for plan in stepwise(what, workload, values, events):
        engine = plan.engine
        now = int(engine.clock["now"][0])
        assert now >= before
        before = now
        spent = engine.accounting.sum(axis=(0, 2))
        assert (spent == engine.cores["since"]).all()

        in_flight, stuck = requests_by_worker(plan)
        measured = len(plan.started)
        for index, component in enumerate(engine.components[:measured]):
            mine = np.flatnonzero(engine.workers["component"] == index)
            window = max(1, min(int(plan.settings.number("window")), OPERATIONS) // len(mine))
            assert max(in_flight[w] for w in mine) <= window
            phase = engine.phases[index, component["phase"]]
            assert phase["issued"] == phase["done"] + sum(in_flight[w] for w in mine)

        assert engine.workers["stuck"].tolist() == stuck
        if engine.clock["running"][0] > 0:
            check_cores(plan)
        check_locks(plan)

    now = int(engine.clock["now"][0])
    assert (engine.accounting.sum(axis=(0, 2)) == now).all()
    held = engine.accounting.sum(axis=2)
    held[0] -= engine.accounting[0, :, layout.IDLE]
    assert (engine.occupancy.sum(axis=0) == held).all()
    phases = len(plan.settings.workload.phases)
    done = engine.phases[:measured, :phases]
    assert (done["done"] == OPERATIONS).all()
    assert (engine.latency[:phases, :measured].sum(axis=2) == OPERATIONS).all()
    assert (done["start"][:, 1:] >= done["finish"][:, :-1]).all()
    assert (engine.locks["holder"] == layout.NOBODY).all()
    assert (engine.locks["readers"] == 0).all()
    check_timeline(plan)


def check_timeline(plan: Plan) -> None:
    """The segments of a core tile the recorded span; their buckets are those of the books."""
    segments = plan.engine.segments[: plan.engine.clock["recorded"][0]]
    until = min(plan.engine.clock["now"][0], plan.engine.clock["record_until"][0]) // 1000
    if len(plan.engine.segments) == 0:
        assert len(segments) == 0
        return
    for core in range(plan.cores):
        mine = np.sort(segments[segments["core"] == core], order="start")
        ends = mine["start"] + mine["duration"]
        assert mine["start"][0] == 0
        assert (mine["start"][1:] == ends[:-1]).all()
        assert ends[-1] == until


def identical(one: xr.Dataset, other: xr.Dataset) -> bool:
    return one.drop_attrs().identical(other.drop_attrs())


@settings(max_examples=8, deadline=None)
@given(scenarios(), workloads, parameters)
def test_an_idle_core_changes_nothing(
    what: Scenario, workload: str, values: dict[str, Parameter]
) -> None:
    assert what.space is not None
    values = values | {"threads": 1}  # with a third row, rows would no longer be threads
    if what.space.height > 1:
        larger = what.but(space=AffinitySpace(width=what.space.width, height=3))
    else:
        larger = what.but(space=AffinitySpace(width=what.space.width + 1))
    cores = what.space.width * what.space.height
    one, other = run(what, workload, **values), run(larger, workload, **values)
    assert float(other.idle_seconds.isel(core=slice(cores, None)).min()) == float(
        one.elapsed_seconds
    )
    other = other.isel(core=slice(cores))
    if "segment_core" in other:
        other = other.isel(segment=(other.segment_core < cores).values)
    assert identical(one, other)


@settings(max_examples=8, deadline=None)
@given(scenarios(), workloads, parameters)
def test_names_and_the_order_of_identical_components_change_nothing(
    what: Scenario, workload: str, values: dict[str, Parameter]
) -> None:
    """Components are told apart by their place in the document, never by their names."""
    names = [c.name for c in what.components if c.program == "blinktree"]
    renamed = dict(zip(names, reversed(names), strict=True))
    other = what.but(
        components=tuple(
            c if c.program == "timer" else c.but(name=renamed[c.name]) for c in what.components
        )
    )
    one, two = run(what, workload, **values), run(other, workload, **values)
    assert identical(one, two.assign_coords(component=one.component))
