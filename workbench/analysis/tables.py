"""Tables for pages and notebooks: numbers right-aligned, with unit, spread and n."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING

from workbench.analysis.conditions import conditions, provenance_facts
from workbench.analysis.labels import (
    METRIC_DOCS,
    METRIC_TITLES,
    UNIT,
    confidence,
    half_width,
    in_unit,
    number,
    scale,
    times,
)
from workbench.analysis.validation import LIMITS, METRIC, Cell, Validation
from workbench.results.statistics import Estimate, bootstrap_ratio

if TYPE_CHECKING:
    from workbench.analysis.comparison import Comparison, Ratio

__all__ = [
    "comparison_html",
    "conditions_html",
    "statistics_html",
    "throughput_html",
    "validation_html",
]


def comparison_html(comparison: Comparison) -> str:
    """Return the headlines and the table of a comparison."""
    says = "".join(
        f"<li>{escape(comparison.headline(ratio))}</li>" for ratio in comparison.ratios()
    )
    return (f"<ul>{says}</ul>" if says else "") + throughput_html(comparison)


def throughput_html(comparison: Comparison) -> str:
    """Return every run and component as a row, with the three throughputs as columns."""
    rows, largest = [], 0.0
    for variant, workload in comparison.runs:
        for component in (None, *comparison.components):
            estimates = [
                comparison.throughput(metric, variant, workload, component=component)
                for metric in comparison.metrics
            ]
            if any(estimate.exists for estimate in estimates):
                rows.append((variant, workload, component, estimates))
                largest = max(largest, *(e.value for e in estimates if e.exists))
    factor, prefix = scale(largest)
    head = "".join(
        f'<th class="number" title="{escape(METRIC_DOCS[metric])}">'
        f"{METRIC_TITLES[metric]}<br><small>{prefix} {UNIT}</small></th>"
        for metric in comparison.metrics
    )
    body = "".join(
        f'<tr class="{"part" if component else "total"}"><td>{escape(workload)}</td>'
        f"<td>{escape(variant)}</td><td>{escape(component or 'all together')}</td>"
        + "".join(_cell(estimate, factor) for estimate in estimates)
        + f'<td class="number">{max(estimate.n for estimate in estimates)}</td></tr>'
        for variant, workload, component, estimates in rows
    )
    return (
        '<table class="workbench-table"><thead><tr><th>workload</th><th>variant</th>'
        f'<th>component</th>{head}<th class="number">n</th></tr></thead><tbody>{body}</tbody>'
        f"<caption>{escape(comparison.method)}; {escape(comparison.provenance)}.</caption></table>"
    )


def conditions_html(comparison: Comparison) -> str:
    """Return what runs were made with and what was counted meanwhile; "" where nothing was."""
    columns = conditions(comparison)
    if not columns:
        return ""
    head = "".join(
        f'<th class="number">{escape(one.title)}<br><small>{escape(one.unit)}</small></th>'
        for one in columns
    )
    body = "".join(
        f"<tr><td>{escape(workload)}</td><td>{escape(variant)}</td>"
        + "".join(
            f'<td class="number">{escape(texts[variant, workload])}</td>'
            for texts in columns.values()
        )
        + "</tr>"
        for variant, workload in comparison.runs
    )
    facts = "; ".join(f"{name}: {text}" for name, text in provenance_facts(comparison).items())
    return (
        f'<table class="workbench-table conditions"><thead><tr><th>workload</th><th>variant</th>'
        f"{head}</tr></thead><tbody>{body}</tbody>"
        f"<caption>Counts of all instances, mean over the replications. {escape(facts)}.</caption>"
        "</table>"
    )


def validation_html(found: Validation) -> str:
    """Return predictions, measurements and errors as tables, with what they say and why."""
    fitted = ", ".join(f"{name} {value:g}" for name, value in found.task_times.items())
    based = f" Fitted task times: {fitted}." if fitted else ""
    caption = f"Throughput of all instances, {METRIC_TITLES[METRIC]}.{based}"
    tables = [
        _validation_table(found.throughputs, found, caption, in_unit),
        _validation_table(found.ratios, found, "Paired ratios.", times),
    ]
    says = "".join(f"<li>{escape(told)}</li>" for told in found.sentences())
    limits = "".join(f"<li>{escape(told)}</li>" for told in LIMITS)
    return (
        f'<ul class="validation-says">{says}</ul>{"<br>".join(tables)}'
        f"<p>Where the model is known to be off, and why:</p><ul>{limits}</ul>"
    )


def _validation_table(
    cells: Sequence[Cell], found: Validation, caption: str, show: Callable[[float], str]
) -> str:
    if not cells:
        return ""
    what = "variant / baseline" if cells[0].base else "variant"
    body = "".join(
        f"<tr><td>{escape(cell.workload)}</td>"
        f"<td>{escape(cell.variant + (f' / {cell.base}' if cell.base else ''))}</td>"
        f'<td class="number">{show(cell.predicted.value)}</td>'
        f'<td class="number">{show(cell.measured.value)}</td>'
        f'<td class="number">{confidence(cell.measured, show)}</td>'
        f'<td class="number">{cell.error:+.0%}</td></tr>'
        for cell in cells
    )
    return (
        f'<table class="workbench-table validation"><thead><tr><th>workload</th><th>{what}</th>'
        f'<th class="number">predicted<br><small>{escape(found.predicted.provenance)}</small></th>'
        f'<th class="number">measured<br><small>{escape(found.measured.provenance)}</small></th>'
        f'<th class="number">of the measurement</th><th class="number">error</th></tr></thead>'
        f"<tbody>{body}</tbody><caption>{escape(caption)}</caption></table>"
    )


def _cell(estimate: Estimate, factor: float) -> str:
    half = number(half_width(estimate) / factor, 2)
    spread = f" <small>± {half}</small>" if estimate.has_interval else ""
    return f'<td class="number">{number(estimate.value / factor)}{spread}</td>'


def statistics_html(comparison: Comparison) -> str:
    """Return every paired ratio with both its intervals; "" where there is none."""
    rows = []
    for one in comparison.ratios():
        if not one.estimate.exists:
            continue
        check = bootstrap_ratio(
            *(
                comparison.values(one.metric, variant, one.workload, phase=one.phase)
                for variant in (one.a, one.b)
            )
        )
        rows.append(_statistic(one, check))
    if not rows:
        return ""
    return (
        "<table><tr><th>workload</th><th>phase</th><th>metric</th><th>ratio</th>"
        '<th class="number">value</th><th>t interval</th><th>bootstrap check</th>'
        f'<th class="number">n</th></tr>{"".join(rows)}<caption>Geometric mean of the paired '
        "ratios; 95 % interval of Student's t on the log-ratios, by their control variate where "
        "there is one; as a check the percentile bootstrap over pairs (10 000 draws), "
        "without it.</caption></table>"
    )


def _statistic(one: Ratio, check: Estimate) -> str:
    def ends(estimate: Estimate) -> str:
        if not estimate.has_interval:
            return "none: n is below 2"
        return f"{times(estimate.low)} to {times(estimate.high)}"

    agrees = one.estimate.excludes(1.0) == check.excludes(1.0)
    note = "" if agrees or not check.has_interval else " (disagrees on a difference)"
    cells = (one.workload, one.phase, METRIC_TITLES[one.metric], f"{one.a} / {one.b}")
    return (
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}"
        f'<td class="number">{times(one.ratio)}</td><td>{ends(one.estimate)}</td>'
        f'<td>{ends(check)}{note}</td><td class="number">{one.n}</td></tr>'
    )
