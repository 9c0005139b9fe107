"""The Timeline page: what every core did when; search, measure, replay, export."""

from __future__ import annotations

import io
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from workbench.analysis.colours import BUCKET_COLOURS, component_colours
from workbench.analysis.exports import segments_table
from workbench.analysis.labels import BUCKET_TITLES, number
from workbench.analysis.plots.timeline import TimelineFigure
from workbench.analysis.timeline import Event, Timeline
from workbench.analysis.trace import write_trace
from workbench.app.export import export_bar
from workbench.app.updates import Updates, jobs_of
from workbench.errors import InputError
from workbench.results.schema import BUCKETS

if TYPE_CHECKING:
    import pandas as pd

    from workbench.app.state import AppState

__all__ = ["TimelinePage"]

_RECORDING_MS = 30.0
_FRAME_MS = 33
_LONGEST_STEP = 0.5
"""Seconds; what stood still for longer does not leap."""
_MOST_LISTED = 100
_NONE = ""
_SPEEDS = {"0.1 µs/s": 1e-7, "10 µs/s": 1e-5, "1 ms/s": 1e-3, "10 ms/s": 1e-2}
_EVENTS: dict[str, Event] = {"switch": "switch", "wait": "wait", "migration": "migration"}

_CSS = """
.key { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 13px; }
.key i { display: inline-block; width: 12px; height: 12px; margin-right: 6px; border-radius: 2px;
  vertical-align: -1px; }
.measured td, .measured th { padding: 3px 12px; font-size: 13px; text-align: right; }
.measured td:first-child, .measured th:first-child { text-align: left; }
p { margin: 0; font-size: 13.5px; }
"""


class TimelinePage(pn.viewable.Viewer):  # type: ignore[misc]
    """Shows one or two recorded runs on a common clock.

    Parameters
    ----------
    state
        Of this browser session.
    """

    def __init__(self, state: AppState, **params: Any) -> None:
        super().__init__(**params)
        self._state = state
        self._jobs = jobs_of(state)
        self._figures: list[TimelineFigure] = []
        self._marks: list[int] = []
        self._player: Any = None
        self._shown_at = 0.0
        self._runs = _select("Run", "timeline-run")
        self._below = _select("Below it", "timeline-below")
        self._by = pmui.RadioButtonGroup(
            options={"Component": "component", "What for": "bucket"},
            value="component",
            size="small",
            css_classes=["timeline-by"],
        )
        self._event = pmui.Select(
            label="Event", options=_EVENTS, value="switch", width=130, size="small"
        )
        self._speed = pmui.Select(
            label="Speed", options=_SPEEDS, value=1e-3, width=120, size="small",
            css_classes=["replay-speed"],
        )  # fmt: skip
        self._play = pmui.Button(label="Replay", icon="play_arrow", css_classes=["replay"])
        self._told = pn.pane.HTML("", stylesheets=[_CSS], css_classes=["timeline-told"])
        self._key = pn.pane.HTML("", stylesheets=[_CSS], css_classes=["timeline-key"])
        self._export = export_bar("timeline", self._segments)
        self._traced = pmui.FileDownload(
            callback=self._trace,
            filename="trace.json",
            label="Perfetto trace",
            variant="outlined",
            size="small",
            css_classes=["export-trace"],
        )
        self._body = pn.Column(sizing_mode="stretch_width", css_classes=["timelines"])
        self._play.on_click(lambda _: self._toggle_replay())
        self._by.param.watch(lambda event: self._colour(event.new), "value")
        for chooser in (self._runs, self._below):
            chooser.param.watch(lambda _: self._draw(), "value")
        self._updates = Updates(self._jobs, lambda _: self._list())
        self._list()

    def __panel__(self) -> Any:
        return pn.Column(
            self._body,
            sizing_mode="stretch_width",
            margin=(8, 16),
            css_classes=["timeline-page"],
        )

    # -- which runs ------------------------------------------------------------------------------

    def _list(self) -> None:
        """Offer the runs that recorded a timeline, newest first."""
        found = self._jobs.store.runs(limit=_MOST_LISTED, words=["timeline_ms="])
        there = [run for run in found if run.done and run.parameters.get("timeline_ms")]
        options = {f"{r.workload} · {r.variant} · run {r.id}": r.id for r in there}
        chosen = self._runs.value if self._runs.value in options.values() else _NONE
        self._below.options = {"nothing": _NONE, **options}
        self._runs.options = options or {"none": _NONE}
        if not chosen and options:
            self._runs.value = next(iter(options.values()))
        elif not options:
            self._runs.value = _NONE
            self._body[:] = [self._empty()]

    def _empty(self) -> Any:
        record = pmui.Button(
            label=f"Record {_RECORDING_MS:g} ms of this experiment",
            icon="fiber_manual_record",
            css_classes=["record-timeline"],
        )
        record.on_click(lambda _: self._record())
        return pn.Column(
            pmui.Alert(
                title="No run has a timeline yet.",
                object="Record one here, or set timeline_ms on the Runs page.",
                severity="info",
                css_classes=["timeline-empty"],
            ),
            record,
            sizing_mode="stretch_width",
        )

    def _record(self) -> None:
        self._jobs.submit(
            self._state.experiment, replications=1, parameters={"timeline_ms": _RECORDING_MS}
        )
        self._body[:] = [
            pmui.Alert(
                title="Recording …", object="It appears here when it has ended.", severity="info"
            )
        ]

    # -- drawing ---------------------------------------------------------------------------------

    def _draw(self) -> None:
        self._stop()
        self._figures, self._marks = [], []
        try:
            for run_id in filter(None, (self._runs.value, self._below.value)):
                self._figures.append(self._figure(run_id))
        except InputError as problem:
            alert = pmui.Alert(title=problem.what, object=problem.remedy, severity="warning")
            self._body[:] = [self._choosers(), alert]
            return
        if not self._figures:
            return
        panes = [
            pn.pane.Bokeh(drawn, sizing_mode="stretch_width")
            for one in self._figures
            for drawn in (one.figure, one.holders)
        ]
        self._body[:] = [self._choosers(), self._controls(), self._key, *panes, self._told]
        self._show_key()
        self._tell()

    def _figure(self, run_id: str) -> TimelineFigure:
        record = self._jobs.store.run(run_id)
        timeline = Timeline(self._jobs.store.replication(run_id, 0))
        first = self._figures[0] if self._figures else None
        figure = TimelineFigure(
            timeline,
            title=f"{record.workload} · {record.variant} · run {run_id} · {record.kind} "
            f"({record.backend})",
            by=self._by.value,
            x_range=first.x_range if first else None,
            height=360 if first is None else 300,
            others=self._followers,
        )
        figure.name_for_tests(f"timeline-{len(self._figures)}")
        return figure

    def _followers(self) -> list[TimelineFigure]:
        return self._figures

    def _choosers(self) -> Any:
        return pn.FlexBox(self._runs, self._below, self._by, align_items="center", gap="12px")

    def _controls(self) -> Any:
        def button(label: str, icon: str, hook: str, action: Any) -> Any:
            made = pmui.Button(
                label=label, icon=icon, variant="outlined", size="small", css_classes=[hook]
            )
            made.on_click(lambda _: action())
            return made

        return pn.FlexBox(
            self._play,
            self._speed,
            self._event,
            button("Before", "skip_previous", "event-before", partial(self._seek, True)),
            button("Next", "skip_next", "event-next", partial(self._seek, False)),
            button("Mark", "straighten", "set-mark", self._mark),
            button("Whole", "fit_screen", "show-whole", self._whole),
            self._traced,
            self._export,
            align_items="center",
            gap="8px",
        )

    def _show_key(self) -> None:
        timeline = self._figures[0].timeline
        if self._by.value == "component":
            colours = component_colours(timeline.components)
        else:
            colours = {BUCKET_TITLES[name]: BUCKET_COLOURS[name] for name in BUCKETS[:-1]}
        self._key.object = (
            '<div class="key">'
            + "".join(
                f'<span><i style="background:{colour}"></i>{name}</span>'
                for name, colour in colours.items()
            )
            + "</div>"
        )

    def _colour(self, by: Any) -> None:
        for figure in self._figures:
            figure.colour_by(by)
        if self._figures:
            self._show_key()

    def _whole(self) -> None:
        if self._figures:
            first = self._figures[0]
            first.zoom(first.timeline.begin_ns, first.timeline.end_ns)

    # -- cursor, search, measuring ---------------------------------------------------------------

    @property
    def _now(self) -> int:
        return self._figures[0].cursor_ns

    def _move(self, time_ns: int) -> None:
        for figure in self._figures:
            figure.move_cursor(time_ns)

    def _seek(self, backwards: bool) -> None:
        """Go to the next event, in a span around it that shows single segments."""
        if not self._figures:
            return
        first = self._figures[0]
        found = first.timeline.next(self._event.value, self._now, backwards=backwards)
        if found is None:
            self._tell(f"There is no {self._event.value} {'before' if backwards else 'after'} it.")
            return
        self._move(found)
        span = int((first.x_range.end - first.x_range.start) * 1e3)
        if not first.x_range.start * 1e3 <= found <= first.x_range.end * 1e3:
            first.zoom(found - span // 2, found + span // 2)
        self._tell()

    def _mark(self) -> None:
        """Set a mark at the cursor; between two of them is measured."""
        self._marks = [*self._marks[-1:], self._now]
        for figure in self._figures:
            figure.mark(*sorted([*self._marks, None][:2], key=lambda t: (t is None, t)))
        self._tell()

    def _tell(self, says: str = "") -> None:
        parts = [f"<p>Cursor at {number(self._now / 1e6, 6)} ms. {says}</p>"]
        if len(self._marks) == 2:
            begin, end = sorted(self._marks)
            parts.append(
                f"<p>Between the marks: <b>{number((end - begin) / 1e3, 5)} µs</b>, "
                f"{self._figures[0].timeline.switches(begin, end)} switches</p>"
            )
            parts.append(_measured(self._figures[0].timeline, begin, end))
        self._told.object = "".join(parts)

    # -- replay ----------------------------------------------------------------------------------

    def _toggle_replay(self) -> None:
        if self._player is not None or not self._figures:
            self._stop()
            return
        self._play.param.update(label="Pause", icon="pause")
        self._shown_at = time.perf_counter()
        self._player = pn.state.add_periodic_callback(self._frame, period=_FRAME_MS)

    def _frame(self) -> None:
        """Move on by the time since the last frame; start over at the end."""
        timeline = self._figures[0].timeline
        shown_at, self._shown_at = self._shown_at, time.perf_counter()
        passed = min(self._shown_at - shown_at, _LONGEST_STEP)
        now = self._now + max(round(self._speed.value * 1e9 * passed), 1)
        self._move(timeline.begin_ns if now >= timeline.end_ns else now)

    def _stop(self) -> None:
        if self._player is not None:
            self._player.stop()
            self._player = None
            self._play.param.update(label="Replay", icon="play_arrow")
            self._tell()

    # -- export ----------------------------------------------------------------------------------

    def _view(self) -> tuple[int, int]:
        """Return the span in view, in ns."""
        seen = self._figures[0].x_range
        return int(seen.start * 1e3), int(seen.end * 1e3)

    def _segments(self) -> pd.DataFrame:
        """Return the span in view of every run, as a table."""
        shown = {one.figure.title.text: one.timeline for one in self._figures}
        try:
            return segments_table(shown, *self._view())
        except InputError as problem:
            self._tell(f"{problem.what} {problem.remedy}")
            raise

    def _trace(self) -> io.BytesIO:
        """Return the span in view as a trace."""
        first = self._figures[0]
        begin_ns, end_ns = self._view()
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "trace.json"
            try:
                write_trace(
                    first.timeline,
                    file,
                    begin_ns=begin_ns,
                    end_ns=end_ns,
                    title=first.figure.title.text,
                )
            except InputError as problem:
                self._tell(f"{problem.what} {problem.remedy}")
                self._traced.filename = "trace-not-exported.txt"
                return io.BytesIO(str(problem).encode())
            self._traced.filename = "trace.json"
            return io.BytesIO(file.read_bytes())


def _measured(timeline: Timeline, begin_ns: int, end_ns: int) -> str:
    """Return what was measured between two marks as a table, in core-microseconds."""
    held = timeline.measure(begin_ns, end_ns)
    shown = [name for name in BUCKETS if float(held.sel(bucket=name).sum()) > 0]
    head = "".join(f"<th>{BUCKET_TITLES[name]}</th>" for name in shown)
    body = "".join(
        f"<tr><td>{component}</td>"
        + "".join(
            f"<td>{number(float(held.sel(component=component, bucket=name)) * 1e6)}</td>"
            for name in shown
        )
        + "</tr>"
        for component in timeline.components
    )
    return f'<table class="measured"><tr><th>core-µs</th>{head}</tr>{body}</table>'


def _select(label: str, hook: str) -> Any:
    return pmui.Select(
        label=label, options={"none": _NONE}, value=_NONE, width=300, size="small",
        css_classes=[hook],
    )  # fmt: skip
