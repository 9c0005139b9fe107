"""Affinity to CPUs: measured cases, and the formulas against counting cells."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.scenario.hoitaja import shares
from workbench.scenario.machine_cpus import Affinity, Machine
from workbench.scenario.model import AffinitySpace, Rectangle


def _affinity(width: int, height: int, x: int, y: int, w: int, h: int) -> Affinity:
    return Affinity(
        AffinitySpace(width=width, height=height), Rectangle(x=x, y=y, width=w, height=h)
    )


@pytest.mark.parametrize(
    ("x", "width", "cpus"),
    [(1, 1, (0,)), (3, 1, (1,)), (5, 3, (2, 3)), (7, 1, (3,))],
    ids=["xpos 1 -> CPU 0", "xpos 3 -> 1", "xpos 5 width 3 -> 2 and 3", "xpos 7 -> 3"],
)
def test_measured_with_4_cpus_and_space_8x1(x: int, width: int, cpus: tuple[int, ...]):
    found = Machine(4).cpus_of(_affinity(8, 1, x, 0, width, 1))
    assert found.all == cpus
    assert found.main == cpus[0]
    assert (found.width, found.height) == (len(cpus), 1)


def test_measured_nesting():
    """A nested init at xpos 2 width 2 with its own 2x1 space: CPUs 2 and 3."""
    outer = _affinity(4, 1, 2, 0, 2, 1)
    cpus = [Machine(4).cpus_of(_affinity(2, 1, x, 0, 1, 1).within(outer)) for x in (0, 1)]
    assert [one.all for one in cpus] == [(2,), (3,)]


def test_a_space_without_cells():
    """Zero affinity space: everything on CPU 0; inside a nested init all that this has."""
    none = _affinity(0, 1, 0, 0, 0, 1)
    assert Machine(4).cpus_of(none).all == (0,)
    assert Machine(4).cpus_of(none.within(_affinity(4, 1, 2, 0, 2, 1))).all == (2, 3)


def test_kernels():
    """base-hw: y ignored. NOVA: hyperthreads on y. Linux: no affinity."""
    lower = _affinity(4, 2, 1, 1, 2, 1)
    assert Machine(4, "hw").cpus_of(lower).all == (1, 2)
    assert Machine(8, "nova", threads=2).cpus_of(lower).all == (3, 5)
    assert Machine(4, "nova").cpus_of(lower).all == (1, 2)
    assert Machine(4, "linux").cpus_of(lower).all == (0, 1, 2, 3)
    assert Machine(4, "linux").cpus_of(lower).main == 0


@st.composite
def _affinities(draw: st.DrawFn) -> Affinity:
    width, height = draw(st.integers(1, 12)), draw(st.integers(1, 4))
    x, y = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    w, h = draw(st.integers(1, width - x)), draw(st.integers(1, height - y))
    return _affinity(width, height, x, y, w, h)


def _touched(affinity: Affinity, cpus: int) -> set[int]:
    """Return the CPUs whose left edge lies in the rectangle, or the one around its left edge.

    Columns are taken as intervals of the unit line, without the formula under test.
    """
    width = affinity.space.width
    left = Fraction(affinity.rectangle.x, width)
    right = Fraction(affinity.rectangle.x + affinity.rectangle.width, width)
    around = max(cpu for cpu in range(cpus) if Fraction(cpu, cpus) <= left)
    complete = {cpu for cpu in range(cpus) if left < Fraction(cpu, cpus) < right}
    # A CPU that only begins inside the rectangle and ends beyond it is left out.
    return {around} | {c for c in complete if Fraction(c + 1, cpus) <= right}


@given(_affinities(), st.integers(1, 16))
def test_cpus_are_those_that_end_inside_the_rectangle(affinity: Affinity, cpus: int):
    found = Machine(cpus).cpus_of(affinity)
    assert set(found.all) == _touched(affinity, cpus)
    assert found.main == min(found.all)


@given(st.integers(1, 12), st.integers(1, 16))
def test_neighbouring_columns_cover_all_cpus(width: int, cpus: int):
    one_each = [Machine(cpus).cpus_of(_affinity(width, 1, x, 0, 1, 1)).all for x in range(width)]
    covered = {cpu for each in one_each for cpu in each}
    assert covered <= set(range(cpus))
    if width <= cpus:
        assert covered == set(range(cpus))
        assert sum(map(len, one_each)) == cpus


@given(_affinities(), _affinities())
def test_a_nested_rectangle_is_the_part_of_a_part(inner: Affinity, outer: Affinity):
    """Composition against fractions of the unit square."""
    both = inner.within(outer)

    def edges(affinity: Affinity) -> tuple[Fraction, Fraction, Fraction, Fraction]:
        space, rect = affinity.space, affinity.rectangle
        return (
            Fraction(rect.x, space.width),
            Fraction(rect.x + rect.width, space.width),
            Fraction(rect.y, space.height),
            Fraction(rect.y + rect.height, space.height),
        )

    left, right, top, bottom = edges(outer)
    x1, x2, y1, y2 = edges(inner)
    across, down = right - left, bottom - top
    assert edges(both) == (
        left + x1 * across,
        left + x2 * across,
        top + y1 * down,
        top + y2 * down,
    )


def test_hoitajas_shares_by_its_example():
    """Space 32, priorities none, -2, -2: 16/8/8, the last-packed gets 7."""
    found = shares(AffinitySpace(width=32), [0, -2, -2])
    assert found == [
        Rectangle(x=16, width=16),
        Rectangle(x=8, width=8),
        Rectangle(x=1, width=7),
    ]


def test_hoitaja_has_no_core_for_too_many_cells():
    assert shares(AffinitySpace(width=2), [0, 0, 0]) == [None, None, None]


@given(st.integers(1, 64), st.lists(st.integers(-8, 0), min_size=1, max_size=6))
def test_hoitajas_cells_never_overlap(width: int, priorities: list[int]):
    taken = [r for r in shares(AffinitySpace(width=width), priorities) if r is not None]
    cells = [cell for rectangle in taken for cell in rectangle.cells()]
    assert len(set(cells)) == len(cells)
    assert all(0 <= x < width for x, _ in cells)
