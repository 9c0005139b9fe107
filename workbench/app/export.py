"""What every view offers to take away: its data, and its picture made by the browser."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import panel_material_ui as pmui
from panel.layout import FlexBox

from workbench.analysis.exports import written
from workbench.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["export_bar"]

# The browser draws each figure anew, on a canvas or as SVG; no network, no driver.
_PICTURE = """
(async () => {
  const [start, kind] = %s
  for (const doc of window.Bokeh.documents) {
    for (const model of doc._all_models.values()) {
      if (typeof model.name !== "string" || !model.name.startsWith(start)) continue
      const view = window.Bokeh.index.find_one(model)
      if (!view?.frame || !view.el.isConnected) continue
      const blob = await view.export(kind).to_blob()
      const link = document.createElement("a")
      link.href = URL.createObjectURL(blob)
      link.download = model.name + "." + kind
      link.click()
      URL.revokeObjectURL(link.href)
    }
  }
})()
"""


def export_bar(
    name: str, table: Callable[[], pd.DataFrame], *, part: Callable[[], str] = lambda: ""
) -> Any:
    """Return small buttons that download a plot's table and its figures.

    Parameters
    ----------
    name
        Of the plot; its figures' names begin with it.
    table
        Makes the table of what it shows.
    part
        Says what part of the plot's data that is, for the file's name; "" for all.
    """
    buttons = []
    for format in ("csv", "parquet"):
        download = pmui.FileDownload(
            label=format.upper(),
            filename=f"{name}.{format}",
            variant="text",
            size="small",
            margin=0,
            css_classes=[f"export-{name}-{format}"],
        )
        download.callback = partial(_file, download, name, table, part, format)
        buttons.append(download)
    for kind in ("png", "svg"):
        button = pmui.Button(
            label=kind.upper(),
            variant="text",
            size="small",
            margin=0,
            css_classes=[f"export-{name}-{kind}"],
        )
        button.js_on_click(code=_PICTURE % json.dumps([f"{name}-", kind]))
        buttons.append(button)
    return FlexBox(*buttons, gap="4px", margin=(0, 12), css_classes=["export-bar"])


def _file(
    download: Any,
    name: str,
    table: Callable[[], pd.DataFrame],
    part: Callable[[], str],
    format: str,
) -> Any:
    """Return the table as a file, or a text that says why there is none."""
    try:
        file = written(table(), format)
    except InputError as problem:
        download.filename = f"{name}-not-exported.txt"
        return io.BytesIO(str(problem).encode())
    download.filename = "-".join(filter(None, (name, part()))) + f".{format}"
    return file
