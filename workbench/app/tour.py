"""The guided tour: five steps to the talk's experiment, each done when the user has done it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.app.state import AppState
from workbench.scenario.experiment import Experiment

__all__ = ["STEPS", "Step", "Tour"]

_INSTANCES = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what to do, why, and whether an experiment shows that it was done."""

    title: str
    text: str
    done: Callable[[Experiment], bool]


def _count(experiment: Experiment, program: str) -> int:
    return sum(c.program == program for c in experiment.scenario.components if c.enabled)


def _has(variant: str) -> Callable[[Experiment], bool]:
    return lambda experiment: any(known.name == variant for known in experiment.variants)


STEPS = (
    Step(
        "Place an index",
        "Drag “B-link tree” from the list on the left onto the cores. The configuration below "
        "is written as you do it.",
        lambda experiment: _count(experiment, "blinktree") > 0,
    ),
    Step(
        "Give it time",
        "It needs a Timer session, and nobody offers one: it is marked, and Problems says why. "
        "Press Enter on “Timer” in the list, or drag it to “Anywhere”.",
        lambda experiment: _count(experiment, "timer") > 0,
    ),
    Step(
        "Make it three",
        "Select the B-link tree and press Ctrl+D twice: three instances that compete.",
        lambda experiment: _count(experiment, "blinktree") >= _INSTANCES,
    ),
    Step(
        "Let them take turns",
        "Press “Time-share” above the cores. All three get the same cores, in a variant of "
        "its own; the experiment as written stays.",
        _has("time-shared"),
    ),
    Step(
        "Keep them apart",
        "Press “Partition evenly”. Now each has a third: two variants to compare.",
        _has("partitioned"),
    ),
)

_END = (
    "That is the talk’s experiment. The page “Runs” runs both variants, “Compare” shows which "
    "is faster, and why."
)

_CARD = {
    "position": "fixed",
    "right": "12px",
    "bottom": "12px",
    "z-index": "1100",
    "width": "280px",
    "padding": "14px 16px",
    "border-radius": "10px",
    "background": "var(--panel-surface-color, #fff)",
    "color": "var(--panel-on-surface-color, #1c2024)",
    "box-shadow": "0 0 0 1px color-mix(in srgb, currentColor 22%, transparent),"
    " 0 8px 28px rgb(0 0 0 / 28%)",
}

_CSS = """
h2 { margin: 0 0 4px; font-size: calc(15px * var(--type-scale, 1)); }
p { margin: 0; font-size: calc(13px * var(--type-scale, 1)); line-height: 1.45; }
.where { margin-bottom: 6px; font-size: 12px; opacity: 0.72; }
"""


class Tour(pn.viewable.Viewer):  # type: ignore[misc]
    """A card that says what to do next.

    Where it stands follows from the experiment alone: it can be left and taken up again at
    any time, and goes on with the first step that is not done.

    Parameters
    ----------
    state
        Of this browser session.
    """

    def __init__(self, state: AppState, **params: Any) -> None:
        super().__init__(**params)
        self._state = state
        self._words = pn.pane.HTML(
            "", stylesheets=[_CSS], sizing_mode="stretch_width", margin=0, css_classes=["step"]
        )
        self._leave = pmui.Button(
            label="Leave the tour",
            variant="text",
            size="small",
            margin=(8, 0, 0, -6),
            css_classes=["leave-tour"],
            on_click=lambda _: self.show(False),
        )
        self._view = pn.Column(
            self._words,
            self._leave,
            visible=False,
            margin=0,
            styles=_CARD,
            css_classes=["tour-card"],
        )
        state.param.watch(lambda *_: self._draw(), "experiment")

    def __panel__(self) -> Any:
        return self._view

    @property
    def step(self) -> int:
        """Index of the first step that is not done; their number if all are."""
        experiment = self._state.experiment
        return next((i for i, step in enumerate(STEPS) if not step.done(experiment)), len(STEPS))

    def show(self, on: bool = True) -> None:
        """Open the card where the experiment stands, or put it away."""
        self._view.visible = on
        self._draw()

    def _draw(self) -> None:
        if not self._view.visible:
            return
        at = self.step
        ended = at == len(STEPS)
        where = "Done" if ended else f"Step {at + 1} of {len(STEPS)}"
        title, text = ("The tour ends here", _END) if ended else (STEPS[at].title, STEPS[at].text)
        self._words.object = (
            f'<div role="status"><p class="where">{where}</p>'
            f"<h2>{escape(title)}</h2><p>{escape(text)}</p></div>"
        )
        self._leave.label = "Close" if ended else "Leave the tour"
