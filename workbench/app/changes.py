"""Edits of an experiment as the Build page makes them: with regard to the shown variant.

All functions are pure. `variant` is the name of the shown variant, "" for the
scenario as written. Where a variant is shown, placing a component changes that
variant only; every other edit changes the scenario that all variants share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from workbench.errors import InputError
from workbench.scenario import edits, placement, variants
from workbench.scenario.experiment import Experiment, Variant
from workbench.scenario.model import PlacementRule, Rectangle, RouteRule, Scenario, Target
from workbench.scenario.problem import Fix
from workbench.scenario.variants import measured

__all__ = [
    "VARIANTS",
    "add",
    "changed",
    "duplicate",
    "fill_the_rest",
    "forgotten",
    "free_place",
    "in_variant",
    "leave",
    "make_variant",
    "mend",
    "only_in_variant",
    "place",
    "place_all",
    "place_by_rule",
    "remove",
    "resize_space",
    "route",
    "shown",
]

VARIANTS = {
    "time-shared": ("Time-shared", "time-share"),
    "partitioned": ("Partitioned evenly", "partition-evenly"),
    "by-weight": ("Partitioned by weight (Hoitaja's rule)", "by-weight"),
    "per-node": ("One NUMA node each", "per-node"),
}
"""The one-click placements: variant name -> (title, rule)."""


def shown(experiment: Experiment, variant: str) -> Scenario:
    """Return the scenario that a variant means; as written for ""."""
    return variants.apply(experiment, variant) if variant else experiment.scenario


def changed(experiment: Experiment, change: Callable[[Scenario], Scenario]) -> Experiment:
    """Return the experiment with another scenario."""
    return experiment.but(scenario=change(experiment.scenario))


def only_in_variant(name: str, variant: str) -> InputError:
    """Return the refusal to change an instance that only a variant's number of instances makes."""
    return InputError(
        f"{name} exists only in the variant “{variant}”, which has more instances than written.",
        "Move it there, or add a component to the scenario as written.",
    )


def place(experiment: Experiment, variant: str, id: str, rectangle: Rectangle | None) -> Experiment:
    """Return the experiment with a component on a rectangle; None lets it run anywhere."""
    if variant:
        target = rectangle or experiment.scenario.effective_space.whole
        return in_variant(experiment, variant, lambda affinity: affinity | {id: target})
    return changed(experiment, lambda scenario: edits.place(scenario, id, rectangle))


def place_all(
    experiment: Experiment, variant: str, places: Iterable[tuple[str, Rectangle]]
) -> Experiment:
    """Return the experiment with several components on rectangles."""
    for id, rectangle in places:
        experiment = place(experiment, variant, id, rectangle)
    return experiment


def add(
    experiment: Experiment, variant: str, binary: str, rectangle: Rectangle | None
) -> tuple[Experiment, str]:
    """Return the experiment with a new component, and its id."""
    scenario, id = edits.add(experiment.scenario, binary, rectangle)
    grown = experiment.but(scenario=scenario, variants=_with_newcomer(experiment, scenario, id))
    return (place(grown, variant, id, rectangle) if variant and rectangle else grown), id


def _with_newcomer(experiment: Experiment, grown: Scenario, id: str) -> tuple[Variant, ...]:
    """Return the variants; a rule that names every benchmark by itself takes a new one too."""
    before = {component.id for component in measured(experiment.scenario)}
    if id not in {component.id for component in measured(grown)} or not before:
        return experiment.variants
    return tuple(
        variant.but(components=(*variant.components, id))
        if variant.components is not None and before <= set(variant.components)
        else variant
        for variant in experiment.variants
    )


def duplicate(experiment: Experiment, id: str) -> tuple[Experiment, str]:
    """Return the experiment with a copy of a component, on the same cores, and its id.

    It shares the cores of the first in every variant.
    """
    scenario, copy = edits.duplicate(experiment.scenario, id)

    def joined(variant: Variant) -> Variant:
        own, listed = variant.affinity, variant.components
        return variant.but(
            affinity=own | {copy: own[id]} if id in own else own,
            components=listed if listed is None or id not in listed else (*listed, copy),
        )

    return experiment.but(scenario=scenario, variants=tuple(map(joined, experiment.variants))), copy


def remove(experiment: Experiment, id: str) -> Experiment:
    """Return the experiment without a component, in every variant."""
    return forgotten(experiment.but(scenario=edits.remove(experiment.scenario, id)), id)


def forgotten(experiment: Experiment, id: str) -> Experiment:
    """Return the experiment whose variants do not name a component any more."""

    def without(variant: Variant) -> Variant:
        listed = variant.components
        return variant.but(
            affinity={other: place for other, place in variant.affinity.items() if other != id},
            components=None if listed is None else tuple(other for other in listed if other != id),
        )

    return experiment.but(variants=tuple(without(variant) for variant in experiment.variants))


def make_variant(
    experiment: Experiment, name: str, leave_columns: int, nodes: int = 1
) -> Experiment:
    """Return the experiment with a one-click variant, made or set back to its rule."""
    title, rule = VARIANTS[name]
    placed = PlacementRule(rule=rule, leave=leave_columns, nodes=nodes if rule == "per-node" else 1)
    known = {variant.name for variant in experiment.variants}
    if name in known:
        renewed = tuple(
            variant.but(placement=placed, affinity={}) if variant.name == name else variant
            for variant in experiment.variants
        )
        return experiment.but(variants=renewed)
    return experiment.but(
        variants=(*experiment.variants, Variant(name=name, title=title, placement=placed))
    )


def place_by_rule(experiment: Experiment, name: str) -> Experiment:
    """Return the experiment with its benchmarks placed by a one-click rule, without a variant.

    Where it has no benchmarks, every component that is switched on is placed.
    """
    scenario = experiment.scenario
    every = measured(scenario) or tuple(c for c in scenario.components if c.enabled)
    ids = {component.id for component in every}
    _, rule = VARIANTS[name]
    ruled = tuple(
        c.but(affinity=PlacementRule(rule=rule)) if c.id in ids else c for c in scenario.components
    )
    return experiment.but(scenario=placement.placed(scenario.but(components=ruled)))


def leave(experiment: Experiment, columns: int) -> Experiment:
    """Return the experiment whose placement rules leave some columns to the system."""

    def leaving(variant: Variant) -> Variant:
        rule = variant.placement
        return variant if rule is None else variant.but(placement=rule.but(leave=columns))

    scenario = experiment.scenario
    components = tuple(
        component.but(affinity=component.affinity.but(leave=columns))
        if isinstance(component.affinity, PlacementRule)
        else component
        for component in scenario.components
    )
    return experiment.but(
        scenario=scenario.but(components=components),
        variants=tuple(leaving(variant) for variant in experiment.variants),
    )


def resize_space(experiment: Experiment, width: int, height: int) -> Experiment:
    """Return the experiment with an affinity space of another size."""
    return changed(experiment, lambda scenario: edits.set_space(scenario, width, height))


def route(scenario: Scenario, id: str, service: str, target: Target) -> Scenario:
    """Return the scenario in which a component's sessions of a service go to a target.

    The first rule for just this service is changed; where there is none, a new
    one goes first. A component that used the default route gets a copy of it.
    """
    component = scenario.component(id)
    rules = component.route if component.route is not None else scenario.default_route or ()
    chosen = RouteRule(service=service, targets=(target,))
    plain = [
        index for index, rule in enumerate(rules) if rule.but(targets=()) == chosen.but(targets=())
    ]
    if plain:
        at = plain[0]
        return edits.set_route(scenario, id, (*rules[:at], chosen, *rules[at + 1 :]))
    return edits.set_route(scenario, id, (chosen, *rules))


def mend(experiment: Experiment, variant: str, fix: Fix) -> Experiment:
    """Return the experiment after a fix, applied where the problem lies.

    In a variant, changed places become the variant's own; anything else that
    the fix changes, it changes in the scenario of all variants.
    """
    if not variant:
        return changed(experiment, fix.apply)
    before = shown(experiment, variant)
    after = fix.apply(before)
    moved = {
        component.id: component.affinity
        for component in after.components
        if isinstance(component.affinity, Rectangle)
        and component.affinity != _affinity(before, component.id)
    }
    if moved:
        return in_variant(experiment, variant, lambda affinity: affinity | moved)
    return changed(experiment, fix.apply)


def fill_the_rest(experiment: Experiment, variant: str, id: str, leave_columns: int) -> Experiment:
    """Return the experiment with a component on the widest run of columns that no other uses.

    Raises
    ------
    workbench.errors.InputError
        If every column is used.
    """
    scenario = shown(experiment, variant)
    space = scenario.effective_space
    taken = _taken(scenario, without=id)
    best = Rectangle(width=0)
    x = min(leave_columns, space.width)
    while x < space.width:
        end = x
        while end < space.width and end not in taken:
            end += 1
        if end - x > best.width:
            best = Rectangle(x=x, width=end - x, height=max(space.height, 1))
        x = end + 1
    if not best.width:
        raise InputError("No column is free.", "Make a component narrower first.")
    return place(experiment, variant, id, best)


def _taken(scenario: Scenario, without: str = "") -> set[int]:
    """Return the columns of components that are switched on and placed."""
    places = placement.requested(scenario)
    return {
        column
        for component in scenario.components
        if component.enabled and component.affinity is not None and component.id != without
        for rectangle in [places[component.id]]
        for column in range(rectangle.x, rectangle.x + rectangle.width)
    }


def free_place(scenario: Scenario, leave_columns: int) -> Rectangle:
    """Return where a new component goes: the first free columns, or else the first ones.

    An eighth of the space is taken, over its full height.
    """
    space = scenario.effective_space
    width = max(1, space.width // 8)
    taken = _taken(scenario)
    first = min(leave_columns, max(space.width - width, 0))
    starts = range(first, space.width - width + 1)
    x = next((x for x in starts if not taken & set(range(x, x + width))), first)
    return Rectangle(x=x, width=width, height=max(space.height, 1))


def _affinity(scenario: Scenario, id: str) -> object:
    return next((c.affinity for c in scenario.components if c.id == id), None)


def in_variant(
    experiment: Experiment,
    name: str,
    change: Callable[[dict[str, Rectangle]], dict[str, Rectangle]],
) -> Experiment:
    """Return the experiment with other places in one variant."""
    return experiment.but(
        variants=tuple(
            variant.but(affinity=change(variant.affinity)) if variant.name == name else variant
            for variant in experiment.variants
        )
    )
