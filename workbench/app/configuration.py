"""The configuration as text: its format, what changed last, and writing it by hand."""

from __future__ import annotations

from collections.abc import Callable
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

_SHORT = {
    "xml-classic": "XML",
    "xml": "XML, 25.02 and later",
    "hid": "HID",
    "run-26.02": "Run script, 26.02",
    "run-22.02": "Run script, 22.02",
    "yaml": "YAML, the experiment",
}
"""Names of formats that fit a small field; others show their title."""

_BAR: dict[str, Any] = {
    "styles": {"padding": "0 12px 2px 16px", "gap": "4px", "align-items": "center", "flex": "none"},
    "sizing_mode": "stretch_width",
    "margin": 0,
}

_COMPACT: dict[str, Any] = {
    "sx": {
        "height": "24px",
        "fontSize": "12px",
        "& fieldset": {"top": 0},
        "& legend": {"display": "none"},
    },
    # Screen readers read the label; everybody else sees what the field is for.
    "stylesheets": [".MuiInputLabel-root { clip-path: inset(50%); }"],
}


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
        self._text = self._before = state.text
        fill: dict[str, Any] = {"sizing_mode": "stretch_both", "margin": 0}
        self._source = source_of(state, **fill)
        self._diff = pn.pane.HTML(
            stylesheets=[DIFF_CSS], css_classes=["last-change"], margin=(4, 0, 12, 16)
        )
        self._changes = pn.Column(self._diff, scroll="both-auto", visible=False, **fill)
        self._format = pmui.Select(
            options={_SHORT.get(name, f.title): name for name, f in formats.formats().items()},
            value=state.text_format,
            size="small",
            width=180,
            **_COMPACT,
            margin=0,
            label="Format",
            css_classes=["text-format"],
        )
        self._last = _button("Last change", "difference", "show-change", self._toggle)
        self._edit = _button("Edit", "edit", "edit-text", lambda: self._write(True))
        self._apply = _button("Apply", "check", "apply-text", self._source.ask)
        self._cancel = _button("Cancel", "close", "cancel-text", lambda: self._write(False))
        self._apply.visible = self._cancel.visible = False
        buttons = [self._last, self._edit, self._apply, self._cancel]
        self._view = pn.Column(
            pn.Row(self._format, pn.HSpacer(), *buttons, **_BAR),
            pn.Column(self._source, self._changes, **fill, styles={"min-height": "0"}),
            css_classes=["configuration"],
            **params,
        )
        self._format.param.watch(self._choose, "value")
        self._source.on_msg(self._answer)
        state.param.watch(self._show, ["experiment", "variant", "document", "format"])
        state.param.watch(self._show_line, "line")

    def __panel__(self) -> Any:
        return self._view

    @property
    def visible(self) -> bool:
        """Whether it can be seen."""
        return bool(self._view.visible)

    @visible.setter
    def visible(self, on: bool) -> None:
        self._view.visible = on

    # -- format and last change ------------------------------------------------------------------

    def _show(self, *_: Any) -> None:
        state = self._state
        format, text = state.text_format, state.text
        if format != self._format.value:
            self._format.value = format
            self._before = self._text = text  # another format is no change
        if text != self._text:
            self._before, self._text = self._text, text
            if self._source.editing:
                self._refuse(0, "The scenario was changed meanwhile. Apply puts this in its place.")
        if self._changes.visible:
            self._diff.object = diff_html(self._before, self._text)

    def _choose(self, event: Any) -> None:
        state = self._state
        if event.new == state.text_format:
            return
        try:
            state.in_format(event.new)
        except InputError as refusal:
            self._notices.say(Notice.of(refusal))
            self._format.value = state.text_format
            return
        state.format = event.new
        self._before = self._text = state.text

    def _show_line(self, event: Any) -> None:
        if event.new is not None and self._changes.visible:
            self._toggle()

    def _toggle(self) -> None:
        on = not self._changes.visible
        self._changes.visible, self._source.visible = on, not on
        self._last.label = "Whole text" if on else "Last change"
        self._show()

    # -- writing by hand -------------------------------------------------------------------------

    def _write(self, on: bool) -> None:
        """Begin or end to write by hand."""
        if on and self._changes.visible:
            self._toggle()
        self._source.param.update(editing=on, refusal=[], draft="")
        self._apply.visible = self._cancel.visible = on
        self._edit.visible = self._last.visible = not on
        self._format.disabled = on

    def _answer(self, event: Any) -> None:
        match event.data:
            case {"apply": str(text)} if self._source.editing:
                self.take(text)
            case {"cancel": True}:
                self._write(False)

    def take(self, text: str) -> None:
        """Make a text that was written by hand an edit, or say at its line why it is none."""
        state = self._state
        format, variant, before = state.text_format, state.variant, state.as_text.scenario
        try:
            read = formats.read_text(text, format).experiment
            if formats.formats()[format].holds_experiment:
                state.edit("Edit the text", lambda _: read)
            else:
                state.edit(
                    "Edit the text",
                    lambda experiment: rewritten(experiment, variant, before, read.scenario),
                )
        except InputError as error:
            place = error.location
            where = f"Line {place.line}: " if place.line else ""
            element = f"{place.element}: " if place.element else ""
            self._refuse(place.line or 0, f"{where}{element}{error.what} {error.remedy}")
            return
        self._write(False)

    def _refuse(self, line: int, words: str) -> None:
        self._source.refusal = []  # the same words again are news, too
        self._source.refusal = [line, words]


def _button(label: str, icon: str, test_id: str, action: Callable[[], None]) -> Any:
    return pmui.Button(
        label=label,
        icon=icon,
        variant="text",
        size="small",
        margin=0,
        css_classes=[test_id],
        on_click=lambda _: action(),
        sx={"padding": "0 8px", "lineHeight": "22px", "fontSize": "12px"},
    )
