"""A second reader of HID, by the rules that Genode states for `init` at run time.

Independent of the package's reader: it sees a text as `init` does, as a list of
segments, whatever their layout; without comments and switched-off nodes.
"""

from __future__ import annotations

import re

from workbench.scenario.tree import Node, Text

Segment = tuple[str, int, str]
"""Kind (top, +, x, :, attribute), column of the content, content."""


def read(text: str) -> Node:
    """Return the top node of a text that is valid."""
    body = re.split(r"^-", text.lstrip(" \n"), maxsplit=1, flags=re.MULTILINE)[0]
    return _node([s for row, line in enumerate(body.split("\n")) for s in _segments(line, row)])


def _segments(line: str, row: int) -> list[Segment]:
    found: list[Segment] = []
    line, column = line.removesuffix("\r"), 0
    if row == 0 and re.match("[a-z]", line):
        found.append(("top", 0, line.split("|")[0]))
        column = len(line.split("|")[0]) + 1
    while column < len(line):
        rest = line[column:]
        blanks = len(rest) - len(rest.lstrip(" "))
        rest, column = rest[blanks:], column + blanks
        if re.match(r"[.:]( |$)", rest):
            if rest[0] == ":":
                found.append((":", column, rest[2:]))
            break
        if re.match(r"[+x] ", rest):
            found.append((rest[0], column + 2, rest[2:].split("|")[0]))
        elif rest and rest[0] != "|":
            found.append(("attribute", column, rest.split("|")[0]))
        column += len(rest.split("|")[0]) + 1
    return found


def _node(segments: list[Segment]) -> Node:
    type, _, rest = segments[0][2].strip(" ").partition(" ")
    attributes: list[tuple[str, str]] = []
    for index, (kind, _, content) in enumerate(segments):
        said = rest.strip(" ") if index == 0 else content.strip(" ")
        if index and kind != "attribute":
            break
        if tag := re.match(r"([a-z][a-z0-9_-]*):( +|$)", said):
            attributes.append((tag[1], said[tag.end() :]))
        elif index == 0 and said:
            attributes.append(("name", said))
    nodes: list[Node] = []
    lines = [content for kind, _, content in segments[1:] if kind == ":"]
    begin: int | None = None
    starts = []
    for index, (kind, column, _) in enumerate(segments[1:], start=1):
        if kind in "+x" and (begin is None or column <= segments[begin][1]):
            begin = index
            starts.append(index)
    for start, end in zip(starts, [*starts, len(segments)][1:], strict=True):
        if segments[start][0] == "+":
            nodes.append(_node(segments[start:end]))
    if nodes or starts or not lines:
        return Node(type, tuple(attributes), tuple(nodes))
    return Node(type, tuple(attributes), (Text("\n".join(lines)),))
