"""XML text and node trees: read, written, and patched."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from tests.strategies import xml_nodes
from workbench.errors import InputError
from workbench.formats.xml_patch import patched, rendered
from workbench.formats.xml_text import (
    decode_comment,
    encode_comment,
    parse,
    shield,
    unshield,
)
from workbench.scenario.tree import Comment, Node, Text


def on(node: Node) -> Node:
    """A top node cannot be switched off."""
    return Node(node.type, node.attributes, node.content)


def tree(text: str) -> Node:
    node = parse(text).item
    assert isinstance(node, Node)
    return node


def by_lxml(element: etree._Element) -> Node:
    """The same tree by another parser, without comments."""
    content: list[Node | Text] = []

    def add(text: str | None) -> None:
        if text and text.strip(" \t\r\n"):
            content.append(Text(text))

    add(element.text)
    for child in element:
        content.append(by_lxml(child))
        add(child.tail)
    return Node(element.tag, tuple(element.attrib.items()), tuple(content))


def without_comments(node: Node) -> Node:
    content: list[Node | Text] = []
    for item in node.content:
        if isinstance(item, Text) and content and isinstance(content[-1], Text):
            content[-1] = Text(content[-1].text + item.text)
        elif isinstance(item, Text):
            content.append(item)
        elif isinstance(item, Node) and item.enabled:
            content.append(without_comments(item))
    return Node(node.type, node.attributes, tuple(content))


@given(xml_nodes().map(on))
def test_a_rendered_tree_reads_as_itself(node: Node) -> None:
    assert tree(rendered(node)) == node


@given(xml_nodes().map(on))
def test_another_parser_reads_the_same(node: Node) -> None:
    parser = etree.XMLParser(remove_comments=True, resolve_entities=False)
    element = etree.fromstring(rendered(node).encode(), parser)
    assert by_lxml(element) == without_comments(node)


@given(xml_nodes().map(on), xml_nodes().map(on))
def test_any_tree_can_be_patched_into_any_other(old: Node, new: Node) -> None:
    new = Node(old.type, new.attributes, new.content)
    text = rendered(old)
    assert tree(patched(text, parse(text), new)) == new


@given(xml_nodes().map(on), st.data())
def test_a_patched_tree_can_be_patched_on(old: Node, data: st.DataObject) -> None:
    text = rendered(old)
    for _ in range(2):
        new = data.draw(edited(tree(text)))
        text = patched(text, parse(text), new)
        assert tree(text) == new


@st.composite
def edited(draw: st.DrawFn, node: Node) -> Node:
    """A node with one item switched, dropped, doubled or exchanged, at any depth."""
    content = list(node.content)
    if not content:
        return node.with_attribute("name", draw(st.sampled_from(["a", "b -> c", "\"'"])))
    at = draw(st.integers(0, len(content) - 1))
    item = content[at]
    change = draw(st.sampled_from(["switch", "drop", "double", "swap", "deeper"]))
    if change == "drop":
        del content[at]
    elif change == "double" and not isinstance(item, Text):
        content.insert(at, item)
    elif change == "swap":
        content = [i for i in content[::-1] if not isinstance(i, Text)]
    elif isinstance(item, Node) and change == "switch":
        content[at] = Node(item.type, item.attributes, item.content, not item.enabled)
    elif isinstance(item, Node):
        deeper = draw(edited(item))
        content[at] = Node(deeper.type, deeper.attributes, deeper.content, item.enabled)
    joined: list[Node | Comment | Text] = []
    for item in content:
        if isinstance(item, Text) and joined and isinstance(joined[-1], Text):
            continue
        joined.append(item)
    return node.with_content(tuple(joined))


@given(st.text() | st.text("-&#45;6013amp<>/a "))
@example("--->")
@example("&amp;#45;-&#45;")
def test_comment_codec(text: str) -> None:
    try:
        encoded = encode_comment(text)
    except InputError:
        return
    assert "--" not in encoded
    assert not encoded.endswith("-")
    assert decode_comment(encoded) == text
    assert unshield(shield(text)) == text
