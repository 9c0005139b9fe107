"""HID for nodes that have no text yet, laid out as Genode's own files are.

What HID has no way to say is refused with the value: ``|`` or blanks at the edges of
an attribute, line ends, text beside nodes, names that XML allows and HID does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from workbench.errors import InputError, Location
from workbench.formats.hid_text import IDENTIFIER, called
from workbench.scenario.tree import Comment, Content, Node, Text

__all__ = [
    "attribute_text",
    "comment_lines",
    "content_lines",
    "is_bare",
    "item_lines",
    "quoted_lines",
    "refuse_content",
    "rendered",
    "shares_line",
]

_WIDTH = 88
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_CONTROL_BUT_TAB = re.compile("[\x00-\x08\x0b-\x1f\x7f]")  # line ends part lines
_LIKE_A_TAG = re.compile(r"[a-z][a-z0-9_-]*:")
_WHITE = " \t\r\n"


def rendered(node: Node) -> str:
    """Return a node as a text of its own, closed by its end mark."""
    return "\n".join([*_head(node, ""), *_sections(node), "-"]) + "\n"


def item_lines(item: Content, pad: int = 0) -> list[str]:
    """Return the lines of an item; those after the first are indented from its mark.

    Parameters
    ----------
    item
        What to write.
    pad
        Width to which the head of a node is padded if its only child shares its line.
    """
    if isinstance(item, Comment):
        return comment_lines(item)
    if isinstance(item, Text):
        return quoted_lines(item.text)
    lines = _head(item, "+ " if item.enabled else "x ")
    if (tail := shares_line(item)) is not None and len(lines) == 1:
        return [f"{lines[0].ljust(pad)} | {tail}"]
    return lines + [f"  {line}" if line else "" for line in content_lines(item)]


def content_lines(node: Node) -> list[str]:
    """Return the lines of a node's content, from the column of its marks."""
    refuse_content(node)
    lines: list[str] = []
    before: Content | None = None
    for item, rows in _items(node):
        if isinstance(before, Comment) and isinstance(item, Comment):
            lines.append("")
        lines += rows
        before = item
    return lines


def comment_lines(comment: Comment) -> list[str]:
    """Return a comment, a line for each of its lines."""
    text = comment.text.strip(_WHITE)
    _refuse_characters(text, "The comment", None)
    return [f". {line}" if line else "." for line in text.split("\n")]


def quoted_lines(text: str) -> list[str]:
    """Return quoted text, a line for each of its lines."""
    _refuse_characters(text, "The text", None)
    return [f": {line}" if line else ":" for line in text.split("\n")]


def attribute_text(node: Node, index: int) -> str:
    """Return one attribute of a node: ``tag: value``, or the value alone where `is_bare`.

    Raises
    ------
    InputError
        If HID cannot hold the name or the value.
    """
    name, value = node.attributes[index]
    what = f'The attribute "{name}" of {called(node)}'
    if not IDENTIFIER.fullmatch(name):
        raise _refused(
            f"{what} has a name that HID cannot write.",
            'A name has the letters a to z, digits, "-" and "_", and begins with a letter.',
            node,
        )
    if "|" in value or value != value.strip(" ") or _CONTROL.search(value):
        raise _refused(
            f"{what} has the value {_shown(value)}, which HID cannot hold.",
            'Take out "|", line ends, tabs, and blanks at its ends; or write XML.',
            node,
        )
    if is_bare(node, index):
        return value
    return f"{name}: {value}" if value else f"{name}:"


def is_bare(node: Node, index: int) -> bool:
    """Whether an attribute is a name that stands right behind the node's type."""
    name, value = node.attributes[index]
    return index == 0 and name == "name" and value != "" and not _LIKE_A_TAG.match(value)


def refuse_content(node: Node) -> None:
    """Refuse a node whose type or mixture of content HID cannot hold."""
    if not IDENTIFIER.fullmatch(node.type):
        raise _refused(
            f'"{node.type}" is not a type of node that HID can write.',
            'A type has the letters a to z, digits, "-" and "_", and begins with a letter.',
            node,
        )
    texts = [item for item in node.content if isinstance(item, Text)]
    if not texts:
        return
    if any(isinstance(item, Node) for item in node.content):
        raise _refused(
            f"The text {_shown(texts[0].text.strip(_WHITE))} stands beside nodes in "
            f"{called(node)}; in HID a node has either text or sub nodes.",
            "Put the text into a node of its own; or write XML.",
            node,
        )
    pairs = zip(node.content, node.content[1:], strict=False)
    if not all(text.text.endswith("\n") for text in texts[:-1]) or any(
        isinstance(a, Text) and isinstance(b, Text) for a, b in pairs
    ):
        raise _refused(
            f"The text {_shown(texts[0].text)} of {called(node)} goes on after a comment without "
            "a line end, which HID cannot write.",
            "Move the comment before or after the text.",
            node,
        )


def _head(node: Node, mark: str) -> list[str]:
    """Return mark, type and attributes on one line, or on several where that is too long."""
    refuse_content(node)
    said = [attribute_text(node, index) for index in range(len(node.attributes))]
    first = f"{mark}{node.type}"
    if said and is_bare(node, 0):
        first += f" {said.pop(0)}"
    line = " | ".join([first, *said])
    if len(line) <= _WIDTH or len(said) < 2:
        return [line]
    indent = " " * max(len(mark), 2)
    return [first, *(indent + attribute for attribute in said)]


def shares_line(node: Node) -> str | None:
    """Return the only child of a node if it shares the node's line, else None.

    What a component consists of has lines of its own, even if it is one thing.
    """
    if len(node.content) != 1 or node.type == "start":
        return None
    (only,) = node.content
    if isinstance(only, Comment) or (isinstance(only, Node) and only.content):
        return None
    lines = item_lines(only)
    return lines[0] if len(lines) == 1 and len(lines[0]) < _WIDTH // 2 else None


def _items(node: Node) -> Iterator[tuple[Content, list[str]]]:
    """Yield the items of a node with their lines; children that share lines form columns."""
    texts = [item for item in node.content if isinstance(item, Text)]

    def is_row(item: Content) -> bool:
        return (
            isinstance(item, Node) and shares_line(item) is not None and len(_head(item, "+ ")) == 1
        )

    for in_rows, run in groupby(node.content, key=is_row):
        items = list(run)
        heads = [_head(item, "+ ")[0] for item in items if isinstance(item, Node) and in_rows]
        pad = max(map(len, heads), default=0)
        for item in items:
            if isinstance(item, Text) and item is not texts[-1]:
                yield item, quoted_lines(item.text.removesuffix("\n"))
            else:
                yield item, item_lines(item, pad)


def _sections(top: Node) -> Iterator[str]:
    """Yield the lines of a top node's content, with blank lines between its sections."""
    refuse_content(top)
    before: tuple[Content, list[str]] | None = None
    for item, rows in _items(top):
        if not _belongs_to(before, item, rows):
            yield ""
        yield from rows
        before = item, rows


def _belongs_to(before: tuple[Content, list[str]] | None, item: Content, rows: list[str]) -> bool:
    """Whether an item follows the one before it without a blank line."""
    if before is None:
        return not isinstance(item, Node)
    last, last_rows = before
    if isinstance(last, Comment):
        return not isinstance(item, Comment)
    if isinstance(last, Node) and isinstance(item, Node):
        return last.type == item.type and len(rows) == len(last_rows) == 1
    return isinstance(item, Text)


def _refuse_characters(text: str, what: str, node: Node | None) -> None:
    if found := _CONTROL_BUT_TAB.search(text):
        raise _refused(
            f"{what} {_shown(text)} has the character U+{ord(found[0]):04X}, "
            "which HID cannot hold.",
            "Take it out.",
            node,
        )


def _refused(what: str, remedy: str, node: Node | None) -> InputError:
    line = node.position.line if node and node.position else None
    element = called(node) if node else None
    return InputError(what, remedy, Location(line=line, element=element))


def _shown(value: str) -> str:
    return repr(value) if len(value) <= 40 else repr(value[:40]) + "..."
