"""HID text and node trees: read, written, patched, and refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import hid_by_init
from tests.strategies import hid_nodes
from workbench import formats
from workbench.errors import InputError
from workbench.formats.hid_layout import rendered
from workbench.formats.hid_patch import patched
from workbench.formats.hid_text import parse
from workbench.scenario.tree import Comment, Node, Text


def on(node: Node) -> Node:
    """A top node cannot be switched off."""
    return Node(node.type, node.attributes, node.content)


def tree(text: str) -> Node:
    node = parse(text).item
    assert isinstance(node, Node)
    return node


def as_init_sees(node: Node) -> Node:
    """Without comments, switched-off nodes and text beside nodes; the text in one piece."""
    nodes = tuple(node.nodes(disabled=True))
    if not nodes:
        texts = [item.text for item in node.content if isinstance(item, Text)]
        return Node(node.type, node.attributes, (Text("".join(texts)),) if texts else ())
    seen = tuple(as_init_sees(item) for item in nodes if item.enabled)
    return Node(node.type, node.attributes, seen)


def patch(text: str, new: Node) -> str:
    top = parse(text)
    return patched(text, top, top, new)


@given(hid_nodes().map(on))
def test_a_rendered_tree_reads_as_itself(node: Node) -> None:
    assert tree(rendered(node)) == node


@given(hid_nodes().map(on))
def test_init_reads_the_same(node: Node) -> None:
    assert hid_by_init.read(rendered(node)) == as_init_sees(node)


@given(hid_nodes().map(on), hid_nodes().map(on))
def test_any_tree_can_be_patched_into_any_other(old: Node, new: Node) -> None:
    new = Node(old.type, new.attributes, new.content)
    text = patch(rendered(old), new)
    assert tree(text) == new
    assert hid_by_init.read(text) == as_init_sees(new)


@given(hid_nodes().map(on), st.data())
def test_a_patched_tree_can_be_patched_back(old: Node, data: st.DataObject) -> None:
    text = rendered(old)
    for new in data.draw(st.lists(hid_nodes().map(on), max_size=3)):
        text = patch(text, Node(old.type, new.attributes, new.content))
    assert tree(patch(text, old)) == old


# The layouts that Genode's documentation shows ---

DOCUMENTED = """\
launcher pkg: genodelabs/pkg/mixer/2024-12-10 | priority: 0
+ config jitter_ms: 10 | warning_rate_ms: 0
  .
  . These rules match all clients.
  .
  + mix left
  | + play label_suffix: -> left  | volume: 0.5\r
  + mix right
  | + play label_suffix: -> right | volume: 0.5
  .
  . capture \tmicrophone
  .
  x mix mic_left
  | + play label: audio -> mic_left
  + policy label: audio -> left  | record: left
  |                                period_ms: 12
  |                                volume:   1.0
    : free-form
    : content \twith | bars

    : and : colons
+ route | + service Report | + parent
        | + any-service    | . for the rest
                             + child x
-
what follows is not looked at
"""


def test_the_documented_layouts() -> None:
    launcher = tree(DOCUMENTED)
    assert launcher.attributes == (
        ("pkg", "genodelabs/pkg/mixer/2024-12-10"),
        ("priority", "0"),
    )
    config, route = launcher.nodes()
    assert config.attributes == (("jitter_ms", "10"), ("warning_rate_ms", "0"))
    assert config.content == (
        Comment("These rules match all clients."),
        Node(
            "mix",
            (("name", "left"),),
            (Node("play", (("label_suffix", "-> left"), ("volume", "0.5"))),),
        ),
        Node(
            "mix",
            (("name", "right"),),
            (Node("play", (("label_suffix", "-> right"), ("volume", "0.5"))),),
        ),
        Comment("capture \tmicrophone"),
        Node(
            "mix",
            (("name", "mic_left"),),
            (Node("play", (("label", "audio -> mic_left"),)),),
            enabled=False,
        ),
        Node(
            "policy",
            (
                ("label", "audio -> left"),
                ("record", "left"),
                ("period_ms", "12"),
                ("volume", "1.0"),
            ),
            (Text("free-form\ncontent \twith | bars\nand : colons"),),
        ),
    )
    assert route.content == (
        Node("service", (("name", "Report"),), (Node("parent"),)),
        Node("any-service", (), (Comment("for the rest"), Node("child", (("name", "x"),)))),
    )
    assert hid_by_init.read(DOCUMENTED) == as_init_sees(launcher)


def test_positions() -> None:
    route = tree(DOCUMENTED).first("route")
    assert route is not None
    service = route.first("service")
    assert service is not None
    assert service.position is not None
    assert (service.position.line, service.position.column) == (22, 11)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a:b", "+ dev | name: a:b"),
        ("a: b", "+ dev | name: a: b"),
        (":", "+ dev :"),
        ("", "+ dev | name:"),
        ("-> x", "+ dev -> x"),
    ],
)
def test_names_with_colons(name: str, text: str) -> None:
    node = Node("config", content=(Node("dev", (("name", name),)),))
    assert text in rendered(node).split("\n")
    assert hid_by_init.read(rendered(node)) == tree(rendered(node)) == node


# Patches ---

TABLE = """\
config

+ start usb | caps: 1500 | ram: 32M
  . the driver
  + route
    + service ROM    | label: config | + parent | label: drivers.config
    + service Report                 | + child report_rom
    + service Timer                  | + child timer
                                     | + parent
    + any-service                    | + parent

+ start big
    caps: 100   | . few
    ram:  1M    | . little
  + binary x
-
"""


def edited(change: dict[str, str]) -> str:
    text = TABLE
    for old, new in change.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    "change",
    [
        {"ram: 32M": "ram: 640M"},
        {"caps: 1500 | ": ""},
        {"ram: 32M": "ram: 32M | priority: -1"},
        {"service Report ": "service Report2"},
        {"label: config |": "label: conf   |"},
        {"caps: 100 ": "caps: 70  "},
        {"+ binary x": "x binary x"},
        {"    ram:  1M    | . little\n": ""},
        {"    ram:  1M    | . little\n": "    ram:  1M    | . little\n    priority: -1\n"},
        {"    + any-service                    | + parent\n": ""},
        {"  + binary x": "  + binary x\n  + exit | propagate: yes"},
        {"  . the driver\n": ""},
        {". the driver": ". the driver's\n  . quotas"},
        {
            "    + any-service                    | + parent\n": (
                "    + any-service                    | + parent\n"
                "                                     | + any-child\n"
            )
        },
        {
            "    + service Timer                  | + child timer\n"
            "                                     | + parent\n": (
                "    + service Timer                  | + parent\n"
            )
        },
    ],
)
def test_an_edit_changes_nothing_else(change: dict[str, str]) -> None:
    expected = edited(change)
    assert patch(TABLE, tree(expected)).split("\n") == expected.split("\n")


def test_what_is_pushed_to_the_right_takes_its_lines_along() -> None:
    text = "config\n+ a x | + b\n          c: 1\n          + d\n-\n"
    (a,) = tree(text).nodes()
    new = Node("config", content=(a.with_attribute("name", "longer"),))
    assert (
        patch(text, new) == "config\n+ a longer | + b\n               c: 1\n               + d\n-\n"
    )


def test_line_ends_are_kept() -> None:
    text = TABLE.replace("\n", "\r\n")
    new = tree(edited({"  + binary x": "  + binary x\n  + exit"}))
    assert patch(text, new).replace("\r\n", "\n") == edited(
        {"  + binary x": "  + binary x\n  + exit"}
    )
    assert patch(text, new).count("\r\n") == patch(text, new).count("\n")


# Refusals ---


@pytest.mark.parametrize(
    ("text", "line", "element", "words"),
    [
        ("", 1, None, "empty"),
        ("\n\n", 3, None, "empty"),
        ("config\n+ start a\n", 3, "start a", "cut off"),
        (". comment\nconfig\n-", 1, None, "comments go below"),
        ("<config/>\n-", 1, None, "type of a node"),
        ("config\n\t+ start a\n-", 2, "config", "A tab"),
        ("config\n+ start a | caps:\t1\n-", 2, "start a", "A tab"),
        ("config\n+ start a\n  caps:1\n-", 3, "start a", "blank after the colon"),
        ("config\n+ start a\n  nonsense\n-", 3, "start a", "neither a node nor an attribute"),
        ("config\n+ Start a\n-", 2, "config", "a type has to follow"),
        ("config\n+\n-", 2, "config", "a type has to follow"),
        ("config\n+ start a\n  + binary b\n  caps: 1\n-", 4, "binary b", None),
        ("config\n+ a | + binary b\n  caps: 1\n-", 3, "binary b", "further left"),
        ("config\n+ a | + inline\n  : text\n-", 3, "inline", "further left"),
        ("config\n+ a\n  : text\n  b: 1\n-", 4, "a", "after quoted text"),
        ("config\n+ a\n  b: \x07\n-", 3, "a", "U+0007"),
        (
            "config\n" + "".join(f"{'  ' * n}+ a\n" for n in range(120)) + "-",
            101,
            "a",
            "nested deeper",
        ),
        ("other\n-", 1, None, "no config"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(
    text: str, line: int, element: str | None, words: str | None
) -> None:
    if words is None:  # the column says binary, and so does init
        node = tree(text)
        assert node == tree("config\n+ start a\n  + binary b | caps: 1\n-")
        return
    with pytest.raises(InputError) as refusal:
        formats.read_text(text, "hid", "test.hid")
    error = refusal.value
    assert (error.location.file, error.location.line) == ("test.hid", line)
    assert error.location.element == element
    assert words in str(error)
    assert error.remedy


@pytest.mark.parametrize(
    ("node", "value"),
    [
        (Node("a", (("label", "x | y"),)), "'x | y'"),
        (Node("a", (("label", "fs_rom -> "),)), "'fs_rom -> '"),
        (Node("a", (("label", "two\nlines"),)), r"'two\nlines'"),
        (Node("a", (("Label", "x"),)), '"Label"'),
        (Node("A"), '"A"'),
        (Node("a", content=(Text(" beside "), Node("b"))), "'beside'"),
        (Node("a", content=(Text("x"), Comment("c"), Text("y"))), "'x'"),
        (Node("a", content=(Text("bell \x07"),)), r"'bell \x07'"),
        (Node("a", content=(Comment("bell \x07"),)), r"'bell \x07'"),
    ],
)
def test_what_hid_cannot_hold_is_refused_with_the_value(node: Node, value: str) -> None:
    config = Node("config", content=(node,))
    for write in (lambda: rendered(config), lambda: patch("config\n-\n", config)):
        with pytest.raises(InputError) as refusal:
            write()
        assert value in refusal.value.what


@given(st.data())
def test_a_mutated_text_is_read_or_refused(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([DOCUMENTED, TABLE]))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 9))
        text = text[:at] + data.draw(st.text("+x.:|- \n\r\tab1", max_size=4)) + text[at + cut :]
    try:
        node = tree(text)
    except InputError:
        return
    assert patch(text, node) == text
    assert hid_by_init.read(text) == as_init_sees(node)
