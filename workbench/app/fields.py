"""A text field that applies what is typed, or says beside it why it cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel_material_ui as pmui
from pydantic import ValidationError

from workbench.errors import InputError

__all__ = ["Field", "reason"]


class Field:
    """One field of a form.

    What cannot be applied stays in the field with one message; the model keeps
    its value. `show` (for another component, after undo) puts the model's
    value back.

    Parameters
    ----------
    label
        Of the field.
    apply
        Called with the text; raises `ValueError` or `InputError` to refuse it.
    test_id
        CSS class by which tests find the field.
    """

    def __init__(
        self, label: str, apply: Callable[[str], None], *, test_id: str, **params: Any
    ) -> None:
        options: dict[str, Any] = {
            "size": "small",
            "sizing_mode": "stretch_width",
            "margin": (6, 0),
        }
        self.widget = pmui.TextInput(label=label, css_classes=[test_id], **(options | params))
        self._apply = apply
        self._hint = self.widget.helper_text
        self._shown = ""
        self._showing = False
        self.widget.param.watch(self._typed, "value")

    def show(self, text: str) -> None:
        """Show the model's value; an unchanged value leaves a refused text alone."""
        if text == self._shown and self.widget.error_state:
            return
        self.reset(text)

    def reset(self, text: str) -> None:
        """Show the model's value and forget what was typed."""
        self._shown = text
        self._showing = True
        try:
            self.widget.param.update(value=text, error_state=False, helper_text=self._hint)
        finally:
            self._showing = False

    def _typed(self, event: Any) -> None:
        if self._showing:
            return
        text = event.new.strip()
        if text == self._shown:
            self.reset(self._shown)
            return
        try:
            self._apply(text)
        except (ValueError, InputError) as error:
            kept = f" Still {self._shown}." if self._shown else ""
            self.widget.param.update(error_state=True, helper_text=reason(error) + kept)
        else:
            self._shown = text
            self.widget.param.update(error_state=False, helper_text=self._hint)


def reason(error: ValueError | InputError) -> str:
    """Return what is wrong and what to do about it, without internals."""
    if isinstance(error, InputError):
        return f"{error.what} {error.remedy}"
    if isinstance(error, ValidationError):
        return str(error.errors()[0]["msg"]).removeprefix("Value error, ") + "."
    return str(error)
