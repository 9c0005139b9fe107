"""YAML text: read by the rules of YAML 1.2 with the place of everything, and written.

The core schema decides what a plain scalar is: ``no``, ``on`` and ``12:30`` are
strings, ``010`` is ten. Every key occurs once; aliases are followed up to a
limit; tags that would make other objects are refused.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from workbench.errors import InputError, Location

__all__ = ["Loaded", "Path", "block", "flow", "load"]

Path = tuple[str | int, ...]
"""Keys and indices from the top."""

_MOST_VALUES = 200_000
_LARGEST = 400_000
"""Characters of the largest text that is read; PyYAML takes seconds for more."""

_MAX_DEPTH = 120
_WIDTH = 88

_TAG = "tag:yaml.org,2002:"
_CORE: list[tuple[str, re.Pattern[str]]] = [
    (_TAG + "null", re.compile(r"(?:~|null|Null|NULL|)\Z")),
    (_TAG + "bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")),
    (_TAG + "int", re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z")),
    (
        _TAG + "float",
        re.compile(
            r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
            r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
        ),
    ),
]


class _Loader(yaml.SafeLoader):
    """Composes nodes by the core schema; an alias becomes a node of its own place."""

    yaml_implicit_resolvers = {None: _CORE}  # noqa: RUF012 - the name and shape are PyYAML's

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if not self.check_event(yaml.AliasEvent):
            return super().compose_node(parent, index)
        event = self.peek_event()  # type: ignore[no-untyped-call]
        node = super().compose_node(parent, index)
        assert node is not None
        alias = type(node)(node.tag, node.value, event.start_mark, event.end_mark)
        alias.is_alias = True  # type: ignore[attr-defined]
        return alias


class Loaded:
    """A YAML text that was read.

    Attributes
    ----------
    text
        The text.
    root
        PyYAML's node of the whole; its marks say where things stand.
    data
        The same as plain dicts, lists and scalars.
    """

    def __init__(self, text: str, root: yaml.Node, data: Any) -> None:
        self.text = text
        self.root = root
        self.data = data

    def location(self, path: Path) -> Location:
        """Return where something stands, or what is nearest around it."""
        begin, _ = self._nearest(path)
        return Location(line=begin.line + 1, column=begin.column + 1, element=spelled(path))

    def line_span(self, path: Path) -> tuple[int, int]:
        """Return the first and last line of what stands at a path."""
        begin, node = self._nearest(path)
        return begin.line + 1, self.text.count("\n", 0, value_end(node, self.text)) + 1

    def _nearest(self, path: Path) -> tuple[yaml.Mark, yaml.Node]:
        node, begin = self.root, self.root.start_mark
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            begin, node = found
        return begin, node


def value_end(node: yaml.Node, text: str) -> int:
    """Return where a value ends; PyYAML's end mark of a block is where the next thing begins."""
    if is_block(node) and node.value:
        last = node.value[-1]
        return value_end(last[1] if isinstance(node, yaml.MappingNode) else last, text)
    begin, end = int(node.start_mark.index), int(node.end_mark.index)
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">") and not is_alias(node):
        return begin + len(text[begin:end].rstrip())
    return end


def is_alias(node: yaml.Node) -> bool:
    """Whether a node stands in the text as an alias such as ``*name``."""
    return hasattr(node, "is_alias")


def is_block(node: yaml.Node) -> bool:
    """Whether a node is a mapping or list laid out by indentation."""
    return isinstance(node, yaml.CollectionNode) and not node.flow_style and not is_alias(node)


def spelled(path: Path) -> str | None:
    """Return a path as people write it: ``scenario.components[2].ram``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".") or None


def _child(node: yaml.Node, step: str | int) -> tuple[yaml.Mark, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key.start_mark, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark, node.value[step]
    return None


def load(text: str, is_text: Callable[[Path], bool] = lambda _: False) -> Loaded:
    """Read a text of one YAML document.

    Parameters
    ----------
    text
        The text.
    is_text
        Whether the scalar at a path is to be taken as text however it looks,
        so that ``010`` stays ``010``.

    Raises
    ------
    InputError
        If it is not YAML, or uses what is not allowed here.
    """
    if len(text) > _LARGEST:
        raise InputError(
            f"The text has {len(text)} characters; YAML of more than {_LARGEST} is not read.",
            "Leave something out, or keep the configuration in XML or HID.",
            Location(line=1),
        )
    try:
        root = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _refused(error) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InputError(
            f"The character U+{int(error.character):04X} is not allowed in YAML.",
            "Take it out, or write it as an escape in double quotes.",
            Location(line=line),
        ) from None
    except RecursionError:
        raise InputError("The values are nested too deeply.", "Use less nesting.") from None
    if root is None:
        raise InputError("The file is empty.", "Get the complete file.", Location(line=1))
    return Loaded(text, root, _Plain(is_text).value(root, ()))


def _refused(error: yaml.MarkedYAMLError) -> InputError:
    mark = error.problem_mark or error.context_mark
    problem = " ".join(filter(None, (error.context, error.problem)))
    place = Location(line=mark.line + 1, column=mark.column + 1) if mark else Location()
    remedy = "Correct the text at or just before this place; indent with spaces only."
    return InputError(f"This is not valid YAML: {problem}.", remedy, place)


class _Plain:
    """Turns nodes into plain data, within limits."""

    def __init__(self, is_text: Callable[[Path], bool]) -> None:
        self._is_text = is_text
        self._left = _MOST_VALUES

    def value(self, node: yaml.Node, path: Path) -> Any:
        self._left -= 1
        if self._left < 0 or len(path) > _MAX_DEPTH:
            raise _at(node, path, "This makes too many or too deeply nested values.", "Use less.")
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return dict(self._pairs(node, path))
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return [self.value(item, (*path, i)) for i, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        raise _at(node, path, f"The tag {node.tag} is not known here.", "Leave the tag out.")

    def _pairs(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _at(key, path, "A key has to be a single word.", "Write KEY: VALUE.")
            here = (*path, key.value)
            if key.value in seen:
                raise _at(key, here, f'The key "{key.value}" occurs twice.', "Keep one of them.")
            seen.add(key.value)
            yield key.value, self.value(value, here)

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> bool | int | float | str | None:
        kind, text = node.tag.removeprefix(_TAG), node.value
        if kind == "null":
            return None
        if kind == "str" or (kind in ("bool", "int", "float") and self._is_text(path)):
            return str(text)
        try:
            if kind == "bool":
                return {"true": True, "false": False}[text.lower()]
            if kind == "int":
                return _integer(text)
            if kind == "float":
                return float(text.replace(".inf", "inf").replace(".nan", "nan"))
        except (KeyError, ValueError):
            raise _at(node, path, f'"{text}" is not of type {kind}.', "Correct it.") from None
        raise _at(node, path, f"The tag {node.tag} is not known here.", "Leave the tag out.")


def _integer(text: str) -> int:
    return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))


def _at(node: yaml.Node, path: Path, what: str, remedy: str) -> InputError:
    mark = node.start_mark
    return InputError(what, remedy, Location(None, mark.line + 1, mark.column + 1, spelled(path)))


# Writing ------------------------------------------------------------------

_WORDS = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./+-]*(?: [A-Za-z0-9_./(+][A-Za-z0-9_./()+;-]*)*")
_OLD_WORDS = re.compile(r"(?i:yes|no|on|off)")
_OLD_NUMBER = re.compile(r"[-+.]?[0-9][0-9_.,:xXoOeE+-]*|[-+]?\.")
_ESCAPED = re.compile(
    "[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


def flow(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return _scalar(value)


def block(value: Any, indent: int) -> str:
    """Return what follows ``key:`` or ``-`` for plain data: the rest of the line, or more lines.

    Further lines begin with `indent` blanks.
    """
    if isinstance(value, str) and (literal := _literal(value, indent)):
        return literal
    if not isinstance(value, dict | list) or not value:
        return " " + flow(value)
    line = flow(value)
    if len(line) + indent <= _WIDTH and _is_simple(value):
        return " " + line
    return "\n" + lines(value, indent)


def lines(value: Any, indent: int, spread: frozenset[str] = frozenset()) -> str:
    """Return a mapping or list over several lines, without the last line end.

    Keys in `spread` get lines of their own for whatever they hold.
    """
    blank = " " * indent
    if isinstance(value, list):
        return "\n".join(f"{blank}-{_item(item, indent, spread)}" for item in value)
    return "\n".join(
        f"{blank}{_scalar(key)}:" + block_of(key, item, indent, spread)
        for key, item in value.items()
    )


def block_of(key: str, value: Any, indent: int, spread: frozenset[str] = frozenset()) -> str:
    """Return what follows the colon of a key that is indented by `indent`."""
    if key in spread and isinstance(value, dict | list) and value:
        return "\n" + lines(value, indent + 2, spread)
    return block(value, indent + 2)


def _item(value: Any, indent: int, spread: frozenset[str]) -> str:
    """Return what follows the dash of a list item."""
    if isinstance(value, dict | list) and value:
        line = flow(value)
        if (spread and isinstance(value, dict)) or len(line) + indent + 2 > _WIDTH:
            return " " + lines(value, indent + 2, spread).lstrip(" ")
        return " " + line
    return block(value, indent + 2)


def _is_simple(value: dict[str, Any] | list[Any]) -> bool:
    """Whether a value reads well on one line: at most one level of further nesting."""
    items = value.values() if isinstance(value, dict) else value
    return all(
        not isinstance(item, dict | list)
        or not any(isinstance(inner, dict | list) for inner in _members(item))
        for item in items
    )


def _members(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else repr(value).replace("inf", ".inf")
    if isinstance(value, int):
        return str(value)
    return value if _is_plain(value) else _quoted(value)


def _is_plain(text: str) -> bool:
    """Whether a string needs no quotes, for readers of YAML 1.1 as well."""
    return (
        _WORDS.fullmatch(text) is not None
        and not any(pattern.match(text) for _, pattern in _CORE)
        and not _OLD_WORDS.fullmatch(text)
        and not _OLD_NUMBER.fullmatch(text)
    )


def _quoted(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)


def _literal(text: str, indent: int) -> str | None:
    """Return text of several lines as a literal block, or None where it has to be quoted."""
    body = text.removesuffix("\n")
    rows = body.split("\n")
    if len(rows) < 2 or not rows[0].strip() or not rows[-1].strip() or rows[0][0] == " ":
        return None
    if any(_ESCAPED.search(row) or row != row.rstrip() for row in rows):
        return None
    mark = "|" if text.endswith("\n") else "|-"
    blank = " " * indent
    return f" {mark}\n" + "\n".join(blank + row if row else "" for row in rows)
