"""A scenario written anew as text becomes an edit: what the text does not say is kept."""

from __future__ import annotations

from collections import Counter
from functools import reduce

from workbench.app import changes
from workbench.scenario import placement
from workbench.scenario.experiment import Experiment
from workbench.scenario.model import Component, Rectangle, Scenario
from workbench.scenario.tree import Node

__all__ = ["rewritten"]


def rewritten(experiment: Experiment, variant: str, written: Scenario) -> Experiment:
    """Return the experiment after the text of the shown variant was written anew.

    Components keep their ids by their names, and the rule that places them where
    their rectangle is still the rule's. In a variant, other places become the
    variant's own.

    Parameters
    ----------
    written
        What the text says now.
    """
    before = {
        component.id: component
        for component in placement.placed(changes.shown(experiment, variant)).components
    }
    written = _with_ids(written, _ids(tuple(before.values()), written.components))
    original = {component.id: component for component in experiment.scenario.components}
    moved: dict[str, Rectangle] = {}

    def kept(component: Component) -> Component:
        """Return a component with the affinity that it has in the scenario of all variants."""
        old, own = before.get(component.id), original.get(component.id)
        if old is None or own is None:
            return component
        if component.affinity == old.affinity:
            return component.but(affinity=own.affinity)
        if variant and isinstance(component.affinity, Rectangle):
            moved[component.id] = component.affinity
            return component.but(affinity=own.affinity)
        return component

    written = written.but(components=tuple(map(kept, written.components)))
    gone = original.keys() - {component.id for component in written.components}
    after = reduce(changes.forgotten, sorted(gone), experiment).but(scenario=written)
    return changes.in_variant(after, variant, lambda own: own | moved) if moved else after


def _ids(before: tuple[Component, ...], now: tuple[Component, ...]) -> dict[str, str]:
    """Return the id to use for each component, by the id that reading gave it."""
    old = {component.name: component.id for component in before if _single(before, component.name)}
    ids = {
        component.id: old[component.name]
        for component in now
        if component.name in old and _single(now, component.name)
    }
    taken = set(ids.values())
    for component in now:
        if component.id in ids:
            continue
        id, number = component.id, 2
        while id in taken or id in old.values():
            id, number = f"{component.id}~{number}", number + 1
        ids[component.id] = id
        taken.add(id)
    return ids


def _single(components: tuple[Component, ...], name: str | None) -> bool:
    return name is not None and Counter(c.name for c in components)[name] == 1


def _with_ids(scenario: Scenario, ids: dict[str, str]) -> Scenario:
    """Return the scenario with other ids, in its form, too."""
    form = scenario.form
    if form is not None:
        form = form.with_content(
            tuple(
                item.with_attribute("component", ids[item.get("component") or ""])
                if isinstance(item, Node) and item.type == "start"
                else item
                for item in form.content
            )
        )
    components = tuple(c.but(id=ids[c.id]) for c in scenario.components)
    return scenario.but(components=components, form=form)
