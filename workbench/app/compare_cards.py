"""The cards of the Compare page: sentences, plots and a table of one comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from workbench.analysis.colours import BUCKET_COLOURS
from workbench.analysis.comparison import Comparison
from workbench.analysis.conditions import remarks
from workbench.analysis.exports import TABLES, validation_table
from workbench.analysis.labels import BUCKET_TITLES, METRIC_DOCS, METRIC_TITLES
from workbench.analysis.narrowing import narrowed
from workbench.analysis.plots.base import draw, plot_title
from workbench.analysis.selection import Selection
from workbench.analysis.tables import (
    conditions_html,
    statistics_html,
    throughput_html,
    validation_html,
)
from workbench.analysis.validation import Validation
from workbench.app.export import export_bar

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["card", "cards", "html", "validation_card"]

_CARD = {
    "border": "1px solid color-mix(in srgb, currentColor 16%, transparent)",
    "border-radius": "4px",
}
_WIDE = {"flex": "1 1 720px", "min-width": "0"}

_CSS = """
:host { --quiet: color-mix(in srgb, currentColor 62%, transparent); }
h3 { margin: 0 0 4px; font-size: 17px; font-weight: 500; }
.says { display: flex; flex-wrap: wrap; gap: 8px 24px; }
.says section { flex: 1 1 520px; }
.says ul { list-style: none; margin: 0; padding: 0; font-size: 13.5px; line-height: 1.7; }
.says .metric { display: inline-block; min-width: 98px; color: var(--quiet); cursor: help; }
.says .provenance { color: var(--quiet); font-weight: 400; font-size: 13px; }
.says .spread { color: var(--quiet); white-space: nowrap; margin-left: 6px; }
:host(.doc), :host(.selection-hint) { font-size: 13px; color: var(--quiet); }
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


def cards(
    comparison: Comparison, selection: Selection, by: Any, share: Any, why: Callable[[], Any]
) -> Iterator[Any]:
    """Yield the cards of a comparison, each made only when it is asked for.

    Parameters
    ----------
    comparison
        What they show.
    selection
        What the plots highlight, and select when tapped.
    by, share
        The widgets that choose what the accounting stacks, and in which unit.
    why
        Makes the card that asks why variants differ.
    """
    exports = partial(_exports, comparison=comparison, selection=selection)

    def plot(name: str, hook: str, *, wide: bool = False, **options: Any) -> Any:
        return pn.pane.HoloViews(
            draw(name, comparison, selection, **options),
            sizing_mode="stretch_width",
            linked_axes=False,
            css_classes=[f"plot-{hook}"],
            styles=_WIDE if wide else {},
        )

    def following(told: Callable[[Comparison], str], hook: str) -> Any:
        """Return text that follows what is selected of the runs."""

        def text(*_: Any) -> str:
            return told(narrowed(comparison, selection))

        narrowing = [selection.param[kind] for kind in ("replications", "cores", "time")]
        return html(pn.bind(text, *narrowing), hook)

    yield following(_says, "headlines")
    if told := remarks(comparison):
        yield pmui.Alert(
            object="\n".join(f"- {one}" for one in told),
            title=f"Before you believe it: {comparison.provenance}",
            severity="warning",
            margin=8,
            css_classes=["remarks"],
        )
    yield card(
        plot_title("throughput"),
        "Bars are means, stacked by component; dots are single replications (tap one, or drag "
        f"over some), whiskers 95 % confidence intervals{comparison.adjustment}.",
        pn.FlexBox(
            *(
                plot("throughput", f"throughput-{name}", wide=True, workload=name)
                for name in comparison.workloads
            ),
            sizing_mode="stretch_width",
        ),
        exports("throughput"),
    )
    if len(comparison.variants) > 1:
        yield card(
            plot_title("ratio"),
            "Geometric mean over pairs of replications with the same seed"
            f"{comparison.adjustment}; right of 1 the first variant is faster.",
            plot("ratio", "ratio"),
            exports("ratio"),
        )
        yield why()
    if comparison.has_slots:
        yield card(
            plot_title("activity"),
            "Drag over a span of time to narrow the other plots to it.",
            pn.FlexBox(
                *(
                    plot("activity", f"activity-{name}", wide=True, workload=name)
                    for name in comparison.workloads
                ),
                sizing_mode="stretch_width",
            ),
            exports("activity"),
        )
    if comparison.has_latency:
        yield card(
            plot_title("latency"),
            "Part of all operations that took at most so long, over all replications.",
            pn.FlexBox(
                *(
                    plot("latency", f"latency-{name}", wide=True, workload=name)
                    for name in comparison.workloads
                ),
                sizing_mode="stretch_width",
            ),
            exports("latency"),
        )
    if comparison.has_accounting:
        yield from _core_cards(comparison, plot, exports, by, share)
    else:
        yield html(
            f"Where the cores' time went was not measured ({escape(comparison.provenance)}).",
            "doc",
        )
    yield card(
        "Numbers",
        "",
        following(throughput_html, "numbers"),
        following(statistics_html, "statistics"),
    )
    if comparison.kind == "measurement" and (measured := conditions_html(comparison)):
        yield card("How it was measured", "", html(measured, "conditions"))


def validation_card(found: Validation) -> Any:
    """Return the card that sets predictions beside measurements."""
    return card(
        "Prediction against measurement",
        "Hollow dots: predicted over measured, whiskers are 95 % confidence intervals of the "
        "measurement; on the line they agree, between the dotted lines within 25 %.",
        html(validation_html(found), "validation"),
        pn.pane.HoloViews(
            found.plot(),
            sizing_mode="stretch_width",
            linked_axes=False,
            css_classes=["plot-validation"],
        ),
        export_bar("validation", partial(validation_table, found)),
    )


def _core_cards(
    comparison: Comparison,
    plot: Callable[..., Any],
    exports: Callable[[str], Any],
    by: Any,
    share: Any,
) -> Iterator[Any]:
    """Yield the cards of what the cores did."""
    flat = comparison.space[1] == 1
    yield card(
        plot_title("utilisation"),
        "One cell per core, filled by who held it: full colour is useful work, "
        "pale colour is polling, switching and waiting, empty is idle. Drag over some.",
        (pn.Column if flat else pn.FlexBox)(
            *(
                plot(
                    "utilisation",
                    f"utilisation-{workload}-{variant}",
                    wide=not flat,
                    variant=variant,
                    workload=workload,
                )
                for variant, workload in comparison.runs
            ),
            sizing_mode="stretch_width",
        ),
        exports("utilisation"),
    )

    def accounting(by: str, share: bool) -> Any:
        return pn.Column(
            *(
                plot("accounting", f"accounting-{name}", workload=name, by=by, share=share)
                for name in comparison.workloads
            ),
            sizing_mode="stretch_width",
        )

    yield card(
        plot_title("accounting"),
        "",
        pn.Row(by, share),
        html(_bucket_key(comparison), "bucket-key"),
        pn.bind(accounting, by, share),
        exports("accounting"),
    )

    def difference(share: bool) -> Any:
        return plot("difference", "difference", share=share)

    if len(comparison.variants) > 1:
        yield card(
            plot_title("difference"),
            "Core time of one variant less that of the other, with the 95 % interval over pairs "
            "of replications.",
            pn.bind(difference, share),
            exports("difference"),
        )


def _exports(name: str, comparison: Comparison, selection: Selection) -> Any:
    """Return what a plot offers: the table of what is selected, as the plot shows it."""

    def table() -> pd.DataFrame:
        return TABLES[name](narrowed(comparison, selection))

    def part() -> str:
        return "selected" if narrowed(comparison, selection) is not comparison else ""

    return export_bar(name, table, part=part)


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
                f'<section data-workload="{escape(workload)}"><h3>{escape(workload)} '
                f'<span class="provenance">{escape(comparison.provenance)}</span></h3>'
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


def card(title: str, doc: str, *objects: Any) -> Any:
    """Return a card of the page: a title, what it means, and what it shows."""
    # Panel's own layouts: a plot inside a React one may be measured before it is drawn.
    return pn.Column(
        pmui.Typography(title, variant="h6", margin=(8, 16, 0, 16)),
        *([html(escape(doc), "doc")] if doc else []),
        *objects,
        sizing_mode="stretch_width",
        margin=(8, 0),
        styles=_CARD,
    )


def html(text: Any, hook: str) -> Any:
    """Return text of the page; `hook` is its CSS class."""
    return pn.pane.HTML(
        text,
        stylesheets=[_CSS],
        css_classes=[hook],
        sizing_mode="stretch_width" if hook != "selection-hint" else None,
        margin=(4, 16),
    )
