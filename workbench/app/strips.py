"""What lies under the cores: nodes and caches of the machine, and what Hoitaja makes of a grid."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from workbench.analysis.colours import component_colours
from workbench.app.state import AppState
from workbench.backends.machine import Machine, machine
from workbench.errors import InputError
from workbench.scenario import hoitaja, inside
from workbench.scenario.experiment import Experiment

__all__ = ["nodes_of", "strips"]

_PROFILE = "talk"
"""Of experiments that name none, as in a simulation."""


def strips(state: AppState) -> list[dict[str, Any]]:
    """Return the strips of `workbench.app.grid.AffinityGrid`, the uppermost first."""
    if state.inside:
        around, id = state.inside[:-1], state.inside[-1]
        outer = inside.seen(state.whole, around).component(id)
        return [_of_hoitaja(state)] if outer.program == hoitaja.HOITAJA else []
    profile = _profile(state.experiment)
    if profile is None:
        return []
    columns = max(state.shown.effective_space.width, 1)
    nodes = _number(profile, "numa_nodes", 1)
    caches = _number(profile, "cores", 1) // max(_number(profile, "l3_cores", 1), 1)
    found = []
    if 1 < nodes <= columns:
        found.append(_equal_parts("NUMA node", "node", nodes, columns))
    if nodes < caches <= columns and caches * 2 <= columns:
        found.append(_equal_parts("Third-level cache", "L3", caches, columns))
    return found


def nodes_of(experiment: Experiment) -> int:
    """Return the number of NUMA nodes of an experiment's machine; 1 where unknown."""
    profile = _profile(experiment)
    return 1 if profile is None else _number(profile, "numa_nodes", 1)


def _profile(experiment: Experiment) -> Machine | None:
    try:
        return machine(str(experiment.parameters.get("machine", _PROFILE)))
    except InputError:
        return None  # running it will say what is wrong with the profile


def _number(profile: Machine, name: str, default: int) -> int:
    setting = profile.values.get(name)
    return int(setting.value) if setting is not None else default


def _equal_parts(title: str, word: str, parts: int, columns: int) -> dict[str, Any]:
    edges = [index * columns // parts for index in range(parts + 1)]
    runs = [
        {
            "start": left,
            "length": right - left,
            "label": f"{word} {index}",
            "short": str(index),
            "colour": "",
        }
        for index, (left, right) in enumerate(pairwise(edges))
    ]
    return {"name": title, "dashed": False, "runs": runs}


def _of_hoitaja(state: AppState) -> dict[str, Any]:
    """Return where Hoitaja will place the shown cells, whatever their affinity says."""
    scenario = state.shown
    cells = [component for component in scenario.components if component.enabled]
    colours = component_colours(component.label for component in scenario.components)
    places = hoitaja.shares(scenario.effective_space, [cell.priority or 0 for cell in cells])
    runs = [
        {
            "start": place.x,
            "length": place.width,
            "label": f"Hoitaja gives {cell.label} {place.width}",
            "short": cell.label,
            "colour": colours[cell.label],
        }
        for cell, place in zip(cells, places, strict=True)
        if place is not None
    ]
    return {"name": "Where Hoitaja places the cells (by weight)", "dashed": True, "runs": runs}
