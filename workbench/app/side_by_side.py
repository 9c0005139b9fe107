"""Two variants beside each other, what differs between them marked."""

from __future__ import annotations

import json
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.app import changes
from workbench.app.blocks import compared_blocks
from workbench.app.grid import AffinityGrid
from workbench.app.state import AS_WRITTEN, AppState
from workbench.errors import InputError
from workbench.scenario import placement
from workbench.scenario.model import Scenario

__all__ = ["SideBySide"]

_NAME = {AS_WRITTEN: "As written"}


class SideBySide(pn.viewable.Viewer):  # type: ignore[misc]
    """Small grids of two variants; a click on a component selects it everywhere."""

    def __init__(self, state: AppState, **params: Any) -> None:
        super().__init__()
        self._state = state
        self._choices = [self._choice(side) for side in ("left", "right")]
        self._grids = [
            AffinityGrid(
                editable=False,
                compact=True,
                sizing_mode="stretch_both",
                margin=0,
                styles={"flex": "1 1 0", "min-height": "0"},
            )
            for _ in self._choices
        ]
        self._words = pn.pane.HTML(
            margin=(0, 16, 4, 16), styles={"font-size": "12px", "opacity": "0.75"}
        )
        columns = [
            pn.Column(
                choice,
                grid,
                sizing_mode="stretch_both",
                margin=0,
                styles={"flex": "1 1 0", "min-width": "0", "min-height": "0"},
            )
            for choice, grid in zip(self._choices, self._grids, strict=True)
        ]
        self._view = pn.Column(
            pn.Row(*columns, sizing_mode="stretch_both", margin=0, styles={"min-height": "0"}),
            self._words,
            css_classes=["side-by-side"],
            **params,
        )
        for grid in self._grids:
            grid.param.watch(self._select, "selected")
        state.param.watch(lambda *_: self._show(), ["experiment", "selected"])
        self._view.param.watch(lambda *_: self._show(), "visible")
        self._show()

    def __panel__(self) -> Any:
        return self._view

    @property
    def visible(self) -> bool:
        """Whether it can be seen; it is worked out only then."""
        return bool(self._view.visible)

    @visible.setter
    def visible(self, on: bool) -> None:
        self._view.visible = on

    def _choice(self, side: str) -> Any:
        choice = pmui.Select(
            size="small",
            sizing_mode="stretch_width",
            margin=(4, 16),
            label=f"Variant on the {side}",
            css_classes=[f"compare-{side}"],
        )
        choice.param.watch(lambda _: self._show(), "value")
        return choice

    def _offer(self) -> None:
        """Offer the variants; the first two that there are, unless others were chosen."""
        names = [AS_WRITTEN, *(variant.name for variant in self._state.experiment.variants)]
        first = names[1:3] if len(names) > 2 else [AS_WRITTEN, names[-1]]
        for choice, proposed in zip(self._choices, first, strict=True):
            options = {_NAME.get(name, name): name for name in names}
            if choice.options != options:
                value = choice.value if choice.value in names and choice.options else proposed
                choice.param.update(options=options, value=value)

    def _show(self) -> None:
        if not self.visible:
            return
        self._offer()
        try:
            scenarios = [
                changes.shown(self._state.experiment, choice.value or "")
                for choice in self._choices
            ]
        except InputError as refusal:
            self._words.object = f"{refusal.what} {refusal.remedy}"
            return
        for grid, scenario, other in zip(self._grids, scenarios, scenarios[::-1], strict=True):
            space = scenario.effective_space
            grid.param.update(
                columns=max(space.width, 1),
                rows=max(space.height, 1),
                drawn=json.dumps(compared_blocks(scenario, other)),
                selected=self._state.selected,
            )
        self._words.object = _difference(*scenarios)

    def _select(self, event: Any) -> None:
        known = {component.id for component in self._state.shown.components}
        if event.new in known:
            self._state.selected = event.new


def _difference(left: Scenario, right: Scenario) -> str:
    """Return in words how many components are placed differently."""
    one, other = placement.requested(left), placement.requested(right)
    differ = [id for id in one.keys() | other.keys() if one.get(id) != other.get(id)]
    if not differ:
        return "Both place every component alike."
    return f"{len(differ)} component{'s' * (len(differ) > 1)} placed differently, outlined twice."
