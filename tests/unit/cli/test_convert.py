"""``workbench convert``: many files, one object each, what was left out, what was refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from workbench import formats
from workbench.cli import app

CLASSIC = (
    '<config>\n\t<start name="a" caps="100">\n'
    '\t\t<resource name="RAM" quantum="8M"/>\n\t</start>\n</config>\n'
)


def call(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["convert", *map(str, arguments)])
    assert result.exit_code == code, result.output + result.stderr
    return result


def told(*arguments: object, code: int = 0) -> list[dict[str, Any]]:
    return [json.loads(line) for line in call(*arguments, "--json", code=code).stdout.splitlines()]


@pytest.fixture
def classic(tmp_path: Path) -> Path:
    path = tmp_path / "a.xml"
    path.write_text(CLASSIC)
    return path


def test_syntax_and_profile_follow_the_ending_or_the_name(classic: Path, tmp_path: Path) -> None:
    call(classic, tmp_path / "a.hid")
    assert "+ start a | caps: 100 | ram: 8M" in (tmp_path / "a.hid").read_text()
    call(classic, tmp_path / "new.xml", "--to", "xml")
    assert '<start name="a" caps="100" ram="8M"/>' in (tmp_path / "new.xml").read_text()
    assert formats.read(tmp_path / "new.xml").format == "xml"
    call(tmp_path / "a.hid", tmp_path / "back.xml")
    assert (tmp_path / "back.xml").read_text() == CLASSIC
    # A file of the newer profile stays one when it is copied.
    call(tmp_path / "new.xml", tmp_path / "copy.xml")
    assert (tmp_path / "copy.xml").read_bytes() == (tmp_path / "new.xml").read_bytes()


def test_a_shared_link_takes_the_place_of_a_file(classic: Path, tmp_path: Path) -> None:
    shared = CliRunner().invoke(app, ["share", str(classic), "--address", "http://a/b"])
    assert shared.stdout.startswith("http://a/b#scenario=")
    call(shared.stdout.strip(), tmp_path / "b.xml")
    assert (tmp_path / "b.xml").read_text() == CLASSIC


def test_many_files_give_one_object_each(classic: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.xml"
    bad.write_text('<config>\n<start name="a">\n</config>\n')
    blank = tmp_path / "blank.xml"
    blank.write_text('<config>\n<start name="a"><x label="b "/></start>\n</config>\n')
    out = tmp_path / "out"
    out.mkdir()
    arguments = (classic, bad, blank, "--to", "hid", "--out-dir", out)
    good, broken, refused = told(*arguments, code=2)
    assert good == {
        "file": str(classic),
        "output": str(out / "a.hid"),
        "format": "hid",
        "left_out": [],
        "notes": [],
        "remarks": [],
        "error": None,
    }
    assert (broken["file"], broken["output"]) == (str(bad), None)
    assert (broken["error"]["file"], broken["error"]["line"]) == (str(bad), 3)
    assert broken["error"]["element"] == '<start name="a">'
    assert "'b '" in refused["error"]["message"]
    assert (refused["error"]["file"], refused["error"]["line"]) == (str(blank), 2)
    assert [path.name for path in out.iterdir()] == ["a.hid"]
    # Nothing is written over unasked.
    assert "There is such a file" in told(*arguments, code=2)[0]["error"]["message"]
    assert told(*arguments, "--force", code=2)[0]["error"] is None


def test_what_is_left_out_or_means_nothing_is_named(tmp_path: Path) -> None:
    source = tmp_path / "a.xml"
    source.write_text(
        '<config><start name="a"><resource name="CPU" quantum="10"/></start></config>'
    )
    (report,) = told(source, tmp_path / "a.hid")
    assert report["remarks"] == ["CPU quantum of a (without effect since 25.11)"]
    assert "CPU quantum of a" in call(source, tmp_path / "b.hid").stderr
    (report,) = told("talk", tmp_path / "talk.hid")
    assert any("variants" in part for part in report["left_out"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{a}"], "takes two files"),
        (["{a}", "{dir}/x.hid", "--to", "hidd"], 'no format "hidd"'),
        (["{a}", "--out-dir", "{dir}"], "needs the format"),
        (["{a}", "--to", "hid", "--out-dir", "{dir}/none"], "no folder"),
    ],
)
def test_wrong_calls(classic: Path, arguments: list[str], words: str) -> None:
    filled = [part.format(a=classic, dir=classic.parent) for part in arguments]
    assert words in call(*filled, code=2).stderr
