"""The page of one browser session: Build, Runs and Compare over one editing state."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any
from weakref import WeakKeyDictionary

import panel as pn
import panel_material_ui as pmui

from workbench.app.address import carry_view
from workbench.app.autosave import Autosave, reload_when_lost, resumed
from workbench.app.build import BuildPage
from workbench.app.compare import ComparePage
from workbench.app.drafts import DraftFolder
from workbench.app.notice import Notice, NoticeBar
from workbench.app.presentation import Presentation
from workbench.app.runs import RunsPage
from workbench.app.sharing import follow_links
from workbench.app.state import AppState
from workbench.app.sweeps import SweepPage
from workbench.app.timeline import TimelinePage
from workbench.app.tour import Tour
from workbench.errors import InputError
from workbench.experiments.jobs import JobManager
from workbench.results.store import RunStore

__all__ = ["TITLE", "broken_page", "page", "report_exception"]

TITLE = "Affinity workbench"

_log = logging.getLogger(__name__)

_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect x="2" y="5" width="28" height="6" rx="2" fill="#0072b2"/>'
    '<rect x="2" y="13" width="13" height="6" rx="2" fill="#d55e00"/>'
    '<rect x="17" y="21" width="13" height="6" rx="2" fill="#009e73"/></svg>'
)
FAVICON = "data:image/svg+xml;base64," + b64encode(_ICON.encode()).decode()

_FONT = 'Roboto, system-ui, -apple-system, "Segoe UI", "Helvetica Neue", sans-serif'
_TYPOGRAPHY = {"fontFamily": _FONT, "fontSize": 13, "button": {"textTransform": "none"}}
_THEME = {
    "light": {
        "palette": {
            "primary": {"main": "#0b5cad"},
            "background": {"default": "#ffffff", "paper": "#ffffff"},
        },
        "typography": _TYPOGRAPHY,
    },
    "dark": {
        "palette": {
            "primary": {"main": "#7ab8f5"},
            "background": {"default": "#16191d", "paper": "#16191d"},
        },
        "typography": _TYPOGRAPHY,
    },
}
_QUIET_HEADER = {
    "& .header": {
        "backgroundColor": "var(--mui-palette-background-paper)",
        "backgroundImage": "none",
        "color": "var(--mui-palette-text-primary)",
        "boxShadow": "none",
        "borderBottom": "1px solid var(--mui-palette-divider)",
    },
    "& .header a": {"color": "inherit"},
    "& .header .title": {"color": "inherit", "fontSize": "17px", "fontWeight": 600},
    "& .header .logo": {"height": "26px !important"},
    # Is there although it was not asked for, and has no name for screen readers.
    "& .MuiLinearProgress-root": {"display": "none"},
}

_NO_HEADER = {
    "& .header": {"display": "none"},
    # The room that is kept for it holds the way out of the presentation.
    "& .main > .MuiBox-root > .MuiToolbar-root": {"minHeight": "40px !important", "height": "40px"},
}

_TABS = {
    "& button.MuiToggleButton-root": {
        "border": "0",
        "borderRadius": "6px",
        "padding": "6px 16px",
        "marginRight": "4px",
        "fontSize": "15px",
        "color": "text.secondary",
    },
    "& button.MuiToggleButton-root.Mui-selected": {
        # The header's theme has its own idea of the text colour; what it inherits is right.
        "color": "inherit",
        "backgroundColor": "action.selected",
        "fontWeight": 600,
    },
}

_PAGES = ("Build", "Runs", "Compare", "Timeline", "Sweep")

_bars: WeakKeyDictionary[Any, NoticeBar] = WeakKeyDictionary()
"""Where each browser session reads what went wrong."""


def page(store: RunStore, jobs: JobManager, drafts: DraftFolder | None = None) -> Any:
    """Return the page of a new browser session, with an editing state of its own."""
    notices = NoticeBar()
    state, draft_id = resumed(drafts, notices, partial(AppState, store=store, jobs=jobs))
    autosave = Autosave(state, drafts, notices, draft_id)
    follow_links(state, notices)
    reload_when_lost()
    if pn.state.curdoc is not None:
        _bars[pn.state.curdoc] = notices

    @cache
    def compare_page() -> ComparePage:
        return ComparePage(state)

    def compare(run_ids: Sequence[str]) -> None:
        compare_page().choose(run_ids)
        menu.value = "Compare"

    menu = pmui.RadioButtonGroup(
        options=list(_PAGES),
        value="Build",
        variant="outlined",
        size="small",
        css_classes=["pages"],
        margin=(0, 24),
        sx=_TABS,
    )

    build = BuildPage(state, notices)
    makers: dict[str, Callable[[], Any]] = {
        "Build": lambda: build,
        "Runs": lambda: _scrolling(RunsPage(state, compare)),
        "Compare": lambda: _scrolling(compare_page()),
        "Timeline": lambda: _scrolling(TimelinePage(state)),
        "Sweep": lambda: _scrolling(SweepPage(state)),
    }
    made: dict[str, Any] = {"Build": build}
    fill: dict[str, Any] = {"sizing_mode": "stretch_both", "margin": 0}
    shown, kept = pn.Column(build, **fill), pn.Column(visible=False, **fill)
    body = pn.Column(shown, kept, **fill)

    def go(event: Any) -> None:
        name = event.new
        if name not in made:
            made[name] = makers[name]()
        keep = name == "Compare"  # its plots take seconds to draw: hidden, they stay
        if keep and not kept.objects:
            kept.append(made[name])
        shown[:] = [] if keep else [made[name]]
        shown.visible, kept.visible = not keep, keep

    menu.param.watch(go, "value")
    presentation, tour = Presentation(), Tour(state)
    main = pn.Column(notices, body, presentation, tour, sizing_mode="stretch_both", margin=0)

    def guide(_: Any) -> None:
        menu.value = "Build"
        tour.show()

    header = [
        menu,
        _header_button("Tour", "explore", guide),
        _header_button("Present", "slideshow", lambda _: presentation.param.update(active=True)),
    ]
    whole = _page([main], header)

    def present(event: Any) -> None:
        build.present(event.new)
        whole.sx = _QUIET_HEADER | (_NO_HEADER if event.new else {})

    presentation.param.watch(present, "active")
    carry_view(menu, _PAGES, state.selection, compare_page, autosave, presentation)
    return whole


def broken_page(error: Exception) -> Any:
    """Return a page that says that the app could not be built, instead of a blank one."""
    notices = NoticeBar()
    notices.say(_in_words(error))
    return _page([notices], [])


def report_exception(error: Exception) -> None:
    """Log what went wrong in a session and show it there; the session goes on."""
    if not isinstance(error, InputError):
        _log.error("Error in a browser session", exc_info=error)
    bar = _bars.get(pn.state.curdoc) if pn.state.curdoc is not None else None
    if bar is not None:
        bar.say(_in_words(error))


def _in_words(error: Exception) -> Notice:
    if isinstance(error, InputError):
        return Notice.of(error)
    return Notice(
        f"The workbench made a mistake: {type(error).__name__}: {error}.",
        "Your experiment is as it was before. The server's log has the details.",
    )


def _page(main: list[Any], header: list[Any]) -> Any:
    made = pmui.Page(
        title=TITLE,
        logo=FAVICON,
        favicon=FAVICON,
        header=header,
        main=main,
        theme_config=_THEME,
        sx=_QUIET_HEADER,
        busy_indicator=None,
        sizing_mode="stretch_both",
    )
    # A page follows for good whether the server is busy; with every session that takes longer.
    for _, watcher in made._param__private.ref_watchers:
        pn.state.param.unwatch(watcher)
    made._param__private.ref_watchers.clear()
    return made


def _header_button(label: str, icon: str, act: Callable[[Any], None]) -> Any:
    return pmui.Button(
        label=label,
        icon=icon,
        variant="text",
        size="small",
        margin=(0, 2),
        align="center",
        sx={"color": "text.secondary"},
        css_classes=[label.lower()],
        on_click=act,
    )


def _scrolling(view: Any) -> Any:
    return pn.Column(view, sizing_mode="stretch_both", scroll="y-auto", margin=0)
