"""Scenarios inside components: reached by ids, edited without touching what is around them."""

from __future__ import annotations

import difflib

import pytest

from workbench import formats
from workbench.scenario import edits, inside
from workbench.scenario.model import Rectangle, Scenario
from workbench.scenario.placement import requested

TEXT = """<config>
\t<affinity-space width="8"/>
\t<parent-provides><service name="PD"/></parent-provides>
\t<start name="outer"   caps="900">
\t\t<binary name="init"/> <affinity xpos="2" width="4"/>
\t\t<config>
\t\t\t<affinity-space width="4" height="2"/>
\t\t\t<parent-provides><service name="PD"/></parent-provides>
\t\t\t<start name="middle"><binary name="init"/>
\t\t\t\t<config>
\t\t\t\t\t<!-- the innermost -->
\t\t\t\t\t<affinity-space width="2"/>
\t\t\t\t\t<parent-provides/>
\t\t\t\t\t<start name="leaf"  caps="50"><affinity xpos="1"/></start>
\t\t\t\t</config>
\t\t\t</start>
\t\t\t<!-- <start name="off"/> -->
\t\t</config>
\t</start>
\t<start name="plain"><config><start name="no init"/></config></start>
</config>
"""


@pytest.fixture
def scenario() -> Scenario:
    return formats.read_text(TEXT, "xml-classic").experiment.scenario


def test_every_depth_is_reached_by_ids(scenario: Scenario) -> None:
    assert [c.name for c in inside.seen(scenario, ()).components] == ["outer", "plain"]
    middle = inside.seen(scenario, ("outer",))
    assert [(c.name, c.enabled) for c in middle.components] == [("middle", True), ("off", False)]
    assert middle.effective_space.height == 2
    leaf = inside.seen(scenario, ("outer", "middle"))
    assert requested(leaf)["leaf"] == Rectangle(x=1)
    assert inside.names(scenario, ("outer", "middle")) == ("outer", "middle")


@pytest.mark.parametrize("way", [("nobody",), ("plain",), ("outer", "off"), ("outer", "nobody")])
def test_a_way_that_leads_nowhere(scenario: Scenario, way: tuple[str, ...]) -> None:
    with pytest.raises(KeyError):
        inside.seen(scenario, way)
    assert inside.known_part(scenario, way) == way[: len(way) - 1]


def test_all_that_are_switched_on_are_found(scenario: Scenario) -> None:
    assert [way for way, _ in inside.nested(scenario)] == [("outer",), ("outer", "middle")]
    off = edits.switch(scenario, "outer", False)
    assert list(inside.nested(off)) == []


def test_an_edit_inside_changes_its_lines_only(scenario: Scenario) -> None:
    document = formats.read_text(TEXT, "xml-classic")

    def moved(inner: Scenario) -> Scenario:
        return edits.place(inner, "leaf", Rectangle(x=0, width=2))

    after = inside.edited(scenario, ("outer", "middle"), moved)
    text = formats.write(document.experiment.but(scenario=after), "xml-classic", document)
    changed = [
        line
        for line in difflib.ndiff(TEXT.splitlines(), text.splitlines())
        if line.startswith(("+", "-"))
    ]
    assert changed == [
        '- \t\t\t\t\t<start name="leaf"  caps="50"><affinity xpos="1"/></start>',
        '+ \t\t\t\t\t<start name="leaf"  caps="50"><affinity xpos="0" width="2"/></start>',
    ]
    again = formats.read_text(text, "xml-classic").experiment.scenario
    assert requested(inside.seen(again, ("outer", "middle")))["leaf"] == Rectangle(x=0, width=2)


def test_no_change_inside_is_no_change(scenario: Scenario) -> None:
    assert inside.edited(scenario, ("outer", "middle"), lambda inner: inner) is scenario
