"""The two rows above the grid: the file with its history, and the placement."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.app import changes
from workbench.app.fields import Field, Refusal
from workbench.app.files import Files
from workbench.app.gallery import TemplateDialog
from workbench.app.state import AS_WRITTEN, AppState
from workbench.app.strips import nodes_of
from workbench.errors import InputError

__all__ = ["DocumentBar", "PlacementBar"]

_ROW: dict[str, Any] = {
    "sizing_mode": "stretch_width",
    "margin": 0,
    "align": "center",
    "styles": {"align-items": "center", "gap": "8px", "padding": "8px 16px", "flex": "none"},
}


_MORE = {
    "Split by weight (Hoitaja's rule)": "by-weight",
    "One NUMA node each": "per-node",
    "Fill the rest with the selected one": "",
}
"""Further one-click placements: title -> name in `changes.VARIANTS`, or "" for the last."""

_COMPACT = {
    "width": "auto",
    "& .MuiToggleButton-root": {
        "width": "auto",
        "padding": "6px 12px",
        "fontSize": "13px",
        "lineHeight": "20px",
        "whiteSpace": "nowrap",
    },
}


class DocumentBar(pn.viewable.Viewer):  # type: ignore[misc]
    """Templates, open, save, export, undo and redo."""

    def __init__(self, state: AppState, files: Files, **params: Any) -> None:
        super().__init__(**params)
        self._state = state
        refusal = Refusal()
        self._name = Field(
            "Experiment",
            self._rename,
            refusal,
            test_id="experiment-name",
            sizing_mode=None,
            width=200,
            margin=0,
            align="center",
        )
        self._templates = TemplateDialog(state)
        self._undo = _button("Undo", "undo", "undo", lambda _: state.undo())
        self._redo = _button("Redo", "redo", "redo", lambda _: state.redo())
        self._status = pn.pane.HTML(
            margin=0,
            align="center",
            css_classes=["status"],
            styles={"opacity": "0.65", "font-size": "12px"},
        )
        self._view = pn.Row(
            self._name.widget,
            _button("New", "add", "new", lambda _: self._templates.ask()),
            _button("Open", "folder_open", "open", lambda _: files.ask_open()),
            _button("Save", "save", "save", lambda _: files.save()),
            _button("Export", "download", "export", lambda _: files.export_dialog.ask()),
            _button("Share", "share", "share", lambda _: files.share_dialog.ask()),
            self._undo,
            self._redo,
            refusal,
            pn.HSpacer(),
            self._status,
            self._templates,
            **_ROW,
        )
        state.param.watch(lambda *_: self._show(), ["experiment", "document", "saved"])
        self._show()

    def __panel__(self) -> Any:
        return self._view

    def _rename(self, text: str) -> None:
        if not text:
            raise ValueError("An experiment needs a name.")
        self._state.edit("Rename", lambda experiment: experiment.but(name=text))

    def _show(self) -> None:
        state = self._state
        self._name.show(state.experiment.name)
        self._undo.disabled = not state.undo_label
        self._redo.disabled = not state.redo_label
        parts = (state.undo_label, "not saved" if state.unsaved else "")
        self._status.object = escape(" · ".join(filter(None, parts)))


class PlacementBar(pn.viewable.Viewer):  # type: ignore[misc]
    """Which variant is shown, one-click placements, and the space."""

    def __init__(self, state: AppState, **params: Any) -> None:
        super().__init__(**params)
        self._state = state
        self._showing = False
        self._variant = pmui.RadioButtonGroup(
            size="small",
            variant="outlined",
            css_classes=["variant"],
            margin=0,
            align="center",
            sx=_COMPACT,
        )
        self._leave = pmui.Switch(
            label="Leave core 0",
            size="small",
            css_classes=["leave-core-0"],
            margin=0,
            align="center",
        )
        self._refusal = Refusal()
        self._more = pmui.MenuButton(
            label="More",
            icon="expand_more",
            variant="outlined",
            size="small",
            items=[{"label": title} for title in _MORE],
            css_classes=["more-placements"],
            margin=0,
            align="center",
        )
        self._more.on_click(lambda item: self._chosen(item["label"]))
        self._width = self._side("Width")
        self._height = self._side("Height")
        self._variant.param.watch(self._choose, "value")
        self._leave.param.watch(self._left, "value")
        self._view = pn.Row(
            self._variant,
            pn.HSpacer(),
            self._refusal,
            _button("Time-share", "layers", "time-share", lambda _: self._make("time-shared")),
            _button(
                "Partition evenly", "view_column", "partition", lambda _: self._make("partitioned")
            ),
            self._more,
            self._leave,
            self._width.widget,
            self._height.widget,
            **_ROW,
        )
        state.param.watch(lambda *_: self._show(), ["experiment", "variant", "inside", "leave"])
        self._show()

    def __panel__(self) -> Any:
        return self._view

    def _side(self, label: str) -> Field:
        def apply(text: str) -> None:
            if not text.isdecimal() or not 1 <= int(text) <= 4096:
                raise ValueError(f"{label}: a whole number from 1 to 4096.")
            space = self._state.here.scenario.effective_space
            sides = {"Width": space.width, "Height": space.height} | {label: int(text)}
            self._state.edit_here(
                "Resize the space",
                lambda experiment: changes.resize_space(
                    experiment, sides["Width"], sides["Height"]
                ),
            )

        return Field(
            label,
            apply,
            self._refusal,
            test_id=f"space-{label.lower()}",
            sizing_mode=None,
            width=76,
            margin=0,
            align="center",
        )

    def _show(self) -> None:
        state = self._state
        names = {variant.name: variant.name for variant in state.experiment.variants}
        self._showing = True
        try:
            self._variant.param.update(
                options={"As written": AS_WRITTEN} | names, value=state.variant
            )
            self._leave.value = state.leave > 0
            self._variant.visible = self._leave.visible = not state.inside
        finally:
            self._showing = False
        space = state.shown.effective_space
        self._width.show(str(space.width))
        self._height.show(str(space.height))

    def _choose(self, event: Any) -> None:
        if not self._showing and event.new is not None:
            self._state.variant = event.new

    def _left(self, event: Any) -> None:
        if self._showing:
            return
        columns = 1 if event.new else 0
        self._state.leave = columns
        self._state.edit(
            "Leave core 0" if columns else "Use core 0",
            lambda experiment: changes.leave(experiment, columns),
        )

    def _chosen(self, title: str) -> None:
        name = _MORE[title]
        if name:
            self._make(name)
            return
        state = self._state
        id, variant, leave = state.selected, state.variant_here, state.leave_here
        if id is None:
            raise InputError("Nothing is selected.", "Select the component that fills the rest.")
        state.edit_here(
            f"Fill the rest with {state.shown.component(id).label}",
            lambda experiment: changes.fill_the_rest(experiment, variant, id, leave),
        )

    def _make(self, name: str) -> None:
        state = self._state
        leave = state.leave
        if state.inside:
            state.edit_here(
                changes.VARIANTS[name][0],
                lambda experiment: changes.place_by_rule(experiment, name),
            )
            return
        state.edit(
            changes.VARIANTS[name][0],
            lambda experiment: changes.make_variant(experiment, name, leave, nodes_of(experiment)),
        )
        state.variant = name


def _button(label: str, icon: str, test_id: str, on_click: Any) -> Any:
    return pmui.Button(
        label=label,
        icon=icon,
        variant="outlined",
        size="small",
        margin=0,
        align="center",
        css_classes=[test_id],
        on_click=on_click,
    )
