"""What the app says to its user outside of forms: one message at a time, with a way on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any, Literal

import panel as pn
import panel_material_ui as pmui
import param

from workbench.errors import InputError

__all__ = ["Choice", "Notice", "NoticeBar"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A button of a notice; the notice goes away when it is pressed."""

    label: str
    action: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Notice:
    """A message."""

    text: str
    remedy: str = ""
    severity: Literal["error", "warning", "info", "success"] = "error"
    choices: Sequence[Choice] = ()

    @classmethod
    def of(cls, error: InputError, choices: Sequence[Choice] = ()) -> Notice:
        """Return what to say about input that cannot be used."""
        place = error.location
        where = f"{place}: " if place.file or place.line else ""
        return cls(f"{where}{error.what}", error.remedy, choices=choices)


class NoticeBar(pn.viewable.Viewer):  # type: ignore[misc]
    """Shows the latest notice until it is closed or replaced."""

    notice: Notice | None = param.ClassSelector(class_=Notice, default=None, allow_None=True)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._view = pn.Column(sizing_mode="stretch_width", margin=0, visible=False)
        self._show()

    def __panel__(self) -> Any:
        return self._view

    def say(self, notice: Notice | None) -> None:
        """Show a notice; None takes the present one away."""
        self.notice = notice

    @param.depends("notice", watch=True)  # type: ignore[untyped-decorator]
    def _show(self) -> None:
        notice = self.notice
        self._view.visible = notice is not None
        self._view[:] = [] if notice is None else [self._drawn(notice)]

    def _drawn(self, notice: Notice) -> Any:
        text = f"<strong>{escape(notice.text)}</strong> {escape(notice.remedy)}"
        buttons = [
            self._button(choice.label, choice.action, "outlined") for choice in notice.choices
        ]
        return pmui.Alert(
            pn.Row(
                pn.pane.HTML(
                    text,
                    sizing_mode="stretch_width",
                    align="center",
                    margin=0,
                    styles={"font-size": "14px"},
                ),
                *buttons,
                self._button("Close", lambda: None, "text"),
                align="center",
                sizing_mode="stretch_width",
                margin=0,
                styles={"width": "100%"},
            ),
            severity=notice.severity,
            variant="outlined",
            css_classes=["notice"],
            sizing_mode="stretch_width",
            margin=(8, 16),
            sx={"py": 0, "alignItems": "center", "& .MuiAlert-message": {"flex": 1}},
        )

    def _button(self, label: str, action: Callable[[], None], variant: str) -> Any:
        return pmui.Button(
            label=label,
            variant=variant,
            size="small",
            color="default",
            margin=(0, 4),
            on_click=partial(self._act, action),
        )

    def _act(self, action: Callable[[], None], _event: Any) -> None:
        self.notice = None
        action()
