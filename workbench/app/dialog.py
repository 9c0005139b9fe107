"""Dialogs that reach the browser when they are first opened, so that the page opens sooner."""

from __future__ import annotations

from typing import Any

import panel_material_ui as pmui

__all__ = ["dialog_of"]


def dialog_of(*content: Any, **params: Any) -> Any:
    """Return a titled dialog with a close button, which gets its content as it opens.

    Parameters
    ----------
    content
        What it shows.
    params
        Of the dialog.
    """
    dialog = pmui.Dialog(title_variant="h6", show_close_button=True, **params)

    def fill(_: Any) -> None:
        if dialog.open and not dialog.objects:
            dialog[:] = content

    dialog.param.watch(fill, "open")
    return dialog
