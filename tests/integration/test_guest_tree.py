"""The B-link tree: against a reference, and under concurrent operations."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.guest import CPUS, stress
from tests.linearizability import first_violation

MODES = ("queue", "exclusive", "latched", "spinlock", "olfit", "sync4me")
BOTH = ",".join(map(str, CPUS[:2]))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("entries", "keys"), [(4, 500), (60, 20000)])
def test_one_operation_at_a_time_is_a_dictionary(mode: str, entries: int, keys: int) -> None:
    history, check = stress(
        entries=entries,
        sync=mode,
        workers=1,
        window=1,
        operations=3 * keys,
        keys=keys,
        seed=entries,
    )
    reference: dict[int, int] = {}
    for one in history:
        assert one.found == (one.key in reference)
        if one.kind == "lookup":
            assert one.result == reference.get(one.key, 0)
        elif one.kind == "insert" or one.found:
            reference[one.key] = one.value
    assert check.startswith(f"keys {len(reference)} ")
    assert check.endswith("check ok")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("workers", "window", "keys", "front"), [(2, 2, 5, 0), (3, 24, 300, 0), (2, 16, 1000, 12)]
)
def test_concurrent_operations_are_linearizable(
    mode: str, workers: int, window: int, keys: int, front: int
) -> None:
    for seed in (1, 2):
        history, check = stress(
            sync=mode,
            workers=workers,
            window=window,
            keys=keys,
            front=front,
            operations=max(5 * keys, 400),
            seed=seed,
            cpus=BOTH,
        )
        assert first_violation(history) is None
        assert check.endswith("check ok")
        present = {one.key for one in history if one.kind == "insert"}
        assert check.startswith(f"keys {len(present)} ")


def test_the_histories_are_concurrent_and_the_tree_is_high() -> None:
    """Otherwise the test above would show little."""
    history, check = stress(sync="olfit", workers=2, window=8, keys=300, operations=3000, cpus=BOTH)
    together = sum(earlier.end > later.begin for earlier, later in pairwise(history))
    assert together > 1000
    assert int(check.split()[3]) >= 5


def test_a_read_that_saw_half_a_change_is_found() -> None:
    """One answer of a real history changed: the checker must not be blind."""
    history, _ = stress(sync="queue", workers=2, window=8, keys=40, operations=500, cpus=BOTH)
    at = next(i for i in reversed(range(len(history))) if history[i].found)
    wrong = history[at]
    history[at] = type(wrong)("lookup", wrong.key, 0, wrong.begin, wrong.end, True, 10**9)
    assert first_violation(history) == wrong.key
