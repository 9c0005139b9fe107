"""Who can start when some wait for others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping
from typing import TypeVar

__all__ = ["startable"]

Key = TypeVar("Key", bound=Hashable)


def startable(needs: Mapping[Key, Collection[Key]]) -> set[Key]:
    """Return those that start, given whom each one waits for.

    Who is no key of `needs` never starts, nor does who waits for it; those that
    wait for each other, or for themselves, do not start either.
    """
    left = {one: len(set(others)) for one, others in needs.items()}
    waiting: defaultdict[Key, list[Key]] = defaultdict(list)
    for one, others in needs.items():
        for other in set(others):
            waiting[other].append(one)
    ready = [one for one, count in left.items() if count == 0]
    started: set[Key] = set()
    while ready:
        one = ready.pop()
        started.add(one)
        for other in waiting[one]:
            left[other] -= 1
            if left[other] == 0:
                ready.append(other)
    return started
