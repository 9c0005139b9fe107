"""The dialog that opens a template: cards with a picture drawn from the scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import panel as pn
import param
from panel.custom import JSComponent

from workbench.app.dialog import dialog_of
from workbench.app.picture import picture
from workbench.app.state import AppState
from workbench.app.templates import template, templates

__all__ = ["Gallery", "TemplateDialog"]

_FOLDER = Path(__file__).parent


class Gallery(JSComponent):  # type: ignore[misc]
    """Cards; sends ``{"open": name}``."""

    cards = param.List(
        default=[], item_type=dict, doc="Dictionaries with name, title, summary, picture (SVG)."
    )

    _esm = (_FOLDER / "gallery.js").read_text(encoding="utf-8")
    _stylesheets = (_FOLDER / "gallery.css",)


class TemplateDialog(pn.viewable.Viewer):  # type: ignore[misc]
    """Asks which template to go on with; undo brings back what was there."""

    def __init__(self, state: AppState, **params: Any) -> None:
        super().__init__(**params)
        self._state = state
        self._gallery = Gallery(sizing_mode="stretch_width", margin=0)
        self._gallery.on_msg(self._open)
        self._dialog = dialog_of(
            pn.Column(self._gallery, sizing_mode="stretch_width", margin=0),
            title="New experiment",
            close_on_click=True,
            width_option="md",
        )

    def __panel__(self) -> Any:
        return self._dialog

    def ask(self) -> None:
        """Show the templates."""
        self._gallery.cards = [
            {
                "name": known.name,
                "title": known.title,
                "summary": known.summary,
                "picture": picture(known.experiment.scenario),
            }
            for known in templates()
        ]
        self._dialog.open = True

    def _open(self, event: Any) -> None:
        match event.data:
            case {"open": str(name)} if name in {known.name for known in templates()}:
                self._dialog.open = False
                self._state.open(template(name))
