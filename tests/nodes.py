"""Node trees for tests, from short XML; independent of the package's own reader."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from workbench.scenario.tree import Comment, Content, Node, Position, Text


def node(xml: str, line: int | None = None) -> Node:
    """Read XML; a comment that holds ``start`` elements becomes switched-off nodes.

    With a `line` every node is said to stand there.
    """
    builder = ElementTree.TreeBuilder(insert_comments=True)
    root = ElementTree.fromstring(xml, ElementTree.XMLParser(target=builder))
    return _node(root, None if line is None else Position(line))


def config(*parts: str) -> Node:
    """Return a ``config`` node with these parts."""
    return node(f"<config>{''.join(parts)}</config>")


PARENT = """<parent-provides>
<service name="LOG"/><service name="PD"/><service name="CPU"/><service name="ROM"/>
</parent-provides>"""
ROUTE = "<default-route><any-service><parent/><any-child/></any-service></default-route>"
DEFAULT = '<default caps="200" ram="8M"/>'
USUAL = PARENT + ROUTE + DEFAULT
"""What nearly every configuration begins with."""


def _node(element: ElementTree.Element, position: Position | None) -> Node:
    content: list[Content] = _text(element.text)
    for child in element:
        if child.tag is not ElementTree.Comment:
            content.append(_node(child, position))
        elif "<start" in (child.text or ""):
            inside = ElementTree.fromstring(f"<x>{child.text}</x>")
            content += [replace(_node(start, position), enabled=False) for start in inside]
        else:
            content.append(Comment(child.text or ""))
        content += _text(child.tail)
    return Node(element.tag, tuple(element.attrib.items()), tuple(content), position=position)


def _text(text: str | None) -> list[Content]:
    return [Text(text)] if text and text.strip() else []
