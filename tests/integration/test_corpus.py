"""Real configurations: read, written back byte for byte, edited in one place only."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from workbench import formats
from workbench.scenario.model import AffinitySpace, Component, Rectangle, Scenario

_SHARED = Path(__file__).resolve().parents[3] / "shared"
FILES = [*sorted((_SHARED / "corpus" / "xml").glob("*.xml")), _SHARED / "samples/talk-by-hand.xml"]
everywhere = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def test_the_corpus_is_there() -> None:
    assert len(FILES) == 27


def written(document: formats.Document, scenario: Scenario) -> str:
    experiment = document.experiment.but(scenario=scenario)
    text = formats.write(experiment, "xml-classic", document)
    again = formats.read_text(text, "xml-classic").experiment.scenario
    assert [c.but(id="", form=None) for c in again.components] == [
        c.but(id="", form=None) for c in scenario.components
    ], "the text does not say what was edited"
    return text


def changed_lines(before: str, after: str) -> tuple[set[int], set[int]]:
    """Line numbers (from 1) that differ, in both texts, by difflib."""
    old: set[int] = set()
    new: set[int] = set()
    matcher = difflib.SequenceMatcher(None, before.split("\n"), after.split("\n"), autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            old |= set(range(a + 1, b + 1))
            new |= set(range(c + 1, d + 1))
    return old, new


def starts(text: str) -> list[bytes]:
    """The start nodes in force, each in canonical form, by another parser."""
    top = etree.fromstring(text.strip().encode())
    config = top if top.tag == "config" else top.find(".//config")
    assert config is not None
    nodes = config.findall("start")
    for node in nodes:
        node.tail = None
    return [etree.tostring(node, method="c14n") for node in nodes]


def span(document: formats.Document, component: Component) -> set[int]:
    lines = formats.component_lines(document.text, "xml-classic", document.experiment.scenario)
    first, last = lines[component.id]
    rows = document.text.split("\n")
    assert f'<start name="{component.name}"' in rows[first - 1]
    assert rows[last - 1].rstrip().endswith(("</start>", "/>"))
    return set(range(first, last + 1))


@everywhere
def test_unedited_byte_for_byte(path: Path, tmp_path: Path) -> None:
    document = formats.read(path)
    assert document.experiment.scenario.components
    target = tmp_path / path.name
    formats.save(document.experiment, target, document)
    assert target.read_bytes() == path.read_bytes()
    # Through the model as well, not only because the text was kept.
    from workbench.formats import genode_xml

    again = document.experiment.but(title="another title")
    assert genode_xml.write(again, (document.experiment, document.text)) == document.text


EDITS: dict[str, Callable[[Component], Component]] = {
    "move": lambda c: c.but(affinity=Rectangle(x=1, width=2)),
    "quota": lambda c: c.but(ram_bytes=3 * 2**20),
    "caps": lambda c: c.but(caps=777),
    "rename": lambda c: c.but(name="renamed & <new>"),
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
    scenario = scenario if edit != "move" else scenario.but(space=AffinitySpace(width=4))
    base = formats.read_text(written(document, scenario), "xml-classic")
    scenario = base.experiment.scenario
    for index, component in enumerate(scenario.components):
        text = written(base, scenario.replaced(component.id, EDITS[edit]))
        old, _ = changed_lines(base.text, text)
        assert old <= span(base, component)
        if component.enabled:
            others = [c.enabled for c in scenario.components[:index]].count(True)
            before, after = starts(base.text), starts(text)
            del before[others], after[others]
            assert before == after


@everywhere
def test_remove(path: Path) -> None:
    document = formats.read(path)
    scenario = document.experiment.scenario
    for component in scenario.components:
        rest = tuple(c for c in scenario.components if c.id != component.id)
        text = written(document, scenario.but(components=rest))
        before = [row.rstrip() for row in document.text.split("\n")]
        after = [row.rstrip() for row in text.split("\n")]
        own = Counter(before[n - 1] for n in span(document, component))
        assert Counter(before) - Counter(after) - own <= Counter({"": 9, "<!--": 1, "-->": 1})
        assert own <= Counter(before) - Counter(after)
        assert Counter(after) <= Counter(before) + Counter(["<config/>"])


@everywhere
def test_add(path: Path) -> None:
    document = formats.read(path)
    scenario = document.experiment.scenario
    added = Component(id="new~1", name="new", binary="blinktree", ram_bytes=2**30, caps=500)
    for place in range(len(scenario.components) + 1):
        parts = (*scenario.components[:place], added, *scenario.components[place:])
        text = written(document, scenario.but(components=parts))
        old, new = changed_lines(document.text, text)
        rows = text.split("\n")
        removed = {document.text.split("\n")[n - 1].strip() for n in old}
        assert removed <= {"<!--", "-->"}
        # Indented like its neighbours.
        first = min(n for n in new if "<start" in rows[n - 1])
        indents = {row[: row.index("<")] for row in rows if row.lstrip().startswith("<start ")}
        assert rows[first - 1][: rows[first - 1].index("<")] in indents


@everywhere
def test_switch_off_and_on(path: Path) -> None:
    document = formats.read(path)
    scenario = document.experiment.scenario
    for component in scenario.components:
        flipped = scenario.replaced(component.id, lambda c: c.but(enabled=not c.enabled))
        text = written(document, flipped)
        old, new = changed_lines(document.text, text)
        if component.enabled and "<!--" not in "".join(
            document.text.split("\n")[n - 1] for n in span(document, component)
        ):
            rows = text.split("\n")
            assert old == set()
            assert sorted(rows[n - 1].strip() for n in new) == ["-->", "<!--"]
        before, after = starts(document.text), starts(text)
        assert len(after) == len(before) + (-1 if component.enabled else 1)
        assert [s for s in before if s in after] == [s for s in after if s in before]
        back = formats.read_text(text, "xml-classic")
        again = back.experiment.scenario.replaced(
            back.experiment.scenario.components[scenario.components.index(component)].id,
            lambda c: c.but(enabled=not c.enabled),
        )
        restored = written(back, again)
        if component.enabled:
            assert restored == document.text


@everywhere
def test_through_yaml_and_back(path: Path) -> None:
    experiment = formats.read(path).experiment
    again = formats.read_text(formats.write(experiment, "yaml"), "yaml").experiment
    assert again == experiment
    assert again.scenario.form == experiment.scenario.form
    assert [c.form for c in again.scenario.components] == [
        c.form for c in experiment.scenario.components
    ]


def test_foreign_top_nodes_stay(tmp_path: Path) -> None:
    text = (
        '<?xml version="1.0"?>\n<!-- a package -->\n<runtime ram="32M" caps="1000">\n'
        "  <content> <rom label='ld.lib.so'/> </content>\n"
        "  <config>\n    <start name='a' caps='100'/>\n  </config>\n</runtime>\n<!-- end -->\n"
    )
    path = tmp_path / "test.runtime"
    path.write_text(text)
    document = formats.read(path)
    scenario = document.experiment.scenario.replaced("a", lambda c: c.but(caps=200))
    saved = formats.save(document.experiment.but(scenario=scenario), path, document)
    assert path.read_text() == saved.text == text.replace("caps='100'", "caps='200'")
