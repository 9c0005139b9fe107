"""Keeping what a browser session edits, and giving it back after a reload or a restart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import panel as pn
import param
from bokeh.models import CustomJS

from workbench.app.drafts import Draft, DraftFolder, new_id
from workbench.app.notice import Choice, Notice, NoticeBar
from workbench.app.state import AppState
from workbench.app.templates import empty_experiment
from workbench.errors import InputError

__all__ = ["Autosave", "reload_when_lost", "resumed"]

_LOST = """
if (document.getElementById("connection-lost")) return
const card = document.createElement("dialog")
card.id = "connection-lost"
card.setAttribute("role", "alertdialog")
card.style.cssText = "max-width:460px;padding:20px 28px;border:0;border-radius:12px;" +
  "background:#fff;color:#1c2024;font:15px/1.5 system-ui,sans-serif"
card.innerHTML = "<strong>The connection to the workbench was lost.</strong><br>" +
  "Your edits are kept. This page comes back by itself as soon as the workbench answers."
card.addEventListener("cancel", (event) => event.preventDefault())
document.body.append(card)
card.showModal()
const look = async () => {
  try {
    const answer = await fetch("liveness", {cache: "no-store"})
    if (answer.ok) {
      window.location.reload()
      return
    }
  } catch {}
  setTimeout(look, 1000)
}
setTimeout(look, 500)
"""
"""The page's session is gone with its connection; a reload takes up its draft."""


class Autosave(param.Parameterized):  # type: ignore[misc]
    """Keeps every edit of a state as a draft; the address names it.

    Parameters
    ----------
    state
        Whose edits to keep.
    drafts
        Where; None keeps nothing.
    notices
        Where to say that they cannot be kept.
    resumed_id
        Id of the draft that the state was made from, "" for none.
    """

    id: str = param.String(default="", doc="What the address names; empty before the first edit.")

    def __init__(
        self, state: AppState, drafts: DraftFolder | None, notices: NoticeBar, resumed_id: str = ""
    ) -> None:
        super().__init__(id=resumed_id)
        self._state = state
        self._notices = notices
        self._document = pn.state.curdoc
        self._failing = False
        self._own = False
        if drafts is not None:
            self._drafts = drafts
            state.param.watch(self._keep, ["experiment", "variant", "document", "saved"])

    def _keep(self, *_: Any) -> None:
        if not self._own:  # another tab may still show the draft that this began with
            self._own = True
            self.id = new_id()
        state = self._state
        draft = Draft(state.experiment, state.saved, state.document, state.variant)
        self._drafts.keep(self.id, draft, self._told)

    def _told(self, refusal: InputError | None) -> None:
        """Say in the session, once, that edits are not kept."""
        was, self._failing = self._failing, refusal is not None
        if refusal is None or was:
            return
        notice = Notice.of(refusal)
        if self._document is None:
            self._notices.say(notice)
        else:
            self._document.add_next_tick_callback(lambda: self._notices.say(notice))


def resumed(
    drafts: DraftFolder | None, notices: NoticeBar, make: Callable[..., AppState]
) -> tuple[AppState, str]:
    """Return the state that a new page begins with, and the id of its draft.

    Parameters
    ----------
    drafts
        Where the draft is that the address names.
    notices
        Where to offer what was recovered, or to say why nothing was.
    make
        Makes a state of an experiment and, as ``document``, its file.
    """
    id = _asked("draft")
    if drafts is None or not id:
        return make(empty_experiment()), ""
    try:
        draft, when = drafts.read(id)
    except InputError as refusal:
        notices.say(Notice.of(refusal))
        return make(empty_experiment()), ""
    state = make(draft.saved, document=draft.document)
    if draft.unsaved:
        state.edit("Recover unsaved changes", lambda _: draft.experiment)
        notices.say(
            Notice(
                f"Recovered unsaved changes of “{draft.experiment.name}”.",
                f"The last edit was on {when:%-d %B at %H:%M:%S}.",
                "info",
                [Choice("Keep", lambda: None), Choice("Discard", lambda: _discard(state))],
            )
        )
    if draft.variant in {variant.name for variant in draft.experiment.variants}:
        state.variant = draft.variant
    return state, id


def _discard(state: AppState) -> None:
    state.edit("Discard unsaved changes", lambda _: state.saved)


def _asked(name: str) -> str:
    """Return a parameter of the address, "" for none."""
    location = pn.state.location
    if location is None:
        return ""
    return str(parse_qs((location.search or "")[1:]).get(name, [""])[-1])


def reload_when_lost() -> None:
    """Have the page say that its connection is lost, and load it anew when the server is there."""
    if pn.state.curdoc is not None:
        pn.state.curdoc.js_on_event("connection_lost", CustomJS(code=_LOST))
