"""Pairing the items of an old and a new list, so that only what differs is written anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

__all__ = ["Pair", "aligned"]

T = TypeVar("T")

Pair = tuple[int | None, int | None]
"""Indices of an old and of the new item; None where one has no counterpart."""


def aligned(old: Sequence[T], new: Sequence[T], likeness: Callable[[T, T], int]) -> list[Pair]:
    """Return pairs of items in the order of both lists.

    Parameters
    ----------
    old, new
        The lists.
    likeness
        0 where the new item cannot be written over the old one, else more the
        more they share.
    """
    shorter = min(len(old), len(new))
    begin = 0
    while begin < shorter and old[begin] == new[begin]:
        begin += 1
    end = 0
    while end < shorter - begin and old[-1 - end] == new[-1 - end]:
        end += 1
    middle = _best_pairs(old[begin : len(old) - end], new[begin : len(new) - end], likeness)
    return [
        *((k, k) for k in range(begin)),
        *((None if i is None else begin + i, None if j is None else begin + j) for i, j in middle),
        *((len(old) - k, len(new) - k) for k in range(end, 0, -1)),
    ]


def _best_pairs(old: Sequence[T], new: Sequence[T], likeness: Callable[[T, T], int]) -> list[Pair]:
    """Return the pairing in order with the greatest sum of likenesses."""
    like = [[likeness(a, b) for b in new] for a in old]
    # best[i][j] is the greatest sum for old[i:] and new[j:].
    best = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            paired = best[i + 1][j + 1] + like[i][j] if like[i][j] else 0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], paired)
    pairs: list[Pair] = []
    i = j = 0
    while i < len(old) and j < len(new):
        if like[i][j] and best[i][j] == best[i + 1][j + 1] + like[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            pairs.append((i, None))
            i += 1
        else:
            pairs.append((None, j))
            j += 1
    pairs += ((k, None) for k in range(i, len(old)))
    pairs += ((None, k) for k in range(j, len(new)))
    return pairs
