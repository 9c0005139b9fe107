"""Every component can be told apart by its name, whatever room there is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.app.blocks import short_names


def test_numbers_alone_where_they_differ_and_letters_where_they_do_not() -> None:
    assert short_names(("tree1", "tree2", "timer")) == {"tree1": "1", "tree2": "2", "timer": "ti"}
    assert short_names(("tree1", "stress1", "stress2")) == {
        "tree1": "t1",
        "stress1": "s1",
        "stress2": "2",
    }


@given(st.lists(st.from_regex(r"[a-c]{1,4}[0-9]{0,2}", fullmatch=True), unique=True, max_size=8))
def test_no_two_have_the_same_of_one_length(labels: list[str]) -> None:
    shorts = short_names(tuple(labels))
    assert list(shorts) == labels
    for label, short in shorts.items():
        assert short
        assert short == label or short not in {shorts[other] for other in labels if other != label}
