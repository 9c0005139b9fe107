"""Rules give the rectangles they promise, and `init` takes those inside the space."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.nodes import USUAL, config
from workbench.errors import InputError
from workbench.scenario import init_config, placement
from workbench.scenario.model import AffinitySpace, Component, PlacementRule, Rectangle, Scenario

spaces = st.builds(AffinitySpace, width=st.integers(1, 130), height=st.integers(1, 4))


def group(space: AffinitySpace, rule: PlacementRule, members: int) -> list[Rectangle]:
    components = tuple(Component(id=f"c{i}", name=f"c{i}", affinity=rule) for i in range(members))
    return list(placement.requested(Scenario(space=space, components=components)).values())


@given(spaces, st.integers(0, 140), st.integers(1, 150))
def test_even_partitions_cover_the_usable_columns_disjointly(space, leave, members):
    rectangles = group(space, PlacementRule(rule="partition-evenly", leave=leave), members)
    first = leave if leave < space.width else 0
    usable = space.width - first
    covered = Counter(cell for rectangle in rectangles for cell in rectangle.cells())
    assert len(rectangles) == members
    assert all(space.contains(rectangle) for rectangle in rectangles)
    widths = [rectangle.width for rectangle in rectangles]
    assert max(widths) - min(widths) <= 1
    assert all(rectangle.height == space.height for rectangle in rectangles)
    if members <= usable:
        assert set(covered) == {
            (x, y) for x in range(first, space.width) for y in range(space.height)
        }
        assert set(covered.values()) == {1}
    else:
        assert max(covered.values()) - min(covered.values()) <= 1
        assert all(width == 1 for width in widths)


@given(spaces, st.integers(0, 140), st.integers(1, 9))
def test_time_sharing_gives_all_the_same_columns(space, leave, members):
    first = leave if leave < space.width else 0
    expected = Rectangle(x=first, width=space.width - first, height=space.height)
    rule = PlacementRule(rule="time-share", leave=leave)
    assert group(space, rule, members) == [expected] * members


def test_the_talks_partitions():
    rule = PlacementRule(rule="partition-evenly", leave=1)
    assert group(AffinitySpace(width=64), rule, 3) == [
        Rectangle(x=1, width=21),
        Rectangle(x=22, width=21),
        Rectangle(x=43, width=21),
    ]


def test_groups_are_apart_and_switched_off_components_are_no_members():
    left = PlacementRule(rule="partition-evenly", group="left")
    right = PlacementRule(rule="partition-evenly", group="right")
    components = (
        Component(id="a", affinity=left),
        Component(id="off", affinity=left, enabled=False),
        Component(id="b", affinity=right),
        Component(id="c", affinity=left),
        Component(id="still", affinity=Rectangle(x=3), enabled=False),
        Component(id="anywhere"),
    )
    scenario = Scenario(space=AffinitySpace(width=4), components=components)
    assert placement.requested(scenario) == {
        "a": Rectangle(width=2),
        "b": Rectangle(width=4),
        "c": Rectangle(x=2, width=2),
        "still": Rectangle(x=3),
        "anywhere": Rectangle(width=4),
    }
    placed = placement.placed(scenario)
    assert placed.component("c").affinity == Rectangle(x=2, width=2)
    assert placed.component("off").affinity is None
    assert placed.component("anywhere").affinity is None


def test_an_unknown_rule_is_refused_when_it_matters():
    scenario = Scenario(components=(Component(id="a", affinity=PlacementRule(rule="nearby")),))
    assert placement.effective(scenario) == {"a": Rectangle()}
    with pytest.raises(InputError, match="partition-evenly"):
        placement.placed(scenario)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param(
            '<affinity-space width="8"/><start name="a"><affinity xpos="5" width="3"/></start>',
            Rectangle(x=5, width=3),
            id="inside",
        ),
        pytest.param(
            '<affinity-space width="8"/><start name="a"><affinity xpos="6" width="3"/></start>',
            Rectangle(width=8),
            id="not fully inside: whole space",
        ),
        pytest.param(
            '<affinity-space width="8"/><start name="a"><affinity xpos="6" width="0"/></start>',
            Rectangle(width=8),
            id="zero width counts as outside",
        ),
        pytest.param(
            '<start name="a"><affinity xpos="5" width="3"/></start>',
            Rectangle(),
            id="no space: 1x1",
        ),
        pytest.param(
            '<start name="a"><affinity xpos="5"/></start><affinity-space width="8"/>',
            Rectangle(width=8),
            id="space after the start: whole machine",
        ),
        pytest.param(
            '<affinity-space width="0"/><start name="a"><affinity xpos="5"/></start>',
            Rectangle(),
            id="zero space: first CPU",
        ),
        pytest.param(
            '<affinity-space width="8" height="2"/><start name="a"><affinity xpos="2"/></start>',
            Rectangle(x=2, width=1, height=2),
            id="width 1 where xpos is given, whole height without ypos",
        ),
        pytest.param(
            '<affinity-space width="8" height="2"/><start name="a"><affinity ypos="1"/></start>',
            Rectangle(y=1, width=8, height=1),
            id="height 1 where ypos is given, whole width without xpos",
        ),
        pytest.param(
            '<affinity-space width="8"/><start name="a"><affinity xpos="1"/>'
            '<affinity xpos="2"/></start>',
            Rectangle(x=1),
            id="the first affinity wins",
        ),
    ],
)
def test_effective_rectangle(parts, expected):
    scenario = init_config.read(config(USUAL, parts))
    assert placement.effective(scenario)["a"] == expected


@given(
    st.dictionaries(
        st.text("abcdef", min_size=1, max_size=2),
        st.builds(Rectangle, x=st.integers(0, 12), width=st.integers(1, 6)),
        max_size=12,
    )
)
def test_lanes_are_disjoint_and_as_few_as_possible(rectangles):
    lanes = placement.lanes(rectangles)
    assert list(lanes) == list(rectangles)
    cells = [(lane, x) for id, lane in lanes.items() for x, _ in rectangles[id].cells()]
    assert len(set(cells)) == len(cells)
    depth = Counter(x for rectangle in rectangles.values() for x, _ in rectangle.cells())
    assert len(set(lanes.values())) == max(depth.values(), default=0)


@given(spaces, st.lists(st.builds(Rectangle, x=st.integers(-3, 9), y=st.integers(-1, 3))))
def test_share_counts_agree_with_counting_cells(space, rectangles):
    covered = Counter(cell for rectangle in rectangles for cell in rectangle.cells())
    assert placement.share_counts(space, rectangles) == [
        [covered[x, y] for x in range(space.width)] for y in range(space.height)
    ]


def test_weights_are_those_of_hoitaja():
    """Priorities -1, -2, -2 on 32 columns: weights 1, 1/2, 1/2, so 16, 8 and 8 columns.

    The last one reaches column 0 and leaves it to Hoitaja.
    """
    rule = PlacementRule(rule="by-weight", leave=1)
    members = tuple(
        Component(id=name, affinity=rule, priority=priority)
        for name, priority in (("a", -1), ("b", -2), ("c", -2))
    )
    scenario = Scenario(space=AffinitySpace(width=32, height=2), components=members)
    assert placement.requested(scenario) == {
        "a": Rectangle(x=16, width=16, height=2),
        "b": Rectangle(x=8, width=8, height=2),
        "c": Rectangle(x=1, width=7, height=2),
    }


def test_one_node_each_goes_round_and_leaves_columns_out():
    rule = PlacementRule(rule="per-node", leave=1, nodes=4)
    space = AffinitySpace(width=8)
    members = group(space, rule, 5)
    assert members == [
        Rectangle(x=1, width=1),
        Rectangle(x=2, width=2),
        Rectangle(x=4, width=2),
        Rectangle(x=6, width=2),
        Rectangle(x=1, width=1),
    ]
    without_first = group(space, rule.but(leave=3), 3)
    assert without_first == [
        Rectangle(x=3, width=1),
        Rectangle(x=4, width=2),
        Rectangle(x=6, width=2),
    ]


@given(st.integers(1, 12), st.integers(0, 14), st.integers(1, 20), st.integers(1, 9))
def test_every_rule_stays_in_the_space(width, leave, members, nodes):
    space = AffinitySpace(width=width, height=2)
    for name in placement.rule_names():
        rule = PlacementRule(rule=name, leave=leave, nodes=nodes)
        rectangles = group(space, rule, members)
        assert len(rectangles) == members
        assert all(space.contains(rectangle) for rectangle in rectangles), name
