"""Amounts of memory as people write them: ``80G``, ``16M``, ``4096``.

Genode's suffixes are powers of two: K = 2**10, M = 2**20, G = 2**30 bytes
(``repos/base/include/util/string.h`` of Genode, `Number_of_bytes`).
"""

from __future__ import annotations

import re

__all__ = ["format_amount", "genode_amount", "parse_amount"]

_FACTORS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}
_AMOUNT = re.compile(r"(\d+)([KMG]?)")
_GENODE_AMOUNT = re.compile(r"(0x[0-9a-fA-F]+|\d+)([KMG]?)")


def parse_amount(text: str | int) -> int:
    """Return bytes for an amount such as ``80G``; strict.

    Raises
    ------
    ValueError
        If `text` is anything but a whole number with an optional K, M or G.
    """
    match = _AMOUNT.fullmatch(str(text).strip())
    if match is None:
        raise ValueError(
            f'"{text}" is not an amount of memory. '
            "Write a whole number with K, M or G, for example 80G or 512M."
        )
    return int(match[1]) * _FACTORS[match[2]]


def genode_amount(text: str) -> int:
    """Return what Genode makes of an amount: 0 unless the whole text is one.

    ``2MB``, ``2m`` and ``much`` give 0 (measured on Genode's init); ``0x100000``
    is read as numbers are (``util/string.h``).
    """
    match = _GENODE_AMOUNT.fullmatch(text)
    if match is None:
        return 0
    number = int(match[1], 16 if match[1].startswith("0x") else 10)
    return number * _FACTORS[match[2]]


def format_amount(amount_bytes: int) -> str:
    """Return the shortest exact spelling: 85899345920 -> ``80G``, 1000 -> ``1000``."""
    for suffix in ("G", "M", "K"):
        factor = _FACTORS[suffix]
        if amount_bytes and amount_bytes % factor == 0:
            return f"{amount_bytes // factor}{suffix}"
    return str(amount_bytes)
