"""Variants: the scenario that a named change of an experiment makes."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.errors import InputError
from workbench.scenario.catalogue import catalogue
from workbench.scenario.children import children
from workbench.scenario.edits import duplicate
from workbench.scenario.experiment import Experiment, Parameter, Variant
from workbench.scenario.model import Component, PlacementRule, Rectangle, Scenario
from workbench.scenario.placement import placed

__all__ = ["apply", "measured", "parameters", "with_instances"]


def measured(scenario: Scenario) -> tuple[Component, ...]:
    """Return the enabled components that run a workload, in document order.

    Several of one name become one child, whose program the last of them names.
    """
    known = catalogue()
    binaries = {child.id: child.binary for child in children(scenario)}
    return tuple(
        component
        for component in scenario.components
        if component.enabled
        and (entry := known.entry(binaries.get(component.id, component.program))) is not None
        and entry.role == "benchmark"
    )


def apply(experiment: Experiment, variant_name: str) -> Scenario:
    """Return the experiment's scenario with a variant applied; every rule is a rectangle.

    Raises
    ------
    workbench.errors.InputError
        If there is no such variant, or it names a component that does not exist.
    """
    variant = _variant(experiment, variant_name)
    scenario = experiment.scenario
    if variant.instances is not None:
        scenario = with_instances(scenario, variant.instances)
    _refuse_unknown(variant, experiment.scenario, scenario)
    if variant.placement is not None:
        members = variant.components
        if members is None:
            members = tuple(component.id for component in measured(scenario))
        scenario = _with_affinities(scenario, dict.fromkeys(members, variant.placement))
    # Rules first: a rectangle of its own for one member does not move the others.
    return _with_affinities(placed(scenario), variant.affinity)


def _with_affinities(
    scenario: Scenario, affinities: Mapping[str, PlacementRule | Rectangle]
) -> Scenario:
    def changed(component: Component) -> Component:
        affinity = affinities.get(component.id)
        return component if affinity is None else component.but(affinity=affinity)

    return scenario.but(components=tuple(map(changed, scenario.components)))


def parameters(experiment: Experiment, variant_name: str) -> dict[str, Parameter]:
    """Return the parameters of a variant's runs: the experiment's, then the variant's own."""
    return experiment.parameters | _variant(experiment, variant_name).parameters


def with_instances(scenario: Scenario, instances: int) -> Scenario:
    """Return a scenario with so many measured components.

    Superfluous ones are dropped from the end, missing ones are copied from the
    last and stand right behind it.

    Raises
    ------
    workbench.errors.InputError
        If there is none to copy.
    """
    present = measured(scenario)
    if not present:
        raise InputError(
            "There is no measured component to make more of.",
            "Add one whose binary runs a workload, for example blinktree.",
        )
    dropped = {component.id for component in present[instances:]}
    if dropped:
        kept = tuple(c for c in scenario.components if c.id not in dropped)
        return scenario.but(components=kept)
    last = present[-1].id
    for _ in range(instances - len(present)):
        scenario, last = duplicate(scenario, last)
    return scenario


def _variant(experiment: Experiment, name: str) -> Variant:
    try:
        return experiment.variant(name)
    except KeyError:
        known = ", ".join(variant.name for variant in experiment.runnable_variants)
        raise InputError(f'There is no variant "{name}".', f"Choose one of: {known}.") from None


def _refuse_unknown(variant: Variant, before: Scenario, after: Scenario) -> None:
    """Refuse ids that neither scenario has; one that `instances` dropped is fine."""
    known = {component.id for scenario in (before, after) for component in scenario.components}
    for id in (*(variant.components or ()), *variant.affinity):
        if id not in known:
            raise InputError(
                f'The variant "{variant.name}" names the component "{id}", which does not exist.',
                f"Choose from: {', '.join(sorted(known))}.",
            )
