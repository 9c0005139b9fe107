"""Scenarios inside components, to any depth: seen and edited by the ids that lead there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from workbench.scenario.init_config import Profile, inner, with_inner
from workbench.scenario.model import Scenario

__all__ = ["Way", "edited", "known_part", "names", "nested", "seen"]

Way = tuple[str, ...]
"""Ids from a component of the top-level scenario down to the one looked into; () for the top."""


def seen(scenario: Scenario, way: Way) -> Scenario:
    """Return the scenario at the end of a way.

    Raises
    ------
    KeyError
        If the way leads nowhere, or into a component that starts no others.
    """
    for id in way:
        within = inner(scenario.component(id))
        if within is None:
            raise KeyError(id)
        scenario = within
    return scenario


def edited(
    scenario: Scenario,
    way: Way,
    change: Callable[[Scenario], Scenario],
    profile: Profile = "xml-classic",
) -> Scenario:
    """Return the scenario after a change of the one at the end of a way.

    What the change leaves alone stays as its author wrote it.

    Parameters
    ----------
    change
        Gets the scenario as `seen` gives it.
    profile
        How new nodes of a child's configuration are spelled.

    Raises
    ------
    KeyError
        As `seen` does.
    """
    if not way:
        return change(scenario)
    id, *rest = way
    within = seen(scenario, (id,))
    changed = edited(within, tuple(rest), change, profile)
    if changed == within:
        return scenario
    return scenario.replaced(id, lambda component: with_inner(component, changed, profile))


def known_part(scenario: Scenario, way: Way) -> Way:
    """Return the longest beginning of a way that still leads somewhere."""
    for length in range(len(way), 0, -1):
        try:
            seen(scenario, way[:length])
        except KeyError:
            continue
        return way[:length]
    return ()


def names(scenario: Scenario, way: Way) -> tuple[str, ...]:
    """Return the names of the components along a way, to show to people."""
    found = []
    for depth, id in enumerate(way):
        found.append(seen(scenario, way[:depth]).component(id).label)
    return tuple(found)


def nested(scenario: Scenario) -> Iterator[tuple[Way, Scenario]]:
    """Yield every scenario inside a component that is switched on, outer ones first."""
    for component in scenario.components:
        within = inner(component) if component.enabled else None
        if within is not None:
            yield (component.id,), within
            for way, deeper in nested(within):
                yield (component.id, *way), deeper
