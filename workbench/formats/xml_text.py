"""XML text and its nodes, each with the place where it stands.

Expat judges whether a text is XML at all; what it accepts is then cut into
pieces by one regular expression. There is no document type here, so there are
no entities but the five of XML itself, and nothing is ever loaded.

What XML cannot say about a `Node` is written by two conventions:

- A switched-off node stands in a comment. Every comment that consists of
  nodes, or that contains a ``start`` node, is read this way; prose between
  the nodes of such a comment becomes comments of its own.
- XML comments may not contain ``--`` and do not nest. Inside a comment the
  second of two dashes is written ``&#45;``, so a comment inside a switched-off
  node begins ``<!-&#45;``. Prose that would be taken for nodes has its ``<``
  written ``&#60;``, and a carriage return in prose is ``&#13;``. What already
  looks like one of these gets an ``amp;`` inserted, so every text comes back
  exactly; taking the comment marks away by hand gives well-formed XML again
  wherever the text holds no further comment.

White space around the text of a comment, and text that is nothing but white
space, are layout: kept in the file, absent from the tree.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NoReturn
from xml.parsers import expat

from workbench.errors import InputError, Location
from workbench.scenario.tree import Comment, Content, Node, Position, Text

__all__ = [
    "ATTRIBUTE",
    "WHITE",
    "Piece",
    "Wrap",
    "decode_comment",
    "encode_comment",
    "escape",
    "parse",
    "shield",
    "unescape",
    "unshield",
]

WHITE = " \t\r\n"
"""The white space of XML; Unicode knows more."""

MAX_DEPTH = 100
"""Deeper nesting is refused; real configurations stay below 20."""

_TOKEN = re.compile(
    r"""
      <!--(?P<comment>.*?)-->
    | <!\[CDATA\[(?P<cdata>.*?)\]\]>
    | <\?(?P<instruction>.*?)\?>
    | </(?P<close>[^ \t\r\n>]+)[ \t\r\n]*>
    | <(?P<type>[^ \t\r\n/>]+)
      (?P<attributes>(?:[ \t\r\n]+[^ \t\r\n=/>]+[ \t\r\n]*=[ \t\r\n]*(?:"[^"]*"|'[^']*'))*)
      [ \t\r\n]*(?P<open>/?)>
    | (?P<text>[^<]+)
    """,
    re.VERBOSE | re.DOTALL,
)
ATTRIBUTE = re.compile(r"""([ \t\r\n]+)([^ \t\r\n=]+)([ \t\r\n]*=[ \t\r\n]*)("[^"]*"|'[^']*')""")
"""One attribute: white space, name, equals sign, quoted value."""

_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(lt|gt|amp|quot|apos));")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CUT_OFF = (
    expat.errors.XML_ERROR_NO_ELEMENTS,
    expat.errors.XML_ERROR_UNCLOSED_TOKEN,
    expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
)
_ESCAPES = {"&": "&amp;", "<": "&lt;", '"': "&quot;", "'": "&apos;"} | {
    blank: f"&#{ord(blank)};" for blank in "\t\n\r"
}


@dataclass(frozen=True, slots=True, eq=False)
class Wrap:
    """A comment that holds switched-off nodes.

    Parameters
    ----------
    start, end
        Where the comment stands in the text around it; None for one that is
        yet to be written.
    source
        What it contains, decoded; the pieces inside refer to this text.
    opening, closing
        Layout before the first and after the last piece.
    size
        Number of pieces inside.
    """

    opening: str
    closing: str
    start: int = -1
    end: int = -1
    source: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One item of content and its place.

    Parameters
    ----------
    item
        What was read.
    source
        The text that the offsets refer to: the whole file, or the inside of a
        comment.
    start, end
        The span of the item.
    head
        End of the start tag of a node.
    tail
        Start of its end tag; equal to `end` for a node that has none.
    children
        The content of a node.
    wrap
        The comment around a switched-off node.
    """

    item: Content
    source: str = field(repr=False)
    start: int
    end: int
    head: int = -1
    tail: int = -1
    children: tuple[Piece, ...] = ()
    wrap: Wrap | None = None

    @property
    def text(self) -> str:
        """The item's text."""
        return self.source[self.start : self.end]

    @property
    def outer(self) -> tuple[int, int]:
        """The span in the text around: that of the comment where there is one."""
        return (self.wrap.start, self.wrap.end) if self.wrap else (self.start, self.end)


def parse(text: str) -> Piece:
    """Return the top node of an XML text, with the place of everything in it.

    Raises
    ------
    InputError
        If the text is not well-formed, has a document type, or nests too deeply.
    """
    _judge(text)
    pieces, _ = _Reader(text, _Lines(text), MAX_DEPTH).content(_TOKEN.finditer(text))
    return next(p for p in pieces if isinstance(p.item, Node) and p.item.enabled)


class _Lines:
    """Finds lines and columns in a text that starts at a position."""

    def __init__(self, text: str, first: Position | None = None) -> None:
        self._first = first or Position(1, 1)
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def at(self, offset: int) -> Position:
        row = bisect_right(self._starts, offset) - 1
        column = offset - self._starts[row]
        column += self._first.column if row == 0 else 1
        return Position(self._first.line + row, column)


class _Reader:
    """Cuts a well-formed text into pieces; `room` is how much deeper it may nest."""

    def __init__(self, source: str, lines: _Lines, room: int) -> None:
        self._source = source
        self._lines = lines
        self._room = room

    def content(self, tokens: Iterator[re.Match[str]]) -> tuple[list[Piece], re.Match[str] | None]:
        """Return the pieces up to the end tag, which is returned too."""
        pieces: list[Piece] = []
        run: list[re.Match[str]] = []
        for token in tokens:
            if token.lastgroup in ("text", "cdata"):
                run.append(token)
                continue
            pieces += self._text(run)
            run = []
            if token.lastgroup == "open":
                pieces.append(self._node(token, tokens))
            elif token.lastgroup == "comment":
                pieces += self._comment(token)
            elif token.lastgroup == "close":
                return pieces, token
        return pieces + self._text(run), None

    def _node(self, token: re.Match[str], tokens: Iterator[re.Match[str]]) -> Piece:
        start, head = token.span()
        children: list[Piece] = []
        tail = end = head
        if not token["open"]:
            self._room -= 1
            children, close = self.content(tokens)
            self._room += 1
            assert close is not None, "expat accepted a text without this end tag"
            tail, end = close.span()
        attributes = tuple(
            (match[2], unescape(match[4][1:-1], attribute=True))
            for match in ATTRIBUTE.finditer(token["attributes"])
        )
        node = Node(
            token["type"],
            attributes,
            tuple(child.item for child in children),
            position=self._lines.at(start),
        )
        return Piece(node, self._source, start, end, head, tail, tuple(children))

    def _text(self, run: list[re.Match[str]]) -> list[Piece]:
        value = "".join(
            _lines_joined(token["cdata"]) if token["text"] is None else unescape(token["text"])
            for token in run
        )
        if not value.strip(WHITE):
            return []
        start, end = run[0].start(), run[-1].end()
        return [Piece(Text(value, self._lines.at(start)), self._source, start, end)]

    def _comment(self, token: re.Match[str]) -> list[Piece]:
        start, end = token.span()
        position = self._lines.at(start)
        inside = decode_comment(token["comment"])
        first = replace(position, column=position.column + len("<!--"))
        switched_off = _switched_off(inside, self._room, first)
        if switched_off is None:
            text = unshield(decode_comment(_lines_joined(token["comment"]).strip(WHITE)))
            return [Piece(Comment(text, position), self._source, start, end)]
        wrap = Wrap(
            opening=inside[: switched_off[0].start],
            closing=inside[switched_off[-1].end :],
            start=start,
            end=end,
            source=inside,
            size=len(switched_off),
        )
        return [replace(piece, wrap=wrap) for piece in switched_off]


def _switched_off(inside: str, room: int, first: Position | None = None) -> list[Piece] | None:
    """Return what a comment holds if it is taken for switched-off nodes, else None."""
    if "<" not in inside or not _is_content(inside, room):
        return None
    reader = _Reader(inside, _Lines(inside, first), room - 1)
    pieces, _ = reader.content(_TOKEN.finditer(inside))
    nodes = [piece.item for piece in pieces if isinstance(piece.item, Node) and piece.wrap is None]
    prose = [piece for piece in pieces if isinstance(piece.item, Text)]
    if len(nodes) + len(prose) < len(pieces) or not nodes:
        return None
    if prose and not any(node.type == "start" for node in nodes):
        return None
    return [_as_prose(p) if isinstance(p.item, Text) else _as_off(p) for p in pieces]


def _as_off(piece: Piece) -> Piece:
    assert isinstance(piece.item, Node)
    return replace(piece, item=replace(piece.item, enabled=False))


def _as_prose(piece: Piece) -> Piece:
    text = piece.text.strip(WHITE)
    start = piece.start + piece.text.index(text)
    comment = Comment(unshield(_lines_joined(text)), piece.item.position)
    return replace(piece, item=comment, start=start, end=start + len(text))


# Values -------------------------------------------------------------------


def unescape(text: str, *, attribute: bool = False) -> str:
    """Return the value that an XML parser reports for text or an attribute's inside."""
    text = _lines_joined(text)
    if attribute:
        text = text.replace("\t", " ").replace("\n", " ")
    return _REFERENCE.sub(_referred, text) if "&" in text else text


def _referred(match: re.Match[str]) -> str:
    if match[3]:
        return _NAMED[match[3]]
    return chr(int(match[1], 16) if match[1] else int(match[2]))


def _lines_joined(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def escape(value: str, *, quote: str = "") -> str:
    """Return a value as it is written between two `quote` characters, or as text.

    Raises
    ------
    InputError
        If XML has no way to write the value.
    """
    _refuse_characters(value)
    if quote:
        return re.sub(f"[&<{quote}\t\n\r]", lambda match: _ESCAPES[match[0]], value)
    return re.sub("[&<\r]", lambda match: _ESCAPES[match[0]], value).replace("]]>", "]]&gt;")


def _refuse_characters(value: str) -> None:
    if found := _NOT_XML.search(value):
        raise InputError(
            f"The character U+{ord(found[0]):04X} cannot be written in XML.",
            f"Take it out of {value[:40]!r}.",
        )


# Comments -----------------------------------------------------------------


def encode_comment(text: str) -> str:
    """Return what stands between the marks of a comment that contains `text`."""
    _refuse_characters(text)
    text = re.sub(r"&((?:amp;)*)#45;", r"&amp;\1#45;", text)
    return re.sub(r"(?<=-)-|-\Z", "&#45;", text)


def decode_comment(text: str) -> str:
    """Undo `encode_comment`."""
    text = text.replace("&#45;", "-")
    return re.sub(r"&amp;((?:amp;)*)#45;", r"&\1#45;", text)


def shield(prose: str) -> str:
    """Return prose for a comment such that a reader gives back exactly this prose."""
    prose = re.sub(r"&((?:amp;)*)#(13|60);", r"&amp;\1#\2;", prose).replace("\r", "&#13;")
    return prose.replace("<", "&#60;") if _switched_off(prose, MAX_DEPTH) else prose


def unshield(prose: str) -> str:
    """Undo `shield`."""
    prose = prose.replace("&#60;", "<").replace("&#13;", "\r")
    return re.sub(r"&amp;((?:amp;)*)#(13|60);", r"&\1#\2;", prose)


# Well-formedness ----------------------------------------------------------


def _is_content(text: str, room: int) -> bool:
    """Whether a text could stand between two tags, nested at most `room` deep."""
    try:
        _judge(f"<_>{text}</_>", room)
    except InputError:
        return False
    return True


def _judge(text: str, room: int = MAX_DEPTH) -> None:
    """Let expat say whether `text` is one well-formed document without a document type."""
    parser = expat.ParserCreate("utf-8")
    open_nodes: list[tuple[str, str | None]] = []

    def start(type: str, attributes: dict[str, str]) -> None:
        open_nodes.append((type, attributes.get("name")))
        if len(open_nodes) > room:
            raise InputError(
                f"Nodes are nested deeper than {MAX_DEPTH} levels.",
                "Use a configuration with less nesting.",
                Location(line=parser.CurrentLineNumber, element=_called(open_nodes[-1])),
            )

    def end(_: str) -> None:
        open_nodes.pop()

    def refuse(*_: object) -> NoReturn:
        raise InputError(
            "A document type declaration (<!DOCTYPE ...>) with its entities is not read.",
            "Take it out and write what the entities stand for; nothing was loaded or expanded.",
            Location(line=parser.CurrentLineNumber, element="DOCTYPE"),
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(text.encode("utf-8", "surrogatepass"), True)
    except expat.ExpatError as error:
        place = Location(
            line=error.lineno,
            column=error.offset + 1,
            element=_called(open_nodes[-1]) if open_nodes else None,
        )
        raise InputError(*_words(error, place.element), place) from None


def _called(node: tuple[str, str | None]) -> str:
    type, name = node
    return f"<{type}>" if name is None else f'<{type} name="{name}">'


def _words(error: expat.ExpatError, inside: str | None) -> tuple[str, str]:
    """Return what is wrong, and what to do about it."""
    reason = expat.ErrorString(error.code)
    if reason in _CUT_OFF:
        where = f"inside {inside}" if inside else "before its first node is complete"
        return f"The file ends {where}.", "It may be empty or cut off; get the complete file."
    what = f"This is not well-formed XML: {reason}."
    if reason == expat.errors.XML_ERROR_TAG_MISMATCH:
        return what, f"Close {inside} before this place."
    if reason == expat.errors.XML_ERROR_UNDEFINED_ENTITY:
        return what, "Write the character itself, or one of &amp; &lt; &gt; &quot; &apos;."
    return what, "Correct the text at this place."
