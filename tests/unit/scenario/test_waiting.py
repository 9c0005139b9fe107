"""Who can start, against trying all sets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.scenario.waiting import startable

_NEEDS = st.dictionaries(st.integers(0, 6), st.lists(st.integers(0, 7), max_size=3), max_size=6)


@given(_NEEDS)
def test_startable_is_the_least_set_that_is_closed(needs: dict[int, list[int]]):
    by_hand: set[int] = set()
    for _ in range(len(needs) + 1):
        by_hand |= {one for one, others in needs.items() if set(others) <= by_hand}
    assert startable(needs) == by_hand


def test_who_waits_for_itself_or_in_a_circle_does_not_start():
    assert startable({"a": ["a"], "b": ["c"], "c": ["b"], "d": ["gone"], "e": []}) == {"e"}


def test_a_long_chain_takes_no_time_that_grows_with_its_square():
    chain = {n: [n + 1] for n in range(200_000)} | {200_000: []}
    assert len(startable(chain)) == 200_001
