"""Links that carry an experiment: the dialog that makes one, and opening one."""

from __future__ import annotations

import json
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench import formats
from workbench.app.dialog import dialog_of
from workbench.app.notice import Notice, NoticeBar
from workbench.app.state import AppState
from workbench.app.templates import empty_experiment
from workbench.errors import InputError
from workbench.formats.link import LONGEST, is_link

__all__ = ["ShareDialog", "follow_links", "open_link"]

_COPY = """
navigator.clipboard.writeText(%s).then(() => { cb_obj.origin.label = "Copied" })
"""

_LONG = 8000
"""Some programs cut longer addresses off (a guess; browsers take 2 MB)."""


def open_link(state: AppState, notices: NoticeBar, link: str) -> None:
    """Open what a link carries, as a copy that was not saved, or say why that cannot be."""
    try:
        experiment = formats.read(link).experiment
    except InputError as refusal:
        notices.say(Notice.of(refusal))
        return
    state.open(experiment, saved=empty_experiment())
    notices.say(
        Notice(f"Opened a copy of “{experiment.name}” from the link.", "It is not saved.", "info")
    )


def follow_links(state: AppState, notices: NoticeBar) -> None:
    """Open what the page's address carries, now and whenever a link is pasted there."""
    location = pn.state.location
    if location is None:
        return

    def follow(*_: Any) -> None:
        fragment = location.hash or ""
        if is_link(fragment):
            open_link(state, notices, fragment)
            location.hash = ""  # a reload goes on with the copy

    def begin() -> None:
        location.param.watch(follow, "hash")
        follow()

    # Views that are still being drawn miss what changes.
    pn.state.onload(begin)


class ShareDialog(pn.viewable.Viewer):  # type: ignore[misc]
    """Shows a link that carries the experiment, to copy."""

    def __init__(self, state: AppState, **params: Any) -> None:
        super().__init__(**params)
        self._state = state
        self._words = pn.pane.HTML(
            margin=(0, 0, 12, 0), sizing_mode="stretch_width", styles={"font-size": "13px"}
        )
        self._link = pmui.TextInput(
            label="Link",
            max_length=LONGEST,
            size="small",
            sizing_mode="stretch_width",
            margin=0,
            css_classes=["share-link"],
        )
        self._buttons = pn.Row(sizing_mode="stretch_width", margin=(12, 0, 0, 0))
        self._dialog = dialog_of(
            pn.Column(self._words, self._link, self._buttons, sizing_mode="stretch_width"),
            title="Share",
            close_on_click=True,
            width_option="sm",
        )

    def __panel__(self) -> Any:
        return self._dialog

    def ask(self) -> None:
        """Show the link of what is edited now."""
        link = formats.shared(self._state.experiment, _address())
        if len(link) > LONGEST:
            words, link = "This experiment is too large for a link. Export it as a file.", ""
        else:
            words = (
                "Whoever opens this link in a workbench gets a copy of the whole experiment; "
                "nothing is sent anywhere before. On another machine, replace what stands before "
                "the # by the address of the workbench there."
            )
        if len(link) > _LONG:
            words += " It is long: some programs may cut it off."
        self._words.object = words
        self._link.value = link
        copy = pmui.Button(label="Copy", icon="content_copy", css_classes=["copy-link"])
        copy.js_on_click(code=_COPY % json.dumps(link))
        copy.disabled = not link
        self._buttons[:] = [pn.HSpacer(), copy]
        self._dialog.open = True


def _address() -> str:
    """Return where this app is, without what the page shows."""
    location = pn.state.location
    if location is None or not location.href:
        return ""
    return str(location.href).partition("#")[0].partition("?")[0]
