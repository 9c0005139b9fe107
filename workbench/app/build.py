"""The Build page: palette and grid, the form of the selection, text and problems."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.app.configuration import Configuration
from workbench.app.editor import grid_of
from workbench.app.files import Files
from workbench.app.host_bar import HostBar
from workbench.app.inspector import Inspector
from workbench.app.notice import NoticeBar
from workbench.app.preview import PreviewStrip
from workbench.app.problems import problems_of
from workbench.app.quotas import quotas_of
from workbench.app.sessions import graph_of, sessions_of
from workbench.app.side_by_side import SideBySide
from workbench.app.state import AppState
from workbench.app.toolbar import DocumentBar, PlacementBar

__all__ = ["BuildPage"]

_LINE = "1px solid color-mix(in srgb, var(--panel-on-surface-color, #888) 14%, transparent)"

_TABS = {
    "width": "auto",
    "& .MuiToggleButton-root": {
        "width": "auto",
        "padding": "1px 10px",
        "fontSize": "12px",
        "lineHeight": "20px",
        "border": 0,
        "borderRadius": "6px",
        "marginRight": "2px",
    },
    "& .MuiToggleButton-root.Mui-selected": {"fontWeight": 600},
}

_GRID = {"flex": "3 1 0", "min-height": "0", "max-height": "500px"}
"""The grid grows with the page; on a tall one the text below gets the rest."""


class BuildPage(pn.viewable.Viewer):  # type: ignore[misc]
    """Everything needed to build an experiment.

    Parameters
    ----------
    state
        Of this browser session.
    notices
        Where files that cannot be used are reported.
    """

    def __init__(self, state: AppState, notices: NoticeBar, **params: Any) -> None:
        super().__init__(**params)
        files = Files(state, notices)
        fill: dict[str, Any] = {"sizing_mode": "stretch_both", "margin": 0}
        self._views: dict[str, Any] = {
            "Configuration": Configuration(state, notices, **fill),
            "Routes": sessions_of(state, visible=False, **fill),
            "Graph": graph_of(state, visible=False, **fill),
            "Quotas": self._quotas(state, fill),
            "Side by side": SideBySide(state, visible=False, **fill),
        }
        self._lower = pn.Column(**fill, styles={"min-height": "0"})
        self._tab = pmui.RadioButtonGroup(
            options=list(self._views),
            value="Configuration",
            size="small",
            variant="outlined",
            css_classes=["lower-view"],
            margin=0,
            sx=_TABS,
        )
        self._tab.param.watch(lambda _: self._show_view(), "value")
        self._subject = _title("", margin=(4, 0, 0, 8))
        self._problems_title = _title("Problems")
        lower = pn.Row(
            _panel(
                pn.Row(
                    self._tab,
                    self._subject,
                    margin=(4, 16, 2, 12),
                    styles={"align-items": "center"},
                ),
                self._lower,
                flex="3 1 0",
                right=_LINE,
            ),
            problems := _panel(self._problems_title, problems_of(state, **fill), flex="2 1 0"),
            **fill,
            styles={"flex": "2 1 0", "min-height": "0", "border-top": _LINE},
        )
        left = pn.Column(
            PlacementBar(state),
            grid := grid_of(state, shortcuts=True, **fill, styles=_GRID),
            PreviewStrip(state, grid),
            lower,
            **fill,
            styles={"min-width": "0", "min-height": "0"},
        )
        side = pn.Column(
            Inspector(state),
            width=304,
            sizing_mode="stretch_height",
            margin=0,
            styles={"border-left": _LINE, "padding": "12px 16px", "min-height": "0"},
        )
        self._view = pn.Column(
            document := pn.Column(DocumentBar(state, files), margin=0, sizing_mode="stretch_width"),
            pn.Row(left, side, **fill, styles={"min-height": "0", "border-top": _LINE}),
            files.open_dialog,
            files.save_dialog,
            files.export_dialog,
            files.share_dialog,
            files.page,
            **fill,
            css_classes=["build-page"],
        )
        self._for_editing = (document, side, problems)
        self._state = state
        state.param.watch(
            lambda *_: self._name_panels(), ["experiment", "variant", "document", "host"]
        )
        state.param.watch(self._show_line, "line")
        self._name_panels()
        self._show_view()

    def __panel__(self) -> Any:
        return self._view

    def present(self, on: bool) -> None:
        """Show an audience no more than the placement, the grid and what follows from it."""
        for part in self._for_editing:
            part.visible = not on

    def _quotas(self, state: AppState, fill: dict[str, Any]) -> Any:
        """Return the bars below the fields of the machine; both are shown together."""
        bars = quotas_of(state, visible=False, **fill)
        view = pn.Column(HostBar(state), bars, visible=False, **fill, styles={"min-height": "0"})
        view.param.watch(lambda event: bars.param.update(visible=event.new), "visible")
        return view

    def _show_view(self) -> None:
        for name, view in self._views.items():
            view.visible = name == self._tab.value
        # Only what is looked at is on the page.
        self._lower[:] = [self._views[self._tab.value]]

    def _show_line(self, event: Any) -> None:
        if event.new is not None:
            self._tab.value = "Configuration"

    def _name_panels(self) -> None:
        count = len(self._state.problems)
        variant = self._state.variant
        self._subject.object = _heading(f"of “{escape(variant)}”" if variant else "")
        self._problems_title.object = _heading(f"Problems ({count})" if count else "Problems")


def _panel(title: Any, body: Any, flex: str, right: str = "none") -> Any:
    return pn.Column(
        title,
        body,
        sizing_mode="stretch_both",
        margin=0,
        styles={"flex": flex, "min-width": "0", "min-height": "0", "border-right": right},
    )


def _title(text: str, margin: Any = (8, 16, 4, 16)) -> Any:
    return pn.pane.HTML(
        _heading(text),
        margin=margin,
        stylesheets=["h2 { margin: 0; font-size: 12px; font-weight: 600; opacity: .7 }"],
        styles={"flex": "none"},
    )


def _heading(text: str) -> str:
    return f"<h2>{text}</h2>"
