"""``workbench import``: what it prints, what it records, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.measurements import genode_log, json_lines, points
from workbench.cli import app


def told(*arguments: object, code: int = 0) -> Any:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout, parse_constant=pytest.fail) if code == 0 else result.output


@pytest.fixture
def logs(tmp_path: Path) -> list[Path]:
    """The talk's two placements, as logs of three instances; partitioned takes a third of it."""
    files = []
    for name, cores, base in (("time-shared", 63, 300), ("partitioned", 21, 100)):
        instances = {f"init -> blinktree{i}": points([cores], 4, base + i) for i in (1, 2, 3)}
        files.append(tmp_path / f"{name}.log")
        files[-1].write_bytes(genode_log(instances).encode())
    return files


def test_imported_runs_are_listed_and_compared(logs: list[Path]) -> None:
    runs = told("import", *logs, "--experiment", "talk", "--json")["runs"]
    assert [(one["variant"], one["workload"], one["replications"]) for one in runs] == [
        ("time-shared", "insert-lookup", 4),
        ("partitioned", "insert-lookup", 4),
    ]
    assert runs[0]["cores"] == {f"blinktree{i}": 63 for i in (1, 2, 3)}
    listed = told("runs", "list", "--experiment", "talk", "--json")
    assert {one["kind"] for one in listed} == {"measurement"}
    outcome = told("compare", *(one["id"] for one in runs), "--json")
    ratios = {one["metric"]: one for one in outcome["comparisons"]}
    assert ratios["throughput_window"]["ratio"] is None  # no common clock
    # The truth by the writer's own times of phase 1, iteration by iteration.
    product = 1.0
    for k in range(1, 5):
        ours = sum(1 / (100 + i + 7 * k + 40 + 63) for i in (1, 2, 3))
        theirs = sum(1 / (300 + i + 7 * k + 40 + 189) for i in (1, 2, 3))
        product *= ours / theirs
    assert ratios["throughput_self"]["ratio"] == pytest.approx(product**0.25, rel=1e-5)
    assert ratios["throughput_self"]["n"] == 4


def test_a_damaged_file_is_refused_with_its_place_and_taken_in_part(tmp_path: Path) -> None:
    file = tmp_path / "cut.json"
    file.write_text(json_lines(points([2], 3))[:-9], encoding="utf-8")
    says = told("import", file, code=2)
    assert f"{file}:6: Line 6 ends in the middle" in says
    assert "--partial" in says
    assert told("runs", "list", "--json") == []
    (one,) = told("import", file, "--partial", "--json")["runs"]
    assert one["replications"] == 2
