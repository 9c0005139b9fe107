"""The Sweep page: what is varied, how far it is, and what it says."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from workbench.analysis.labels import METRIC_TITLES
from workbench.analysis.plots.sweep import curves, parallel
from workbench.analysis.sweep_tables import sweep_table
from workbench.app.export import export_bar
from workbench.app.runs_progress import duration
from workbench.app.updates import jobs_of
from workbench.errors import InputError
from workbench.experiments.sweep import (
    DESIGNS,
    SweepPlan,
    SweepProgress,
    open_sweep,
    run_sweep,
    sweep_plan,
)
from workbench.results.schema import METRICS
from workbench.results.sweeps import SweepStore

if TYPE_CHECKING:
    import pandas as pd

    from workbench.app.state import AppState

__all__ = ["SweepPage"]

_LOOK_MS = 300
_HINT = (
    "One line for each axis: <code>cores=8,16,32</code>, <code>instances=1:8</code>, or a "
    "parameter. Drawn designs take ranges: <code>quantum_ms=0.5:30:log</code>. Components "
    "are placed anew by their rules at every point. A sweep goes on where it was stopped."
)


_NO_ARROWS = {"& .MuiIconButton-root": {"display": "none"}}
"""Those of a number field have no name for screen readers; arrow keys do the same."""


class SweepPage(pn.viewable.Viewer):  # type: ignore[misc]
    """Runs sweeps of the experiment and shows those of the store.

    Parameters
    ----------
    state
        Of this browser session.
    """

    def __init__(self, state: AppState, **params: Any) -> None:
        super().__init__(**params)
        self._state = state
        self._store = jobs_of(state).store
        self._stop: threading.Event | None = None
        self._latest: SweepProgress | None = None
        self._ended: str | InputError | None = None
        self._over = pmui.TextAreaInput(
            label="Over",
            value="cores=8,16,32,64",
            rows=3,
            sizing_mode="stretch_width",
            css_classes=["sweep-over"],
        )
        self._settings = pmui.TextAreaInput(
            label="Parameters for all points",
            placeholder="for example: operations=20000",
            rows=2,
            sizing_mode="stretch_width",
            css_classes=["sweep-set"],
        )
        self._workload = pmui.Select(label="Workload", options=[], size="small", width=150)
        self._design = pmui.Select(
            label="Design", options=list(DESIGNS), value="grid", size="small", width=150
        )
        self._points = pmui.IntInput(
            label="Points",
            value=100,
            start=1,
            end=1_000_000,
            width=120,
            disabled=True,
            sx=_NO_ARROWS,
        )
        self._replications = pmui.IntInput(
            label="Replications", value=3, start=1, end=10_000, width=120, sx=_NO_ARROWS,
            css_classes=["sweep-replications"],
        )  # fmt: skip
        self._go = pmui.Button(label="Sweep", icon="grid_on", css_classes=["sweep-start"])
        self._cancel = pmui.Button(
            label="Cancel", variant="outlined", visible=False, css_classes=["sweep-cancel"]
        )
        self._bar = pmui.LinearProgress(
            value=0, variant="determinate", visible=False, sizing_mode="stretch_width"
        )
        self._says = pn.pane.HTML("", css_classes=["sweep-says"], sizing_mode="stretch_width")
        self._which = pmui.Select(
            label="Sweep", options={}, width=420, size="small", css_classes=["sweep-which"]
        )
        self._along = pmui.Select(label="Along", options=[], width=160, size="small")
        self._metric = pmui.Select(
            label="Metric",
            options={METRIC_TITLES[name]: name for name in METRICS},
            value="throughput_makespan",
            width=160,
            size="small",
        )
        # Kept through every drawing, so that a click is never on one that is just replaced.
        self._exports = {name: export_bar(name, self._table) for name in ("curves", "parallel")}
        self._body = pn.Column(sizing_mode="stretch_width", css_classes=["sweep-plots"])
        self._go.on_click(lambda _: self._start())
        self._cancel.on_click(self._ask_to_stop)
        self._design.param.watch(self._on_design, "value")
        self._which.param.watch(lambda _: self._choose(), "value")
        for widget in (self._along, self._metric):
            widget.param.watch(lambda _: self._draw(), "value")
        state.param.watch(lambda _: self._offer_workloads(), "experiment")
        self._offer_workloads()
        self._list()
        if pn.state.curdoc is not None:
            pn.state.on_session_destroyed(self._ask_to_stop)

    def __panel__(self) -> Any:
        form = pmui.Paper(
            pmui.Typography("Sweep the experiment", variant="h6", margin=(8, 10, 0, 10)),
            pn.pane.HTML(_HINT, styles={"font-size": "13px"}, sizing_mode="stretch_width"),
            self._over,
            self._settings,
            pn.FlexBox(self._workload, self._design, gap="8px"),
            pn.FlexBox(self._points, self._replications, gap="8px"),
            pn.Row(self._go, self._cancel),
            self._bar,
            self._says,
            variant="outlined",
            elevation=0,
            styles={"flex": "0 1 360px", "min-width": "320px"},
        )
        results = pn.Column(
            pn.FlexBox(
                self._which, self._along, self._metric, gap="8px", align_items="center",
            ),
            self._body,
            styles={"flex": "1 1 640px", "min-width": "0"},
        )  # fmt: skip
        return pn.FlexBox(
            form, results, gap="16px", sizing_mode="stretch_width", margin=(8, 16),
            css_classes=["sweep-page"],
        )  # fmt: skip

    # -- running ---------------------------------------------------------------------------------

    def _offer_workloads(self) -> None:
        offered = list(self._state.experiment.workloads)
        self._workload.options = offered
        if self._workload.value not in offered:
            self._workload.value = offered[0] if offered else None

    def _on_design(self, event: Any) -> None:
        self._points.disabled = event.new == "grid"

    def _start(self) -> None:
        lines = [line.strip() for line in self._over.value.splitlines() if line.strip()]
        given = [line.strip() for line in self._settings.value.splitlines() if line.strip()]
        try:
            plan = sweep_plan(
                self._state.experiment,
                lines,
                design=self._design.value,
                count=None if self._design.value == "grid" else self._points.value,
                workloads=[self._workload.value],
                replications=self._replications.value,
                parameters=given,
            )
        except InputError as problem:
            self._say(f"{problem.what} {problem.remedy}")
            return
        self._stop, self._latest, self._ended = threading.Event(), None, None
        self._running(True)
        threading.Thread(target=self._run, args=(plan, self._stop), daemon=True).start()
        self._watch = pn.state.add_periodic_callback(self._look, period=_LOOK_MS)

    def _run(self, plan: SweepPlan, stop: threading.Event) -> None:
        """Run in a thread; what it finds out is read by `_look`."""
        try:
            self._ended = run_sweep(
                self._store, plan, report=partial(setattr, self, "_latest"), cancelled=stop
            )
        except InputError as problem:
            self._ended = problem
        except Exception as defect:  # a thread must not die silently
            self._ended = InputError(f"{type(defect).__name__}: {defect}.", "See the server's log.")

    def _ask_to_stop(self, _event: Any) -> None:
        """End a running sweep soon; what it has found out stays."""
        if self._stop is not None:
            self._stop.set()

    def _look(self) -> None:
        ended, progress = self._ended, self._latest
        if progress is not None:
            self._bar.value = round(100 * progress.fraction)
            eta = progress.eta_seconds
            left = "" if eta is None or ended else f", {duration(eta)} left"
            known = f", {progress.known} known before" if progress.known else ""
            failed = f", {progress.failed} failed" if progress.failed else ""
            self._say(f"{progress.ended} of {progress.total}{known}{failed}{left}")
        if ended is None:
            return
        self._watch.stop()
        self._running(False)
        if isinstance(ended, InputError):
            self._say(f"{ended.what} {ended.remedy}")
        else:
            self._list(ended)

    def _running(self, running: bool) -> None:
        self._go.disabled = running
        self._cancel.visible = self._bar.visible = running

    def _say(self, text: str) -> None:
        self._says.object = text

    # -- showing ---------------------------------------------------------------------------------

    def _list(self, chosen: str | None = None) -> None:
        found = SweepStore(self._store).sweeps()
        self._which.options = {
            f"{one.id}: {one.experiment} over {', '.join(one.spec['axes'])} "
            f"({one.done} of {one.tasks})": one.id
            for one in found
        }
        if not found:
            self._body[:] = [
                pmui.Alert(
                    title="No sweep yet.",
                    object="Say on the left what is varied; the curves appear here.",
                    severity="info",
                )
            ]
            return
        before = self._which.value
        self._which.value = chosen or found[0].id
        if self._which.value == before:
            self._choose()

    def _choose(self) -> None:
        if not self._which.value:
            return
        self._dataset = open_sweep(self._store, self._which.value)
        axes = list(self._dataset.attrs["axes"])
        self._along.options = axes
        if self._along.value not in axes:
            self._along.value = axes[0]
        self._draw()

    def _draw(self) -> None:
        if not self._which.value or not self._along.value:
            return
        if not self._dataset.attrs["done"]:
            self._body[:] = [pmui.Alert(title="This sweep has no result yet.", severity="info")]
            return
        metric = self._metric.value
        drawn = {
            "curves": curves(self._dataset, along=self._along.value, metric=metric),
            "parallel": parallel(self._dataset, metric=metric),
        }
        self._body[:] = [
            part
            for name, one in drawn.items()
            for part in (
                pn.pane.HoloViews(one, sizing_mode="stretch_width", linked_axes=False),
                self._exports[name],
            )
        ]

    def _table(self) -> pd.DataFrame:
        return sweep_table(self._dataset)
