"""`workbench why`: of a file, of a run, as sentences and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

import workbench
from tests.unit.analysis.test_attribution import COSTLY_SWITCH
from workbench import formats
from workbench.cli import app


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    file = tmp_path / "planted.yaml"
    formats.save(COSTLY_SWITCH.but(workloads=("lookup",), replications=2), file)
    return file


def call(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def test_a_file_is_explained_in_sentences(planted: Path) -> None:
    said = call("why", planted, "--replications", 2, "--metric", "window").stdout
    lines = said.splitlines()
    assert lines[0].startswith("lookup, steady window: partitioned is 1.")
    assert lines[1].strip().startswith("Direct cost of a switch: 1.")
    assert "No part: " in said
    assert "makespan" not in said


def test_a_run_is_explained_as_one_object(planted: Path) -> None:
    run, *_ = json.loads(call("run", planted, "--set", "switch_us=100", "--json").stdout)["runs"]
    options = ("--replications", 2, "--mechanism", "switch", "--json")
    told = json.loads(call("why", run["id"], *options).stdout)
    assert told["between"] == ["time-shared", "partitioned"]
    (cause,) = told["metrics"]["throughput_window"]["contributions"]
    assert cause["mechanism"] == "switch"
    assert cause["rests_on"][0]["value"] == 100.0, "what was set for the run holds"
    other = workbench.why(
        int(run["id"]), replications=2, mechanisms="switch", progress=False
    ).to_json()
    assert other | {"runs": 0} == told | {"runs": 0}


def test_bad_questions_get_one_message(planted: Path) -> None:
    for options in (
        ("--between", "time-shared", "elsewhere"),
        ("--workload", "nothing"),
        ("--metric", "speed"),
        ("--mechanism", "magic"),
    ):
        result = call("why", planted, *options, code=2)
        assert result.stdout == ""
        assert "There is no" in result.stderr
