"""Configuration as a tree of nodes that knows no syntax.

Genode writes the same tree as XML or as HID. A `Node` holds what both can
say: a type, attributes in their order, and content, which is further nodes,
comments and text. A node can be switched off (in XML a comment around it, in
HID the letter ``x``). Positions say where a node was read; they take no part
in comparisons.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

__all__ = ["Comment", "Content", "Node", "Position", "Text"]


@dataclass(frozen=True, slots=True)
class Position:
    """Line and column, both counted from 1, where something starts in its file."""

    line: int
    column: int = 1


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, without the marks its syntax puts around it."""

    text: str
    position: Position | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    """Character data. White space between nodes is layout and is not kept here."""

    text: str
    position: Position | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a configuration.

    Parameters
    ----------
    type
        The element's type, for example ``start`` or ``vfs``.
    attributes
        ``(name, value)`` pairs in the order written; values are always text.
    content
        Child nodes, comments and text in the order written.
    enabled
        False for a node that its author switched off.
    position
        Where it was read; not part of equality.
    """

    type: str
    attributes: tuple[tuple[str, str], ...] = ()
    content: tuple[Content, ...] = ()
    enabled: bool = True
    position: Position | None = field(default=None, compare=False)

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the value of the first attribute called `name`."""
        for key, value in self.attributes:
            if key == name:
                return value
        return default

    def nodes(self, type: str | None = None, *, disabled: bool = False) -> Iterator[Node]:
        """Yield the child nodes (of one type), leaving out switched-off ones.

        With ``disabled=True`` switched-off nodes are yielded as well.
        """
        for item in self.content:
            if (
                isinstance(item, Node)
                and (disabled or item.enabled)
                and (type is None or item.type == type)
            ):
                yield item

    def first(self, type: str) -> Node | None:
        """Return the first enabled child node of a type, or None."""
        return next(self.nodes(type), None)

    def with_attribute(self, name: str, value: str | None) -> Node:
        """Return a copy with one attribute set, or taken away where `value` is None.

        A known attribute keeps its place; a new one goes last.
        """
        if value is None:
            kept = tuple(pair for pair in self.attributes if pair[0] != name)
            return replace(self, attributes=kept)
        if self.get(name) is None:
            return replace(self, attributes=(*self.attributes, (name, value)))
        changed = tuple((k, value if k == name else v) for k, v in self.attributes)
        return replace(self, attributes=changed)

    def with_content(self, content: tuple[Content, ...]) -> Node:
        """Return a copy with other content."""
        return replace(self, content=content)


Content = Node | Comment | Text
