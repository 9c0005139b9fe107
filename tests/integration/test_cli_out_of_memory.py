"""A run in which nothing comes to its end is no success."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workbench import formats
from workbench.cli import app
from workbench.experiments.samples import file_or_sample


def test_a_run_without_any_result_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_CACHE", str(_cache()))
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    small = formats.read(file_or_sample(Path("small"))).experiment
    poor = tuple(
        component.but(ram_bytes="17M") if component.program == "blinktree" else component
        for component in small.scenario.components
    )
    file = tmp_path / "poor.yaml"
    formats.save(small.but(scenario=small.scenario.but(components=poor)), file)
    options = ["--as-init", "--replications", "1", "--workload", "insert", "--json"]
    result = CliRunner().invoke(app, ["run", str(file), *options])
    assert result.exit_code == 1
    assert "no instance finished (out-of-memory)" in result.stderr
    for run in json.loads(result.stdout)["runs"]:
        reasons = {one["exit_reason"] for one in run["components"].values()}
        assert reasons == {"out-of-memory"}


def _cache() -> Path:
    from workbench.folders import cache_folder

    return cache_folder()
