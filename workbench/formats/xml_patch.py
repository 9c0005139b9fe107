"""Write a changed node tree into the text it was read from, touching nothing else.

`patched` walks the old and the new tree side by side. What is equal is copied
from the source; where content differs, its items are aligned, and only those
that differ are written anew. A new node is written the way its nearest
sibling of the same type is; one without such a sibling is laid out afresh.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

from workbench.errors import InputError, Location
from workbench.formats.alignment import aligned
from workbench.formats.xml_text import (
    ATTRIBUTE,
    WHITE,
    Piece,
    Wrap,
    encode_comment,
    escape,
    parse,
    shield,
    unescape,
)
from workbench.scenario.tree import Comment, Content, Node, Text

__all__ = ["patched", "rendered"]

_LINE_WIDTH = 76


def patched(source: str, top: Piece, new: Node) -> str:
    """Return `source` with the node `top` changed into `new`.

    Parameters
    ----------
    source
        The whole text.
    top
        A node of it, as `workbench.formats.xml_text.parse` gives it.
    new
        What stands there from now on; of the same type.
    """
    if top.item == new:
        return source
    style = _Style.of(top)
    text = _Patcher(style).node(top, new, depth=0)
    return source[: top.start] + text + source[top.end :]


def rendered(node: Node) -> str:
    """Return a node as a text of its own, ending in a line end."""
    return _Layout(_Style()).item(replace(node, enabled=True), indent="", depth=0) + "\n"


@dataclass(frozen=True, slots=True)
class _Style:
    """How a file is laid out: one level of indentation, and its line ends."""

    unit: str = "\t"
    newline: str = "\n"

    @classmethod
    def of(cls, top: Piece) -> _Style:
        steps: Counter[str] = Counter()
        _count_steps(top, steps)
        unit = steps.most_common(1)[0][0] if steps else "\t"
        return cls(unit, "\r\n" if "\r\n" in top.source else "\n")


def _count_steps(parent: Piece, steps: Counter[str]) -> None:
    outer = _indent(parent)
    for child in parent.children:
        if child.wrap is None and isinstance(child.item, Node):
            inner = _indent(child)
            if outer is not None and inner is not None and len(inner) > len(outer):
                steps[inner[len(outer) :]] += 1
            _count_steps(child, steps)


def _indent(piece: Piece) -> str | None:
    """Return the white space before an item that is the first of its line, else None."""
    begin = piece.source.rfind("\n", 0, piece.start) + 1
    before = piece.source[begin : piece.start]
    return None if before.strip(WHITE) else before


def _line_indent(piece: Piece) -> str:
    """Return the indentation of the line on which an item begins."""
    begin = piece.source.rfind("\n", 0, piece.start) + 1
    line = piece.source[begin : piece.start]
    return line[: len(line) - len(line.lstrip(WHITE))]


class _Layout:
    """Writes nodes that have no text yet."""

    def __init__(self, style: _Style) -> None:
        self.style = style

    def item(self, item: Content, indent: str, depth: int) -> str:
        """Return an item's text; lines after the first are indented by `indent`."""
        if isinstance(item, Text):
            _refuse_mere_white_space(item)
            return self._with_line_ends(escape(item.text))
        if isinstance(item, Comment):
            return self.comment(item)
        text = self._tag(item) + self.inside(item, indent, depth)
        return text if item.enabled else self.off(text, indent)

    def comment(self, comment: Comment) -> str:
        """Return a comment in prose."""
        return f"<!-- {self._with_line_ends(encode_comment(shield(comment.text)))} -->"

    def off(self, text: str, indent: str) -> str:
        """Return the comment that switches a node off."""
        edge = self.style.newline + indent if "\n" in text else " "
        return f"<!--{edge}{encode_comment(text)}{edge}-->"

    def inside(self, node: Node, indent: str, depth: int) -> str:
        """Return what follows a start tag up to and with the end tag."""
        if not node.content:
            return ""
        end = f"</{node.type}>"
        if any(isinstance(item, Text) for item in node.content):
            return "".join(self.item(i, indent, depth + 1) for i in node.content) + end
        inner = indent + self.style.unit
        items = self._items(node.content, inner, depth + 1)
        line = f" {' '.join(items)} {end}"
        if depth > 1 and _fits_a_line(node, len(line)):
            return line
        newline = self.style.newline
        return "".join(f"{newline}{inner}{item}" for item in items) + f"{newline}{indent}{end}"

    def _items(self, content: Sequence[Content], indent: str, depth: int) -> list[str]:
        """Return the texts of items; switched-off neighbours stand in one comment."""
        texts: list[str] = []
        for are_off, run in groupby(content, lambda i: isinstance(i, Node) and not i.enabled):
            if not are_off:
                texts += (self.item(item, indent, depth) for item in run)
                continue
            nodes = [replace(item, enabled=True) for item in run if isinstance(item, Node)]
            inside = [self.item(node, indent, depth) for node in nodes]
            texts.append(self.off(f"{self.style.newline}{indent}".join(inside), indent))
        return texts

    def _tag(self, node: Node) -> str:
        return tag(node.type, node.attributes) + (">" if node.content else "/>")

    def _with_line_ends(self, text: str) -> str:
        return text.replace("\n", self.style.newline)


def _refuse_mere_white_space(text: Text) -> None:
    if not text.text.strip(WHITE):
        raise InputError(
            f"The text {text.text!r} is nothing but white space, which XML takes for layout.",
            "Take it out, or write HID.",
        )


def _fits_a_line(node: Node, width: int) -> bool:
    leaves = all(isinstance(item, Node) and not item.content for item in node.content)
    return leaves and width <= _LINE_WIDTH


def tag(type: str, attributes: Sequence[tuple[str, str]], old: str = "") -> str:
    """Return a start tag without its closing mark, keeping how `old` wrote attributes."""
    _refuse_names(type, attributes)
    known = {match[2]: match for match in ATTRIBUTE.finditer(old)}
    quote = next((match[4][0] for match in known.values()), '"')
    text = f"<{type}"
    for name, value in attributes:
        if (match := known.get(name)) is None:
            text += f" {name}={quote}{escape(value, quote=quote)}{quote}"
        elif unescape(match[4][1:-1], attribute=True) == value:
            text += match[0]
        else:
            mark = match[4][0]
            text += f"{match[1]}{name}{match[3]}{mark}{escape(value, quote=mark)}{mark}"
    return text


def _refuse_names(type: str, attributes: Sequence[tuple[str, str]]) -> None:
    names = [name for name, _ in attributes]
    place = Location(element=f"<{type}>")
    for name in (type, *names):
        if not _is_name(name):
            raise InputError(f"{name!r} is not a name that XML can write.", "Rename it.", place)
    if len(set(names)) < len(names):
        raise InputError(
            "A node has two attributes of the same name, which XML cannot write.",
            "Keep one of them; Genode takes the first.",
            place,
        )


@lru_cache(maxsize=1024)
def _is_name(name: str) -> bool:
    if not name or re.search("[ \t\r\n<>/&'\"=?!]", name):
        return False
    try:
        return isinstance(parse(f"<{name}/>").item, Node)
    except InputError:
        return False


@dataclass(frozen=True, slots=True)
class _Part:
    """An item of changed content, ready to be written after the layout `gap`."""

    gap: str
    text: str
    item: Content
    wrap: Wrap | None = None
    changed: bool = True


class _Patcher:
    """Writes nodes that have a text, changing what differs."""

    def __init__(self, style: _Style) -> None:
        self._style = style
        self._layout = _Layout(style)

    def node(self, piece: Piece, new: Node, depth: int) -> str:
        """Return the text of `piece` changed into `new`, without a comment around it."""
        old = piece.item
        assert isinstance(old, Node)
        head = piece.source[piece.start : piece.head]
        if new.attributes != old.attributes:
            end = re.search("[ \t\r\n]*/?>\\Z", head)
            assert end is not None
            head = tag(new.type, new.attributes, head[: end.start()]) + end[0]
        if new.content == old.content:
            return head + piece.source[piece.head : piece.end]
        if new.content and old.content:
            inside = self._content(piece, new.content, depth)
            return head + inside + piece.source[piece.tail : piece.end]
        bare = head.removesuffix(">").removesuffix("/").rstrip(WHITE)
        if not new.content:
            return bare + "/>"
        return f"{bare}>{self._layout.inside(new, _line_indent(piece), depth)}"

    def _content(self, parent: Piece, new: Sequence[Content], depth: int) -> str:
        gaps = _gaps(parent)
        parts: list[_Part] = []
        at = 0
        freed = ""
        for i, j in aligned([child.item for child in parent.children], new, _likeness):
            if i is None:
                assert j is not None
                parts.append(self._added(parent, gaps, at, new[j], depth + 1))
                continue
            at = i + 1
            if j is None:
                freed = freed or gaps[i]
                continue
            # What followed a removed item on its line now begins that line.
            gap = freed if "\n" in freed and "\n" not in gaps[i] else gaps[i]
            freed = ""
            parts.append(self._kept(parent.children[i], gap, new[j], depth + 1))
        return _joined(parts, gaps[-1], parent.source)

    def _kept(self, child: Piece, gap: str, new: Content, depth: int) -> _Part:
        if child.item == new:
            return _Part(gap, child.text, new, child.wrap, changed=False)
        if not isinstance(new, Node):
            return _Part(gap, self._layout.item(new, "", depth), new)
        text = self.node(child, new, depth)
        wrap = None if new.enabled else child.wrap or self._new_wrap(gap, text)
        return _Part(gap, text, new, wrap)

    def _added(self, parent: Piece, gaps: list[str], at: int, new: Content, depth: int) -> _Part:
        """Write an item that has no counterpart, before the old child `at`."""
        like = _model([child.item for child in parent.children], at, new)
        gap = self._added_gap(gaps, at, at - 1 if like is None else like)
        if not isinstance(new, Node):
            return _Part(gap, self._layout.item(new, "", depth), new)
        if like is None:
            indent = gap.rpartition("\n")[2] if "\n" in gap else _line_indent(parent)
            text = self._layout.item(replace(new, enabled=True), indent, depth)
        else:
            text = self.node(parent.children[like], new, depth)
        return _Part(gap, text, new, None if new.enabled else self._new_wrap(gap, text))

    def _added_gap(self, gaps: list[str], at: int, like: int) -> str:
        """Return the layout before an item added before child `at`, like that before `like`."""
        near = [gaps[max(like, 0)], *gaps[:-1]]
        for gap in near:
            if "\n" in gap:
                # Blanks at the end of the line before stay on that line.
                blanks = gaps[at][: len(gaps[at]) - len(gaps[at].lstrip(" \t"))]
                blanks = blanks if gaps[at][len(blanks) :].startswith(("\n", "\r")) else ""
                gaps[at] = gaps[at].removeprefix(blanks)
                return blanks + self._style.newline + gap.rpartition("\n")[2]
        return near[0] if not near[0].strip(WHITE) else " "

    def _new_wrap(self, gap: str, text: str) -> Wrap:
        many_lines = "\n" in gap and "\n" in text
        edge = self._style.newline + gap.rpartition("\n")[2] if many_lines else " "
        return Wrap(opening=edge, closing=edge)


def _gaps(parent: Piece) -> list[str]:
    """Return the layout before each child, and before the end tag."""
    gaps = []
    begin = parent.head
    last: Piece | None = None
    for child in parent.children:
        if last is not None and child.wrap is not None and child.wrap is last.wrap:
            gaps.append(child.source[last.end : child.start])
        else:
            gaps.append(parent.source[begin : child.outer[0]])
        begin = child.outer[1]
        last = child
    return [*gaps, parent.source[begin : parent.tail]]


def _model(siblings: Sequence[Content], at: int, new: Content) -> int | None:
    """Return the sibling to write a new node like: an equal one, or the nearest of its type."""
    if not isinstance(new, Node):
        return None
    same_type = {
        index: item
        for index, item in enumerate(siblings)
        if isinstance(item, Node) and item.type == new.type
    }

    def distance(index: int) -> tuple[bool, float]:
        other = same_type[index]
        return replace(new, enabled=other.enabled) != other, abs(index - at + 0.9)

    return min(same_type, key=distance, default=None)


def _joined(parts: Sequence[_Part], closing: str, source: str) -> str:
    """Return changed content as text; parts of one comment stay in one comment."""
    text = ""
    after_text = False
    for wrap, together in groupby(parts, key=lambda part: part.wrap):
        run = list(together)
        if wrap is None:
            for part in run:
                is_text = isinstance(part.item, Text)
                text += part.gap.strip(WHITE) if is_text or after_text else part.gap
                text += part.text
                after_text = is_text
            continue
        for comment in _comments(run):
            gap = comment[0].gap
            text += gap.strip(WHITE) if after_text else gap
            text += _comment(wrap, comment, source)
            after_text = False
    return text + (closing.strip(WHITE) if after_text else closing)


def _comments(run: list[_Part]) -> list[list[_Part]]:
    """Split the parts of one comment where together they would read as mere prose."""
    has_prose = any(isinstance(part.item, Comment) for part in run)
    has_start = any(isinstance(part.item, Node) and part.item.type == "start" for part in run)
    return [[part] for part in run] if has_prose and not has_start else [run]


def _comment(wrap: Wrap, run: Sequence[_Part], source: str) -> str:
    if len(run) == wrap.size and not any(part.changed for part in run):
        return source[wrap.start : wrap.end]
    body = run[0].text + "".join(part.gap + part.text for part in run[1:])
    return f"<!--{encode_comment(wrap.opening + body + wrap.closing)}-->"


def _likeness(old: Content, new: Content) -> int:
    """Return 0 where `new` cannot be written over `old`, else more the more they share."""
    if type(old) is not type(new):
        return 0
    if isinstance(old, Node) and isinstance(new, Node):
        if old.type != new.type:
            return 0
        if old.get("name") != new.get("name"):
            return 2
    return 9 if old == new else 6
