"""The doctor says what is missing and the command that mends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workbench import doctor
from workbench.cli import app
from workbench.doctor import Finding, examine
from workbench.errors import InputError


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
    assert "InputError" not in result.stdout
    assert found("Run store").remedy == finding.remedy


def test_a_missing_or_old_package_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "requires", lambda _: ["nonesuch-package>=1", "numpy>=999"])
    finding = found("Packages")
    assert finding.state == "problem"
    assert "nonesuch-package" in finding.message
    assert "numpy" in finding.message
    assert "pip install" in finding.remedy


def test_a_missing_chromium_is_only_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_CHROMIUM_NAMES", ("no-such-browser",))
    finding = found("Chromium")
    assert finding.state == "note"
    assert "apt-get install chromium" in finding.remedy


def test_a_check_that_breaks_is_itself_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Finding:
        raise RuntimeError("odd machine")

    monkeypatch.setattr(doctor, "_examinations", [("Odd", broken, None)])
    (finding,) = examine()
    assert (finding.title, finding.state) == ("Odd", "problem")
    assert "odd machine" in finding.message


def test_what_can_be_mended_is_mended_and_what_cannot_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there: list[str] = []

    def look(title: str) -> Finding:
        if title in there:
            return Finding(title, "ok", "there")
        return Finding(title, "note", "missing", "get it")

    def refuse() -> None:
        raise InputError("The network is down.", "Plug it in.")

    monkeypatch.setattr(
        doctor,
        "_examinations",
        [
            ("A", lambda: look("A"), lambda: there.append("A")),
            ("B", lambda: look("B"), None),
            ("C", lambda: look("C"), refuse),
        ],
    )
    result = CliRunner().invoke(app, ["doctor", "--fix", "--json"])
    found = {f["title"]: f for f in json.loads(result.stdout)}
    assert found["A"]["state"] == "ok"
    assert found["B"] == {"title": "B", "state": "note", "message": "missing", "remedy": "get it"}
    assert found["C"]["message"] == "The network is down."
    assert found["C"]["remedy"] == "Plug it in."


@pytest.mark.parametrize(
    ("title", "attribute", "value", "command"),
    [
        ("QEMU", "workbench.backends.qemu.machine._NAME", "no-such-qemu", "apt-get install"),
        (
            "Kernel",
            "workbench.backends.qemu.kernel._candidates",
            lambda: iter(()),
            "workbench doctor --fix",
        ),
    ],
)
def test_what_real_runs_lack_is_noted_with_the_command(
    monkeypatch: pytest.MonkeyPatch, title: str, attribute: str, value: object, command: str
) -> None:
    monkeypatch.setattr(attribute, value)
    finding = found(title)
    assert finding.state == "note"
    assert command in finding.remedy
