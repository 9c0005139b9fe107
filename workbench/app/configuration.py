"""The configuration as text: its format, what changed last, and writing it by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench import formats
from workbench.app.diff import DIFF_CSS, diff_html
from workbench.app.editor import source_of
from workbench.app.notice import Notice, NoticeBar
from workbench.app.rewriting import rewritten
from workbench.app.state import AppState
from workbench.errors import InputError

__all__ = ["Configuration"]

_BAR: dict[str, Any] = {"size": "small", "margin": 0, "variant": "text"}


class Configuration(pn.viewable.Viewer):  # type: ignore[misc]
    """Shows the text of a state and edits it.

    Parameters
    ----------
    state
        Whose text.
    notices
        Where to say that a format cannot say it.
    """

    def __init__(self, state: AppState, notices: NoticeBar, **params: Any) -> None:
        super().__init__()
        self._state = state
        self._notices = notices
        self._showing = False
        self._text = self._before = state.text
        fill: dict[str, Any] = {"sizing_mode": "stretch_both", "margin": 0}
        self._source = source_of(state, **fill)
        self._diff = pn.pane.HTML(
            stylesheets=[DIFF_CSS], css_classes=["last-change"], margin=(0, 0, 0, 16)
        )
        self._changes = pn.Column(self._diff, scroll="both-auto", visible=False, **fill)
        self._format = pmui.Select(
            options={
                format.title.removeprefix("Genode configuration ").strip("()"): name
                for name, format in formats.formats().items()
            },
            value=state.text_format,
            size="small",
            width=190,
            margin=0,
            label="Format",
            css_classes=["text-format"],
        )
        self._last = self._button("Last change", "difference", "show-change", self._toggle)
        self._edit = self._button("Edit", "edit", "edit-text", lambda: self._begin(True))
        self._apply = self._button("Apply", "check", "apply-text", self._source.ask)
        self._cancel = self._button("Cancel", "close", "cancel-text", lambda: self._begin(False))
        self._apply.visible = self._cancel.visible = False
        self._view = pn.Column(
            pn.Row(
                self._format,
                pn.HSpacer(),
                self._last,
                self._edit,
                self._apply,
                self._cancel,
                margin=0,
                sizing_mode="stretch_width",
                styles={"padding": "6px 16px 4px", "align-items": "center", "flex": "none"},
            ),
            pn.Column(self._source, self._changes, **fill, styles={"min-height": "0"}),
            css_classes=["configuration"],
            **params,
        )
        self._format.param.watch(self._choose, "value")
        self._source.on_msg(self._answer)
        state.param.watch(lambda *_: self._show(), ["experiment", "variant", "document", "format"])

    def __panel__(self) -> Any:
        return self._view

    @property
    def visible(self) -> bool:
        """Whether it can be seen."""
        return bool(self._view.visible)

    @visible.setter
    def visible(self, on: bool) -> None:
        self._view.visible = on

    def _button(self, label: str, icon: str, test_id: str, action: Any) -> Any:
        button = pmui.Button(label=label, icon=icon, css_classes=[test_id], **_BAR)
        button.on_click(lambda _: action())
        return button

    # -- format and last change ------------------------------------------------------------------

    def _show(self) -> None:
        text = self._state.text
        if text != self._text:
            self._before, self._text = self._text, text
        if self._changes.visible:
            self._diff.object = diff_html(self._before, self._text)
        self._showing = True
        self._format.value = self._state.text_format
        self._showing = False

    def _choose(self, event: Any) -> None:
        if self._showing:
            return
        try:
            self._state.in_format(event.new)
        except InputError as refusal:
            self._notices.say(Notice.of(refusal))
            self._show()
            return
        self._state.format = event.new
        self._before = self._text = self._state.text  # another format is no change

    def _toggle(self) -> None:
        on = not self._changes.visible
        self._changes.visible, self._source.visible = on, not on
        self._last.label = "Whole text" if on else "Last change"
        self._show()

    # -- writing by hand -------------------------------------------------------------------------

    def _begin(self, on: bool) -> None:
        if on and self._changes.visible:
            self._toggle()
        self._source.param.update(editing=on, refusal=[])
        self._apply.visible = self._cancel.visible = on
        self._edit.visible = self._last.visible = not on
        self._format.disabled = on

    def _answer(self, event: Any) -> None:
        match event.data:
            case {"apply": str(text)} if self._source.editing:
                self._take(text)
            case {"cancel": True}:
                self._begin(False)

    def _take(self, text: str) -> None:
        state = self._state
        format, variant = state.text_format, state.variant
        try:
            read = formats.read_text(text, format, state.experiment.name).experiment
            if formats.formats()[format].holds_experiment:
                state.edit("Edit the text", lambda _: read)
            else:
                state.edit(
                    "Edit the text",
                    lambda experiment: rewritten(experiment, variant, read.scenario),
                )
        except InputError as error:
            place = replace(error.location, file=None)
            where = f"Line {place.line}: " if place.line else ""
            element = f"{place.element}: " if place.element else ""
            words = f"{where}{element}{error.what} {error.remedy}"
            self._source.refusal = [place.line or 0, words]
            return
        self._begin(False)
