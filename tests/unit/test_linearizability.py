"""The checker itself: it finds what is wrong, and nothing else."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.linearizability import Operation, first_violation

INSERT = Operation("insert", 1, 7, 0, 10, False)
READ_OLD = Operation("lookup", 1, 0, 20, 30, False)
READ_NEW = Operation("lookup", 1, 0, 20, 30, True, 7)


@pytest.mark.parametrize(
    ("history", "fine"),
    [
        ([INSERT, READ_NEW], True),
        ([INSERT, READ_OLD], False),  # the insert had ended
        ([INSERT, Operation("lookup", 1, 0, 5, 30, False)], True),  # it had not
        ([INSERT, Operation("lookup", 1, 0, 20, 30, True, 8)], False),  # nobody wrote 8
        ([Operation("update", 1, 7, 0, 10, True)], False),  # nothing to update
        ([INSERT, Operation("insert", 1, 8, 0, 10, False)], False),  # both cannot be the first
        ([INSERT, Operation("insert", 1, 8, 0, 10, True), READ_NEW], False),  # 8 came last
        ([INSERT, Operation("lookup", 2, 0, 20, 30, False)], True),  # another key
        (  # seen, then unseen
            [
                Operation("insert", 1, 7, 0, 100, False),
                Operation("lookup", 1, 0, 10, 20, True, 7),
                Operation("lookup", 1, 0, 30, 40, False),
            ],
            False,
        ),
    ],
)
def test_histories_of_one_key(history: list[Operation], fine: bool) -> None:
    assert first_violation(history) == (None if fine else 1)


@st.composite
def histories(draw: st.DrawFn) -> list[Operation]:
    count = draw(st.integers(1, 5))
    times = draw(st.permutations(range(2 * count)))
    history = []
    for i in range(count):
        begin, end = sorted(times[2 * i : 2 * i + 2])
        kind = draw(st.sampled_from(["lookup", "insert", "update"]))
        found = draw(st.booleans())
        result = draw(st.integers(1, count)) if found and kind == "lookup" else 0
        history.append(Operation(kind, 1, i + 1, begin, end, found, result))
    return history


@given(histories())
def test_agrees_with_trying_all_orders(history: list[Operation]) -> None:
    assert (first_violation(history) is None) == any(
        _explains(order) for order in itertools.permutations(history)
    )


def _explains(order: tuple[Operation, ...]) -> bool:
    value: int | None = 0
    for i, operation in enumerate(order):
        if any(later.end < operation.begin for later in order[i:]):
            return False
        assert value is not None
        value = operation.applied(value)
        if value is None:
            return False
    return True
