"""Arithmetic and conditions of Tcl's ``expr``, on numbers and words."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

__all__ = ["Unknown", "arithmetic"]

Operand = int | float | str

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>0x[0-9a-fA-F]+|\d+\.\d+|\d+)(?![\w.])
    | (?P<operator>&&|\|\||==|!=|<=|>=|<|>|!|[-+*/%()]|\b(?:eq|ne)\b)
    | "(?P<quoted>[^"]*)" | \{(?P<braced>[^{}]*)\} | (?P<word>[A-Za-z_][\w./-]*))""",
    re.VERBOSE,
)
_TRUTH = {"yes": 1, "true": 1, "on": 1, "no": 0, "false": 0, "off": 0}
_LARGEST = 2**63
_MOST_TOKENS = 200

_LEVELS: tuple[dict[str, Callable[[Operand, Operand], Operand]], ...] = (
    {"||": lambda a, b: int(bool(a) or bool(b))},
    {"&&": lambda a, b: int(bool(a) and bool(b))},
    {
        "==": lambda a, b: int(a == b),
        "!=": lambda a, b: int(a != b),
        "eq": lambda a, b: int(str(a) == str(b)),
        "ne": lambda a, b: int(str(a) != str(b)),
    },
    {
        "<": lambda a, b: int(_number(a) < _number(b)),
        ">": lambda a, b: int(_number(a) > _number(b)),
        "<=": lambda a, b: int(_number(a) <= _number(b)),
        ">=": lambda a, b: int(_number(a) >= _number(b)),
    },
    {
        "+": lambda a, b: _number(a) + _number(b),
        "-": lambda a, b: _number(a) - _number(b),
    },
    {
        "*": lambda a, b: _number(a) * _number(b),
        "/": lambda a, b: _divided(_number(a), _number(b)),
        "%": lambda a, b: operator.mod(_number(a), _number(b)),
    },
)


class Unknown(Exception):  # noqa: N818 - it is no error
    """A value that cannot be known without running the script."""


def arithmetic(text: str) -> Operand:
    """Return the value of an expression without variables and commands.

    Raises
    ------
    Unknown
        If it is none, or uses more of Tcl than is known here.
    """
    tokens: list[tuple[str, str]] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None or len(tokens) >= _MOST_TOKENS:
            raise Unknown
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    reader = _Reader(tokens)
    try:
        value = reader.level(0)
    except (ZeroDivisionError, OverflowError):
        raise Unknown from None
    if reader.tokens:
        raise Unknown
    return value


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens[::-1]

    def level(self, depth: int) -> Operand:
        if depth == len(_LEVELS):
            return self._operand()
        value = self.level(depth + 1)
        while self.tokens and self.tokens[-1][1] in _LEVELS[depth] and self._is_operator():
            act = _LEVELS[depth][self.tokens.pop()[1]]
            value = act(value, self.level(depth + 1))
            if isinstance(value, int | float) and abs(value) >= _LARGEST:
                raise Unknown
        return value

    def _is_operator(self) -> bool:
        return self.tokens[-1][0] == "operator"

    def _operand(self) -> Operand:
        if not self.tokens:
            raise Unknown
        kind, text = self.tokens.pop()
        if kind == "number":
            return float(text) if "." in text else int(text, 16 if text[:2] == "0x" else 10)
        if kind != "operator":
            return _TRUTH.get(text.lower(), text) if kind == "word" else text
        if text == "(":
            value = self.level(0)
            if not self.tokens or self.tokens.pop() != ("operator", ")"):
                raise Unknown
            return value
        if text == "!":
            return int(not self._operand())
        if text == "-":
            return -_number(self._operand())
        raise Unknown


def _number(value: Operand) -> int | float:
    if isinstance(value, str):
        raise Unknown
    return value


def _divided(a: int | float, b: int | float) -> int | float:
    return a // b if isinstance(a, int) and isinstance(b, int) else a / b
