"""Settings as people type them: text to a value of the parameter's type.

Scalars are those of YAML 1.2's core schema: only ``true`` and ``false`` are
truth values, ``010`` is ten, and ``no``, ``on`` and ``12:30`` are text.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from workbench.errors import InputError, Location

if TYPE_CHECKING:
    from workbench.backends.base import ParameterInfo
    from workbench.scenario.experiment import Parameter

__all__ = ["parameter_value", "parse_settings"]

# So many digits fit into 64 bits.
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_OCTAL = re.compile(r"0o[0-7]{1,20}")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,15}")
_EXACT = 2.0**53
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")

Known = Callable[[dict[str, "Parameter"]], Iterable["ParameterInfo"]]
"""Gives the parameters there are once some have been set."""


def parse_settings(texts: Sequence[str], known: Known) -> dict[str, Parameter]:
    """Return the values of ``NAME=VALUE`` texts; the last one of a name holds.

    Raises
    ------
    workbench.errors.InputError
        If a text has no ``=``, a name is unknown or a value does not suit it.
    """
    waiting = dict(map(_split, texts))
    chosen: dict[str, Parameter] = {}
    while waiting:
        infos = {info.name: info for info in known(chosen)}
        found = waiting.keys() & infos.keys()
        if not found:  # no value set so far brings these names into being
            raise _unknown(next(iter(waiting)), list(infos))
        for name in found:
            chosen[name] = parameter_value(waiting.pop(name), infos[name])
    return chosen


def _split(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InputError(
            "This is not a setting.",
            "Write NAME=VALUE, for example --set quantum_ms=1.5.",
            _place(text),
        )
    return name.strip(), value.strip()


def _unknown(name: str, known: list[str]) -> InputError:
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    return InputError(
        f'There is no parameter "{name}".',
        f"{hint}`workbench parameters` lists all of them.",
        Location("--set"),
    )


def parameter_value(text: str, info: ParameterInfo) -> Parameter:
    """Return the value that a text means for a parameter.

    Raises
    ------
    workbench.errors.InputError
        If it is not of the parameter's type, or not one of its choices.
    """
    value = _typed(text, info.default)
    if value is None:
        raise InputError(
            f'"{text}" is not {_ARTICLES[type(info.default)]}.',
            f"{info.name}: {info.doc} The default is {info.default!r}.",
            _place(info.name),
        )
    if info.choices and value not in info.choices:
        raise InputError(
            f'"{text}" is not one of the choices.',
            f"Choose from: {', '.join(map(str, info.choices))}.",
            _place(info.name),
        )
    return value


_ARTICLES = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def _typed(text: str, default: Parameter) -> Parameter | None:
    """Return the value of text in the type of a default, or None if it is no such value."""
    if isinstance(default, bool):
        return {"true": True, "false": False}.get(text.lower())
    if isinstance(default, int):
        return _whole(text) if _whole(text) is not None else _whole_float(text)
    if isinstance(default, float):
        whole = _whole(text)
        if whole is not None:
            return float(whole)
        value = float(text) if _NUMBER.fullmatch(text) else math.inf
        return value if math.isfinite(value) else None
    return text


def _whole(text: str) -> int | None:
    if _WHOLE.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text):
        return int(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return int(text[2:], 16)
    return None


def _whole_float(text: str) -> int | None:
    """Return the whole number that a text such as ``1e6`` means, if it does."""
    value = float(text) if _NUMBER.fullmatch(text) else math.inf
    return int(value) if abs(value) <= _EXACT and value == int(value) else None


def _place(element: str) -> Location:
    return Location("--set", element=element)
