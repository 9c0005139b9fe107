"""HID text and its nodes, each with the place where it stands.

HID ("human-inclined data", Genode's ``doc/hid.txt``) is made of segments: a line,
or a part of a line between two ``|``. A segment keeps its column, and columns
nest: a node is inside the nearest node before it that begins further left. So
everything that follows a node on its line is inside that node, and the text of
a node is one stretch of the file.

Genode reads HID twice: its ``hid`` tool refuses what breaks a rule, while `init`
ignores it, or takes it for something else than its column says. What the two
disagree on is refused here; what merely lacks a blank (``a: 1|b: 2``) is read.

Blank lines and empty segments are layout, and so is white space around the text
of a comment: kept in the file, absent from the tree. Comment lines at the same
column that follow each other are one comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from workbench.errors import InputError, Location
from workbench.scenario.tree import Comment, Content, Node, Position, Text

__all__ = ["IDENTIFIER", "MAX_DEPTH", "TAG", "Attribute", "Piece", "called", "parse"]

MAX_DEPTH = 100
"""Deeper nesting is refused; real configurations stay below 20."""

IDENTIFIER = re.compile(r"[a-z][a-z0-9_-]*")
"""A node's type, or the tag of an attribute."""

TAG = re.compile(r"([a-z][a-z0-9_-]*):(?: +|\Z)")
"""A tag and what separates it from its value."""

_CONTROL = re.compile("[\x00-\x1f\x7f]")
_CONTROL_BUT_TAB = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_WHITE = " \t\r\n"


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """An attribute and its place: from its tag, or from a bare name, to its last character."""

    name: str
    value: str
    source: str = field(repr=False)
    start: int
    end: int
    is_bare: bool = False

    @property
    def text(self) -> str:
        """What stands in the text."""
        return self.source[self.start : self.end]


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One item of content and its place.

    Parameters
    ----------
    item
        What was read.
    source
        The text that the offsets refer to.
    start, end
        From its mark (``+``, ``x``, ``.`` or ``:``) to the last character of all that
        is inside; a comment or text of several lines with the layout between them.
    column
        Of the mark, from 0; -1 for the top node.
    head
        End of a node's type.
    parts
        Attributes and content of a node in the order of the text.
    """

    item: Content
    source: str = field(repr=False)
    start: int
    end: int
    column: int
    head: int = -1
    parts: tuple[Attribute | Piece, ...] = ()

    @property
    def text(self) -> str:
        """The item's text."""
        return self.source[self.start : self.end]

    @property
    def children(self) -> tuple[Piece, ...]:
        """The content of a node."""
        return tuple(part for part in self.parts if isinstance(part, Piece))

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """The attributes of a node."""
        return tuple(part for part in self.parts if isinstance(part, Attribute))

    @property
    def is_first_of_line(self) -> bool:
        """Whether nothing but layout stands before it on its line."""
        begin = self.source.rfind("\n", 0, self.start) + 1
        return not self.source[begin : self.start].strip(" |")


def parse(text: str, first: Position | None = None) -> Piece:
    """Return the top node of a HID text, with the place of everything in it.

    Parameters
    ----------
    text
        The text; what follows the line that begins with ``-`` is not looked at.
    first
        Where the text begins in its file.

    Raises
    ------
    InputError
        If a line cannot be understood or the end mark is missing.
    """
    return _Reader(text, first or Position(1, 1)).top()


def called(node: Node) -> str:
    """Return a node as messages name it."""
    name = node.get("name")
    return node.type if name is None else f"{node.type} {name}"


@dataclass(slots=True)
class _Open:
    """A node that may still grow."""

    type: str
    start: int
    column: int
    head: int
    end: int
    enabled: bool
    position: Position
    parts: list[Attribute | _Open | _Lines] = field(default_factory=list)

    @property
    def name(self) -> str:
        bare = (p.value for p in self.parts if isinstance(p, Attribute) and p.name == "name")
        return f"{self.type} {next(bare, '')}".strip()


@dataclass(slots=True)
class _Lines:
    """A comment or quoted text that may still get further lines."""

    mark: str
    start: int
    end: int
    column: int
    position: Position
    last_row: int
    owns_line: bool
    lines: list[str]


class _Reader:
    def __init__(self, text: str, first: Position) -> None:
        self._text = text
        self._first = first
        self._row = 0
        self._line_start = 0
        self._stack: list[_Open] = []
        self._comments: list[tuple[int, _Lines]] = []  # with the depth that their column says

    def top(self) -> Piece:
        ended = False
        for line in self._rows():
            if not self._stack:
                if line.strip(" "):
                    self._begin(line)
            elif line.startswith("-"):
                ended = True
                break
            else:
                self._segments(line, 0)
        if not self._stack:
            raise self._refuse(0, "The file is empty.", "Get the complete file.")
        if not ended:
            raise self._refuse(
                0,
                f"The file ends inside {self._stack[-1].name}: the closing line is missing.",
                'End it with a line that holds only "-"; it may be cut off.',
            )
        self._place_comments(0)
        return self._finished(self._stack[0])

    def _rows(self) -> Iterator[str]:
        start = 0
        for row, line in enumerate(self._text.split("\n")):
            self._row, self._line_start = row, start
            start += len(line) + 1
            yield line.removesuffix("\r")

    # Segments -------------------------------------------------------------

    def _begin(self, line: str) -> None:
        """Read the line of the top node."""
        column = len(line) - len(line.lstrip(" "))
        match = IDENTIFIER.match(line, column)
        if match is None or line[match.end() : match.end() + 1] not in ("", " ", "|"):
            raise self._refuse(
                column,
                f"{_shown(line)} is not the type of a node, with which HID begins.",
                'Begin with "config" (letters a to z, digits, "-" and "_"); comments go below it.',
            )
        self._segments(line, self._node(line, column, mark=""))

    def _segments(self, line: str, at: int) -> None:
        while True:
            column = at + len(line[at:]) - len(line[at:].lstrip(" "))
            if column == len(line):
                return
            mark = line[column]
            is_marked = mark in "+x.:" and line[column + 1 : column + 2] in ("", " ")
            if mark == "|":
                at = column + 1
            elif is_marked and mark in ".:":
                self._quoted(line, column, mark)
                return
            elif is_marked:
                at = self._node(line, column, mark)
            else:
                at = self._attribute(line, column)

    def _node(self, line: str, column: int, mark: str) -> int:
        begin = column + 2 if mark else column
        end = _segment_end(line, begin)
        match = IDENTIFIER.match(line, begin)
        if match is None or (match.end() < end and line[match.end()] != " "):
            raise self._refuse(
                column,
                f"{_shown(line[column:end])} is not a node: a type has to follow the mark.",
                'Write "+ type"; a type has the letters a to z, digits, "-" and "_".',
            )
        inside = column if mark else -1
        while len(self._stack) > 1 and self._stack[-1].column >= inside:
            self._leave()
        self._place_comments(len(self._stack) - 1)
        start = self._line_start + column
        position = self._position(column)
        node = _Open(
            match[0], start, inside, self._line_start + match.end(), 0, mark != "x", position
        )
        if self._stack:
            self._stack[-1].parts.append(node)
        self._stack.append(node)
        if len(self._stack) > MAX_DEPTH:
            what = f"Nodes are nested deeper than {MAX_DEPTH} levels."
            raise self._refuse(column, what, "Use a configuration with less nesting.")
        self._refuse_control(line, column, end, _CONTROL)
        self._grow(node.head)
        rest = match.end() + len(line[match.end() : end]) - len(line[match.end() : end].lstrip(" "))
        if rest < end:
            if TAG.match(line[rest:end].rstrip(" ")):
                self._attribute(line, rest)
            else:
                value = line[rest:end].rstrip(" ")
                start = self._line_start + rest
                node.parts.append(
                    Attribute("name", value, self._text, start, start + len(value), True)
                )
                self._grow(start + len(value))
        return end

    def _attribute(self, line: str, column: int) -> int:
        end = _segment_end(line, column)
        said = line[column:end].rstrip(" ")
        self._refuse_control(line, column, end, _CONTROL)
        tag = TAG.match(said)
        if tag is None:
            raise self._refuse(
                column,
                f"{_shown(said)} is neither a node nor an attribute.",
                'Write "tag: value" with a blank after the colon, or "+ type" for a node.',
            )
        node = self._stack[-1]
        self._refuse_misplaced(node, column, f'The attribute "{tag[1]}"')
        if any(isinstance(part, _Lines) and part.mark == ":" for part in node.parts):
            raise self._refuse(
                column,
                f'The attribute "{tag[1]}" stands after quoted text; init does not see it there.',
                "Move it before the text.",
            )
        self._place_comments(len(self._stack) - 1)
        start = self._line_start + column
        node.parts.append(
            Attribute(tag[1], said[tag.end() :], self._text, start, start + len(said))
        )
        self._grow(start + len(said))
        return end

    def _quoted(self, line: str, column: int, mark: str) -> None:
        """Read a comment or quoted text, which takes the rest of its line."""
        self._refuse_control(line, column, len(line), _CONTROL_BUT_TAB)
        owns_line = not line[:column].strip(" |")
        if mark == ":":
            node = self._stack[-1]
            self._refuse_misplaced(node, column, "The quoted text")
            self._place_comments(len(self._stack) - 1)
            last = node.parts[-1] if node.parts else None
            continues = isinstance(last, _Lines) and last.mark == ":"
        else:
            last = self._comments[-1][1] if self._comments else None
            continues = (
                last is not None
                and (last.column, last.last_row) == (column, self._row - 1)
                and last.owns_line
                and owns_line
            )
        end = self._line_start + len(line)
        if continues:
            assert isinstance(last, _Lines)
            last.lines.append(line[column + 2 :])
            last.end, last.last_row = end, self._row
            lines = last
        else:
            start, place = self._line_start + column, self._position(column)
            said = [line[column + 2 :]]
            lines = _Lines(mark, start, end, column, place, self._row, owns_line, said)
        if mark == ":":
            if not continues:
                node.parts.append(lines)
            self._grow(end)
        elif not continues:
            depth = max(i for i, node in enumerate(self._stack) if node.column < column)
            self._comments.append((depth, lines))

    # Nesting --------------------------------------------------------------

    def _leave(self) -> None:
        """Close the innermost node, with the comments whose column is inside it."""
        depth = len(self._stack) - 1
        self._place_comments(depth, only=True)
        self._stack.pop()

    def _place_comments(self, depth: int, *, only: bool = False) -> None:
        """Put comments where their column says, but no higher than what goes on at `depth`."""
        waiting = []
        for said, lines in self._comments:
            if only and said < depth:
                waiting.append((said, lines))
                continue
            self._stack[max(said, depth)].parts.append(lines)
            self._grow(lines.end, max(said, depth))
        self._comments = waiting

    def _grow(self, end: int, depth: int | None = None) -> None:
        for node in self._stack if depth is None else self._stack[: depth + 1]:
            node.end = max(node.end, end)

    def _refuse_misplaced(self, node: _Open, column: int, what: str) -> None:
        if column < node.column:
            raise self._refuse(
                column,
                f'{what} stands further left than the node before it, "{node.name}"; '
                "init takes it for a part of that node all the same.",
                "Indent it below that node, or move it before the node's sub nodes.",
            )

    # Finishing ------------------------------------------------------------

    def _finished(self, node: _Open) -> Piece:
        parts: list[Attribute | Piece] = []
        texts = [part for part in node.parts if isinstance(part, _Lines) and part.mark == ":"]
        for part in node.parts:
            match part:
                case Attribute():
                    parts.append(part)
                case _Open():
                    parts.append(self._finished(part))
                case _Lines():
                    parts.append(self._lines(part, is_last=not texts or part is texts[-1]))
        item = Node(
            node.type,
            tuple((part.name, part.value) for part in parts if isinstance(part, Attribute)),
            tuple(part.item for part in parts if isinstance(part, Piece)),
            node.enabled,
            node.position,
        )
        return Piece(item, self._text, node.start, node.end, node.column, node.head, tuple(parts))

    def _lines(self, lines: _Lines, *, is_last: bool) -> Piece:
        item: Content
        if lines.mark == ".":
            item = Comment("\n".join(lines.lines).strip(_WHITE), lines.position)
        else:
            # Text that goes on after a comment goes on in a new line.
            end = "" if is_last else "\n"
            item = Text("\n".join(lines.lines) + end, lines.position)
        return Piece(item, self._text, lines.start, lines.end, lines.column)

    # Places and refusals --------------------------------------------------

    def _position(self, column: int) -> Position:
        before = self._first.column if self._row == 0 else 1
        return Position(self._first.line + self._row, before + column)

    def _refuse_control(self, line: str, column: int, end: int, forbidden: re.Pattern[str]) -> None:
        if found := forbidden.search(line, 0, end):
            name = "A tab" if found[0] == "\t" else f"The character U+{ord(found[0]):04X}"
            raise self._refuse(
                min(found.start(), column),
                f"{name} is not allowed here; init refuses the whole configuration.",
                "Indent with blanks; tabs may stand in comments and quoted text only.",
            )

    def _refuse(self, column: int, what: str, remedy: str) -> InputError:
        place = self._position(column)
        element = self._stack[-1].name if self._stack else None
        return InputError(what, remedy, Location(None, place.line, place.column, element))


def _segment_end(line: str, begin: int) -> int:
    end = line.find("|", begin)
    return len(line) if end < 0 else end


def _shown(text: str) -> str:
    text = text.strip(" ")
    return f'"{text[:40]}..."' if len(text) > 40 else f'"{text}"'
