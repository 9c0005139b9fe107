"""The Runs page: start runs, follow them, read their logs, look through the history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from workbench import formats
from workbench.app.history import HistoryTable
from workbench.app.runs_import import ImportForm
from workbench.app.runs_launch import LaunchForm
from workbench.app.runs_progress import ProgressList, duration
from workbench.app.updates import Updates, jobs_of
from workbench.errors import InputError
from workbench.results.records import RunRecord

if TYPE_CHECKING:
    from workbench.app.state import AppState

__all__ = ["RunsPage"]

_MOST_LISTED = 300
_MOST_LOGGED = 500

_LOG_CSS = """
:host { --quiet: color-mix(in srgb, currentColor 62%, transparent); }
pre { margin: 0; max-height: 280px; overflow: auto; font-size: 13px; line-height: 1.5;
  white-space: pre-wrap; }
pre span { color: var(--quiet); }
p { margin: 0; font-size: 14px; }
"""

_COLUMNS = [
    "run#",
    "workload",
    "variant",
    "backend",
    "status",
    "done#",
    "parameters~",
    "started",
    "took#",
    "experiment",
    "seed#",
]


class RunsPage(pn.viewable.Viewer):  # type: ignore[misc]
    """Everything about runs but what they say.

    Parameters
    ----------
    state
        Of this browser session.
    on_compare
        Called with the ids of runs that the user wants to see on the Compare page.
    """

    def __init__(
        self,
        state: AppState,
        on_compare: Callable[[Sequence[str]], None] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self._state = state
        self._jobs = jobs_of(state)
        self._on_compare = on_compare
        self._form = LaunchForm(state, self._on_submitted)
        self._import = ImportForm(self._jobs.store, self._on_imported)
        self._progress = ProgressList(self._jobs, self._run_again, self._show_log_of)
        self._filter = pmui.TextInput(
            label="Filter",
            placeholder="for example: insert failed",
            width=280,
            css_classes=["history-filter"],
        )
        self._table = HistoryTable(
            columns=_COLUMNS, sizing_mode="stretch_width", css_classes=["history"]
        )
        self._no_history = pmui.Typography(
            "No run yet. Every run is kept here with its configuration, log and data.",
            variant="body2",
            css_classes=["history-empty"],
        )
        self._compare = _action("Compare", "insights", "compare-runs", self._compare_selected)
        self._again = _action("Run again", "replay", "again-runs", self._again_selected)
        self._delete = _action("Delete", "delete", "delete-runs", self._delete_selected)
        self._history = pn.Column(
            pn.FlexBox(
                self._filter,
                self._compare,
                self._again,
                self._delete,
                align_items="center",
                margin=0,
            ),
            self._table,
            sizing_mode="stretch_width",
        )
        self._message = pn.Column(sizing_mode="stretch_width", css_classes=["runs-message"])
        self._log = pn.pane.HTML(
            "", stylesheets=[_LOG_CSS], sizing_mode="stretch_width", css_classes=["log"]
        )
        self._log_title = pmui.Typography("Log", variant="h6", margin=(8, 10, 0, 10))
        self._filter.param.watch(lambda _: self._list_runs(), "value_input")
        self._table.param.watch(lambda _: self._allow(), "ticked")
        self._table.param.watch(lambda event: self._show_log_of(event.new), "chosen")
        state.selection.param.watch(lambda _: self._show_log(), "run")
        self._standings: dict[str, tuple[str, int]] = {}
        self._updates = Updates(self._jobs, self._on_runs_changed)
        self._list_runs()
        self._show_log()

    def __panel__(self) -> Any:
        return pn.Column(
            pn.FlexBox(
                pn.Column(
                    _card("Run the experiment", self._form),
                    _card("Import measurements", self._import),
                    styles={"flex": "0 1 340px", "min-width": "300px"},
                ),
                pn.Column(
                    _card("Progress", self._progress),
                    _card("History", self._no_history, self._message, self._history),
                    _paper(self._log_title, self._log),
                    sizing_mode="stretch_width",
                    styles={"flex": "1 1 640px", "min-width": "0"},
                ),
                sizing_mode="stretch_width",
                gap="16px",
                flex_wrap="wrap",
            ),
            self._form.parameter_table,
            sizing_mode="stretch_width",
            margin=(0, 16),
            css_classes=["runs-page"],
        )

    # -- what changes ----------------------------------------------------------------------------

    def _on_submitted(self, run_ids: tuple[str, ...]) -> None:
        self._on_runs_changed(frozenset(run_ids))
        self._state.selection.run = run_ids[0]

    def _on_imported(self, run_ids: tuple[str, ...]) -> None:
        self._list_runs()
        self._state.selection.run = run_ids[0]

    def _on_runs_changed(self, run_ids: frozenset[str]) -> None:
        self._progress.update(run_ids)
        states = {run_id: self._jobs.state(run_id) for run_id in run_ids}
        standings = {run_id: (state.status, state.done) for run_id, state in states.items()}
        if not standings.items() <= self._standings.items():
            self._standings |= standings
            self._list_runs()
        if self._state.selection.run in run_ids:
            self._show_log()

    def _run_again(self, run_id: str) -> None:
        """Submit a run once more, exactly as it was."""
        record = self._jobs.store.run(run_id)
        try:
            experiment = formats.read_text(record.experiment_yaml, "yaml").experiment
            # As many replications as it had in the end, whatever made them enough.
            experiment = experiment.but(half_width=None)
            self._on_submitted(
                self._jobs.submit(
                    experiment,
                    variants=[record.variant],
                    workloads=[record.workload],
                    backend=record.backend,
                    replications=record.replications,
                    seed=record.seed,
                    parameters=record.parameters,
                )
            )
        except InputError as problem:
            self._say(problem)

    # -- history ---------------------------------------------------------------------------------

    def _list_runs(self) -> None:
        words = (self._filter.value_input or "").split()
        found = self._jobs.store.runs(limit=_MOST_LISTED, words=words)
        matching = [_row(record) for record in found]
        listed = {row[0] for row in matching}
        ticked = [run_id for run_id in self._table.ticked if run_id in listed]
        self._table.param.update(rows=matching, ticked=ticked)
        any_run = bool(matching or self._jobs.store.runs(limit=1))
        self._history.visible = any_run
        self._no_history.visible = not any_run
        self._allow()

    def _ticked(self) -> list[str]:
        """Return the ids of the ticked runs, oldest first, so that the first is the baseline."""
        return sorted(self._table.ticked, key=int)

    def _allow(self) -> None:
        nothing = not self._ticked()
        for button in (self._compare, self._again, self._delete):
            button.disabled = nothing
        self._compare.disabled = nothing or self._on_compare is None

    def _compare_selected(self) -> None:
        if self._on_compare is not None:
            self._on_compare(self._ticked())

    def _again_selected(self) -> None:
        for run_id in self._ticked():
            self._run_again(run_id)

    def _delete_selected(self) -> None:
        for run_id in self._ticked():
            try:
                self._jobs.store.delete(run_id)
            except InputError as problem:
                self._say(problem)
        self._list_runs()

    def _say(self, problem: InputError) -> None:
        self._message[:] = [
            pmui.Alert(title=problem.what, object=problem.remedy, severity="error", closeable=True)
        ]

    # -- log -------------------------------------------------------------------------------------

    def _show_log_of(self, run_id: str) -> None:
        self._state.selection.run = run_id or None

    def _show_log(self) -> None:
        run_id = self._state.selection.run
        self._table.chosen = run_id or ""
        try:
            record = self._jobs.store.run(run_id or "")
        except InputError:
            self._log_title.object = "Log"
            self._log.object = "<p>Click a run to read its log.</p>"
            return
        self._log_title.object = f"Log of run {record.id}: {record.workload} · {record.variant}"
        lines = self._jobs.store.log_lines(record.id)[-_MOST_LOGGED:]
        text = "\n".join(
            f"<span>{line.time.astimezone():%H:%M:%S} {escape(line.component)}</span> "
            f"{escape(line.text)}"
            for line in lines
        )
        ended = f"{record.status}{': ' * bool(record.message)}{record.message}"
        self._log.object = f"<pre>{text or 'No line was logged.'}\n<b>{escape(ended)}</b></pre>"


def _row(record: RunRecord) -> list[str]:
    """Return a run as a line of the history, in the order of `_COLUMNS`."""
    settings = ", ".join(f"{name}={value}" for name, value in record.parameters.items())
    took = (
        duration((record.finished - record.started).total_seconds())
        if record.started and record.finished
        else ""
    )
    return [
        record.id,
        record.workload,
        record.variant,
        record.backend,
        record.status + (f" ({record.cause})" if record.cause else ""),
        f"{record.done} / {record.replications}",
        settings,
        f"{record.created.astimezone():%d %b %H:%M}",
        took,
        record.experiment,
        str(record.seed),
    ]


def _action(label: str, icon: str, hook: str, run: Callable[[], None]) -> Any:
    button = pmui.Button(
        label=label, icon=icon, variant="outlined", size="small", css_classes=[hook], disabled=True
    )
    button.on_click(lambda _: run())
    return button


def _card(title: str, *objects: Any) -> Any:
    heading = pmui.Typography(title, variant="h6", margin=(8, 10, 0, 10))
    return _paper(heading, *objects)


def _paper(*objects: Any) -> Any:
    return pmui.Paper(
        *objects,
        variant="outlined",
        elevation=0,
        margin=(8, 0),
        sizing_mode="stretch_width",
    )
