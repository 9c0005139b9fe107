"""What every view offers to take away: its data, and its picture made by the browser."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import panel_material_ui as pmui
from panel.layout import FlexBox

from workbench.analysis.comparison import Comparison
from workbench.analysis.exports import TABLES, has_parquet, written

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


def export_bar(name: str, comparison: Comparison) -> Any:
    """Return small buttons that download a plot's table and its figures.

    Parameters
    ----------
    name
        Of the plot; its figures' names begin with it.
    comparison
        What it shows.
    """
    buttons = []
    for format in ("csv", "parquet") if has_parquet() else ("csv",):
        download = pmui.FileDownload(
            label=format.upper(),
            callback=partial(_table, name, comparison, format),
            filename=f"{name}.{format}",
            variant="text",
            size="small",
            margin=0,
            css_classes=[f"export-{name}-{format}"],
        )
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


def _table(name: str, comparison: Comparison, format: str) -> Any:
    return written(TABLES[name](comparison), format)
