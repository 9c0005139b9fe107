"""Checks of affinity spaces, rectangles and placement rules."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.scenario.checks.base import Finding, Subject, check_rule
from workbench.scenario.edits import move, set_space
from workbench.scenario.layout import moved_up
from workbench.scenario.model import AffinitySpace, PlacementRule, Rectangle, Scenario
from workbench.scenario.placement import rule_names
from workbench.scenario.problem import Fix

__all__ = ["move_up_fix"]

_MISSING = "Warning: affinity-space configuration missing, but affinity defined for child {}"


@check_rule("affinity-outside-space")
def _outside(subject: Subject) -> Iterator[Finding]:
    space = subject.scenario.space
    if space is None or _is_empty(space) or subject.places_itself:
        return
    for component in subject.enabled:
        rectangle = component.affinity
        if not isinstance(rectangle, Rectangle) or space.contains(rectangle):
            continue
        inside = _moved_inside(rectangle, space)

        def apply(
            scenario: Scenario, id: str = component.id, inside: Rectangle = inside
        ) -> Scenario:
            return move(scenario, id, inside)

        yield Finding(
            "warning",
            f"{component.label} asks for {_words(rectangle)}, which is not inside "
            f"the {space.width}x{space.height} affinity space.",
            component,
            subject.line(
                f"Warning: {component.name}: affinity location exceeds affinity-space boundary"
            )
            + ". It runs on the whole space.",
            Fix(f"Move {component.label} into the space: {_words(inside)}", apply),
            "affinity",
        )


@check_rule("affinity-space-missing")
def _missing(subject: Subject) -> Iterator[Finding]:
    if subject.scenario.space is not None or subject.places_itself:
        return
    placed = [c for c in subject.enabled if c.affinity is not None]
    if not placed:
        return
    rectangles = [c.affinity for c in placed if isinstance(c.affinity, Rectangle)]
    width = max([1, *(r.x + r.width for r in rectangles)])
    height = max([1, *(r.y + r.height for r in rectangles)])
    yield Finding(
        "warning",
        f"{_names(c.label for c in placed)} {'has' if len(placed) == 1 else 'have'} an affinity, "
        "but there is no affinity space.",
        None,
        subject.line(_MISSING.format(placed[0].name))
        + ". The space is 1x1: everything runs on all CPUs there are.",
        Fix(
            f"Add an affinity space of {width}x{height}",
            lambda scenario: set_space(scenario, width, height),
        ),
    )


@check_rule("affinity-space-late")
def _late(subject: Subject) -> Iterator[Finding]:
    if subject.scenario.space is None or subject.places_itself:
        return
    for component in subject.enabled:
        if component.affinity is not None and subject.settings[component.id].space is None:
            yield Finding(
                "warning",
                f"{component.label} stands before the affinity space, which comes too late for it.",
                component,
                subject.line(_MISSING.format(component.name)) + ". It runs on all CPUs there are.",
                move_up_fix("affinity-space", "the affinity space"),
                "affinity",
            )


@check_rule("affinity-space-empty")
def _empty(subject: Subject) -> Iterator[Finding]:
    space = subject.scenario.space
    if space is not None and _is_empty(space):
        width, height = max(space.width, 1), max(space.height, 1)
        yield Finding(
            "warning",
            f"The affinity space of {space.width}x{space.height} has no cells.",
            None,
            "Everything starts on the first CPU.",
            Fix(
                f"Make it {width}x{height}",
                lambda scenario: set_space(scenario, width, height),
            ),
            "affinity-space",
        )


@check_rule("placement-rule-unknown")
def _unknown_rule(subject: Subject) -> Iterator[Finding]:
    for component in subject.enabled:
        rule = component.affinity
        if isinstance(rule, PlacementRule) and rule.rule not in rule_names():
            yield Finding(
                "error",
                f'{component.label} is placed by the rule "{rule.rule}", which does not exist; '
                f"choose one of: {', '.join(rule_names())}.",
                component,
                "The scenario cannot be run or exported.",
            )


@check_rule("placement-leaves-nothing")
def _leaves_nothing(subject: Subject) -> Iterator[Finding]:
    width = subject.scenario.effective_space.width
    for component in subject.enabled:
        rule = component.affinity
        if isinstance(rule, PlacementRule) and 0 < width <= rule.leave:
            yield Finding(
                "warning",
                f"The placement rule of {component.label} leaves {rule.leave} columns to the "
                f"system, but the space has only {width}.",
                component,
                "The rule leaves no column and uses them all.",
            )


def move_up_fix(type: str, title: str) -> Fix:
    """Return the fix that moves global nodes of a type before the first component."""

    def apply(scenario: Scenario) -> Scenario:
        return scenario.but(form=moved_up(scenario.form, type)) if scenario.form else scenario

    return Fix(f"Move {title} before the components", apply)


def _is_empty(space: AffinitySpace) -> bool:
    return space.width == 0 or space.height == 0


def _moved_inside(rectangle: Rectangle, space: AffinitySpace) -> Rectangle:
    """Return the nearest rectangle inside, of the same size where that fits."""
    width = min(max(rectangle.width, 1), space.width)
    height = min(max(rectangle.height, 1), space.height)
    return Rectangle(
        x=min(max(rectangle.x, 0), space.width - width),
        y=min(max(rectangle.y, 0), space.height - height),
        width=width,
        height=height,
    )


def _words(rectangle: Rectangle) -> str:
    columns = f"columns {rectangle.x} to {rectangle.x + rectangle.width - 1}"
    if rectangle.width == 0 or rectangle.height == 0:
        return f"an empty rectangle at {rectangle.x}, {rectangle.y}"
    if rectangle.y == 0 and rectangle.height == 1:
        return columns
    return f"{columns}, rows {rectangle.y} to {rectangle.y + rectangle.height - 1}"


def _names(labels: Iterator[str], most: int = 3) -> str:
    names = list(labels)
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return ", ".join(names)
