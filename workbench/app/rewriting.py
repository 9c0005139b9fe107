"""A scenario written anew as text becomes an edit: what the text does not say is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import reduce

from workbench.app import changes
from workbench.errors import InputError
from workbench.scenario import init_config
from workbench.scenario.boot import Boot
from workbench.scenario.experiment import Experiment
from workbench.scenario.model import Component, Rectangle, Scenario
from workbench.scenario.release import Profile
from workbench.scenario.translation import translated
from workbench.scenario.tree import Node

__all__ = ["rewritten"]


def rewritten(
    experiment: Experiment, variant: str, before: Scenario, after: Scenario
) -> Experiment:
    """Return the experiment after the text of its shown variant was written anew.

    What reads as it did before stays the very same: how its author spelled it, and the
    rule that places it. Components keep their ids by name, a renamed one by its place. In
    a variant, other places become the variant's own.

    Parameters
    ----------
    before, after
        What the text said and says now, both read from the same format.

    Raises
    ------
    workbench.errors.InputError
        If the variant has other components than the scenario as written, so that its
        text cannot say what is to become of those.
    """
    own = experiment.scenario
    ids = [component.id for component in changes.shown(experiment, variant).components]
    if ids != [component.id for component in own.components]:
        raise InputError(
            f"The variant “{variant}” has another number of instances than written.",
            "Choose “As written”, and edit the text of that.",
        )
    before = _with_ids(_spelled_as(before, own.profile), ids)
    after = _spelled_as(after, own.profile)
    after = _with_ids(after, _known_ids(before.components, after.components))
    said = {component.id: component for component in before.components}
    moved: dict[str, Rectangle] = {}

    def kept(component: Component) -> Component:
        """Return a component with what the text does not say of it."""
        old = said.get(component.id)
        if old is None:
            return component
        original = own.component(component.id)
        if component == old:
            return original
        if component.affinity == old.affinity:
            return component.but(affinity=original.affinity)
        if variant and isinstance(component.affinity, Rectangle):
            moved[component.id] = component.affinity
            return component.but(affinity=original.affinity)
        return component

    written = after.but(
        components=tuple(map(kept, after.components)),
        form=own.form if before.form == after.form else after.form,
        boot=_boot(own.boot, before.boot, after.boot),
    )
    gone = said.keys() - {component.id for component in written.components}
    changed = reduce(changes.forgotten, sorted(gone), experiment).but(scenario=written)
    return changes.in_variant(changed, variant, lambda own: own | moved) if moved else changed


def _spelled_as(scenario: Scenario, profile: Profile | None) -> Scenario:
    """Return what was read from a text as if it had been read from another profile's."""
    source, target = scenario.profile or "xml-classic", profile or "xml-classic"
    if source == target:
        return scenario.but(profile=target)
    config = translated(init_config.write(scenario, source), source, target)
    read = init_config.read(config, "hid" if target == "hid" else "xml", target)
    return read.but(boot=scenario.boot)


def _boot(own: Boot | None, before: Boot | None, after: Boot | None) -> Boot | None:
    """Return how to boot: formats that do not say it leave it, and so does what is made up."""
    if after is None:
        return own
    if own is None and before is not None and before.but(script=None) == after.but(script=None):
        return None
    return after


def _known_ids(before: Sequence[Component], now: Sequence[Component]) -> list[str]:
    """Return the id to use for each component: that of its name, else of its place."""
    names_before = Counter(component.name for component in before)
    names_now = Counter(component.name for component in now)

    def single(name: str | None) -> bool:
        return name is not None and names_before[name] == names_now[name] == 1

    by_name = {component.name: component.id for component in before if single(component.name)}
    ids = [by_name.get(component.name) if component.name else None for component in now]
    if len(before) == len(now):
        places = zip(ids, before, strict=True)
        ids = [id or (None if single(old.name) else old.id) for id, old in places]
    taken = {component.id for component in before} | set(ids)
    for index, component in enumerate(now):
        number, id = 2, component.id
        while ids[index] is None and id in taken:
            id, number = f"{component.id}~{number}", number + 1
        ids[index] = ids[index] or id
        taken.add(id)
    return [id for id in ids if id is not None]


def _with_ids(scenario: Scenario, ids: Sequence[str]) -> Scenario:
    """Return the scenario with other ids, in its form, too."""
    new = dict(zip((component.id for component in scenario.components), ids, strict=True))
    form = scenario.form
    if form is not None:
        form = form.with_content(
            tuple(
                item.with_attribute("component", new[item.get("component") or ""])
                if isinstance(item, Node) and item.type == "start"
                else item
                for item in form.content
            )
        )
    components = tuple(c.but(id=new[c.id]) for c in scenario.components)
    return scenario.but(components=components, form=form)
