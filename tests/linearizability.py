"""Whether a history of concurrent operations could have happened one after the other.

The search of Wing and Gong (Testing and verifying concurrent objects, 1993) with Lowe's
memory of what was tried (Testing for linearizability, 2017). A map is linearizable if
each of its keys is (Herlihy and Wing, 1990), so every key is searched by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["lookup", "insert", "update"]


@dataclass(frozen=True)
class Operation:
    """An operation, its span, and what it answered; an absent key has the value 0."""

    kind: Kind
    key: int
    value: int
    begin: int
    end: int
    found: bool
    result: int = 0

    def applied(self, present: int) -> int | None:
        """Return the key's value after it, or None if it would have answered otherwise."""
        if self.found != (present != 0):
            return None
        if self.kind == "lookup":
            return present if self.result == present else None
        if self.kind == "update" and not present:
            return present
        return self.value


def first_violation(history: Iterable[Operation]) -> int | None:
    """Return a key whose operations have no order that explains them, or None."""
    by_key: dict[int, list[Operation]] = defaultdict(list)
    for operation in history:
        by_key[operation.key].append(operation)
    for key, operations in by_key.items():
        if not _has_order(sorted(operations, key=lambda one: one.begin)):
            return key
    return None


def _has_order(operations: Sequence[Operation]) -> bool:
    everything = (1 << len(operations)) - 1
    start = (0, 0)  # which are in order already, and the value after them
    todo, seen = [start], {start}
    while todo:
        done, value = todo.pop()
        if done == everything:
            return True
        left = [i for i in range(len(operations)) if not done >> i & 1]
        deadline = min(operations[i].end for i in left)
        for i in left:
            # Who begins after another has ended comes after it.
            if operations[i].begin > deadline:
                break
            after = operations[i].applied(value)
            if after is None:
                continue
            step = (done | 1 << i, after)
            if step not in seen:
                seen.add(step)
                todo.append(step)
    return False
