"""Each command: what it prints, where, and its exit code."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import Result
from typer.testing import CliRunner

from tests import fake_backend
from tests.fake_backend import FakeBackend, experiment
from workbench import __version__, formats
from workbench.cli import app
from workbench.results.schema import BUCKETS, METRICS
from workbench.scenario.experiment import Experiment
from workbench.scenario.model import Component, Rectangle

THROUGHPUT = {
    "type": "object",
    "properties": {
        "mean": {"type": "number"},
        "ci95": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        "unit": {"const": "op/s"},
    },
    "required": ["mean", "ci95", "unit"],
}
THREE = dict.fromkeys(METRICS, THROUGHPUT)
OUTCOME = {
    "type": "object",
    "required": ["experiment", "backend", "runs", "comparisons"],
    "properties": {
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "variant", "workload", "replications", "seed", "status",
                             *METRICS, "components", "accounting"],
                "properties": {
                    "id": {"type": "string"},
                    "variant": {"type": "string"},
                    "workload": {"type": "string"},
                    "replications": {"type": "integer"},
                    "seed": {"type": "integer"},
                    "status": {"enum": ["done", "cancelled", "failed", "interrupted"]},
                    **THREE,
                    "components": {
                        "type": "object",
                        "additionalProperties": {
                            "required": [*METRICS, "timer"],
                            "properties": {**THREE, "timer": {"type": "string"}},
                        },
                    },
                    "accounting": {
                        "type": "object",
                        "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1},
                    },
                },
            },
        },
        "comparisons": {
            "type": "array",
            "items": {
                "required": ["workload", "a", "b", "metric", "ratio", "ci95", "n"],
                "properties": {"metric": {"enum": list(METRICS)}, "ratio": {"type": "number"}},
            },
        },
    },
}  # fmt: skip
"""The object of ``run --json`` as its users were promised it."""


@pytest.fixture
def backend() -> FakeBackend:
    return fake_backend.install()


@pytest.fixture
def small(tmp_path: Path, backend: FakeBackend) -> Path:
    """A file with the small experiment of the fake backend."""
    return written(experiment(), tmp_path / "small.yaml")


@pytest.fixture
def faulty(tmp_path: Path, backend: FakeBackend) -> Path:
    """The same with a rectangle outside the space."""
    scenario = experiment().scenario.replaced(
        "blinktree2", lambda c: c.but(affinity=Rectangle(x=6, width=7))
    )
    return written(experiment(scenario=scenario, variants=()), tmp_path / "faulty.yaml")


def written(content: Experiment, file: Path) -> Path:
    formats.save(content, file)
    return file


def call(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def told(*arguments: object, code: int = 0) -> Any:
    """Return the one object a command prints; nothing else may be on stdout."""
    return json.loads(call(*arguments, "--json", code=code).stdout, parse_constant=pytest.fail)


# -- run -----------------------------------------------------------------------


def test_run_prints_the_promised_object_and_nothing_else(small: Path) -> None:
    outcome = told("run", small)
    jsonschema.validate(outcome, OUTCOME)
    assert (outcome["experiment"], outcome["backend"]) == ("small", "fake")
    assert [(run["workload"], run["variant"]) for run in outcome["runs"]] == [
        ("insert", "time-shared"),
        ("insert", "partitioned"),
        ("lookup", "time-shared"),
        ("lookup", "partitioned"),
    ]
    run = outcome["runs"][0]
    assert run["throughput_window"]["mean"] == pytest.approx(
        fake_backend.RATES["insert", "shared"], rel=0.1
    )
    low, high = run["throughput_window"]["ci95"]
    assert low < run["throughput_window"]["mean"] < high
    assert set(run["components"]) == {"blinktree1", "blinktree2"}
    assert run["components"]["blinktree1"]["timer"] == "timer"
    assert set(run["accounting"]) == set(BUCKETS)
    assert math.isclose(sum(run["accounting"].values()), 1.0)


def test_run_compares_each_pair_once_per_workload_and_metric(small: Path) -> None:
    found = {(c["workload"], c["metric"]): c for c in told("run", small)["comparisons"]}
    assert set(found) == {(w, m) for w in ("insert", "lookup") for m in METRICS}
    insert = found["insert", "throughput_makespan"]
    assert (insert["a"], insert["b"], insert["n"]) == ("partitioned", "time-shared", 3)
    # Both variants have the same seeds, so their ratio is exactly that of the rates.
    assert insert["ratio"] == pytest.approx(4.0)
    assert found["lookup", "throughput_makespan"]["ratio"] == pytest.approx(1.0)


def test_run_takes_all_its_options(small: Path, backend: FakeBackend) -> None:
    outcome = told(
        "run", small, "--backend", "fake", "--variant", "partitioned", "--workload", "lookup",
        "--replications", 2, "--seed", 99, "--set", "sync=olfit", "--set", "quantum_ms=1.5",
    )  # fmt: skip
    (run,) = outcome["runs"]
    assert (run["variant"], run["workload"]) == ("partitioned", "lookup")
    assert (run["replications"], run["seed"]) == (2, 99)
    assert outcome["comparisons"] == []
    assert backend.started[0].parameters == {"sync": "olfit", "quantum_ms": 1.5}


def test_one_replication_has_no_interval(small: Path) -> None:
    run = told("run", small, "--replications", 1)["runs"][0]
    assert run["throughput_self"]["ci95"] is None


def test_run_repeats_until_precise_or_says_that_it_did_not(small: Path) -> None:
    options = ("--replications", 2, "--half-width", 0.0001, "--max-replications", 5)
    runs = told("run", small, *options)["runs"]
    assert {run["replications"] for run in runs} == {5}
    assert all("limit of 5" in run["message"] for run in runs)
    shown = " ".join(call("run", small, *options).stdout.split())
    assert "insert: Stopped at the limit of 5" in shown


def test_run_for_people_shows_numbers_with_spread_and_origin(small: Path) -> None:
    result = call("run", small)
    for words in ("time-shared", "M op/s", "±", "n replications", "simulation (fake)", "×"):
        assert words in result.stdout
    assert "insert × partitioned: done, 3/3" in result.stderr


def test_a_component_that_did_not_finish_is_told(small: Path) -> None:
    options = ("--variant", "partitioned", "--workload", "insert", "--set", "starve=blinktree2")
    assert (
        "insert × partitioned: blinktree2 out-of-memory. The quota is below the tree."
        in call("run", small, *options).stdout
    )
    (run,) = told("run", small, *options)["runs"]
    reasons = {name: one["exit_reason"] for name, one in run["components"].items()}
    assert reasons == {"blinktree1": "finished", "blinktree2": "out-of-memory"}


def test_a_failed_run_is_told_and_exits_1(small: Path) -> None:
    result = call("run", small, "--set", "fail=boot-timeout", "--set", "fail_from=1", code=1)
    assert "boot-timeout" in result.stderr
    outcome = told("run", small, "--set", "fail=boot-timeout", code=1)
    assert {run["status"] for run in outcome["runs"]} == {"failed"}
    assert {run["cause"] for run in outcome["runs"]} == {"boot-timeout"}
    assert outcome["runs"][0]["throughput_window"] is None


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--variant", "partitoned"), "partitioned"),
        (("--workload", "insrt"), "insert"),
        (("--backend", "nonesuch"), "Choose one of"),
        (("--set", "quantum=1"), "quantum_ms"),
        (("--set", "window=many"), "whole number"),
        (("--as-init", "--mend"), "exclude"),
        (("--replications", "0"), "--replications"),
    ],
)
def test_a_wrong_call_exits_2_with_one_message(
    small: Path, options: tuple[str, ...], says: str
) -> None:
    result = call("run", small, *options, code=2)
    assert says in result.stderr
    assert result.stdout == ""
    assert told("runs", "list") == []


def test_a_faulty_scenario_is_not_run_unasked(faulty: Path) -> None:
    result = call("run", faulty, code=1)
    assert "--as-init" in result.stderr
    assert "--mend" in result.stderr
    assert "blinktree2" in result.stderr
    assert told("runs", "list") == []


def test_a_faulty_scenario_runs_as_init_or_mended(faulty: Path, backend: FakeBackend) -> None:
    call("run", faulty, "--as-init")
    asked = backend.started[-1].scenario.component("blinktree2").affinity
    assert asked == Rectangle(x=6, width=7)
    call("run", faulty, "--mend")
    scenario = backend.started[-1].scenario
    assert scenario.effective_space.contains(scenario.component("blinktree2").affinity)


# -- compare and runs --------------------------------------------------------------


def test_compare_says_what_run_said(small: Path) -> None:
    outcome = told("run", small)
    ids = [run["id"] for run in outcome["runs"]]
    assert told("compare", *ids) == outcome
    insert = told("compare", *ids[:2])
    assert {c["workload"] for c in insert["comparisons"]} == {"insert"}
    assert "partitioned is 4.00× time-shared" in call("compare", *ids[:2]).stdout


def test_compare_refuses_what_does_not_belong_together(small: Path) -> None:
    first, second = (told("run", small, "--workload", "insert")["runs"][0] for _ in range(2))
    assert "Choose one" in call("compare", first["id"], second["id"], code=2).stderr
    assert "no run" in call("compare", "77", code=2).stderr


def test_runs_are_listed_shown_and_deleted(small: Path) -> None:
    ids = [run["id"] for run in told("run", small)["runs"]]
    listed = told("runs", "list")
    assert [run["id"] for run in listed] == ids[::-1]
    assert len(told("runs", "list", "--limit", 1)) == 1
    assert told("runs", "list", "--experiment", "other") == []
    for words in ("small", "insert", "partitioned", "done", "3/3"):
        assert words in call("runs", "list").stdout
    shown = call("runs", "show", ids[0], "--log").stdout
    for words in ("small", "fake (simulation)", "3 of 3", "M op/s", "with seed"):
        assert words in shown
    assert "<config" in told("runs", "show", ids[0])["configuration"]
    call("runs", "delete", ids[0], ids[1])
    assert [run["id"] for run in told("runs", "list")] == ids[:1:-1]
    call("runs", "delete", ids[2], "nonesuch", code=2)
    assert ids[2] in [run["id"] for run in told("runs", "list")], "all or nothing"


def test_an_empty_store_says_what_to_do() -> None:
    assert "workbench run" in call("runs", "list").stdout


# -- files -------------------------------------------------------------------------


def test_convert_changes_the_syntax_and_nothing_else(small: Path, tmp_path: Path) -> None:
    xml, back = tmp_path / "small.xml", tmp_path / "back.yaml"
    assert "--variant" in call("convert", small, xml).stderr
    call("convert", xml, back)
    assert formats.read(xml).experiment.scenario.named("blinktree1").program == "blinktree"
    again = tmp_path / "again.xml"
    call("convert", back, again)
    assert again.read_text() == xml.read_text()


def test_convert_keeps_a_file_of_the_same_format_byte_for_byte(
    shared: Path, tmp_path: Path
) -> None:
    source = shared / "samples" / "talk-by-hand.xml"
    call("convert", source, tmp_path / "copy.xml")
    assert (tmp_path / "copy.xml").read_bytes() == source.read_bytes()


def test_convert_writes_a_variant(small: Path, tmp_path: Path) -> None:
    target = tmp_path / "partitioned.xml"
    call("convert", small, target, "--variant", "partitioned")
    scenario = formats.read(target).experiment.scenario
    cells = [set(scenario.component(f"blinktree{i}").affinity.cells()) for i in (1, 2)]
    assert not cells[0] & cells[1]
    call("convert", small, tmp_path / "other.xml", "--variant", "partitoned", code=2)


def test_convert_writes_over_nothing_unasked(small: Path, tmp_path: Path) -> None:
    target = tmp_path / "mine.xml"
    target.write_text("precious")
    assert "--force" in call("convert", small, target, code=2).stderr
    assert target.read_text() == "precious"
    call("convert", small, target, "--force")
    assert "<config" in target.read_text()


def test_check_tells_problems_by_its_exit_code(small: Path, faulty: Path, tmp_path: Path) -> None:
    assert "no problems" in call("check", small).stdout
    assert "outside" in call("check", faulty, code=1).stdout
    call("check", tmp_path / "missing.yaml", code=2)
    call("check", small, tmp_path / "missing.yaml", faulty, code=2)


def test_check_prints_the_promised_object(small: Path, faulty: Path) -> None:
    assert told("check", small) == {"file": str(small), "profile": "26.02", "problems": []}
    (problem,) = told("check", faulty, code=1)["problems"]
    assert set(problem) == {
        "code", "severity", "message", "component", "line", "column", "consequence", "fix",
    }  # fmt: skip
    assert problem["component"] == "blinktree2"
    assert problem["severity"] in {"error", "warning"}
    assert problem["fix"]


CLASSIC = (
    '<config><parent-provides><service name="LOG"/><service name="PD"/><service name="CPU"/>'
    '<service name="ROM"/></parent-provides><default-route><any-service><parent/></any-service>'
    '</default-route><default caps="100"/><monitor/>'
    '<start name="a"><resource name="RAM" quantum="2M"/></start>'
    '<start name="b"><resource name="RAM" quantum="3M"/></start></config>'
)


def test_check_knows_releases_and_machines(tmp_path: Path) -> None:
    file = tmp_path / "init.xml"
    file.write_text(CLASSIC)
    (info,) = told("check", file)["problems"]
    assert (info["code"], info["severity"]) == ("node-unknown", "info")
    old = told("check", file, "--profile", "22.02", code=1)
    assert (old["profile"], old["problems"][0]["severity"]) == ("22.02", "error")
    assert "unknown config element type <monitor>" in old["problems"][0]["consequence"]
    short = told("check", file, "--ram", "4M", "--caps", "1000", code=1)["problems"]
    assert [(p["code"], p["component"]) for p in short if p["severity"] == "warning"] == [
        ("ram-overcommitted", "b")
    ]
    assert '"lots"' in call("check", file, "--ram", "lots", code=2).stderr


def test_check_goes_on_after_a_variant_that_names_nobody(tmp_path: Path, small: Path) -> None:
    good = experiment()
    lost = good.variants[0].but(affinity={"nobody": Rectangle(x=1, width=2)})
    file = written(good.but(variants=(lost,)), tmp_path / "lost.yaml")
    first, second = (
        json.loads(line)
        for line in call("check", file, small, "--json", code=1).stdout.splitlines()
    )
    assert [p["code"] for p in first["problems"]] == ["variant-unusable"]
    assert second["problems"] == []


def test_check_looks_at_variants_too(tmp_path: Path, backend: FakeBackend) -> None:
    good = experiment()
    wide = good.variants[0].but(affinity={"blinktree1": Rectangle(x=9, width=2)})
    file = written(good.but(variants=(wide,)), tmp_path / "variant.yaml")
    (problem,) = told("check", file, code=1)["problems"]
    assert problem["component"] == "blinktree1"
    call("run", file, "--mend")
    affinity = backend.started[-1].scenario.component("blinktree1").affinity
    assert backend.started[-1].scenario.effective_space.contains(affinity)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("key.yaml", "workbench: 1\nname: x\nscenario: {}\nreplicatons: 3\n", "replications"),
        ("newer.yaml", "workbench: 99\nname: x\nscenario: {}\n", "99"),
        ("cut.xml", '<config>\n  <start name="timer">\n', "cut.xml:"),
        (
            "bomb.xml",
            '<!DOCTYPE c [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>\n<config>&b;</config>',
            "bomb.xml:1",
        ),
        ("binary.xml", "\0\1\2", "binary.xml"),
        ("unknown.txt", "hello", "unknown.txt"),
    ],
)
def test_what_cannot_be_read_is_refused_by_every_command(
    tmp_path: Path, name: str, text: str, says: str
) -> None:
    file = tmp_path / name
    file.write_text(text)
    for command in (("check", file), ("run", file), ("convert", file, tmp_path / "out.yaml")):
        result = call(*command, code=2)
        assert says in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1, "one message"


def test_a_faulty_component_is_named(tmp_path: Path) -> None:
    content = experiment(
        scenario=experiment().scenario.but(
            components=(Component(id="a", name="a", ram_bytes="12M"),)
        )
    )
    file = tmp_path / "ram.yaml"
    text = formats.write(content, "yaml")
    assert "12M" in text
    file.write_text(text.replace("12M", "12Q"))
    message = call("check", file, code=2).stderr
    assert "12Q" in message
    assert "ram.yaml:" in message


# -- the rest ------------------------------------------------------------------------


def test_parameters_lists_what_set_reaches(backend: FakeBackend) -> None:
    listed = {info["name"]: info for info in told("parameters", "--backend", "fake")}
    assert listed["quantum_ms"]["default"] == 10.0
    assert listed["sync"]["choices"] == ["queue", "olfit"]
    shown = call("parameters", "--backend", "fake", "--workload", "insert").stdout
    for words in ("quantum_ms", "10.0", "Time slice", "One of: queue, olfit"):
        assert words in shown
    call("parameters", "--backend", "fake", "--workload", "nonesuch", code=2)


def test_version_and_help() -> None:
    assert call("--version").stdout == f"workbench {__version__}\n"
    text = " ".join(call("--help").stdout.split())
    for words in ("serve", "130 cancelled", "Exit codes"):
        assert words in text
    for command in ("serve", "run", "compare", "runs", "convert", "check", "doctor"):
        assert "Usage" in call(command, "--help").stdout


def test_a_defect_is_one_line_and_a_report(
    small: Path, backend: FakeBackend, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a defect of ours")

    monkeypatch.setattr(backend, "validate", broken)
    message = call("run", small, code=3).stderr.strip()
    (report,) = (home / "crash").iterdir()
    assert str(report) in message.splitlines()[-1]
    assert "a defect of ours" in report.read_text()
    assert "Traceback" in report.read_text()
