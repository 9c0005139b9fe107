"""Attribution: exact sums, known games, and cases whose one cause was planted."""

from __future__ import annotations

import json
import math
import re
import threading
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from tests import fake_backend
from tests.simulation import TO_ANYONE, timer, tree
from workbench.analysis import mechanisms as registry
from workbench.analysis.attribution import attribute, shapley
from workbench.analysis.explanation import Attribution
from workbench.analysis.mechanisms import Mechanism, mechanisms, register
from workbench.analysis.questions import metrics_named
from workbench.backends.base import Cancelled
from workbench.errors import InputError
from workbench.results.schema import METRICS
from workbench.scenario.experiment import Experiment, Variant
from workbench.scenario.model import AffinitySpace, PlacementRule, Rectangle, Scenario

SHARED = Variant(name="time-shared", placement=PlacementRule(rule="time-share"))
APART = Variant(name="partitioned", placement=PlacementRule(rule="partition-evenly"))


def experiment(*variants: Variant, **parameters: float | int | str) -> Experiment:
    """Return two small trees on eight cores."""
    scenario = Scenario(
        space=AffinitySpace(width=8),
        parent_provides=("LOG", "PD", "CPU", "ROM", "RM"),
        default_route=TO_ANYONE,
        components=(timer(), tree("blinktree1"), tree("blinktree2")),
    )
    settings = {"operations": 20_000, "quantum_ms": 1.0} | parameters
    return Experiment(
        name="planted", scenario=scenario, variants=variants or (SHARED, APART), parameters=settings
    )


def sizes(*widths: int) -> Variant:
    """Return a variant with partitions of these widths."""
    starts = np.cumsum((0, *widths[:-1])).tolist()
    places = {
        f"blinktree{i + 1}": Rectangle(x=x, width=width)
        for i, (x, width) in enumerate(zip(starts, widths, strict=True))
    }
    return Variant(name="-".join(map(str, widths)), affinity=places)


def why(given: Experiment, workload: str, **options: object) -> Attribution:
    first, second = (one.name for one in given.variants)
    return attribute(given, (first, second), workload, replications=3, **options)  # type: ignore[arg-type]


# -- the values ------------------------------------------------------------------------------


def by_definition(players: list[str], value: dict[frozenset[str], float]) -> dict[str, float]:
    orders = list(permutations(players))
    gains = dict.fromkeys(players, 0.0)
    for order in orders:
        for place, name in enumerate(order):
            before = frozenset(order[:place])
            gains[name] += (value[before | {name}] - value[before]) / len(orders)
    return gains


@pytest.mark.parametrize("seed", range(5))
def test_values_are_means_over_all_orders(seed: int) -> None:
    players = list("abcd")
    chance = np.random.default_rng(seed)
    subsets = {frozenset(order[:k]) for order in permutations(players) for k in range(5)}
    worth = {on: float(chance.normal()) for on in subsets}
    found = shapley(players, lambda on: np.array([worth[on]]))
    assert {name: one.item() for name, one in found.items()} == pytest.approx(
        by_definition(players, worth)
    )
    everyone = frozenset(players)
    assert sum(one.item() for one in found.values()) == pytest.approx(
        worth[everyone] - worth[frozenset()]
    )
    some = [list(order) for order in list(permutations(players))[::5]]
    sampled = shapley(players, lambda on: np.array([worth[on]]), some)
    assert sum(one.item() for one in sampled.values()) == pytest.approx(
        worth[everyone] - worth[frozenset()]
    )


def test_the_glove_game() -> None:
    # Two left gloves, one right: a pair is worth 1. Known: 1/6, 1/6, 2/3.
    found = shapley(
        ["left", "other left", "right"],
        lambda on: np.array([float("right" in on and len(on) > 1)]),
    )
    assert [one.item() for one in found.values()] == pytest.approx([1 / 6, 1 / 6, 2 / 3])


# -- planted causes --------------------------------------------------------------------------

LATER = SHARED.but(name="later", placement=APART.placement, parameters={"start_skew_ms": 5.0})
MANY_SLICES = {"quantum_ms": 0.5, "operations": 30_000}
COSTLY_SWITCH = experiment(switch_us=150.0, refill_us=0.0, **MANY_SLICES)
# Whoever returns finds nothing of its cache left, however short the slices are.
COSTLY_REFILL = experiment(
    switch_us=0.0, refill_us=150.0, lines_per_us=1e5, leaf_lines=0.0, **MANY_SLICES
)
# Lookups that each wait for memory 38 times.
MEMORY = {"leaf_lines": 40.0, "l3_mib": 0.01, "memory": "local", "operations": 5_000}
TWO_NODES = {"cores": 8, "numa_nodes": 2, "nodes_per_socket": 1}
# The first instance has all cores in all of its slices before the second one has any.
ONE_SLICE = {"quantum_ms": 8.0, "slice_spread": 0.0, "switch_us": 0.0, "refill_us": 0.0}


def apart_and(given: dict[str, float | int | str], **changed: float | int | str) -> Experiment:
    """Return partitions with these parameters, and the same ones with some changed."""
    return experiment(APART, APART.but(name="changed", parameters=changed), **given)


# All that is done waits for one worker, and that worker for the others: whether they hold
# their cores at the same time decides, for slices of any length and nearly any window.
OUT_OF_STEP = experiment(
    SHARED,
    SHARED.but(name="in step", parameters={"slice_spread": 0.0}),
    quantum_ms=1.0,
    operations=80_000,
    slice_spread=1.0,
    switch_us=0.0,
    refill_us=0.0,
)
ONE_SERVER = str(Path(__file__).parent / "one_server.yaml")

BELOW = Variant(
    name="below",
    affinity={"blinktree1": Rectangle(width=4), "blinktree2": Rectangle(width=4, y=1)},
)
BESIDE = Variant(
    name="beside",
    affinity={"blinktree1": Rectangle(width=4), "blinktree2": Rectangle(width=4, x=4)},
)
TWO_THREADS = experiment(BELOW, BESIDE, cores=8, threads=16, thread_speed=0.625)
TWO_THREADS = TWO_THREADS.but(
    scenario=TWO_THREADS.scenario.but(space=AffinitySpace(width=8, height=2))
)

PLANTED = {
    "alignment": (OUT_OF_STEP, ONE_SERVER, "throughput_makespan"),
    # All operations are in flight, most of them with the owner of the hottest leaf.
    "delegation": (
        apart_and(
            {"zipf": 1.2, "operations": 8_000, "window": 8_000}, delegation="off", sync="olfit"
        ),
        "insert",
        "throughput_makespan",
    ),
    "quantum": (experiment(leaf_lines=0.0, **ONE_SLICE), "lookup", "throughput_self"),
    # What it costs to take a batch of tasks is shared by as many as are in flight.
    "window": (
        apart_and({"fill_ns": 20_000.0, "batch": 16, "leaf_lines": 0.0}, window=4),
        "lookup",
        "throughput_window",
    ),
    "numa": (apart_and(MEMORY | TWO_NODES, memory="interleaved"), "lookup", "throughput_window"),
    "bandwidth": (apart_and(MEMORY, memory_gb_per_s=1.0), "lookup", "throughput_window"),
    "switch": (COSTLY_SWITCH, "lookup", "throughput_window"),
    "refill": (COSTLY_REFILL, "lookup", "throughput_window"),
    "threads": (TWO_THREADS, "lookup", "throughput_window"),
    "skew": (experiment(APART, LATER), "lookup", "throughput_makespan"),
    "imbalance": (experiment(sizes(6, 2), sizes(4, 4)), "lookup", "throughput_makespan"),
}


@pytest.mark.parametrize("cause", PLANTED)
def test_a_planted_cause_gets_nine_tenths_of_the_weight(cause: str) -> None:
    given, workload, metric = PLANTED[cause]
    found = why(given, workload)
    one = found.explanation(metric)
    assert abs(one.log_ratio.value) > 0.1, "nothing was planted"
    assert one.contributions[0].part.name == cause
    assert one.contributions[0].share >= 0.9
    assert cause not in {part.name for part in (*found.negligible, *found.absent)}


TWICE = """
workload: 1
title: Equal local work, twice
parameters:
  operations: {value: 40000, doc: Operations., source: Test.}
  serial_gap_ms: {value: 0.0, doc: Between the two., source: Test.}
window_per_worker: 3
phases:
  - name: first
    operations: operations
    chain: [{task: work, where: local, mean_ns: 1000, distribution: constant}]
  - name: second
    operations: operations
    serial_gap_ms: serial_gap_ms
    chain: [{task: work, where: local, mean_ns: 1000, distribution: constant}]
"""


def test_serial_work_between_phases_is_named_where_it_was_planted(home: Path) -> None:
    """One on eight cores gets to its second phase earlier than one on six of them.

    While it prepares that, it leaves these cores to the other one, and the other way round,
    so that each is alone for a while and reports what it did alone.
    """
    (home / "workloads").mkdir()
    (home / "workloads" / "twice.yaml").write_text(TWICE)
    places = {"blinktree1": Rectangle(width=8), "blinktree2": Rectangle(width=6)}
    without = Variant(name="without", affinity=places)
    gap = without.but(name="gap", parameters={"serial_gap_ms": 20.0})
    costs = {"quantum_ms": 0.1, "switch_us": 0.0, "refill_us": 0.0, "operations": 40_000}
    one = why(experiment(without, gap, **costs), "twice").explanation("throughput_self")
    assert one.log_ratio.value > 0.1
    assert one.contributions[0].part.name == "gap"
    assert one.contributions[0].share >= 0.9


def test_contributions_and_remainder_sum_to_the_difference() -> None:
    # Convoys behind owners, switch costs and unequal shares at once.
    given = experiment(SHARED, sizes(5, 3), switch_us=50.0, operations=6_000)
    found = why(given, "insert")
    for one in found.explanations:
        parts = [part.log_ratio.value for part in one.contributions]
        assert len(parts) >= 2
        assert sum(parts) + one.remainder.value == pytest.approx(one.log_ratio.value, abs=1e-12)
        shares = [part.share for part in one.contributions]
        assert sum(shares) + one.remainder_share == pytest.approx(1.0)
        assert shares == sorted(shares, reverse=True)
    again = why(given, "insert")
    assert again.explanations == found.explanations
    assert again.runs == 0, "all of it is remembered"


def test_more_causes_than_can_be_enumerated_still_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.analysis.attribution.MOST_EXACT", 1)
    found = why(experiment(SHARED, sizes(5, 3), switch_us=50.0, operations=6_000), "insert")
    assert found.method == "sampled orders"
    for one in found.explanations:
        parts = [part.log_ratio.value for part in one.contributions]
        assert sum(parts) + one.remainder.value == pytest.approx(one.log_ratio.value, abs=1e-12)


def test_exchanging_the_variants_turns_the_signs() -> None:
    given = COSTLY_SWITCH
    there = why(given, "lookup").explanation("throughput_window")
    back = why(given.but(variants=(APART, SHARED)), "lookup").explanation("throughput_window")
    assert back.log_ratio.value == pytest.approx(-there.log_ratio.value)
    assert [p.log_ratio.value for p in back.contributions] == pytest.approx(
        [-p.log_ratio.value for p in there.contributions]
    )


# -- what is said ----------------------------------------------------------------------------


def test_sentences_name_cause_size_and_assumption() -> None:
    head, refill, *_, rest = why(COSTLY_REFILL, "lookup").sentences("throughput_makespan")
    assert head.startswith("lookup, makespan: partitioned is 1.3")
    assert re.match(r"Refill of the caches: 1\.(2[89]|3)", refill)
    assert "in favour of partitioned over time-shared" in refill
    assert "95 % CI" in refill
    assert "% of the weight), because a worker that returns" in refill
    assert "Assumption, not measured: refill_us = 150.0" in refill
    assert rest.startswith("All these switched off, partitioned is 1.0")
    turned = COSTLY_SWITCH.but(variants=(APART, SHARED))
    head, switch, *_ = why(turned, "lookup").sentences("throughput_window")
    assert "time-shared is 0.7" in head
    assert "in favour of partitioned over time-shared" in switch, "whoever is faster, by name"
    assert "not measured" not in switch


def test_json_is_strict_and_complete() -> None:
    found = why(COSTLY_SWITCH, "lookup")
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert told["between"] == ["time-shared", "partitioned"]
    assert set(told["metrics"]) == set(METRICS)
    one = told["metrics"]["throughput_window"]
    cause, *others = one["contributions"]
    assert cause["mechanism"] == "switch"
    assert math.exp(cause["log_ratio"]) == pytest.approx(cause["factor"])
    assert cause["ci95"][0] <= cause["factor"] <= cause["ci95"][1]
    factors = [part["factor"] for part in (cause, *others, one["remainder"])]
    assert one["ratio"] == pytest.approx(math.prod(factors))
    assert cause["rests_on"][0] | {"source": ""} == {
        "parameter": "switch_us", "value": 150.0, "source": "", "chosen": True,
    }  # fmt: skip
    names = {one.name for one in mechanisms()}
    listed = {one["mechanism"] for kind in ("negligible", "absent") for one in told[kind]}
    weighed = {part["mechanism"] for part in (cause, *others)}
    assert listed == names - weighed


def test_a_mechanism_of_ones_own_is_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))
    register(Mechanism("reads", "Slow reads", "reads are slow", set={"read_ns": 1.0}))
    slow = APART.but(name="slow", parameters={"read_ns": 50_000.0})
    found = why(experiment(APART, slow), "lookup", names=["reads"])
    one = found.explanation("throughput_window").contributions[0]
    assert (one.part.name, found.absent) == ("reads", ())
    assert one.share >= 0.9


# -- refusals --------------------------------------------------------------------------------


def test_what_cannot_be_asked_is_said() -> None:
    given = experiment()
    with pytest.raises(InputError, match="no mechanism"):
        why(given, "lookup", names=["swich"])
    with pytest.raises(InputError, match="does not differ from itself"):
        attribute(given, ("partitioned", "partitioned"), "lookup")
    with pytest.raises(InputError, match="two replications"):
        attribute(given, ("partitioned", "time-shared"), "lookup", replications=1)
    with pytest.raises(InputError, match="no metric"):
        metrics_named(["sefl"])
    assert metrics_named(["self", "throughput_window"]) == ("throughput_self", "throughput_window")


def test_a_measurement_has_no_counterfactual(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = fake_backend.install()
    monkeypatch.setattr(backend, "kind", "measurement")
    with pytest.raises(InputError, match="measure"):
        attribute(fake_backend.experiment(), ("time-shared", "partitioned"), "insert")


def test_it_can_be_cancelled() -> None:
    stop = threading.Event()
    seen = []

    def progress(part: float, message: str) -> None:
        seen.append((part, message))
        if part > 0.1:
            stop.set()

    with pytest.raises(Cancelled):
        why(experiment(quantum_ms=1.25), "insert", progress=progress, cancelled=stop)
    parts = [part for part, _ in seen]
    assert parts == sorted(parts)
    assert "runs" in seen[0][1]
