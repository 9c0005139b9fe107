"""What `--json` prints has the keys that `workbench/JSON.md` documents, no more and no fewer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import workbench
from tests import fake_backend
from tests.fake_backend import experiment
from tests.measurements import genode_log, points
from workbench import formats
from workbench.cli import app

_NAMES = re.compile(r"[A-Z]+")


def documented() -> dict[str, Any]:
    """The example of each command."""
    text = (Path(workbench.__file__).parent / "JSON.md").read_text(encoding="utf-8")
    found = re.findall(r"^## `workbench (\w+).*?```json\n(.*?)```", text, re.DOTALL | re.MULTILINE)
    return {command: json.loads(example) for command, example in found}


def differences(example: Any, printed: Any, where: str = "") -> list[str]:
    """What one has that the other has not; a key in capitals stands for any names."""
    if isinstance(example, dict) and isinstance(printed, dict):
        if len(example) == 1 and _NAMES.fullmatch(name := next(iter(example))):
            pairs = [(f"{where}.{key}", example[name], value) for key, value in printed.items()]
        else:
            if odd := set(example) ^ set(printed):
                return [f"{where}: {', '.join(sorted(odd))}"]
            pairs = [(f"{where}.{key}", example[key], printed[key]) for key in example]
    elif isinstance(example, list) and isinstance(printed, list):
        assert len(example) == 1 or not isinstance(example[0], dict)
        pairs = [(f"{where}[]", example[0], value) for value in printed]
    else:
        same = printed is None or isinstance(printed, type(example))
        number = isinstance(example, float) and isinstance(printed, (int, float))
        return [] if same or number else [f"{where}: {type(printed).__name__}"]
    return [told for place, a, b in pairs for told in differences(a, b, place)]


def printed(*arguments: object) -> Any:
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    fake_backend.install()
    file = tmp_path / "small.yaml"
    formats.save(experiment(workloads=("insert",)), file)
    return file


def test_of_runs_and_their_comparison(small: Path) -> None:
    example = documented()["compare"]
    ran = printed("run", small)
    assert differences(example, ran) == []
    compared = printed("compare", *(one["id"] for one in ran["runs"]))
    assert compared["comparisons"]
    assert differences(example, compared) == []


def test_of_a_sweep(small: Path) -> None:
    found = printed("sweep", small, "--over", "cores=4,8", "--replications", 2)
    assert found["results"]
    assert differences(documented()["sweep"], found) == []


def test_of_a_sweep_whose_points_fail(small: Path) -> None:
    arguments = ["sweep", str(small), "--over", "cores=4", "--set", "fail=out-of-memory", "--json"]
    found = json.loads(CliRunner().invoke(app, arguments).stdout)
    assert found["failures"]
    assert differences(documented()["sweep"], found) == []


def test_of_an_import(tmp_path: Path) -> None:
    log = tmp_path / "partitioned.log"
    log.write_bytes(genode_log({"init -> blinktree1": points([21], 2, 100)}).encode())
    assert differences(documented()["import"], printed("import", log)) == []


def test_a_difference_would_be_found() -> None:
    example = documented()["import"]
    assert differences(example, {"runs": [{**example["runs"][0], "more": 1}]})
    assert differences(example, {"runs": [{**example["runs"][0], "replications": "four"}]})
