"""What the configuration says holds in a simulation: sessions, quotas, timers, places."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.simulation import TO_ANYONE, run, scenario, timer, tree
from workbench.backends.base import Job, Log, backend
from workbench.scenario.model import PlacementRule, Rectangle, RouteRule, Target
from workbench.scenario.placement import placed
from workbench.scenario.prediction import predict
from workbench.scenario.tree import Node

EVERYWHERE = Rectangle(width=4)


def to_timer(name: str) -> tuple[RouteRule, ...]:
    return (RouteRule(service="Timer", targets=(Target(kind="child", child=name),)), *TO_ANYONE)


def test_a_denied_timer_keeps_an_instance_from_running() -> None:
    denied = (RouteRule(service="Timer", targets=(Target(kind="parent"),)), *TO_ANYONE)
    what = scenario(tree("a", EVERYWHERE), tree("b", EVERYWHERE, route=denied))
    job = Job(what, "insert", 1, {"operations": 2_000})
    (problem,) = backend("simulated").validate(job)
    assert (problem.severity, problem.component) == ("warning", "b")
    execution = backend("simulated").start(job)
    logged = [e for e in execution.events() if isinstance(e, Log) and e.component == "b"]
    assert "Timer" in logged[0].text
    result = execution.result()
    assert result.exit_reason.values.tolist() == ["finished", "not-started"]
    assert "Timer" in result.exit_detail.sel(component="b").item()
    assert result.timer.values.tolist() == ["timer", ""]
    assert result.operations.values.tolist() == [[2_000, 0]]
    assert float(result.accounting_seconds.sel(component="b").sum()) == 0.0
    assert np.isnan(result.window_start_seconds.item())
    assert "b never ran it" in result.attrs["no_window"]
    alone = run(scenario(tree("a", EVERYWHERE)), operations=2_000)
    assert float(alone.elapsed_seconds) == float(result.elapsed_seconds)


def test_nothing_starts_nothing_runs() -> None:
    result = run(scenario(tree("a", EVERYWHERE), timers=[]), operations=2_000)
    assert result.exit_reason.values.tolist() == ["not-started"]
    assert float(result.elapsed_seconds) == 0.0


def test_inserts_end_at_the_very_operation_that_outgrows_the_quota() -> None:
    what = scenario(tree("a", EVERYWHERE, ram_bytes="20M"), tree("b", EVERYWHERE))
    result = run(what, operations=200_000, quantum_ms=1)
    assert result.exit_reason.values.tolist() == ["out-of-memory", "finished"]
    quota = predict(what)["a"].ram_bytes
    fitting = math.floor((quota - 16_777_216) / 24.3)
    assert 0 < fitting < 200_000
    assert result.operations.values.tolist() == [[fitting, 200_000]]
    peak = result.peak_ram_bytes
    assert float(peak.sel(component="a")) == quota
    assert float(peak.sel(component="b")) == pytest.approx(16_777_216 + 200_000 * 24.3)
    assert "quota" in result.exit_detail.sel(component="a").item()
    assert float(result.window_finish_seconds[0]) == float(
        result.finish_seconds.sel(component="a").item()
    )
    assert np.isnan(result.reported_seconds.sel(component="a").item())


def test_lookups_end_while_loading() -> None:
    what = scenario(tree("a", EVERYWHERE, ram_bytes="39M"), tree("b", EVERYWHERE))
    result = run(what, "lookup", operations=20_000, keys=1_000_000)
    assert result.exit_reason.values.tolist() == ["out-of-memory", "finished"]
    assert result.operations.values.tolist() == [[0, 20_000]]
    fewer = run(what, "lookup", operations=20_000, keys=900_000)
    assert fewer.exit_reason.values.tolist() == ["finished", "finished"]


def test_two_timers_of_different_periods_are_used_by_those_routed_to_them() -> None:
    coarse = timer("coarse", config=Node("config", (("period_ms", "7"),)))
    what = scenario(
        tree("a", Rectangle(width=2), route=to_timer("timer")),
        tree("b", Rectangle(x=2, width=2), route=to_timer("coarse")),
        timers=[timer(), coarse],
    )
    result = run(what, operations=20_000).isel(phase=0)
    assert result.timer.values.tolist() == ["timer", "coarse"]
    exact = result.finish_seconds - result.start_seconds
    reported = result.reported_seconds
    assert float(reported[0]) == pytest.approx(math.floor(float(exact[0]) * 1e3) * 1e-3)
    assert float(reported[1]) == pytest.approx(math.floor(float(exact[1]) / 7e-3) * 7e-3)
    assert float(reported[0]) != float(reported[1])
    # Work is the same, only the clocks differ: so do the rates that are reported.
    assert float(exact[0]) == pytest.approx(float(exact[1]), rel=0.05)
    assert result.throughput_self.values == pytest.approx(20_000 / reported.values)


def test_a_rectangle_outside_the_space_is_the_whole_space() -> None:
    what = scenario(tree("a", Rectangle(x=3, width=2)))
    result = run(what, operations=2_000)
    used = result.occupancy_seconds.sum("time_bin").sel(component="a") > 0
    assert used.values.tolist() == [True] * 4


def test_cores_are_numbered_row_by_row() -> None:
    what = scenario(tree("a", Rectangle(x=1, y=1, width=2, height=2)), width=4, height=3)
    result = run(what, operations=2_000)
    used = result.accounting_seconds.sum("bucket").sel(component="a") > 0
    assert np.flatnonzero(used).tolist() == [5, 6, 9, 10]


def test_overlaps_share_only_the_cores_they_share() -> None:
    """Of three cores the middle one is shared: the two others belong to one each."""
    what = scenario(tree("a", Rectangle(width=2)), tree("b", Rectangle(x=1, width=2)), width=3)
    result = run(what, "lookup", operations=50_000, quantum_ms=1)
    held = result.occupancy_seconds.sum("time_bin")
    assert float(held.sel(component="a", core=2)) == float(held.sel(component="b", core=0)) == 0
    assert (held.sel(core=1) > 0).all()
    assert result.context_switches.values[[0, 2]].tolist() == [0, 0]
    assert float(result.context_switches[1]) > 10


@pytest.mark.parametrize(("workload", "batching"), [("insert", "off"), ("lookup", "on")])
def test_operations_are_counted_by_core_and_time(workload: str, batching: str) -> None:
    """All are there once; those of a bin end while it lasts, as the common window tells."""
    what = scenario(tree("a", Rectangle(width=2)), tree("b", Rectangle(x=1, width=2)), width=3)
    result = run(what, workload, operations=50_000, batching=batching, raster_ms=0.01)
    counted = result.operations_in_bin
    assert (counted.sum(("core", "time_bin")) == result.operations.sum("phase")).all()
    assert float(counted.sel(component="a", core=2).sum()) == 0
    phase = result.sel(phase=workload)
    window = counted.sel(
        time_bin=slice(float(phase.window_start_seconds), float(phase.window_finish_seconds))
    )
    told = phase.operations_in_window
    largest = counted.sum("core").max("time_bin")
    assert (abs(window.sum(("core", "time_bin")) - told) <= 2 * largest + 1).all()


def test_one_that_has_finished_leaves_its_cores_to_the_others() -> None:
    what = scenario(tree("a", EVERYWHERE, ram_bytes="17M"), tree("b", EVERYWHERE))
    result = run(what, operations=200_000, quantum_ms=0.5)
    died = result.finish_seconds.sel(component="a").item()
    held = result.occupancy_seconds.sum(("core", "time_bin"))
    rest = result.finish_seconds.sel(component="b").item() - died
    assert float(held.sel(component="a")) <= died * 4
    assert float(held.sel(component="b")) >= rest * 4 * 0.999


def test_switched_off_instances_and_other_components_take_no_core() -> None:
    what = scenario(tree("a", EVERYWHERE), tree("b", EVERYWHERE, enabled=False))
    result = run(what, operations=2_000)
    assert result.component.values.tolist() == ["a"]
    assert float(result.context_switches.sum()) == 0


def test_rules_are_places_too() -> None:
    rule = PlacementRule(rule="partition-evenly", leave=1)
    what = placed(scenario(tree("a", rule), tree("b", rule), width=5))
    held = run(what, operations=2_000).occupancy_seconds.sum("time_bin") > 0
    assert held.sel(component="a").values.tolist() == [False, True, True, False, False]
    assert held.sel(component="b").values.tolist() == [False, False, False, True, True]
