"""Real HID configurations: read as init reads them, written back, edited in one place only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import hid_by_init
from tests.unit.formats.test_hid_text import as_init_sees
from workbench import formats
from workbench.formats import hid
from workbench.formats.hid_text import parse
from workbench.scenario.model import Component, Scenario
from workbench.scenario.tree import Node

_SHARED = Path(__file__).resolve().parents[3] / "shared"
FILES = sorted((_SHARED / "corpus" / "hid").glob("*.hid"))
everywhere = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def test_the_corpus_is_there() -> None:
    assert len(FILES) == 25


def written(document: formats.Document, scenario: Scenario) -> str:
    text = formats.write(document.experiment.but(scenario=scenario), "hid", document)
    again = formats.read_text(text, "hid").experiment.scenario
    assert [c.but(id="", form=None) for c in again.components] == [
        c.but(id="", form=None) for c in scenario.components
    ], "the text does not say what was edited"
    return text


@everywhere
def test_unedited_byte_for_byte(path: Path, tmp_path: Path) -> None:
    document = formats.read(path)
    assert document.format == "hid"
    assert document.experiment.scenario.components
    target = tmp_path / path.name
    formats.save(document.experiment, target, document)
    assert target.read_bytes() == path.read_bytes()
    # Through the model as well, not only because the text was kept.
    again = document.experiment.but(title="another title")
    assert hid.write(again, (document.experiment, document.text)) == document.text


@everywhere
def test_as_init_reads_it(path: Path) -> None:
    text = path.read_text()
    node = parse(text).item
    assert isinstance(node, Node)
    assert hid_by_init.read(text) == as_init_sees(node)


EDITS: dict[str, Callable[[Component], Component]] = {
    "quota": lambda c: c.but(ram_bytes=3 * 2**20),
    "rename": lambda c: c.but(name="renamed"),
    "priority": lambda c: c.but(priority=-1),
    "provides": lambda c: c.but(provides=(*c.provides, "Extra")),
    "route": lambda c: c.but(route=(*(c.route or ()), *(c.route or ())[:1])),
    "binary": lambda c: c.but(binary="other"),
}


@pytest.mark.parametrize("edit", EDITS)
@everywhere
def test_an_edit_changes_one_node(path: Path, edit: str) -> None:
    document = formats.read(path)
    scenario = document.experiment.scenario
    lines = formats.component_lines(document.text, "hid", scenario)
    before = document.text.split("\n")
    for component in scenario.components:
        after = written(document, scenario.replaced(component.id, EDITS[edit])).split("\n")
        first, last = lines[component.id]
        assert f"start {component.name}" in before[first - 1]
        assert after[: first - 1] == before[: first - 1]
        rest = len(before) - last
        assert after[len(after) - rest :] == before[last:]
        # Within the node too, most lines stay as they are.
        kept = [row for row in before[first - 1 : last] if row in after]
        assert len(kept) >= last - first


@everywhere
def test_switching_changes_one_character(path: Path) -> None:
    document = formats.read(path)
    scenario = document.experiment.scenario
    for component in scenario.components:
        text = written(
            document, scenario.replaced(component.id, lambda c: c.but(enabled=not c.enabled))
        )
        assert len(text) == len(document.text)
        changed = [(a, b) for a, b in zip(document.text, text, strict=True) if a != b]
        assert changed == [("+", "x") if component.enabled else ("x", "+")]


@everywhere
def test_remove_and_add(path: Path) -> None:
    document = formats.read(path)
    scenario = document.experiment.scenario
    lines = formats.component_lines(document.text, "hid", scenario)
    before = document.text.split("\n")
    added = Component(id="new~1", name="new", binary="blinktree", ram_bytes=2**30, caps=500)
    for place, component in enumerate(scenario.components):
        rest = tuple(c for c in scenario.components if c.id != component.id)
        first, last = lines[component.id]
        after = written(document, scenario.but(components=rest))
        assert rows(after) == rows("\n".join(before[: first - 1] + before[last:]))
        parts = (*scenario.components[:place], added, *scenario.components[place:])
        after = written(document, scenario.but(components=parts))
        assert [row for row in rows(after) if row in rows(document.text)] == rows(document.text)
        assert "+ start new | caps: 500 | ram: 1G" in [row.strip() for row in rows(after)]


def rows(text: str) -> list[str]:
    """The lines that say something, without blanks at their ends."""
    return [row.rstrip() for row in text.split("\n") if row.strip()]


@everywhere
def test_through_yaml_and_back(path: Path) -> None:
    document = formats.read(path)
    again = formats.read_text(formats.write(document.experiment, "yaml"), "yaml").experiment
    assert parse(formats.write(again, "hid")).item == config(document.text)


def config(text: str) -> Node:
    """The config node of a text, which another top node may hold."""
    node = parse(text).item
    assert isinstance(node, Node)
    return node if node.type == "config" else next(node.nodes("config"))
