"""The Compare page: what the runs say, in sentences, linked plots and a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from workbench.analysis.colours import BUCKET_COLOURS, component_colours
from workbench.analysis.comparison import Comparison
from workbench.analysis.labels import BUCKET_TITLES, METRIC_DOCS, METRIC_TITLES
from workbench.analysis.plots.base import draw, plot_title
from workbench.analysis.tables import throughput_html
from workbench.app.compare_data import comparisons_of, latest_runs
from workbench.app.updates import Updates, jobs_of
from workbench.errors import InputError
from workbench.results.records import ENDED, LIVE, RunRecord

if TYPE_CHECKING:
    from workbench.app.state import AppState

__all__ = ["ComparePage"]

_WIDE = {"flex": "1 1 720px", "min-width": "0"}

_PLAIN = {"& .MuiToggleButton-root": {"textTransform": "none", "whiteSpace": "nowrap"}}

_QUIET_CHIPS = {
    "& .MuiChip-root": {"backgroundColor": "action.selected", "color": "text.primary"},
    "& .MuiChip-deleteIcon": {"color": "text.secondary"},
}

_CSS = """
:host { --quiet: color-mix(in srgb, currentColor 62%, transparent); }
h3 { margin: 0 0 4px; font-size: 17px; font-weight: 500; }
.says { display: flex; flex-wrap: wrap; gap: 8px 40px; }
.says section { flex: 1 1 480px; }
.says ul { list-style: none; margin: 0; padding: 0; font-size: 15px; line-height: 1.6; }
.says .metric { display: inline-block; min-width: 112px; color: var(--quiet); cursor: help; }
.says .spread { color: var(--quiet); white-space: nowrap; }
.says strong { font-weight: 600; }
.key { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 13px; }
.key i { display: inline-block; width: 12px; height: 12px; margin-right: 6px; border-radius: 2px;
  vertical-align: -1px; }
table { border-collapse: collapse; font-size: 14px; width: 100%; }
th { font-weight: 500; text-align: left; vertical-align: bottom; color: var(--quiet); }
th, td { padding: 5px 12px; border-bottom: 1px solid
  color-mix(in srgb, currentColor 14%, transparent); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td small { color: var(--quiet); }
tr.part td:nth-child(-n+2) { color: transparent; }
tr.total td { font-weight: 500; }
caption { caption-side: bottom; text-align: left; padding: 8px 12px; color: var(--quiet); }
"""


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
        self._by = pmui.RadioButtonGroup(
            options={"Runs": "run", "Components": "component", "Cores": "core"},
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
        self._body = pmui.Column(sizing_mode="stretch_width", css_classes=["comparison"])
        self._latest.on_click(self._choose_latest)
        self._chooser.param.watch(lambda _: self._rebuild(), "value")
        state.selection.param.watch(lambda *_: self._show_selection(), ["component", "core", "run"])
        state.param.watch(lambda _: self._refresh(), "experiment")
        self._comparisons: list[Comparison] = []
        self._updates = Updates(self._jobs, self._on_runs_changed)
        self._refresh()

    def __panel__(self) -> Any:
        return pmui.Column(
            pmui.Row(self._chooser, self._latest, align="center", sizing_mode="stretch_width"),
            self._body,
            sizing_mode="stretch_width",
            margin=(8, 16),
            css_classes=["compare-page"],
        )

    def choose(self, run_ids: Sequence[str]) -> None:
        """Show these runs."""
        self._refresh()
        known = set(self._chooser.options.values())
        self._chooser.value = [run_id for run_id in run_ids if run_id in known]

    # -- which runs ----------------------------------------------------------------------------

    def _on_runs_changed(self, run_ids: frozenset[str]) -> None:
        if any(self._jobs.state(run_id).status in ENDED for run_id in run_ids):
            self._refresh()

    def _refresh(self) -> None:
        """Offer all runs with data; follow the latest ones until the user chooses others."""
        follows = self._chooser.value == self._default
        records = [record for record in self._jobs.store.runs() if record.ended and record.done]
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

    # -- what they say -------------------------------------------------------------------------

    def _rebuild(self) -> None:
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
        groups = [self._group(comparison) for comparison in self._comparisons]
        content: list[Any] = [self._selected]
        if len(groups) > 1:
            content.append(
                _notice(
                    "These runs come from different backends.",
                    "They stand side by side; their numbers are never pooled.",
                    "info",
                )
            )
            content.append(pn.FlexBox(*groups, sizing_mode="stretch_width", gap="16px"))
        else:
            content += groups
        self._body[:] = content

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

    def _group(self, comparison: Comparison) -> Any:
        selection = self._state.selection

        def plot(name: str, hook: str, *, wide: bool = False, **options: Any) -> Any:
            return pn.pane.HoloViews(
                draw(name, comparison, selection, **options),
                sizing_mode="stretch_width",
                linked_axes=False,
                css_classes=[f"plot-{hook}"],
                styles=_WIDE if wide else {},
            )

        def accounting(by: str, share: bool) -> Any:
            return pn.Column(
                *(
                    plot("accounting", f"accounting-{name}", workload=name, by=by, share=share)
                    for name in comparison.workloads
                ),
                sizing_mode="stretch_width",
            )

        flat = comparison.space[1] == 1
        cores = [
            plot(
                "utilisation",
                f"utilisation-{workload}-{variant}",
                wide=not flat,
                variant=variant,
                workload=workload,
            )
            for variant, workload in comparison.runs
        ]
        return pmui.Column(
            _html(_says(comparison), "headlines"),
            _card(
                plot_title("throughput"),
                "Bars are means, stacked by component; dots are single replications, "
                "whiskers 95 % confidence intervals.",
                pn.FlexBox(
                    *(
                        plot("throughput", f"throughput-{name}", wide=True, workload=name)
                        for name in comparison.workloads
                    ),
                    sizing_mode="stretch_width",
                ),
            ),
            _card(
                plot_title("ratio"),
                "Geometric mean over pairs of replications with the same seed; "
                "right of 1 the first variant is faster.",
                plot("ratio", "ratio"),
            )
            if len(comparison.variants) > 1
            else None,
            _card(
                plot_title("utilisation"),
                "One cell per core, filled by who held it: full colour is useful work, "
                "pale colour is polling, switching and waiting, empty is idle.",
                (pn.Column if flat else pn.FlexBox)(*cores, sizing_mode="stretch_width"),
            ),
            _card(
                plot_title("accounting"),
                "",
                pn.Row(self._by, self._unit),
                _html(_bucket_key(comparison), "bucket-key"),
                pn.bind(accounting, self._by, self._unit),
            ),
            _card("Numbers", "", _html(throughput_html(comparison), "numbers")),
            sizing_mode="stretch_width",
            styles={"flex": "1 1 560px", "min-width": "0"},
            css_classes=["comparison-group"],
        )

    # -- what is selected ----------------------------------------------------------------------

    def _show_selection(self) -> None:
        selection = self._state.selection
        names = dict.fromkeys(name for one in self._comparisons for name in one.components)
        runs = {
            one.run_id(*run): f"{run[1]} · {run[0]}"
            for one in self._comparisons
            for run in one.runs
        }
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
        if selection.core is not None:
            chips.append(
                _chip(f"core {selection.core}", lambda: selection.param.update(core=None), "core")
            )
        if selection.run in runs:
            chips.append(
                _chip(runs[selection.run], lambda: selection.param.update(run=None), "run")
            )
        if selection.is_empty:
            chips.append(_html("Select a component, core or run in any plot.", "selection-hint"))
        else:
            chips.append(_chip("Clear selection", selection.clear, "clear-selection", icon="close"))
        self._selected[:] = chips


def _says(comparison: Comparison) -> str:
    """Return what the ratios say, workload by workload."""
    sections = []
    for workload in comparison.workloads:
        lines = []
        for ratio in comparison.ratios():
            if ratio.workload == workload:
                verdict, spread = comparison.verdict(ratio)
                pair = "" if ratio.phase == workload else f" ({ratio.phase})"
                lines.append(
                    f'<li data-metric="{ratio.metric}">'
                    f'<span class="metric" title="{escape(METRIC_DOCS[ratio.metric])}">'
                    f"{METRIC_TITLES[ratio.metric]}{escape(pair)}</span> "
                    f"<strong>{escape(verdict)}</strong> "
                    f'<span class="spread">{escape(spread)}</span></li>'
                )
        if lines:
            sections.append(
                f'<section data-workload="{escape(workload)}"><h3>{escape(workload)}</h3>'
                f"<ul>{''.join(lines)}</ul></section>"
            )
    if not sections:
        return (
            f"<p>{escape(comparison.provenance)}: choose two variants of a workload to compare.</p>"
        )
    return f'<div class="says">{"".join(sections)}</div>'


def _bucket_key(comparison: Comparison) -> str:
    accounts = [comparison.accounting(*run) for run in comparison.runs]
    present = {bucket for account in accounts for bucket, time in account.items() if time > 0}
    return (
        '<div class="key">'
        + "".join(
            f'<span><i style="background:{BUCKET_COLOURS[bucket]}"></i>{title}</span>'
            for bucket, title in BUCKET_TITLES.items()
            if bucket in present
        )
        + "</div>"
    )


def _option(record: RunRecord) -> str:
    unfinished = "" if record.status == "done" else f", {record.status}"
    told = f"{record.experiment}, {record.backend}, n = {record.done}{unfinished}"
    return f"{record.workload} · {record.variant} · run {record.id} ({told})"


def _card(title: str, doc: str, *objects: Any) -> Any:
    return pmui.Paper(
        pmui.Typography(title, variant="h6", margin=(8, 16, 0, 16)),
        *([_html(escape(doc), "doc")] if doc else []),
        *objects,
        sizing_mode="stretch_width",
        variant="outlined",
        margin=(8, 0),
        elevation=0,
    )


def _html(text: str, hook: str) -> Any:
    return pn.pane.HTML(
        text,
        stylesheets=[_CSS],
        css_classes=[hook],
        sizing_mode="stretch_width" if hook != "selection-hint" else None,
        margin=(4, 16),
    )


def _notice(what: str, remedy: str, severity: str) -> Any:
    return pmui.Alert(
        object=remedy, title=what, severity=severity, margin=16, css_classes=["compare-notice"]
    )


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
    if not filled:
        look["opacity"] = 0.45
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
