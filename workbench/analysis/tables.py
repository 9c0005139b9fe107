"""Tables for pages and notebooks: numbers right-aligned, with unit, spread and n."""

from __future__ import annotations

from html import escape

from workbench.analysis.comparison import UNIT, Comparison
from workbench.analysis.labels import METRIC_DOCS, METRIC_TITLES, number, scale
from workbench.results.schema import METRICS
from workbench.results.statistics import Estimate

__all__ = ["comparison_html", "throughput_html"]


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
                for metric in METRICS
            ]
            if any(estimate.exists for estimate in estimates):
                rows.append((variant, workload, component, estimates))
                largest = max(largest, *(e.value for e in estimates if e.exists))
    factor, prefix = scale(largest)
    head = "".join(
        f'<th class="number" title="{escape(METRIC_DOCS[metric])}">'
        f"{METRIC_TITLES[metric]}<br><small>{prefix} {UNIT}</small></th>"
        for metric in METRICS
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
        f"<caption>Mean and half-width of the 95 % confidence interval over n replications; "
        f"{escape(comparison.provenance)}.</caption></table>"
    )


def _cell(estimate: Estimate, factor: float) -> str:
    half = (estimate.high - estimate.low) / 2
    half = half if half > 1e-9 * abs(estimate.value) else 0.0  # what rounding leaves is no spread
    spread = f" <small>± {number(half / factor, 2)}</small>" if estimate.has_interval else ""
    return f'<td class="number">{number(estimate.value / factor)}{spread}</td>'
