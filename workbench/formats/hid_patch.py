"""Write a changed node tree into the HID it was read from, touching nothing else.

`patched` walks the old and the new tree side by side, as for XML: what is equal is
copied, what differs is written into its place. In HID columns mean something, so a
longer value first takes up the blanks behind it; what is then still pushed to the
right takes its further lines along. Each draft is read again: one that does not say
what it has to is dropped for one that writes more anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.errors import InputError
from workbench.formats.alignment import aligned
from workbench.formats.hid_layout import (
    attribute_text,
    is_bare,
    item_lines,
    quoted_lines,
    refuse_content,
    rendered,
    shares_line,
)
from workbench.formats.hid_text import Attribute, Piece, parse
from workbench.scenario.tree import Comment, Content, Node, Text

__all__ = ["patched"]


def patched(source: str, top: Piece, config: Piece, new: Node) -> str:
    """Return `source` with its node `config` changed into `new`.

    Parameters
    ----------
    source
        The whole text.
    top, config
        Its top node as `workbench.formats.hid_text.parse` gives it, and the node in it
        to change.
    new
        What stands there from now on; of the same type.

    Raises
    ------
    InputError
        If HID has no way to say it.
    """
    if config.item == new:
        return source
    newline = "\r\n" if "\r\n" in source else "\n"
    wanted = _as_read(_with(top, config, new))
    for patcher in (_Patcher(newline), _Patcher(newline, anew=True)):
        draft = source[: config.start] + patcher.node(config, new) + source[config.end :]
        if _says(draft, wanted):
            return draft
    # A layout beyond the patcher's means: the whole is laid out anew.
    draft = rendered(_with(top, config, new)).replace("\n", newline)
    if not _says(draft, wanted):
        raise InputError("HID cannot hold this configuration.", "Write it as XML or YAML.")
    return draft


def _says(text: str, wanted: Node) -> bool:
    try:
        return parse(text).item == wanted
    except InputError:
        return False


def _with(piece: Piece, old: Piece, new: Node) -> Node:
    """Return the node of a piece in which `old` has become `new`."""
    if piece is old:
        return new
    assert isinstance(piece.item, Node)
    content = (
        _with(child, old, new) if isinstance(child.item, Node) else child.item
        for child in piece.children
    )
    return piece.item.with_content(tuple(content))


def _as_read(node: Node) -> Node:
    """Return a node as a reader gives it back: without white space around comments."""
    content: list[Content] = []
    for item in node.content:
        if isinstance(item, Node):
            content.append(_as_read(item))
        elif isinstance(item, Comment):
            content.append(Comment(item.text.strip(" \t\r\n")))
        else:
            content.append(item)
    return node.with_content(tuple(content))


@dataclass(slots=True)
class _Slot:
    """A part to be written: its place in the text, the layout before it, what stood there.

    `attribute` is the index of a new attribute, `item` a new item of content.
    """

    order: tuple[int, int]
    gap: str
    old: Attribute | Piece | None
    attribute: int | None = None
    item: Content | None = None


class _Patcher:
    """Writes nodes that have a text; with `anew`, what changed below the top node loses its."""

    def __init__(self, newline: str, *, anew: bool = False) -> None:
        self._newline = newline
        self._anew = anew

    def node(self, piece: Piece, new: Node, column: int | None = None) -> str:
        """Return the text of `piece` changed into `new`, its mark at a column."""
        assert isinstance(piece.item, Node)
        refuse_content(new)
        column = _column(piece) if column is None else column
        shift = column - _column(piece)
        text = piece.source[piece.start : piece.head]
        if new.enabled != piece.item.enabled:
            text = ("+" if new.enabled else "x") + text[1:]
        before: _Slot | None = None
        for slot in self._slots(piece, new):
            text += self._gap(slot, before, _end_column(text, column), shift)
            text += self._part(slot, new, _end_column(text, column))
            before = slot
        return text

    # Which parts, in which order ------------------------------------------

    def _slots(self, piece: Piece, new: Node) -> list[_Slot]:
        gaps = _gaps(piece)
        place = {id(part): index for index, part in enumerate(piece.parts)}
        slots = self._attribute_slots(piece, new, gaps, place)
        last = max((slot.order[0] for slot in slots), default=-1)
        slots += self._content_slots(piece, new, gaps, place, last)
        return sorted(slots, key=lambda slot: slot.order)

    def _attribute_slots(
        self, piece: Piece, new: Node, gaps: Sequence[str], place: dict[int, int]
    ) -> list[_Slot]:
        old = piece.attributes
        pairs = aligned([(part.name, part.value) for part in old], new.attributes, _same_name)
        slots: list[_Slot] = []
        at = -1
        for count, (i, j) in enumerate(pairs, start=1):
            if i is not None:
                at = place[id(old[i])]
            if j is None:
                continue
            if i is not None and is_bare(new, j) == old[i].is_bare:
                slots.append(_Slot((at, 0), gaps[at], old[i], j))
                continue
            gap = " " if is_bare(new, j) else " | "
            if at >= 0 and "\n" in gaps[at]:
                gap = gaps[at]
                while at + 1 < len(gaps) and "\n" not in gaps[at + 1]:
                    at += 1  # what stands behind an attribute on its line stays there
            slots.append(_Slot((at, count), gap, None, j))
        return slots

    def _content_slots(
        self, piece: Piece, new: Node, gaps: Sequence[str], place: dict[int, int], last: int
    ) -> list[_Slot]:
        old = piece.children
        slots: list[_Slot] = []
        at, freed = last, ""
        pairs = aligned([child.item for child in old], new.content, _likeness)
        for count, (i, j) in enumerate(pairs, start=1000):
            if i is not None:
                at = max(at, place[id(old[i])])
            if i is None:
                assert j is not None
                gap = self._new_gap(piece, new, gaps, at)
                slots.append(_Slot((at, count), gap, None, item=new.content[j]))
                continue
            index = place[id(old[i])]
            gap = freed if freed and _column(old[i]) == _column(old[i - 1]) else gaps[index]
            if j is not None:
                slots.append(_Slot((index, 0), gap, old[i], item=new.content[j]))
            # What shared the line of its parent leaves its place there to the next item.
            freed = gap if j is None and "\n" not in gap else ""
        return slots

    # Layout between parts -------------------------------------------------

    def _new_gap(self, piece: Piece, new: Node, gaps: Sequence[str], at: int) -> str:
        """Return the layout before a new item that follows the part of an index."""
        pieces = [index for index, part in enumerate(piece.parts) if isinstance(part, Piece)]
        on_lines = [index for index in pieces if "\n" in gaps[index]]
        if at + 1 in pieces and at + 1 not in on_lines and not [i for i in pieces if i <= at]:
            return gaps[at + 1]
        if on_lines:
            return gaps[min(on_lines, key=lambda index: abs(index - at + 0.5))]
        if pieces:
            first = piece.parts[pieces[0]]
            return self._own_line(_column(first))
        if shares_line(new) is not None:
            return " | "
        return f"{self._newline}{_prefix(piece)}{'  ' if piece.column >= 0 else ''}"

    def _own_line(self, column: int) -> str:
        return f"{self._newline}{' ' * (column - 2)}| "

    def _gap(self, slot: _Slot, before: _Slot | None, column: int, shift: int) -> str:
        """Return the layout before a part whose predecessor ends at a column."""
        gap = slot.gap
        if "\n" in gap:
            if before is not None and _would_join(before, slot) and gap.count("\n") == 1:
                gap = self._newline + gap
            begin, end, line = gap.rpartition("\n")
            return begin + end + " " * shift + line
        if slot.old is None:
            return gap
        wanted = _column(slot.old) + shift
        if isinstance(slot.old, Piece) and before is not None and _takes_the_line(before):
            return self._own_line(wanted)
        if "|" not in gap:
            return gap if before is None else " | "
        # Blanks before the bar make room for what grew, and keep columns where they were.
        keeps = gap.startswith("  ") or (
            isinstance(slot.old, Piece) and ("\n" in slot.old.text or _is_in_a_table(slot.old))
        )
        bar = gap.lstrip(" ")
        blanks = wanted - len(bar) - column
        return " " * max(blanks if keeps else min(blanks, 1), 1) + bar

    # Parts ----------------------------------------------------------------

    def _part(self, slot: _Slot, new: Node, column: int) -> str:
        old, item = slot.old, slot.item
        if slot.attribute is not None:
            if (
                isinstance(old, Attribute)
                and (old.name, old.value) == new.attributes[slot.attribute]
            ):
                return old.text
            return attribute_text(new, slot.attribute)
        assert item is not None
        if isinstance(old, Piece):
            if old.item == item:
                return _shifted(old, column)
            if isinstance(item, Node) and not (self._anew and old.column >= 0):
                return self.node(old, item, column)
        lines = _lines(item, new)
        line_start = slot.gap.rpartition("\n")[2] if "\n" in slot.gap else ""
        return (self._newline + line_start.rjust(column)).join(lines)


def _lines(item: Content, parent: Node) -> list[str]:
    """Return the lines of an item without a text of its own."""
    if isinstance(item, Text):
        texts = [other for other in parent.content if isinstance(other, Text)]
        return quoted_lines(item.text if item is texts[-1] else item.text.removesuffix("\n"))
    return item_lines(item)


def _gaps(piece: Piece) -> list[str]:
    """Return the layout before each part."""
    gaps = []
    begin = piece.head
    for part in piece.parts:
        gaps.append(piece.source[begin : part.start])
        begin = part.end
    return gaps


def _column(part: Attribute | Piece) -> int:
    return part.start - part.source.rfind("\n", 0, part.start) - 1


def _end_column(text: str, column: int) -> int:
    """Return the column at which a text ends that begins at a column."""
    _, newline, line = text.rpartition("\n")
    return len(line) if newline else column + len(line)


def _prefix(piece: Piece) -> str:
    """Return what stands before a node on its line, as the beginning of further lines."""
    column = _column(piece)
    if not piece.is_first_of_line:
        return " " * column
    return piece.source[piece.start - column : piece.start]


def _shifted(piece: Piece, column: int) -> str:
    """Return the text of a piece, its further lines moved along with its mark."""
    shift = column - _column(piece)
    return piece.text.replace("\n", "\n" + " " * shift) if shift > 0 else piece.text


def _is_in_a_table(piece: Piece) -> bool:
    """Whether the line before or after has a ``|`` at the same column, too."""
    source = piece.source
    column = source.rfind("|", 0, piece.start) - piece.start + _column(piece)
    begin = piece.start - _column(piece)
    above = source[source.rfind("\n", 0, max(begin - 1, 0)) + 1 : max(begin - 1, 0)]
    below = source[source.find("\n", piece.start) + 1 :].partition("\n")[0]
    return "|" in (above[column : column + 1], below[column : column + 1])


def _takes_the_line(slot: _Slot) -> bool:
    """Whether what follows on the line would become a part of this item."""
    return slot.item is not None and (slot.old is None or not isinstance(slot.item, Node))


def _would_join(before: _Slot, slot: _Slot) -> bool:
    """Whether two comments on lines of their own would be read as one."""
    if not (isinstance(before.item, Comment) and isinstance(slot.item, Comment)):
        return False
    were_neighbours = before.order[0] + 1 == slot.order[0] and before.old and slot.old
    return not were_neighbours


def _same_name(old: tuple[str, str], new: tuple[str, str]) -> int:
    return 0 if old[0] != new[0] else 9 if old == new else 6


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
