"""The Compare page: what the runs say, in sentences, linked plots and a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from workbench.analysis.cautions import cautions_of
from workbench.analysis.comparison import Comparison
from workbench.analysis.groups import comparisons_of, latest_runs
from workbench.analysis.selection import KINDS
from workbench.analysis.validation import validations
from workbench.app.compare_cards import cards, validation_card
from workbench.app.compare_report import ReportMaker
from workbench.app.compare_selection import selection_chips
from workbench.app.compare_why import WhyPanel
from workbench.app.updates import Updates, jobs_of
from workbench.errors import InputError
from workbench.results.records import ENDED, LIVE, RunRecord

if TYPE_CHECKING:
    from workbench.analysis.explanation import Attribution
    from workbench.app.state import AppState

__all__ = ["ComparePage"]

_MOST_OFFERED = 500  # newest runs; words find older ones
_MOST_DRAWN = 24  # runs side by side that can still be told apart

_PLAIN = {"& .MuiToggleButton-root": {"textTransform": "none", "whiteSpace": "nowrap"}}

_QUIET_CHIPS = {
    "& .MuiChip-root": {"backgroundColor": "action.selected", "color": "text.primary"},
    "& .MuiChip-deleteIcon": {"color": "text.secondary"},
}


class ComparePage(pn.viewable.Viewer):  # type: ignore[misc]
    """Shows the chosen runs; by default the latest finished ones of the experiment.

    Parameters
    ----------
    state
        Of this browser session.
    """

    def __init__(self, state: AppState, **params: Any) -> None:
        super().__init__(**params)
        self._state = state
        self._jobs = jobs_of(state)
        self._default: list[str] = []
        self._chooser = pmui.MultiChoice(
            label="Runs",
            searchable=True,
            sx=_QUIET_CHIPS,
            sizing_mode="stretch_width",
            css_classes=["choose-runs"],
        )
        self._latest = pmui.Button(
            label="Latest of this experiment",
            icon="restart_alt",
            variant="text",
            css_classes=["latest-runs"],
            styles={"flex": "0 0 auto"},
        )
        self._filter = pmui.TextInput(
            label="Find runs",
            placeholder="words, such as: insert native quantum_ms=10",
            width=300,
            size="small",
            css_classes=["find-runs"],
        )
        self._found = pmui.Button(
            label="Compare them",
            icon="playlist_add_check",
            variant="text",
            disabled=True,
            css_classes=["compare-found"],
            styles={"flex": "0 0 auto"},
        )
        self._by = pmui.RadioButtonGroup(
            options={"Per run": "run", "Per component": "component", "Per core": "core"},
            value="run",
            size="small",
            sx=_PLAIN,
            css_classes=["accounting-by"],
        )
        self._unit = pmui.RadioButtonGroup(
            options={"Share": True, "Core-seconds": False},
            value=True,
            size="small",
            sx=_PLAIN,
            css_classes=["accounting-unit"],
        )
        self._selected = pn.FlexBox(align_items="center", css_classes=["selection-bar"])
        self._body = pn.Column(sizing_mode="stretch_width", css_classes=["comparison"])
        self._latest.on_click(self._choose_latest)
        self._found.on_click(self._choose_found)
        self._filter.param.watch(lambda _: self._refresh(), "value_input")
        self._chooser.param.watch(lambda _: self._rebuild(), "value")
        state.selection.param.watch(lambda *_: self._show_selection(), list(KINDS))
        state.param.watch(lambda _: self._refresh(), "experiment")
        self._comparisons: list[Comparison] = []
        self._document = pn.state.curdoc
        self._matching: list[str] = []
        self._pending: list[tuple[Any, Iterator[Any]]] = []
        self._why: dict[Comparison, WhyPanel] = {}
        self._report = ReportMaker(self._jobs.store, self._chooser, self._answers)
        self._updates = Updates(self._jobs, self._on_runs_changed)
        self._refresh()

    def __panel__(self) -> Any:
        return pn.Column(
            pn.Row(self._chooser, sizing_mode="stretch_width"),
            pn.FlexBox(
                self._filter,
                self._found,
                self._latest,
                self._report,
                align_items="center",
                gap="8px",
            ),
            self._body,
            sizing_mode="stretch_width",
            margin=(8, 16),
            css_classes=["compare-page"],
        )

    def choose(self, run_ids: Sequence[str]) -> None:
        """Show these runs."""
        self._refresh(run_ids)
        known = set(self._chooser.options.values())
        self._chooser.value = [run_id for run_id in run_ids if run_id in known]

    @property
    def chosen(self) -> list[str]:
        """Ids of the runs that are shown."""
        return list(self._chooser.value)

    @property
    def settings(self) -> dict[str, str]:
        """How the accounting is shown, as texts; what is as at first is left out."""
        chosen = {"by": self._by.value, "unit": "share" if self._unit.value else "seconds"}
        return {name: text for name, text in chosen.items() if text not in {"run", "share"}}

    @settings.setter
    def settings(self, texts: Mapping[str, str]) -> None:
        if texts.get("by") in self._by.options.values():
            self._by.value = texts["by"]
        self._unit.value = texts.get("unit") != "seconds"

    def on_choice(self, callback: Callable[..., None]) -> None:
        """Have a function called when other runs are shown, or in another way."""
        for widget in (self._chooser, self._by, self._unit):
            widget.param.watch(callback, "value")

    # -- which runs ----------------------------------------------------------------------------

    def _on_runs_changed(self, run_ids: frozenset[str]) -> None:
        if any(self._jobs.state(run_id).status in ENDED for run_id in run_ids):
            self._refresh()

    def _refresh(self, also: Sequence[str] = ()) -> None:
        """Offer runs with data; follow the latest ones until the user chooses others.

        Offered are the newest of those that are looked for, those that are chosen, and `also`.
        """
        follows = self._chooser.value == self._default
        store = self._jobs.store
        words = (self._filter.value_input or "").split()
        newest = {run.id: run for run in store.runs(limit=_MOST_OFFERED, words=words)}
        self._matching = [run.id for run in newest.values() if run.ended and run.done]
        count = len(self._matching)
        self._found.param.update(
            disabled=not words or not 0 < count <= _MOST_DRAWN,
            label=f"Compare the {count} found" if words else "Compare those found",
        )
        for run_id in (*self._chooser.value, *also):
            if run_id not in newest:
                with suppress(InputError):  # deleted
                    newest[run_id] = store.run(run_id)
        records = [run for run in newest.values() if run.ended and run.done]
        self._chooser.options = {_option(record): record.id for record in records}
        self._default = [
            record.id for record in latest_runs(self._jobs.store, self._state.experiment)
        ]
        known = {record.id for record in records}
        kept = [run_id for run_id in self._chooser.value if run_id in known]
        chosen = self._default if follows else kept
        if chosen != self._chooser.value:
            self._chooser.value = chosen
        elif not chosen:
            self._rebuild()

    def _choose_latest(self, _event: Any) -> None:
        self._refresh()
        self._chooser.value = self._default

    def _choose_found(self, _event: Any) -> None:
        self._chooser.value = list(reversed(self._matching))  # the oldest is the baseline

    # -- what they say -------------------------------------------------------------------------

    def _rebuild(self) -> None:
        self._why.clear()
        try:
            records = [self._jobs.store.run(run_id) for run_id in self._chooser.value]
            self._comparisons = comparisons_of(self._jobs.store, records)
        except InputError as problem:
            self._comparisons = []
            self._body[:] = [_notice(problem.what, problem.remedy, "warning")]
            return
        if not self._comparisons:
            self._body[:] = [self._empty()]
            return
        self._show_selection()
        groups = [
            pn.Column(
                sizing_mode="stretch_width",
                styles={"flex": "1 1 560px", "min-width": "0"},
                css_classes=["comparison-group"],
            )
            for _ in self._comparisons
        ]
        cautions = [
            _notice(*caution, "warning")
            for one in self._comparisons
            for caution in cautions_of(one)
        ]
        pooling = _notice(
            "These runs come from different backends, seeds or scenarios.",
            "They stand side by side; their numbers are never pooled.",
            "info",
        )
        self._body[:] = [
            self._selected,
            *([pooling] if len(groups) > 1 else []),
            *cautions,
            pn.FlexBox(*groups, sizing_mode="stretch_width", gap="16px"),
        ]
        self._pending = [
            (
                group,
                cards(
                    comparison,
                    self._state.selection,
                    self._by,
                    self._unit,
                    partial(self._asker, comparison),
                ),
            )
            for group, comparison in zip(groups, self._comparisons, strict=True)
        ]
        self._pending += [
            (self._body, iter([validation_card(found)])) for found in validations(self._comparisons)
        ]
        # What is drawn before a browser is there would keep it from seeing anything.
        pn.state.onload(partial(self._draw_next, self._pending))

    def _asker(self, comparison: Comparison) -> WhyPanel:
        """Return the card that asks why; a report has what it found."""
        self._why[comparison] = WhyPanel(self._jobs.store, comparison)
        return self._why[comparison]

    def _answers(self) -> tuple[list[Comparison], dict[Comparison, list[Attribution]]]:
        """Return what is shown, and what was found about why variants of it differ."""
        asked = {one: panel.answers for one, panel in self._why.items() if panel.answers}
        return list(self._comparisons), asked

    def _draw_next(self, pending: list[tuple[Any, Iterator[Any]]]) -> None:
        """Draw one card and go on a little later, so that the first ones show at once."""
        if not pending or pending is not self._pending:  # other runs were chosen meanwhile
            return
        group, rest = pending.pop(0)
        card = next(rest, None)
        if card is not None:
            group.append(card)
            pending.append((group, rest))
        if self._document is None:
            self._draw_next(pending)
        else:
            self._document.add_next_tick_callback(partial(self._draw_next, pending))

    def _empty(self) -> Any:
        name = self._state.experiment.name
        if any(self._jobs.store.runs(experiment=name, status=status) for status in LIVE):
            return _notice(
                f"The runs of “{name}” are under way.",
                "Each appears here as soon as it has ended; the Runs page shows how far they are.",
                "info",
            )
        if self._chooser.options:
            return _notice(
                f"“{name}” has no finished run yet.",
                "Start it on the Runs page, or choose runs of another experiment above.",
                "info",
            )
        return _notice(
            "There is nothing to compare yet.",
            "Start the experiment on the Runs page; its results appear here by themselves.",
            "info",
        )

    def _show_selection(self) -> None:
        self._selected[:] = selection_chips(self._state.selection, self._comparisons)


def _option(record: RunRecord) -> str:
    unfinished = "" if record.status == "done" else f", {record.status}"
    told = f"{record.experiment}, {record.backend}, n = {record.done}{unfinished}"
    return f"{record.workload} · {record.variant} · run {record.id} ({told})"


def _notice(what: str, remedy: str, severity: str) -> Any:
    return pmui.Alert(
        object=remedy, title=what, severity=severity, margin=16, css_classes=["compare-notice"]
    )
