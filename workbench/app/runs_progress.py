"""Progress of runs: one row each, with time left and a way to cancel or run again."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from html import escape
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from workbench.errors import InputError
from workbench.results.records import ENDED, LIVE, RunRecord

if TYPE_CHECKING:
    from workbench.experiments.jobs import JobManager, RunState

__all__ = ["ProgressList", "duration"]

_COLOURS = {"done": "success", "failed": "error", "cancelled": "warning", "interrupted": "warning"}
_MOST_ROWS = 12


class ProgressList(pn.viewable.Viewer):  # type: ignore[misc]
    """The live runs and those that ended since they were shown here, newest first.

    Parameters
    ----------
    jobs
        The process-wide manager.
    on_again
        Called with the id of a run that is to be run once more.
    on_chosen
        Called with the id of a run whose name was clicked.
    """

    def __init__(
        self,
        jobs: JobManager,
        on_again: Callable[[str], None],
        on_chosen: Callable[[str], None],
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self._jobs = jobs
        self._on_again = on_again
        self._on_chosen = on_chosen
        self._rows: dict[str, _Row] = {}
        self._list = pn.Column(sizing_mode="stretch_width", css_classes=["progress-list"])
        live = [run.id for status in LIVE for run in jobs.store.runs(status=status)]
        self.update(frozenset(live))
        if not live:
            self._say_empty()

    def __panel__(self) -> Any:
        return self._list

    def update(self, run_ids: frozenset[str]) -> None:
        """Show how these runs stand now; new ones get a row."""
        new = sorted(run_ids - self._rows.keys(), key=int)
        for run_id in new:
            with suppress(InputError):  # deleted meanwhile
                record = self._jobs.store.run(run_id)
                self._rows[run_id] = _Row(record, self._jobs, self._on_again, self._on_chosen)
        for run_id in run_ids & self._rows.keys():
            self._rows[run_id].update(self._jobs.state(run_id))
        if new:
            self._drop_oldest()
            rows = [self._rows[run_id] for run_id in sorted(self._rows, key=int)]
            self._list[:] = [row.view for row in rows]

    def _drop_oldest(self) -> None:
        ended = [run_id for run_id in sorted(self._rows, key=int) if self._rows[run_id].ended]
        for run_id in ended[: max(0, len(self._rows) - _MOST_ROWS)]:
            del self._rows[run_id]

    def _say_empty(self) -> None:
        self._list[:] = [
            pmui.Typography(
                "Nothing is running. Choose variants and workloads, then press Run; "
                "progress and time left appear here.",
                variant="body2",
                css_classes=["progress-empty"],
            )
        ]


class _Row:
    """One run: name, bar, what it does, and a button."""

    def __init__(
        self,
        record: RunRecord,
        jobs: JobManager,
        on_again: Callable[[str], None],
        on_chosen: Callable[[str], None],
    ) -> None:
        self.ended = False
        name = pmui.Button(
            label=f"{record.workload} · {record.variant} · run {record.id}",
            variant="text",
            color="default",
            sx={"textTransform": "none", "justifyContent": "flex-start", "fontSize": "15px"},
            width=250,
            css_classes=["show-log"],
        )
        name.on_click(lambda _: on_chosen(record.id))
        self._bar = pmui.LinearProgress(
            value=0, sizing_mode="stretch_width", margin=(18, 8), css_classes=["bar"]
        )
        self._note = pn.pane.HTML("", width=280, margin=(10, 8), css_classes=["note"])
        own = record.owner_pid == os.getpid()
        self._button = pmui.Button(
            label="Cancel" if own else f"In process {record.owner_pid}",
            icon="close" if own else None,
            disabled=not own,  # only the process that runs it can stop it
            variant="outlined",
            size="small",
            width=116 if own else 160,
            css_classes=["cancel"],
        )

        def pressed(_event: Any) -> None:
            if self.ended:
                on_again(record.id)
            else:
                jobs.cancel(record.id)

        self._button.on_click(pressed)
        self._why = pmui.Typography("", variant="body2", visible=False, css_classes=["why"])
        line = pn.Row(name, self._bar, self._note, self._button, sizing_mode="stretch_width")
        self.view = pn.Column(
            line,
            self._why,
            sizing_mode="stretch_width",
            css_classes=["run-row", f"run-{record.id}"],
        )

    def update(self, state: RunState) -> None:
        """Show a state; only what differs is sent to the browser."""
        self.ended = state.status in ENDED
        self._bar.param.update(
            value=round(100 * state.progress), color=_COLOURS.get(state.status, "primary")
        )
        self._note.object = (
            f'<span data-status="{state.status}" style="font-size:14px">'
            f"{escape(_told(state))}</span>"
        )
        failed = self.ended and bool(state.message)
        self._why.param.update(object=state.message if failed else "", visible=failed)
        if self.ended:
            self._button.param.update(
                label="Run again", icon="replay", disabled=False, width=116, css_classes=["again"]
            )


def _told(state: RunState) -> str:
    count = f"{state.done} of {state.replications} replications"
    if state.status == "running":
        if state.eta_seconds is None:
            return f"{count}, {state.message or 'starting'}"
        return f"{count}, about {duration(state.eta_seconds)} left"
    return f"{state.status}, {count}"


def duration(seconds: float) -> str:
    """Return a time span as people say it.

    >>> duration(7.4), duration(200.0), duration(4000.0)
    ('7 s', '3 min 20 s', '1 h 6 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
