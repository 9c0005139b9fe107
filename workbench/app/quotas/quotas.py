"""The quota view: what each component is configured to get, against what its `init` has.

What there is to give is that of the machine, or inside a component what that one gets.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

from workbench.analysis.colours import component_colours
from workbench.app import changes
from workbench.app.state import AppState
from workbench.scenario import edits, inside
from workbench.scenario.model import Component, Scenario
from workbench.scenario.quota import (
    CAPS_DEDUCTED,
    RAM_DEDUCTED,
    Purse,
    caps_available,
    ram_available,
)
from workbench.scenario.units import format_amount

__all__ = ["QuotaBars", "quotas_of"]

_FOLDER = Path(__file__).parent


class QuotaBars(JSComponent):  # type: ignore[misc]
    """Shows quotas; sends ``{"set": [resource, id, amount, goes on]}`` and ``{"select": id}``."""

    resources = param.List(
        default=[],
        item_type=dict,
        doc="""
        One dictionary for each resource: key (ram or caps), title, given (in all; None: ample),
        cost (deducted for each child) and rows, which are dictionaries with id, name, colour,
        asked, gets (after deductions; None: does not start) and default (whether the amount is
        that of all components that name none).""",
    )
    selected = param.String(default="", doc="Id of the selected component.")

    _debounce = 0
    _esm = (_FOLDER / "quotas.js").read_text(encoding="utf-8")
    _stylesheets = (_FOLDER / "quotas.css",)


def quotas_of(state: AppState, **params: Any) -> QuotaBars:
    """Return the quota view of a state; it is worked out only while it can be seen."""
    view = QuotaBars(**params)

    def show(*_: Any) -> None:
        if view.visible:
            view.resources = [_resource(state, "ram"), _resource(state, "caps")]

    def mark(*_: Any) -> None:
        view.selected = state.selected or ""

    def act(event: Any) -> None:
        (action, what), *_ = event.data.items()
        match action, what:
            case "select", str(id):
                state.selected = id
            case "set", [("ram" | "caps") as key, str(id), int(amount), bool(goes_on)] if (
                amount >= 0 and id in {c.id for c in state.here.scenario.components}
            ):
                _set(state, key, id, amount, goes_on)

    state.param.watch(show, ["experiment", "variant", "inside", "document", "host"])
    state.param.watch(mark, ["selected"])
    view.param.watch(show, "visible")
    view.on_msg(act)
    show()
    mark()
    return view


def _set(state: AppState, key: str, id: str, amount: int, goes_on: bool) -> None:
    def change(scenario: Scenario) -> Scenario:
        if key == "ram":
            return edits.set_quota(scenario, id, ram_bytes=amount)
        return edits.set_quota(scenario, id, caps=amount)

    name = "RAM" if key == "ram" else "Caps"
    state.edit_here(
        f"{name} of {state.shown.component(id).label}",
        lambda experiment: changes.changed(experiment, change),
        continues=goes_on,
    )


def _resource(state: AppState, key: str) -> dict[str, Any]:
    scenario = state.shown
    colours = component_colours(component.label for component in scenario.components)
    default = scenario.default_ram_bytes if key == "ram" else scenario.default_caps
    rows = []
    for component in scenario.components:
        if not component.enabled:
            continue
        own = component.ram_bytes if key == "ram" else component.caps
        outcome = state.outcome(component)
        gets = None
        if outcome is not None and outcome.starts:
            gets = outcome.ram_bytes if key == "ram" else outcome.caps
        rows.append(
            {
                "id": component.id,
                "name": component.label,
                "colour": colours[component.label],
                "asked": own if own is not None else default or 0,
                "gets": gets,
                "default": own is None,
            }
        )
    given, source = _given(state, key)
    return {
        "key": key,
        "title": "RAM" if key == "ram" else "Capabilities",
        "given": given,
        "source": source,
        "cost": RAM_DEDUCTED if key == "ram" else CAPS_DEDUCTED,
        "rows": rows,
    }


def _given(state: AppState, key: str) -> tuple[int | None, str]:
    """Return what the shown `init` has to hand out, and in words whose it is."""
    if not state.inside:
        total, source = getattr(state.host, "ram_bytes" if key == "ram" else "caps"), "the machine"
    else:
        around, id = state.inside[:-1], state.inside[-1]
        outer = inside.seen(state.whole, around).component(id)
        total, source = _gets(state, outer, key), outer.label
    if total is None:
        return None, source
    if key == "ram":
        purse = Purse(total, None, nested=bool(state.inside))
        return max(ram_available(state.shown, purse), 0), f"{source}, of {format_amount(total)}"
    return max(caps_available(state.shown, total), 0), f"{source}, of {total}"


def _gets(state: AppState, outer: Component, key: str) -> int | None:
    from_outside = state.outcome_at(state.inside[:-1], outer)
    if from_outside is None:
        return None
    return from_outside.ram_bytes if key == "ram" else from_outside.caps
