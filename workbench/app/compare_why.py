"""The panel that asks why two variants differ: a button, progress, then a waterfall."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from workbench.analysis.exports import causes_table
from workbench.analysis.labels import METRIC_TITLES
from workbench.analysis.questions import answer
from workbench.app.compare_cards import card, html
from workbench.app.export import export_bar
from workbench.backends.base import BackendError, Cancelled
from workbench.errors import InputError
from workbench.results.schema import METRICS

if TYPE_CHECKING:
    from workbench.analysis.comparison import Comparison
    from workbench.analysis.explanation import Attribution
    from workbench.results.store import RunStore

__all__ = ["WhyPanel"]

_DOC = (
    "The simulator runs both variants with single mechanisms switched off, alone and together. "
    "A cause's bar is its mean effect over all orders; the bars multiply to the ratio. "
    "A star marks a cause that rests on a guess or an assumption."
)
_LOOK_MS = 200


class WhyPanel(pn.viewable.Viewer):  # type: ignore[misc]
    """Asks about one workload and pair of variants of a comparison.

    Parameters
    ----------
    store
        Where the runs are.
    comparison
        With two variants or more.

    Attributes
    ----------
    answers
        What was found so far, the latest answer to each question.
    """

    def __init__(self, store: RunStore, comparison: Comparison, **params: Any) -> None:
        super().__init__(**params)
        self._store = store
        self._comparison = comparison
        names = list(comparison.variants)
        self._workload = _select("Workload", list(comparison.workloads), "why-workload")
        self._first = _select("From", names, "why-first")
        self._second = _select("To", names, "why-second", names[1])
        self._metric = pmui.RadioButtonGroup(
            options={METRIC_TITLES[name]: name for name in METRICS},
            value=METRICS[0],
            size="small",
            visible=False,
            sx={"& .MuiToggleButton-root": {"textTransform": "none", "whiteSpace": "nowrap"}},
            css_classes=["why-metric"],
        )
        self._ask = pmui.Button(
            label="Ask why", icon="help_outline", variant="contained", css_classes=["ask-why"]
        )
        self._stop = pmui.Button(
            label="Cancel", variant="outlined", visible=False, css_classes=["stop-why"]
        )
        self._bar = pmui.LinearProgress(
            value=0, visible=False, sizing_mode="stretch_width", css_classes=["why-bar"]
        )
        self._note = html("", "why-note")
        self._answer = pn.Column(sizing_mode="stretch_width", css_classes=["why-answer"])
        self._found: Attribution | None = None
        self.answers: list[Attribution] = []
        self._cancelled = threading.Event()
        self._progress: tuple[float, str] = (0.0, "")
        self._outcome: Attribution | str | None = None
        self._clock: Any = None
        self._ask.on_click(lambda _: self.ask())
        self._stop.on_click(lambda _: self._cancelled.set())
        self._metric.param.watch(lambda _: self._show(), "value")

    def __panel__(self) -> Any:
        return card(
            "Why they differ",
            _DOC,
            pn.FlexBox(
                self._workload,
                self._first,
                self._second,
                self._ask,
                self._stop,
                align_items="center",
                margin=(0, 8),
            ),
            self._bar,
            self._note,
            self._metric,
            self._answer,
        )

    def ask(self) -> None:
        """Have the counterfactual runs done in a thread; the session looks after it."""
        pair = (self._first.value, self._second.value)
        self._outcome, self._progress = None, (0.0, "starting")
        self._cancelled.clear()
        self._answer.clear()
        self._metric.visible = False
        self._busy(True)
        thread = threading.Thread(
            target=self._work, args=(pair, self._workload.value), name="why", daemon=True
        )
        thread.start()
        if pn.state.curdoc is None:  # no session to look after it
            thread.join()
            self.look()
        else:
            self._clock = pn.state.add_periodic_callback(self.look, _LOOK_MS)

    def _work(self, pair: tuple[str, str], workload: str) -> None:
        def progress(part: float, message: str) -> None:
            self._progress = part, message

        try:
            self._outcome = answer(
                self._store, self._comparison, workload, pair,
                progress=progress, cancelled=self._cancelled,
            )  # fmt: skip
        except Cancelled:
            self._outcome = "Cancelled."
        except (InputError, BackendError) as problem:
            self._outcome = str(problem)
        except Exception as defect:  # a thread must not die silently
            self._outcome = f"This is a defect: {type(defect).__name__}: {defect}"

    def look(self) -> None:
        """Show how far the thread is, and its answer once there is one."""
        part, message = self._progress
        self._bar.value = round(100 * part)
        self._note.object = escape(message)
        if self._outcome is None:
            return
        if self._clock is not None:
            self._clock.stop()
            self._clock = None
        self._busy(False)
        self._note.object = ""
        if isinstance(self._outcome, str):
            self._note.object = escape(self._outcome)
            return
        self._found = self._outcome
        self.answers = [one for one in self.answers if not _same_question(one, self._found)]
        self.answers.append(self._found)
        self._metric.visible = True
        self._show()

    def _busy(self, busy: bool) -> None:
        self._ask.disabled = busy
        self._stop.visible = self._bar.visible = busy

    def _show(self) -> None:
        if self._found is None:
            return
        found, metric = self._found, self._metric.value
        items = "".join(f"<li>{escape(told)}</li>" for told in found.sentences(metric)[1:])
        self._answer[:] = [
            pn.pane.HoloViews(
                found.plot(metric),
                sizing_mode="stretch_width",
                linked_axes=False,
                css_classes=["plot-why"],
            ),
            html(f"<ul>{items}</ul>{_aside(found)}", "why-says"),
            export_bar("waterfall", partial(causes_table, found)),
        ]


def _same_question(one: Attribution, other: Attribution) -> bool:
    return (one.workload, one.between) == (other.workload, other.between)


def _aside(found: Attribution) -> str:
    parts = (("Next to no effect", found.negligible), ("No part in either", found.absent))
    return "".join(
        f'<p class="quiet">{title}: {escape(", ".join(part.title for part in those))}.</p>'
        for title, those in parts
        if those
    )


def _select(label: str, options: Sequence[str], hook: str, value: str | None = None) -> Any:
    return pmui.Select(
        label=label,
        options=list(options),
        value=value or options[0],
        width=190,
        css_classes=[hook],
    )
