"""Write changed data into the YAML text it was read from, keeping comments and layout.

Old and new data are compared as `workbench.formats.yaml_plain` gives them; each
difference becomes a splice at the place where PyYAML found the old value. A
comment goes only with the removed item inside whose lines it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from workbench.formats.alignment import aligned
from workbench.formats.yaml_text import block, flow, is_alias, is_block, lines, load, value_end

__all__ = ["kept_comments", "patched"]

_COMMENT_LINE = re.compile(r"^[ \t]*#.*$", re.MULTILINE)


def patched(text: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Yield texts that should say `new`, the one that keeps most first.

    Parameters
    ----------
    text
        What was read.
    old, new
        What it says, and what it should say.
    """
    root = load(text).root
    yield _Patch(text).applied(root, old, new)
    if aliases := [node for node in _inside(root) if is_alias(node)]:
        written_out = _written_out(text, aliases)
        yield _Patch(written_out).applied(load(written_out).root, old, new)


def kept_comments(text: str) -> str:
    """Return the comment lines of a text, with line ends."""
    return "".join(f"{line}\n" for line in _comment_lines(load(text).root, text, 0, len(text)))


def _written_out(text: str, aliases: list[yaml.Node]) -> str:
    """Return a text in which what aliases stand for is written in their place."""
    for node in sorted(aliases, key=_begin, reverse=True):
        text = text[: _begin(node)] + _inline(node) + text[node.end_mark.index :]
    return text


def _inline(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        pairs = (f"{flow(key.value)}: {_inline(value)}" for key, value in node.value)
        return "{" + ", ".join(pairs) + "}"
    if isinstance(node, yaml.SequenceNode):
        return "[" + ", ".join(map(_inline, node.value)) + "]"
    # Numbers as they are spelled: where text is wanted, 010 is not 10.
    return flow(node.value) if node.tag.endswith(":str") else node.value or "null"


# Places in the text -------------------------------------------------------


def _begin(node: yaml.Node) -> int:
    return int(node.start_mark.index)


def _inside(node: yaml.Node) -> Iterator[yaml.Node]:
    """Yield a node and all nodes inside it, without what aliases stand for."""
    yield node
    if is_alias(node):
        return
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            for part in pair:
                yield from _inside(part)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _inside(item)


def _comment_lines(node: yaml.Node, text: str, begin: int, end: int) -> list[str]:
    """Return the lines between two places that are comments and not part of a scalar."""
    scalars = [
        (_begin(inner), value_end(inner, text))
        for inner in _inside(node)
        if isinstance(inner, yaml.ScalarNode)
    ]
    return [
        match[0].rstrip("\r")
        for match in _COMMENT_LINE.finditer(text, begin, end)
        if not any(a < match.end() and match.start() < b for a, b in scalars)
    ]


@dataclass(frozen=True, slots=True, order=True)
class _Splice:
    """Replace the text from `begin` to `end`; splices of one place apply in `order`."""

    begin: int
    end: int
    order: int
    text: str


class _Patch:
    """Collects the splices of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._splices: list[_Splice] = []

    def applied(self, root: yaml.Node, old: Any, new: Any) -> str:
        """Return the text with `new` in the place of `old`."""
        self._change(root, old, new, in_flow=False)
        result = ""
        done = 0
        for splice in sorted(self._splices):
            result += self._text[done : max(done, splice.begin)] + splice.text
            done = max(done, splice.end)
        return result + self._text[done:]

    def _splice(self, begin: int, end: int, text: str) -> None:
        text = text.replace("\n", self._newline)
        self._splices.append(_Splice(begin, end, len(self._splices), text))

    # Values ---

    def _change(
        self, node: yaml.Node, old: Any, new: Any, *, in_flow: bool, key: yaml.Node | None = None
    ) -> None:
        """Write `new` where `node`, which says `old`, stands."""
        if repr(old) == repr(new):
            return
        in_flow = in_flow or not is_block(node)
        done = False
        if not is_alias(node):
            if isinstance(node, yaml.MappingNode) and isinstance(old, dict):
                done = isinstance(new, dict) and self._change_mapping(node, old, new, in_flow)
            elif isinstance(node, yaml.SequenceNode) and isinstance(old, list):
                done = isinstance(new, list) and self._change_list(node, old, new, in_flow)
        if not done:
            self._replace(node, new, key)

    def _replace(self, node: yaml.Node, new: Any, key: yaml.Node | None) -> None:
        """Write a value anew, after its key where it has one of its own lines."""
        begin, end = _begin(node), value_end(node, self._text)
        if key is not None:
            # From the colon on, for a block stands on other lines than its key.
            begin = self._text.index(":", int(key.end_mark.index)) + 1
            written = block(new, _column(key) + 2)
        elif is_block(node):
            written = lines(new, _column(node)).lstrip(" ") if new else flow(new)
        else:
            written = flow(new)
        self._keep_comments(node, begin, end)
        self._splice(begin, end, written)

    def _keep_comments(self, node: yaml.Node, begin: int, end: int) -> None:
        """Move the comment lines of a part that is written anew before its first line."""
        if comments := _comment_lines(node, self._text, begin, end):
            start = self._line_start(begin)
            self._splice(start, start, "".join(f"{line}\n" for line in comments))

    # Mappings ---

    def _change_mapping(
        self, node: yaml.MappingNode, old: dict[str, Any], new: dict[str, Any], in_flow: bool
    ) -> bool:
        """Change a mapping key by key; False where it has to be written anew."""
        there = {key.value: (key, value) for key, value in node.value}
        gone = [name for name in there if name in old and name not in new]
        added = [
            name for name in new if name not in there and repr(new[name]) != repr(old.get(name))
        ]
        if in_flow and (gone or added):
            return False
        staying = [name for name in there if name not in gone]
        if not staying:
            return False
        for name in staying:
            key, value = there[name]
            if name in new:
                own_line = None if in_flow else key
                self._change(value, old.get(name), new[name], in_flow=in_flow, key=own_line)
        self._remove_keys(node, gone)
        order = list(new)
        for name in added:
            before = [n for n in order[: order.index(name)] if n in staying]
            self._add_key(there, before[-1] if before else None, staying[0], name, new[name])
        return True

    def _add_key(
        self,
        there: dict[str, tuple[yaml.Node, yaml.Node]],
        after: str | None,
        first: str,
        name: str,
        value: Any,
    ) -> None:
        key, old_value = there[after or first]
        indent = _column(key)
        written = flow(name) + ":" + block(value, indent + 2)
        if after is None:
            self._splice(_begin(key), _begin(key), written + "\n" + " " * indent)
        else:
            self._add_lines(old_value, " " * indent + written)

    def _remove_keys(self, node: yaml.MappingNode, gone: list[str]) -> None:
        """Remove keys with their lines; the first ones leave the line of their dash to the next."""
        pairs = node.value
        begin = _begin(pairs[0][0])
        start = self._line_start(begin)
        first = 0
        if self._text[start:begin].strip():
            comments: list[str] = []
            while pairs[first][0].value in gone:
                end = value_end(pairs[first][1], self._text)
                first += 1
                comments += _comment_lines(node, self._text, end, _begin(pairs[first][0]))
            self._splice(start, start, "".join(f"{line}\n" for line in comments))
            self._splice(begin, _begin(pairs[first][0]), "")
        for key, value in pairs[first:]:
            if key.value in gone:
                end = value_end(value, self._text)
                self._splice(self._line_start(_begin(key)), self._next_line(end), "")

    # Lists ---

    def _change_list(
        self, node: yaml.SequenceNode, old: list[Any], new: list[Any], in_flow: bool
    ) -> bool:
        """Change a list item by item; False where it has to be written anew."""
        items = node.value
        if len(items) != len(old) or not new:
            return False
        pairs = aligned(old, new, _likeness)
        moves = any(i is None or j is None for i, j in pairs)
        dashes = None if in_flow or not moves else self._dashes(node)
        if moves and dashes is None:
            return False
        if not any(i is not None and j is not None for i, j in pairs):
            return False
        last: int | None = None
        for i, j in pairs:
            if i is None:
                assert j is not None
                assert dashes is not None
                self._add_item(node, dashes, last, new[j])
            elif j is None:
                assert dashes is not None
                end = value_end(items[i], self._text)
                self._splice(self._line_start(dashes[i]), self._next_line(end), "")
            else:
                self._change(items[i], old[i], new[j], in_flow=in_flow)
            last = last if i is None else i
        return True

    def _dashes(self, node: yaml.SequenceNode) -> list[int] | None:
        """Return where the items' dashes stand, or None unless each begins the item's line."""
        found = []
        for item in node.value:
            start = self._line_start(_begin(item))
            before = re.fullmatch("( *)- +", self._text[start : _begin(item)])
            if before is None:
                return None
            found.append(start + before.end(1))
        return found

    def _add_item(
        self, node: yaml.SequenceNode, dashes: list[int], after: int | None, value: Any
    ) -> None:
        near = dashes[after or 0]
        indent = near - self._line_start(near)
        written = lines([value], indent, _spread_of(value))
        if after is None:
            self._splice(self._line_start(near), self._line_start(near), written + "\n")
        else:
            self._add_lines(node.value[after], written)

    # Lines ---

    def _add_lines(self, after: yaml.Node, written: str) -> None:
        """Write lines below a value, which may itself be removed."""
        place = self._next_line(value_end(after, self._text))
        is_line_start = self._text[place - 1] == "\n"
        self._splice(place, place, f"{written}\n" if is_line_start else f"\n{written}")

    def _line_start(self, place: int) -> int:
        return self._text.rfind("\n", 0, place) + 1

    def _next_line(self, place: int) -> int:
        end = self._text.find("\n", place)
        return len(self._text) if end < 0 else end + 1


def _column(node: yaml.Node) -> int:
    return int(node.start_mark.column)


def _spread_of(item: Any) -> frozenset[str]:
    """Components and variants stand on several lines even if they would fit on one."""
    return frozenset(("components",)) if isinstance(item, dict) and "name" in item else frozenset()


def _likeness(old: Any, new: Any) -> int:
    if type(old) is not type(new) or not isinstance(old, dict | list):
        return 0
    if isinstance(old, list):
        return 1

    def known_by(item: dict[str, Any]) -> Any:
        return next((item[key] for key in ("id", "name", "node") if key in item), None)

    return 4 if known_by(old) == known_by(new) else 1
