"""What the browser sends is checked and clamped before it means anything."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.app.grid import AffinityGrid, Gesture
from workbench.app.grid.grid import fitted, read_gesture
from workbench.scenario.model import AffinitySpace, Rectangle

SPACE = AffinitySpace(width=16, height=1)


@given(
    st.integers(-1000, 1000),
    st.integers(-1000, 1000),
    st.integers(-1000, 1000),
    st.integers(-1000, 1000),
    st.integers(1, 40),
    st.integers(1, 40),
)
def test_every_rectangle_ends_inside(
    x: int, y: int, width: int, height: int, columns: int, rows: int
) -> None:
    space = AffinitySpace(width=columns, height=rows)
    assert space.contains(fitted(space, x, y, width, height))


def test_a_rectangle_that_sticks_out_is_moved_back() -> None:
    request = {"kind": "place", "id": "a", "rectangle": {"x": 10, "y": 0, "w": 9, "h": 1}}
    gesture = read_gesture(request, SPACE)
    assert gesture == Gesture("place", component="a", rectangle=Rectangle(x=7, width=9))


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"kind": "explode"},
        {"kind": "place", "id": "a"},
        {"kind": "place", "id": "a", "rectangle": {"x": 1}},
        {"kind": "place", "id": "a", "rectangle": "all of it"},
        {"kind": "place", "id": "a", "rectangle": {"x": "no", "y": 0, "w": 1, "h": 1}},
    ],
)
def test_nonsense_means_nothing(request_: dict[str, Any]) -> None:
    assert read_gesture(request_, SPACE) is None


def test_melted_messages_lose_no_gesture_and_repeat_none() -> None:
    grid = AffinityGrid(columns=16)
    seen: list[Gesture] = []
    grid.on_gesture(seen.append)
    first = {"number": 1, "kind": "undo"}
    second = {"number": 2, "kind": "redo"}
    third = {"number": 3, "kind": "remove", "id": "a"}
    grid.requests = [first]
    grid.requests = [first, second, third]
    assert [gesture.kind for gesture in seen] == ["undo", "redo", "remove"]
    assert grid.acknowledged == 3


def test_a_gesture_that_fails_is_acknowledged() -> None:
    grid = AffinityGrid(columns=16)

    def fail(_: Gesture) -> None:
        raise RuntimeError

    grid.on_gesture(fail)
    with pytest.raises(RuntimeError):
        grid.requests = [{"number": 1, "kind": "undo"}]
    assert grid.acknowledged == 1
