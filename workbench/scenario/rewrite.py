"""Changes of what an author wrote: the form and the fields it is read into, together.

An edit changes fields, and writing brings the form after them. What fields cannot
say (a malformed number, a node that is there twice) is changed in the form
instead; then the fields follow, but only those that the change is about.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.scenario.layout import last, read_globals
from workbench.scenario.model import AffinitySpace, Component, Scenario
from workbench.scenario.start_node import read_start
from workbench.scenario.tree import Node
from workbench.scenario.vocabulary import Syntax, read_services, whole_number

__all__ = ["rewritten"]

Change = Callable[[Node], Node]


def rewritten(
    scenario: Scenario, component: str | None, change: Change, syntax: Syntax = "xml"
) -> Scenario:
    """Return a scenario in which one thing is written otherwise.

    Parameters
    ----------
    scenario
        What is changed.
    component
        Id of the component whose ``start`` node is changed; None for the
        ``config`` node.
    change
        Gives the changed node.
    syntax
        The one that the form was read in.
    """
    if component is not None:
        space = scenario.effective_space
        return scenario.replaced(component, lambda c: _changed(c, change, space, space, syntax))
    if scenario.form is None:
        return scenario
    form = change(scenario.form)
    was, now = _global_fields(scenario.form, syntax), _global_fields(form, syntax)
    different = {name: value for name, value in now.items() if value != was[name]}
    changed = scenario.but(form=form, **different)
    before, after = scenario.effective_space, changed.effective_space
    if before == after:
        return changed
    # What an affinity leaves out depends on the space.
    return changed.but(
        components=tuple(
            _changed(c, lambda node: node, before, after, syntax) for c in changed.components
        )
    )


def _changed(
    component: Component,
    change: Change,
    before: AffinitySpace,
    after: AffinitySpace,
    syntax: Syntax,
) -> Component:
    if component.form is None:
        return component
    form = change(component.form)
    was = read_start(component.form, component.id, before, syntax)
    now = read_start(form, component.id, after, syntax)
    fields = (name for name in Component.model_fields if name not in ("id", "form"))
    different = {n: getattr(now, n) for n in fields if getattr(now, n) != getattr(was, n)}
    return component.but(form=form, **different)


def _global_fields(config: Node, syntax: Syntax) -> dict[str, Any]:
    parent = last(config, "parent-provides")
    settings = read_globals(config, syntax)
    return {
        "prio_levels": whole_number(config.get("prio_levels"), 0, syntax, signed=True),
        "parent_provides": read_services(parent) if parent else (),
        "space": settings.space,
        "default_route": settings.default_route,
        "default_caps": settings.default_caps,
        "default_ram_bytes": settings.default_ram_bytes,
    }
