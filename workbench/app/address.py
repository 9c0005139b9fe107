"""The address bar carries the view; a link opens the same again.

Page, runs, selection, how the accounting is shown, and the draft that is edited.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

import panel as pn

from workbench.analysis.selection import KINDS

if TYPE_CHECKING:
    from workbench.analysis.selection import Selection
    from workbench.app.autosave import Autosave
    from workbench.app.compare import ComparePage
    from workbench.app.presentation import Presentation

__all__ = ["carry_view"]


def carry_view(
    menu: Any,
    pages: Sequence[str],
    selection: Selection,
    compare: Callable[[], ComparePage],
    autosave: Autosave,
    presentation: Presentation,
) -> None:
    """Open what the address names, and keep the address in step with the view.

    Parameters
    ----------
    menu
        Whose value is the page.
    pages
        Names of the pages there are.
    selection
        Of the session.
    compare
        Gives the Compare page, made when it is first asked for.
    autosave
        Knows the draft.
    presentation
        Whether everything is shown to an audience.
    """
    location = pn.state.location
    if location is None:
        return
    asked = {name: values[-1] for name, values in parse_qs((location.search or "")[1:]).items()}
    page = asked.get("page")

    def tell(*_: Any) -> None:
        view = {"page": menu.value} if menu.value != pages[0] else {}
        if menu.value == "Compare":
            view |= {"runs": ",".join(compare().chosen)}
            view |= compare().settings | selection.to_texts()
        if autosave.id:
            view["draft"] = autosave.id
        view |= {"present": "1"} if presentation.active else {}
        location.search = f"?{urlencode(view, safe=',')}" if view else ""

    if page in pages:
        menu.value = page
    if page == "Compare":
        if runs := asked.get("runs"):
            compare().choose(runs.split(","))
        compare().settings = asked
        selection.take_texts(asked)
    presentation.active = asked.get("present") == "1"
    followed = False

    def follow(*_: Any) -> None:
        nonlocal followed
        if menu.value == "Compare" and not followed:
            followed = True
            compare().on_choice(tell)
        tell()

    menu.param.watch(follow, "value")
    presentation.param.watch(tell, "active")
    selection.param.watch(tell, list(KINDS))
    autosave.param.watch(tell, "id")
    follow()
