"""What is selected on the Compare page, as chips that select and clear."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import panel_material_ui as pmui

from workbench.analysis.colours import component_colours
from workbench.analysis.comparison import Comparison
from workbench.analysis.labels import number
from workbench.analysis.selection import Selection
from workbench.app.compare_cards import html

__all__ = ["selection_chips"]


def selection_chips(selection: Selection, comparisons: Sequence[Comparison]) -> list[Any]:
    """Return a chip for each component, and one for each other thing that is selected."""
    names = dict.fromkeys(name for one in comparisons for name in one.components)
    runs = {one.run_id(*run): f"{run[1]} · {run[0]}" for one in comparisons for run in one.runs}
    chips = [
        _chip(
            name,
            partial(selection.toggle, component=name),
            hook=f"select-{name}",
            colour=colour,
            filled=selection.component in (None, name),
        )
        for name, colour in component_colours(names).items()
    ]
    for kind, text in selection.to_texts().items():
        if kind == "run" and text in runs:
            chips.append(_chip(runs[text], partial(selection.clear, kind), kind))
        elif kind in _CHIPS:
            chips.append(_chip(_CHIPS[kind](text), partial(selection.clear, kind), kind))
    if selection.is_empty:
        chips.append(
            html(
                "Tap a component, core, run or single replication; drag over dots, cores "
                "or a span of time.",
                "selection-hint",
            )
        )
    else:
        chips.append(_chip("Clear selection", selection.clear, "clear-selection", icon="close"))
    return chips


def _several(word: str, numbers: str) -> str:
    return f"{word}{'' if numbers.isdigit() else 's'} {numbers}"


def _span(text: str) -> str:
    begin, end = text.split("-", 1) if "e" not in text else re.split(r"(?<!e)-", text)
    return f"{number(float(begin) * 1e3)} to {number(float(end) * 1e3)} ms"


_CHIPS: dict[str, Callable[[str], str]] = {
    "cores": partial(_several, "core"),
    "replications": partial(_several, "replication"),
    "time": _span,
}


def _chip(
    label: str,
    on_click: Callable[[], None],
    hook: str,
    *,
    colour: str = "",
    filled: bool = True,
    icon: str = "",
) -> Any:
    """Return a small button; one with a colour stands for a component."""
    look: dict[str, Any] = {"textTransform": "none", "borderRadius": "16px"}
    if colour:
        dot = {"content": '""', "width": "12px", "height": "12px", "borderRadius": "50%"}
        look["&::before"] = dot | {"backgroundColor": colour, "marginRight": "8px"}
    if not filled:  # faint in what is no text, which has to stay legible
        look["borderStyle"] = "dashed"
        look.get("&::before", {})["opacity"] = 0.35
    button = pmui.Button(
        label=label,
        icon=icon or None,
        variant="outlined",
        size="small",
        color="default" if colour else "primary",
        sx=look,
        css_classes=[hook],
        margin=4,
    )
    button.on_click(lambda _: on_click())
    return button
