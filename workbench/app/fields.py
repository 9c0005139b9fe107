"""A text field that applies what is typed, or says beside it why it cannot."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui
from pydantic import ValidationError

from workbench.errors import InputError

__all__ = ["Field", "Refusal", "reason"]

_SMALL_TEXT = {"& .MuiInputBase-input": {"fontSize": "14px"}}


class Refusal(pn.viewable.Viewer):  # type: ignore[misc]
    """The line under one or more fields that says why a text was refused, and puts it back."""

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._field: Field | None = None
        self._text = pn.pane.HTML(
            margin=0, sizing_mode="stretch_width", styles={"font-size": "12px", "color": "#d1242f"}
        )
        revert = pmui.Button(
            label="Put back",
            variant="text",
            size="small",
            margin=0,
            css_classes=["put-back"],
            on_click=self._put_back,
        )
        self._view = pn.Row(
            self._text,
            revert,
            visible=False,
            sizing_mode="stretch_width",
            margin=0,
            css_classes=["refusal"],
        )

    def __panel__(self) -> Any:
        return self._view

    def _put_back(self, _event: Any) -> None:
        if self._field is not None:
            self._field.put_back()

    def of(self, field: Field, text: str) -> None:
        """Say why a field refuses its text."""
        self._field = field
        self._text.object = escape(text)
        self._view.visible = True

    def no_more(self, field: Field) -> None:
        """Go away if it was this field that refused."""
        if self._field is field:
            self._field = None
            self._view.visible = False


class Field:
    """One field of a form.

    What cannot be applied stays in the field, with one message beside it; the
    model keeps its value.

    Parameters
    ----------
    label
        Of the field.
    apply
        Called with the text; raises `ValueError` or `InputError` to refuse it.
    refusal
        Where to say why.
    test_id
        CSS class by which tests find the field.
    """

    def __init__(
        self,
        label: str,
        apply: Callable[[str], None],
        refusal: Refusal,
        *,
        test_id: str,
        **params: Any,
    ) -> None:
        options: dict[str, Any] = {
            "size": "small",
            "sizing_mode": "stretch_width",
            "margin": (6, 0),
            "sx": _SMALL_TEXT,
        }
        self.widget = pmui.TextInput(label=label, css_classes=[test_id], **(options | params))
        self._apply = apply
        self._refusal = refusal
        self._shown = ""
        self._showing = False
        self.widget.param.watch(self._typed, "value")

    @property
    def text(self) -> str:
        """What was typed last and not refused."""
        return self._shown

    @property
    def refused(self) -> bool:
        """Whether the field holds a text that cannot be applied."""
        return bool(self.widget.error_state)

    def show(self, text: str) -> None:
        """Show the model's value; while that is as before, a refused text stays."""
        as_before = text == self._shown
        if not as_before or (self.widget.value != text and not self.widget.error_state):
            self.reset(text)

    def reset(self, text: str) -> None:
        """Show the model's value whatever was typed."""
        self._shown = text
        self._refusal.no_more(self)
        self._showing = True
        try:
            wanted = {"value": text, "value_input": text, "error_state": False}
            # To set what is there already costs milliseconds, for each of a dozen fields.
            new = {name: to for name, to in wanted.items() if getattr(self.widget, name) != to}
            if new:
                self.widget.param.update(**new)
        finally:
            self._showing = False

    def put_back(self) -> None:
        """Show the model's value again."""
        self.reset(self._shown)

    def _typed(self, event: Any) -> None:
        if self._showing:
            return
        text = event.new.strip()
        if text == self._shown:
            self.put_back()
            return
        try:
            self._apply(text)
        except (ValueError, InputError) as error:
            kept = f" It is still {self._shown}." if self._shown else ""
            self.widget.error_state = True
            self._refusal.of(self, reason(error) + kept)
        else:
            self._shown = text
            self._refusal.no_more(self)
            self.widget.error_state = False


def reason(error: ValueError | InputError) -> str:
    """Return what is wrong and what to do about it, without internals."""
    if isinstance(error, InputError):
        return f"{error.what} {error.remedy}"
    if isinstance(error, ValidationError):
        return str(error.errors()[0]["msg"]).removeprefix("Value error, ") + "."
    return str(error)
