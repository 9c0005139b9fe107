"""Genode's XML: what is kept, what is refused, and switching components on and off."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench import formats
from workbench.errors import InputError
from workbench.scenario.model import Component, Rectangle, Scenario
from workbench.scenario.tree import Comment, Node


def read(text: str) -> formats.Document:
    return formats.read_text(text, "xml-classic", "test.xml")


def written(document: formats.Document, scenario: Scenario) -> str:
    text = formats.write(document.experiment.but(scenario=scenario), "xml-classic", document)
    assert [c.but(id="", form=None) for c in read(text).experiment.scenario.components] == [
        c.but(id="", form=None) for c in scenario.components
    ]
    return text


def switched(document: formats.Document, id: str) -> str:
    scenario = document.experiment.scenario
    return written(document, scenario.replaced(id, lambda c: c.but(enabled=not c.enabled)))


# Layout ---


def test_quotes_blanks_and_tag_style_are_kept() -> None:
    document = read("<config>\n  <start  name = 'a'\n          caps='100' />\n</config>\n")
    scenario = document.experiment.scenario.replaced("a", lambda c: c.but(caps=7, priority=-1))
    assert written(document, scenario) == (
        "<config>\n  <start  name = 'a'\n          caps='7' priority='-1' />\n</config>\n"
    )


def test_values_are_escaped_for_their_quotes() -> None:
    document = read("""<config><start name='a'/><start name="b"/></config>""")
    name = "<&'\">"
    scenario = document.experiment.scenario
    for id in ("a", "b"):
        scenario = scenario.replaced(id, lambda c: c.but(name=name + c.id))
    assert written(document, scenario) == (
        "<config><start name='&lt;&amp;&apos;\">a'/><start name=\"&lt;&amp;'&quot;>b\"/></config>"
    )


def test_new_parts_are_indented_like_their_neighbours() -> None:
    document = read(
        "<config>\r\n    <start name='a'>\r\n        <binary name='x'/>\r\n"
        "    </start>\r\n</config>"
    )
    scenario = document.experiment.scenario
    scenario = scenario.replaced("a", lambda c: c.but(provides=("Timer",)))
    scenario = scenario.but(components=(*scenario.components, Component(id="b", name="b")))
    text = written(document, scenario)
    assert text.replace("\r\n", "\n") == (
        "<config>\n    <start name='a'>\n        <binary name='x'/>\n"
        '        <provides> <service name="Timer"/> </provides>\n'
        "    </start>\n    <start name='b'/>\n</config>"
    )
    assert text.count("\r\n") == text.count("\n")


def test_bytes_are_kept_with_mark_and_encoding(tmp_path: Path) -> None:
    body = '<config>\r\n\t<!-- Prüfung -->\r\n\t<start name="a" caps="1"/>\r\n</config>\r\n'
    latin = '<?xml version="1.0" encoding="ISO-8859-1"?>\r\n' + body
    for data in (
        b"\xef\xbb\xbf" + body.encode(),
        latin.encode("latin-1"),
        b"\xff\xfe" + body.encode("utf-16-le"),
        b"\xfe\xff" + body.encode("utf-16-be"),
    ):
        path = tmp_path / "a.xml"
        path.write_bytes(data)
        document = formats.read(path)
        formats.save(document.experiment, path, document)
        assert path.read_bytes() == data
        scenario = document.experiment.scenario.replaced("a", lambda c: c.but(caps=2))
        formats.save(document.experiment.but(scenario=scenario), path, document)
        swap = '"1"/>', '"2"/>'
        codec = {239: "utf-8", 255: "utf-16-le", 254: "utf-16-be"}.get(data[0], "latin-1")
        assert path.read_bytes() == data.replace(*(part.encode(codec) for part in swap))


# Switched-off components ---

GROUP = """\
<config>
	<!--
	<start name="a" caps="1"/>

	<start name="b">
		<resource name="RAM" quantum="1M"/>
	</start>
	<start name="c"/>
	-->
</config>
"""


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        (
            "a",
            GROUP.replace("\t<!--\n", "").replace('caps="1"/>\n\n', 'caps="1"/>\n\n\t<!--\n'),
        ),
        (
            "b",
            GROUP.replace('caps="1"/>\n\n', 'caps="1"/>\n\t-->\n\n').replace(
                "\t</start>\n", "\t</start>\n\t<!--\n"
            ),
        ),
        (
            "c",
            GROUP.replace("\t-->\n", "").replace('\t<start name="c"', '\t-->\n\t<start name="c"'),
        ),
    ],
)
def test_switching_on_splits_a_comment(id: str, expected: str) -> None:
    assert switched(read(GROUP), id) == expected


def test_an_edit_inside_a_comment_stays_inside() -> None:
    document = read(GROUP)
    scenario = document.experiment.scenario.replaced("b", lambda c: c.but(ram_bytes=2**21))
    assert written(document, scenario) == GROUP.replace('"1M"', '"2M"')


def test_prose_beside_switched_off_components_stays_prose() -> None:
    text = '<config>\n\t<!-- for later: <start name="a"/> -->\n</config>\n'
    document = read(text)
    assert [c.id for c in document.experiment.scenario.components] == ["a"]
    assert switched(document, "a") == (
        '<config>\n\t<!-- for later: --> <start name="a"/>\n</config>\n'
    )


@pytest.mark.parametrize(
    "comment",
    [
        "core 0 is left to the system",
        "<start> nodes follow",
        "see <start name='a'> below",
        "a <b/> in prose",
        "1 < 2 && 3 > 2",
        "",
    ],
)
def test_prose_is_no_component(comment: str) -> None:
    document = read(f"<config><!-- {comment} --><start name='z'/></config>")
    assert [c.id for c in document.experiment.scenario.components] == ["z"]
    form = document.experiment.scenario.form
    assert form is not None
    assert form.content[0] == Comment(comment)


def test_a_component_with_comments_can_be_switched_off_and_on() -> None:
    text = (
        '<config>\n\t<start name="a"> <!-- it\'s a "start" -->\n'
        '\t\t<!--\n\t\t<binary name="old"/> -->\n'
        '\t\t<config> <arg value="--verbose"/> </config>\n\t</start>\n</config>\n'
    )
    document = read(text)
    off = switched(document, "a")
    assert '<!-&#45; it\'s a "start" -&#45;>' in off
    assert 'value="-&#45;verbose"' in off
    again = read(off)
    component = again.experiment.scenario.component("a")
    assert not component.enabled
    assert component.config == document.experiment.scenario.component("a").config
    assert switched(again, "a") == text


def test_a_form_that_xml_cannot_hold_is_written_so_that_it_reads_the_same() -> None:
    form = Node("start", (("name", "a"),), (Comment("-- <start/> &#45; --"),), enabled=False)
    component = Component(id="a", name="a", enabled=False, form=form)
    text = formats.write(
        read("<config/>").experiment.but(scenario=Scenario(components=(component,))), "xml-classic"
    )
    assert read(text).experiment.scenario.component("a").form == form


# Where components stand ---


def test_component_lines() -> None:
    document = read(GROUP)
    assert formats.component_lines(GROUP, "xml-classic", document.experiment.scenario) == {
        "a": (3, 3),
        "b": (5, 7),
        "c": (8, 8),
    }


# Refusals ---


@pytest.mark.parametrize(
    ("text", "line", "element", "words"),
    [
        ("<config>\n<start name='a'>\n<config>\n", 4, "<config>", "ends inside"),
        ("<config>\n<start name='a'", 2, "<config>", "ends inside"),
        ("<config>\n<!-- never closed", 2, "<config>", "ends inside"),
        ("<config>\n<start name='a'>\n</config>\n", 3, '<start name="a">', "Close"),
        ("", 1, None, "empty"),
        ("<config>&nbsp;</config>", 1, "<config>", "character itself"),
        ("<config a='1' a='2'/>", 1, None, "duplicate"),
        ("<config/><config/>", 1, None, "junk"),
        ("<other>\n</other>", 1, None, "no <config>"),
        ("\n<!DOCTYPE config SYSTEM 'http://127.0.0.1:9/x'>\n<config/>", 2, "DOCTYPE", "document"),
        (
            '<!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<config>&x;</config>',
            1,
            "DOCTYPE",
            "nothing was loaded",
        ),
        (
            '<!DOCTYPE c [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>\n<config>&b;</config>',
            1,
            "DOCTYPE",
            "nothing was loaded",
        ),
        ("<a>" * 200 + "</a>" * 200, 1, "<a>", "nested"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(
    text: str, line: int, element: str | None, words: str
) -> None:
    with pytest.raises(InputError) as refusal:
        read(text)
    error = refusal.value
    assert (error.location.file, error.location.line) == ("test.xml", line)
    assert words in str(error)
    assert error.remedy
    if element is not None:
        assert error.location.element == element


@pytest.mark.parametrize(
    "component",
    [
        Component(id="a", name="\x01"),
        Component(id="a", name="a", form=Node("start", (("a b", ""),))),
        Component(id="a", name="a", form=Node("start", (("x", "1"), ("x", "2")))),
        Component(id="a", name="a", config=Node("config", content=(Node("<x>"),))),
    ],
)
def test_what_xml_cannot_say_is_refused_not_garbled(component: Component) -> None:
    document = read("<config/>")
    scenario = Scenario(components=(component,))
    with pytest.raises(InputError):
        formats.write(document.experiment.but(scenario=scenario), "xml-classic", document)


def test_a_scenario_from_elsewhere_is_written_whole() -> None:
    scenario = Scenario(
        components=(
            Component(id="a", name="a", ram_bytes=2**20, affinity=Rectangle(x=1, width=2)),
            Component(id="b", name="b", enabled=False),
        )
    )
    experiment = read("<config/>").experiment.but(scenario=scenario)
    assert formats.write(experiment, "xml-classic") == (
        '<config>\n\t<start name="a">\n\t\t<resource name="RAM" quantum="1M"/>\n'
        '\t\t<affinity xpos="1" width="2"/>\n\t</start>\n'
        '\t<!-- <start name="b"/> -->\n</config>\n'
    )
