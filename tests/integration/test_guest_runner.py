"""The runner: starts what the plan says, reports what README.md promises, leaves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.guest import CPUS, plan, run
from workbench.results.schema import EXIT_REASONS, LATENCY_EDGES_SECONDS

ON = f"cpus {' '.join(map(str, CPUS[:2]))}"


def test_a_plan_runs_end_to_end(tmp_path: Path) -> None:
    told = run(
        plan(
            "timer\nprogram timer\nram 16000000",
            f"one\nprogram blinktree\n{ON}\nram 200000000\ntimer timer\n"
            "phase insert operations=20000 mix=insert\n"
            "phase lookup operations=30000 mix=lookup pick=zipf",
            f"two\nprogram blinktree\n{ON}\nset sync olfit\nset workers 3\n"
            "phase insert operations=20000 mix=insert\n"
            "phase lookup operations=30000 mix=ycsb-a",
            head="barriers phases",
        ),
        tmp_path,
    )
    assert told.status == 0
    assert [one["event"] for one in told.events[:2]] == ["hello", "topology"]
    assert told.events[-1]["event"] == "final"
    assert told.events[-1]["ok"]
    assert told.exits() == {"timer": "finished", "one": "finished", "two": "finished"}
    assert set(told.exits().values()) <= set(EXIT_REASONS)
    for phase in told.of("phase"):
        wanted = 20000 if phase["phase"] == "insert" else 30000
        assert phase["operations"] == wanted == sum(w["operations"] for w in phase["workers"])
        assert phase["missing"] == 0
        assert len(phase["latency"]) == len(LATENCY_EDGES_SECONDS)
        assert sum(phase["latency"]) == -(-wanted // phase["latency_every"])
        assert phase["grid_ns"][0] == phase["start_ns"]
        assert phase["grid_ns"][-1] == phase["finish_ns"]
        assert phase["done"] == sorted(phase["done"])
        assert phase["done"][-1] == wanted
    assert {one["ok"] for one in told.of("check")} == {True}
    ends = {one["phase"]: one["t"] for one in told.of("phase")}
    assert all(one["start_ns"] > ends["insert"] for one in told.of("phase") if one["index"] == 1)


def test_phases_of_an_instance_alone_begin_without_the_others(tmp_path: Path) -> None:
    slow = f"slow\nprogram blinktree\n{ON}\nphase a operations=400000 mix=insert"
    quick = (
        f"quick\nprogram blinktree\n{ON}\nphase a operations=10 mix=insert\n"
        "phase b operations=10 mix=lookup"
    )
    told = run(plan(slow, quick, head="barriers start"), tmp_path)
    ends = {(one["component"], one["phase"]): one["finish_ns"] for one in told.of("phase")}
    assert ends["quick", "b"] < ends["slow", "a"]


def test_whom_init_denies_a_session_is_not_started(tmp_path: Path) -> None:
    told = run(
        plan(
            "nobody\nprogram blinktree\ndenied No provider of the service Timer.\n"
            "phase insert operations=10 mix=insert",
            "one\nprogram blinktree\nphase insert operations=10 mix=insert",
        ),
        tmp_path,
    )
    assert told.exits() == {"nobody": "not-started", "one": "finished"}
    assert told.of("exit", "nobody")[0]["detail"] == "No provider of the service Timer."
    assert not told.of("started", "nobody")


@pytest.mark.parametrize("means", ["any", "rlimit-as"])
def test_who_outgrows_its_quota_dies_alone(tmp_path: Path, means: str) -> None:
    told = run(
        plan(
            f"poor\nprogram blinktree\n{ON}\nram 12000000\n"
            "phase insert operations=2000000 mix=insert",
            f"rich\nprogram blinktree\n{ON}\nram 200000000\n"
            "phase insert operations=20000 mix=insert",
            head=f"quota {means}",
        ),
        tmp_path,
    )
    assert told.exits() == {"poor": "out-of-memory", "rich": "finished"}
    poor = told.of("exit", "poor")[0]
    assert "quota" in poor["detail"]
    assert poor["peak_ram_bytes"] <= 12000000 * 1.01
    assert told.of("quota", "poor")[0]["limits"]
    assert told.events[-1]["ok"]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "empty"),
        ("plan 2\n", "line 1"),
        ("plan 1\nwindow 3\n", 'line 2: unknown word "window"'),
        ("plan 1\nseed x\n", 'line 2: "x" is no number'),
        ("plan 1\ncomponent a\nprogram log\n", "has no end"),
        ("plan 1\ncomponent a\nend\n", "without a program"),
        ("plan 1\ncomponent a\nprogram blinktree\ntimer b\nend\n", '"b" is no timer'),
    ],
)
def test_a_bad_plan_starts_nothing_and_says_where(tmp_path: Path, text: str, where: str) -> None:
    told = run(text, tmp_path)
    assert told.status == 2
    assert [one["event"] for one in told.events] == ["hello", "topology", "final"]
    assert told.events[-1]["ended"] == "bad-plan"
    assert where in told.events[-1]["detail"]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("set sync magic", 'sync cannot be "magic"'),
        ("set window 0", "window has to be"),
        ("phase b operations=10 mix=delete", 'no operation "delete"'),
        ("phase b operations=10 mix=lookup:60", "not 100 in all"),
        ("phase b operations=10 mix=lookup", "the tree is empty"),
    ],
)
def test_a_bad_parameter_fails_its_component(tmp_path: Path, line: str, complaint: str) -> None:
    told = run(plan(f"one\nprogram blinktree\n{line}\nphase z operations=1 mix=insert"), tmp_path)
    assert told.exits() == {"one": "failed"}
    assert complaint in told.of("exit", "one")[0]["detail"]


def test_a_cpu_that_is_not_there_keeps_a_component_from_starting(tmp_path: Path) -> None:
    told = run(plan("far\nprogram blinktree\ncpus 1000\nphase a operations=9 mix=insert"), tmp_path)
    assert told.exits() == {"far": "not-started"}
    assert "CPU" in told.of("exit", "far")[0]["detail"]
