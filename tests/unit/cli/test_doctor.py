"""The doctor says what is missing and the command that mends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workbench import doctor
from workbench.cli import app
from workbench.doctor import Finding, examine


def found(title: str) -> Finding:
    return next(finding for finding in examine() if finding.title == title)


def test_a_healthy_machine_has_no_problem() -> None:
    result = CliRunner().invoke(app, ["doctor", "--json"])
    findings = json.loads(result.stdout)
    assert [f for f in findings if f["state"] == "problem"] == []
    assert result.exit_code == 0
    assert {"Python", "Packages", "Data folder", "Engine", "Port"} <= {f["title"] for f in findings}


def test_a_folder_that_cannot_be_written_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "file" / "home"))
    finding = found("Data folder")
    assert finding.state == "problem"
    assert "WORKBENCH_HOME" in finding.remedy
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    assert "✗ Data folder" in result.stdout
    assert finding.remedy in result.stdout


def test_a_missing_or_old_package_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "requires", lambda _: ["nonesuch-package>=1", "numpy>=999"])
    finding = found("Packages")
    assert finding.state == "problem"
    assert "nonesuch-package" in finding.message
    assert "numpy" in finding.message
    assert "pip install" in finding.remedy


def test_a_missing_chromium_is_only_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "which", lambda _: None)
    finding = found("Chromium")
    assert finding.state == "note"
    assert "apt-get install chromium" in finding.remedy


def test_a_check_that_breaks_is_itself_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Finding:
        raise RuntimeError("odd machine")

    monkeypatch.setattr(doctor, "_examinations", [("Odd", broken)])
    (finding,) = examine()
    assert (finding.title, finding.state) == ("Odd", "problem")
    assert "odd machine" in finding.message
