"""What holds for every format: scenarios survive it, and damaged files are refused in words."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.scenario.test_init_config import _scenarios
from workbench import formats
from workbench.cli import app
from workbench.errors import InputError
from workbench.formats import registry
from workbench.formats.registry import Format
from workbench.scenario import init_config
from workbench.scenario.experiment import Experiment
from workbench.scenario.model import Component, Scenario
from workbench.scenario.placement import placed
from workbench.scenario.tree import Comment, Node

_ROOT = Path(__file__).resolve().parents[3]
_SAMPLES = _ROOT.parent / "shared" / "samples"
_TALK = formats.read(_SAMPLES / "talk-by-hand.xml").experiment
FORMATS = sorted(formats.formats())


def test_the_formats() -> None:
    assert FORMATS == ["hid", "run-22.02", "run-26.02", "xml", "xml-classic", "yaml"]


@settings(deadline=None)
@given(_scenarios(), st.sampled_from(FORMATS))
def test_a_scenario_survives_or_is_refused(scenario: Scenario, format: str) -> None:
    try:
        text = formats.write(_TALK.but(scenario=scenario), format)
    except InputError as refusal:
        known = ("cannot", "white space", "text or sub nodes", "that HID", "that XML")
        assert any(words in refusal.what for words in known), refusal.what  # noqa: PT017
        return
    again = formats.read_text(text, format).experiment.scenario
    if format == "yaml":
        assert again == scenario
    else:
        assert _trimmed(init_config.plain(again)) == _trimmed(init_config.plain(placed(scenario)))


def _trimmed(scenario: Scenario) -> Scenario:
    """Take the blanks at the edges of comments away: HID writes none, and they say nothing."""
    return scenario.but(
        components=tuple(
            component.but(config=component.config and _trimmed_node(component.config))
            for component in scenario.components
        )
    )


def _trimmed_node(node: Node) -> Node:
    content = tuple(
        _trimmed_node(item)
        if isinstance(item, Node)
        else dataclasses.replace(item, text=item.text.strip())
        if isinstance(item, Comment)
        else item
        for item in node.content
    )
    return dataclasses.replace(node, content=content)


TEXTS = {
    "yaml": (_ROOT / "sample_data" / "talk.yaml").read_text(),
    "xml-classic": (_SAMPLES / "talk-by-hand.xml").read_text(),
    "hid": formats.write(_TALK, "hid"),
}


@settings(deadline=None)
@given(st.sampled_from(sorted(TEXTS)), st.data())
def test_a_damaged_file_is_read_or_refused(format: str, data: st.DataObject) -> None:
    text = TEXTS[format]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 40))
        new = data.draw(st.text("<>/!-&;'\"=:|+x. \n\t{}[]*0a\x00é", max_size=5))
        text = text[:at] + new + text[at + cut :]
    try:
        document = formats.read_text(text, format, "damaged")
    except InputError as refusal:
        where = refusal.location
        assert (where.file, bool(refusal.remedy)) == ("damaged", True)  # noqa: PT017
        return
    assert formats.write(document.experiment, format, document) == text


# A further format is one file: this one ---


def read_names(text: str, stem: str) -> Experiment:
    names = text.split()
    components = tuple(Component(id=name, name=name) for name in names)
    return Experiment(name=stem, scenario=Scenario(components=components))


def write_names(experiment: Experiment, known: tuple[Experiment, str] | None = None) -> str:
    return "".join(f"{component.name}\n" for component in experiment.scenario.components)


def name_lines(text: str, scenario: Scenario) -> dict[str, tuple[int, int]]:
    return {component.id: (n, n) for n, component in enumerate(scenario.components, start=1)}


@pytest.fixture
def names_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_FORMATS", dict(registry._FORMATS))
    formats.register(
        Format(
            name="names",
            title="Names of components",
            endings=(".names",),
            claims=lambda _: False,
            read=read_names,
            write=write_names,
            component_lines=name_lines,
        )
    )


@pytest.mark.usefixtures("names_format")
def test_a_registered_format_works_everywhere(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    source = tmp_path / "a.names"
    source.write_text("timer\nblinktree1\n")
    document = formats.read(source)
    assert document.format == "names"
    assert formats.component_lines(document.text, "names", document.experiment.scenario) == {
        "timer": (1, 1),
        "blinktree1": (2, 2),
    }
    for target in ("a.hid", "a.xml", "a.run", "a.yaml"):
        call = ["convert", str(source), str(tmp_path / target)]
        assert CliRunner().invoke(app, call).exit_code == 0
        back = tmp_path / f"{target}.names"
        call = ["convert", str(tmp_path / target), str(back)]
        assert CliRunner().invoke(app, call).exit_code == 0
        assert back.read_text() == source.read_text()
