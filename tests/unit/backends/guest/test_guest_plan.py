"""What the runner is told of a scenario."""

from __future__ import annotations

import pytest

from tests import fake_backend
from workbench.backends import settings
from workbench.backends.base import Job
from workbench.backends.guest import parameters
from workbench.backends.guest.plan import GuestPlan, plan
from workbench.scenario import variants
from workbench.scenario.experiment import Experiment
from workbench.scenario.model import AffinitySpace, Component, PlacementRule


def asked(
    variant: str = "partitioned",
    workload: str = "insert-lookup",
    experiment: Experiment | None = None,
    **chosen: object,
) -> GuestPlan:
    """The plan of the talk's experiment in small, on CPUs 10, 11, ... of a machine."""
    experiment = experiment or fake_backend.experiment()
    job = Job(variants.apply(experiment, variant), workload, 42, chosen)  # type: ignore[arg-type]
    assert parameters.problems(job) == []
    return plan(job, settings.resolve(job, parameters.known(workload)), range(10, 18))


def blocks(text: str) -> dict[str, dict[str, list[str]]]:
    """The components of a plan: words of each line by its first one."""
    found: dict[str, dict[str, list[str]]] = {}
    for block in text.split("\n\n")[1:]:
        lines = [line.split(maxsplit=1) for line in block.strip().splitlines()]
        assert lines[-1] == ["end"]
        name = lines[0][1]
        found[name] = {}
        for word, rest in lines[1:-1]:
            found[name].setdefault(word, []).append(rest)
    return found


def test_components_are_placed_on_the_cpus_of_their_cells() -> None:
    partitioned = blocks(asked().text())
    assert partitioned["blinktree1"]["cpus"] == ["11 12 13"]
    assert partitioned["blinktree2"]["cpus"] == ["14 15 16 17"]
    shared = blocks(asked("time-shared").text())
    assert shared["blinktree1"]["cpus"] == shared["blinktree2"]["cpus"] == ["11 12 13 14 15 16 17"]
    assert shared["timer"]["cpus"] == ["10 11 12 13 14 15 16 17"]


def test_the_talks_design_has_a_worker_per_core_and_the_other_one_a_number() -> None:
    assert [asked().workers(one) for one in asked().instances] == [3, 4]
    assert "workers 3" in blocks(asked().text())["blinktree1"]["set"]
    fixed = asked(workers=2)
    assert [fixed.workers(one) for one in fixed.instances] == [2, 2]
    assert "workers 2" in blocks(fixed.text())["blinktree2"]["set"]


def test_quotas_timers_and_phases_are_passed_on() -> None:
    plan = asked(operations=1000, sync="olfit", window=77)
    text = plan.text(heartbeat_ms=250, lines=["quota rlimit-as"])
    head = text.split("\n\n")[0].splitlines()
    assert head[0] == "plan 1"
    assert {"seed 42", "heartbeat_ms 250", "barriers phases", "quota rlimit-as"} <= set(head)
    tree = blocks(text)["blinktree1"]
    assert tree["program"] == ["blinktree"]
    assert tree["timer"] == ["timer"]
    assert int(tree["ram"][0]) == plan.instances[0].quota_bytes > 7 * 2**30
    assert {"sync olfit", "window 77", "check yes", "hardware no"} <= set(tree["set"])
    assert tree["phase"] == [
        "insert operations=1000 mix=insert",
        "lookup operations=1000 mix=lookup keys=1000",
    ]
    assert blocks(text)["timer"]["set"] == ["period_us 1000"]
    assert plan.operations == 4000
    zipf = blocks(asked(workload="lookup", zipf=0.9).text())["blinktree1"]["phase"]
    assert zipf == ["lookup operations=8000000 mix=lookup pick=zipf theta=0.9 keys=1000000"]


def test_mixes_are_parts_of_a_hundred() -> None:
    (phase,) = blocks(asked(workload="ycsb-b").text())["blinktree1"]["phase"]
    assert "mix=lookup:95,update:5 pick=zipf theta=0.99" in phase
    (phase,) = blocks(asked(workload="ycsb-b", read_share=0.5, update_share=0.25, zipf=0.0).text())[
        "blinktree1"
    ]["phase"]
    assert "mix=lookup:67,update:33 keys" in phase
    assert {"insert", "lookup", "update", "insert-lookup", "ycsb-a", "ycsb-c"} <= set(
        parameters.workloads()
    )
    assert not {"machine-repair", "closed-queue", "open-queue"} & set(parameters.workloads())


def test_who_will_not_start_is_told_why_and_counts_no_operation() -> None:
    experiment = fake_backend.experiment()
    scenario = experiment.scenario.but(
        components=tuple(c.but(route=None) if c.id == "blinktree2" else c
                         for c in experiment.scenario.components)
    )  # fmt: skip
    plan = asked(experiment=experiment.but(scenario=scenario), operations=1000, workload="insert")
    tree = blocks(plan.text())["blinktree2"]
    assert len(tree["denied"]) == 1
    assert "\n" not in tree["denied"][0]
    assert plan.operations == 1000


def test_antagonists_run_and_what_has_no_program_is_named() -> None:
    experiment = fake_backend.experiment()
    scenario = experiment.scenario
    more = (
        Component(
            id="s", name="stress", ram_bytes="1G", caps=100, route=scenario.components[0].route
        ),
        Component(id="d", name="driver", ram_bytes="1M", caps=100),
        Component(id="o", name="off", binary="stress", enabled=False),
    )
    plan = asked(
        experiment=experiment.but(scenario=scenario.but(components=(*scenario.components, *more)))
    )
    assert blocks(plan.text())["stress"]["program"] == ["antagonist"]
    assert [component.label for component in plan.left_out] == ["driver"]


def test_instances_may_begin_one_after_the_other() -> None:
    trees = blocks(asked(start_skew_ms=1.6).text())
    assert "delay_ms" not in trees["blinktree1"]
    assert trees["blinktree2"]["delay_ms"] == ["2"]


@pytest.mark.parametrize(
    ("workload", "chosen", "code"),
    [
        ("machine-repair", {}, "unsupported-workload"),
        ("nothing", {}, "unusable-table"),
        ("insert", {"sync": "hope"}, "wrong-parameter"),
        ("insert", {"descend_ns": 5.0}, "unknown-parameter"),
        ("insert", {"check_tree": 1}, "wrong-parameter"),
        ("lookup", {"zipf": 1.5}, "wrong-parameter"),
    ],
)
def test_what_the_guest_cannot_do_is_refused(
    workload: str, chosen: dict[str, object], code: str
) -> None:
    scenario = variants.apply(fake_backend.experiment(), "partitioned")
    found = parameters.problems(Job(scenario, workload, 1, chosen))  # type: ignore[arg-type]
    assert [problem.code for problem in found] == [code]


def test_a_scenario_by_rows_maps_cells_row_by_row() -> None:
    experiment = fake_backend.experiment(
        scenario=fake_backend.experiment().scenario.but(space=AffinitySpace(width=4, height=2))
    )
    shared = experiment.variants[0].but(placement=PlacementRule(rule="time-share"))
    plan = asked("time-shared", experiment=experiment.but(variants=(shared,)))
    assert blocks(plan.text())["blinktree1"]["cpus"] == ["10 11 12 13 14 15 16 17"]
