"""``workbench explain``: the shape of its JSON, its table, its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import Result
from typer.testing import CliRunner

from workbench import formats
from workbench.cli import app
from workbench.formats.syntax import init_syntax

WHOLE = {"type": "integer", "minimum": 0}
SHAPE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["file", "components"],
    "properties": {
        "file": {"type": "string"},
        "components": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "required": [
                    "starts", "cpus", "main_cpu", "affinity_space", "ram_bytes", "caps",
                    "sessions", "messages",
                ],
                "properties": {
                    "starts": {"type": "boolean"},
                    "cpus": {"type": "array", "items": WHOLE, "minItems": 1},
                    "main_cpu": WHOLE,
                    "affinity_space": {
                        "type": "array", "items": WHOLE, "minItems": 2, "maxItems": 2,
                    },
                    "ram_bytes": {"anyOf": [WHOLE, {"type": "null"}]},
                    "caps": {"anyOf": [WHOLE, {"type": "null"}]},
                    "sessions": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["service", "label", "outcome", "provider", "rule_line"],
                            "properties": {
                                "service": {"type": "string"},
                                "label": {"type": "string"},
                                "outcome": {"enum": ["ok", "denied", "ambiguous", "no-route"]},
                                "provider": {"type": ["string", "null"]},
                                "rule_line": {"type": ["integer", "null"], "minimum": 1},
                            },
                        },
                    },
                    "messages": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}  # fmt: skip

CONFIG = """<config>
  <affinity-space width="8"/>
  <parent-provides>
    <service name="LOG"/> <service name="PD"/> <service name="CPU"/> <service name="ROM"/>
  </parent-provides>
  <default-route>
    <any-service> <parent/> <any-child/> </any-service>
  </default-route>
  <default caps="100"/>
  <start name="timer" ram="1M">
    <provides> <service name="Timer"/> </provides>
  </start>
  <start name="blinktree1" ram="8M">
    <binary name="blinktree"/>
    <affinity xpos="5" width="3"/>
    <route>
      <service name="Timer"> <child name="timer"/> </service>
      <any-service> <parent/> </any-service>
    </route>
  </start>
</config>
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "init.xml"
    path.write_text(CONFIG)
    return path


def explain(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["explain", *map(str, arguments)])


def objects(result: Result) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in result.stdout.splitlines()]
    for each in found:
        jsonschema.validate(each, SHAPE)
    return found


def test_json(file: Path):
    result = explain(file, "--cpus", 4, "--ram", "1008M", "--caps", 64536, "--json")
    (found,) = objects(result)
    assert result.exit_code == 0
    assert found["file"] == str(file)
    assert list(found["components"]) == ["timer", "blinktree1"]
    one = found["components"]["blinktree1"]
    assert (one["starts"], one["cpus"], one["main_cpu"]) == (True, [2, 3], 2)
    assert one["affinity_space"] == [2, 1]  # as the component itself sees it
    assert (one["ram_bytes"], one["caps"]) == (8 * 2**20 - 248 * 2**10, 66)
    lines = CONFIG.splitlines()
    timer = next(s for s in one["sessions"] if s["service"] == "Timer")
    assert timer["provider"] == "timer"
    assert 'name="Timer"> <child' in lines[timer["rule_line"] - 1]
    others = {s["rule_line"] for s in one["sessions"] if s["service"] != "Timer"}
    assert ["<any-service> <parent/> </any-service>" in lines[n - 1] for n in others] == [True]
    default = {s["rule_line"] for s in found["components"]["timer"]["sessions"]}
    assert ["<parent/> <any-child/>" in lines[n - 1] for n in default] == [True]


def test_many_files_one_line_each(file: Path, tmp_path: Path):
    broken, hungry = tmp_path / "broken.xml", tmp_path / "hungry.xml"
    broken.write_text("<config>")
    hungry.write_text(CONFIG.replace("8M", "100K"))
    result = explain(file, hungry, "--cpus", 2, "--json")
    assert result.exit_code == 0
    assert [each["file"] for each in objects(result)] == [str(file), str(hungry)]
    assert not objects(result)[1]["components"]["blinktree1"]["starts"]
    result = explain(broken, file, "--cpus", 2, "--json")
    assert result.exit_code == 2
    assert len(objects(result)) == 1
    assert "broken.xml" in result.stderr


@pytest.mark.parametrize(
    ("options", "cpus"),
    [
        (["--kernel", "hw"], [2, 3]),
        (["--kernel", "linux"], [0, 1, 2, 3]),
        (["--kernel", "nova", "--threads", "2"], [2, 3]),
    ],
)
def test_kernels(file: Path, options: list[str], cpus: list[int]):
    (found,) = objects(explain(file, "--cpus", 4, "--json", *options))
    assert found["components"]["blinktree1"]["cpus"] == cpus


def test_profile(file: Path):
    (found,) = objects(explain(file, "--cpus", 4, "--json", "--profile", "22.02"))
    assert not found["components"]["timer"]["starts"]  # 22.02 knows no ram=


def test_table(file: Path):
    result = explain(file, "--cpus", 4, "--ram", "4M")
    assert result.exit_code == 0
    assert "blinktree1" in result.stdout
    assert "2-3 (2)" in result.stdout
    assert "Timer: timer (line 17)" in result.stdout
    assert "configured RAM exceeds available RAM" in result.stdout


@pytest.mark.parametrize(
    "options",
    [["--cpus", "0"], [], ["--cpus", "4", "--ram", "much"], ["--cpus", "4", "--caps", "-1"]],
)
def test_wrong_calls(file: Path, options: list[str]):
    result = explain(file, *options)
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("text", "syntax"),
    [("install_config {\n  <config/>\n}", "xml"), ("install_config {\nconfig\n-\n}", "hid")],
)
def test_the_syntax_is_that_of_the_configuration_in_the_file(text: str, syntax: str):
    document = formats.read_text(text, formats.format_of(Path("x.run"), text))
    assert init_syntax(document) == syntax
    # A workbench file remembers it.
    kept = formats.read_text(formats.write(document.experiment, "yaml"), "yaml")
    assert init_syntax(kept) == syntax


def test_a_run_script_says_how_many_hardware_threads_a_core_has(tmp_path: Path):
    file = tmp_path / "two.run"
    space = '<affinity-space width="2" height="2"/>'
    text = CONFIG.replace('<affinity-space width="8"/>', space).replace(
        '<affinity xpos="5" width="3"/>', '<affinity xpos="1" ypos="1"/>'
    )
    file.write_text(
        "install_config {" + text + '}\nappend qemu_args " -nographic -smp 4,cores=2,threads=2 "\n'
    )
    options = ("--cpus", 4, "--json", "--kernel", "nova")
    (found,) = objects(explain(file, *options))
    assert found["components"]["blinktree1"]["cpus"] == [3]
    (found,) = objects(explain(file, *options, "--threads", 1))
    assert found["components"]["blinktree1"]["cpus"] == [2, 3]
