"""Where components are to be: rectangles from placement rules, and what `init` makes of them.

A placement rule is one function, registered under its name; a new rule is one
more function.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from workbench.errors import InputError
from workbench.scenario import hoitaja
from workbench.scenario.layout import Settings, in_force
from workbench.scenario.model import AffinitySpace, Component, PlacementRule, Rectangle, Scenario

__all__ = [
    "RuleFunction",
    "effective",
    "effective_rectangle",
    "lanes",
    "placed",
    "placement_rule",
    "requested",
    "rule_names",
    "rule_title",
    "share_counts",
]

RuleFunction = Callable[[AffinitySpace, PlacementRule, Sequence[Component]], list[Rectangle]]
"""Gives one rectangle for each member, in the group's order."""


class _Rule(NamedTuple):
    title: str
    place: RuleFunction


_rules: dict[str, _Rule] = {}


def placement_rule(name: str, title: str) -> Callable[[RuleFunction], RuleFunction]:
    """Register a function as the placement rule called `name`; `title` is for people."""

    def register(function: RuleFunction) -> RuleFunction:
        _rules[name] = _Rule(title, function)
        return function

    return register


def rule_names() -> tuple[str, ...]:
    """Return the names of all placement rules."""
    return tuple(_rules)


def rule_title(name: str) -> str:
    """Return what people call a rule; `KeyError` if there is none of that name."""
    return _rules[name].title


@placement_rule("time-share", "Share all cores in time")
def _time_share(
    space: AffinitySpace, rule: PlacementRule, members: Sequence[Component]
) -> list[Rectangle]:
    return [_usable(space, rule)] * len(members)


@placement_rule("partition-evenly", "Split the cores evenly")
def _partition_evenly(
    space: AffinitySpace, rule: PlacementRule, members: Sequence[Component]
) -> list[Rectangle]:
    """Split the columns into ranges over the full height whose widths differ by at most 1.

    With more members than columns each gets one column, and several share one,
    as evenly as can be.
    """
    whole = _usable(space, rule)
    edges = [index * whole.width // len(members) for index in range(len(members) + 1)]
    return [
        Rectangle(x=whole.x + left, y=whole.y, width=max(right - left, 1), height=whole.height)
        for left, right in pairwise(edges)
    ]


@placement_rule("by-weight", "Split the cores by weight (Hoitaja's rule)")
def _by_weight(
    space: AffinitySpace, rule: PlacementRule, members: Sequence[Component]
) -> list[Rectangle]:
    """Place as EalánOS' Hoitaja places its cells, see `workbench.scenario.hoitaja`.

    Of the columns left to the system it counts one as its own. A member whose
    share is no whole core, which Hoitaja would not start, gets the first one.
    """
    aside = max(min(rule.leave, space.width) - 1, 0)
    usable = AffinitySpace(width=space.width - aside, height=space.height)
    shares = hoitaja.shares(usable, [member.priority or 0 for member in members])
    first = Rectangle(x=_usable(space, rule).x, height=space.height)
    return [first if cell is None else cell.but(x=cell.x + aside) for cell in shares]


@placement_rule("per-node", "One NUMA node each")
def _per_node(
    space: AffinitySpace, rule: PlacementRule, members: Sequence[Component]
) -> list[Rectangle]:
    """Give each member the columns of one node, going round where there are more members.

    Columns left to the system are missing in their nodes; a node without any
    other column takes nobody.
    """
    nodes = min(rule.nodes, max(space.width, 1))
    edges = [index * space.width // nodes for index in range(nodes + 1)]
    usable = _usable(space, rule)
    places = [
        Rectangle(x=left, width=right - left, height=space.height)
        for start, right in pairwise(edges)
        for left in [max(start, usable.x)]
        if right > left
    ]
    return [places[index % len(places)] for index in range(len(members))]


def _usable(space: AffinitySpace, rule: PlacementRule) -> Rectangle:
    """Return the space without the columns left to the system; all of it if none would remain."""
    if rule.leave >= space.width:
        return space.whole
    return Rectangle(x=rule.leave, width=space.width - rule.leave, height=space.height)


def requested(scenario: Scenario) -> dict[str, Rectangle]:
    """Return the rectangle that each component asks for, by id.

    No affinity means the whole space; so does a rule of an unknown name, which
    is for the checks to report. A switched-off component has no rectangle while
    a rule places it: it is no member of the rule's group.
    """
    space = scenario.effective_space
    groups: defaultdict[PlacementRule, list[Component]] = defaultdict(list)
    for component in scenario.components:
        if isinstance(component.affinity, PlacementRule) and component.enabled:
            groups[component.affinity].append(component)
    by_rule: dict[str, Rectangle] = {}
    for rule, members in groups.items():
        known = _rules.get(rule.rule)
        rectangles = known.place(space, rule, members) if known else [space.whole] * len(members)
        by_rule |= {member.id: rect for member, rect in zip(members, rectangles, strict=True)}
    return {
        component.id: by_rule.get(component.id)
        or (component.affinity if isinstance(component.affinity, Rectangle) else space.whole)
        for component in scenario.components
        if component.id in by_rule or not isinstance(component.affinity, PlacementRule)
    }


def effective(scenario: Scenario) -> dict[str, Rectangle]:
    """Return the rectangle in which `init` starts each component, by id.

    A rectangle that is not fully inside the space is dropped: the component
    gets the whole space. The same happens where the space is missing or comes
    after the component (then `init` takes the whole machine).
    """
    settings = in_force(scenario)
    return {
        id: effective_rectangle(rectangle, scenario.effective_space, settings[id])
        for id, rectangle in requested(scenario).items()
    }


def effective_rectangle(
    rectangle: Rectangle, space: AffinitySpace, settings: Settings
) -> Rectangle:
    """Return what `init` makes of a requested rectangle; see `effective`.

    In a space without cells everything starts on the first core.
    """
    if space.width == 0 or space.height == 0:
        return Rectangle()
    if settings.space is None or not space.contains(rectangle):
        return space.whole
    return rectangle


def placed(scenario: Scenario) -> Scenario:
    """Return a scenario in which every placement rule is replaced by its rectangle.

    Raises
    ------
    workbench.errors.InputError
        If a rule has an unknown name.
    """
    rectangles = requested(scenario)

    def fixed(component: Component) -> Component:
        rule = component.affinity
        if not isinstance(rule, PlacementRule):
            return component
        if rule.rule not in _rules:
            raise InputError(
                f'{component.label} is placed by the rule "{rule.rule}", which does not exist.',
                f"Choose one of: {', '.join(_rules)}.",
            )
        return component.but(affinity=rectangles.get(component.id))

    return scenario.but(components=tuple(fixed(component) for component in scenario.components))


def lanes(rectangles: Mapping[str, Rectangle]) -> dict[str, int]:
    """Return a lane (from 0) for each rectangle so that none overlap in columns.

    Meant for spaces one cell high. As few lanes as possible, always the same
    for the same rectangles; at equal columns the earlier one gets the lower lane.
    """
    ends: list[int] = []
    found: dict[str, int] = {}
    for id, rectangle in sorted(rectangles.items(), key=lambda item: item[1].x):
        free = (lane for lane, end in enumerate(ends) if end <= rectangle.x)
        lane = next(free, len(ends))
        end = rectangle.x + max(rectangle.width, 1)
        ends[lane : lane + 1] = [end]
        found[id] = lane
    return {id: found[id] for id in rectangles}


def share_counts(space: AffinitySpace, rectangles: Iterable[Rectangle]) -> list[list[int]]:
    """Return how many rectangles cover each cell of a space, as ``counts[y][x]``."""
    counts = [[0] * space.width for _ in range(space.height)]
    for rectangle in rectangles:
        columns = range(max(rectangle.x, 0), min(rectangle.x + rectangle.width, space.width))
        for y in range(max(rectangle.y, 0), min(rectangle.y + rectangle.height, space.height)):
            row = counts[y]
            for x in columns:
                row[x] += 1
    return counts
