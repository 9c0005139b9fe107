"""A report: one HTML file that says what was asked, done and found, and needs no network.

It holds the plots (they pan, zoom and tell their values without any server), the
statistics behind every claim, why the variants differ where that was asked, the
configurations and all that is needed to do it again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from html import escape
from typing import Any

import holoviews as hv
import holoviews.plotting.bokeh
from bokeh.embed.util import OutputDocumentFor, standalone_docs_json_and_render_items
from bokeh.util.paths import bokehjs_path

from workbench import __version__, formats
from workbench.analysis.cautions import FEW
from workbench.analysis.comparison import Comparison
from workbench.analysis.conditions import remarks
from workbench.analysis.explanation import Attribution
from workbench.analysis.groups import comparisons_of
from workbench.analysis.labels import BUCKET_TITLES, METRIC_TITLES
from workbench.analysis.plots.base import plot_names, plot_title
from workbench.analysis.questions import Progress, answers
from workbench.analysis.tables import (
    conditions_html,
    statistics_html,
    throughput_html,
    validation_html,
)
from workbench.analysis.validation import validations
from workbench.errors import InputError
from workbench.results.records import RunRecord
from workbench.results.store import RunStore

__all__ = ["report_of", "report_on"]

_CSS = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1180px; margin: 24px auto; padding: 0 16px;
  color: #1c1f23; background: #fff; }
h1 { font-size: 26px; margin-bottom: 4px; } h2 { font-size: 19px; margin: 32px 0 8px;
  border-bottom: 1px solid #d5d8dc; } h3 { font-size: 16px; }
table { border-collapse: collapse; font-size: 13.5px; }
th, td { padding: 4px 12px; border-bottom: 1px solid #e2e4e7; text-align: left; }
th { color: #5b6067; font-weight: 500; } .number { text-align: right;
  font-variant-numeric: tabular-nums; white-space: nowrap; }
caption { caption-side: bottom; text-align: left; color: #5b6067; padding-top: 6px; }
.warning { border-left: 4px solid #d55e00; background: #fdf3ec; padding: 8px 12px; margin: 8px 0; }
.quiet { color: #5b6067; } pre { background: #f5f6f7; padding: 12px; overflow: auto;
  font-size: 12.5px; line-height: 1.45; } summary { cursor: pointer; }
@media print { details { display: block; } }
"""


def report_of(
    store: RunStore,
    run_ids: Sequence[str],
    *,
    why: bool = False,
    progress: Progress = lambda _fraction, _message: None,
) -> str:
    """Return a report of runs of a store, by their experiment's title and description.

    Parameters
    ----------
    store, run_ids
        Where the runs are, and which.
    why
        Whether to ask of every difference between simulated variants why it is there:
        counterfactual runs, which take several times as long as the runs themselves.
    progress
        Called with the finished part of those, from 0 to 1, and what is going on.

    Raises
    ------
    workbench.errors.InputError
        If there is no such run, or none of them has a result.
    """
    records = [store.run(run_id) for run_id in dict.fromkeys(run_ids)]
    measured = [record for record in records if record.done]
    if not measured:
        raise InputError(
            "None of these runs has a result.",
            "Wait for one, or choose others: see `workbench runs list`.",
        )
    comparisons = comparisons_of(store, measured)
    found = {one: answers(store, one, progress=progress) for one in comparisons if why}
    return report_on(records, comparisons, found)


def report_on(
    records: Sequence[RunRecord],
    comparisons: Sequence[Comparison],
    why: Mapping[Comparison, Sequence[Attribution]],
) -> str:
    """Return a report of some runs, by the title and description of the first one's experiment.

    Parameters
    ----------
    records
        The runs, one or more.
    comparisons
        Theirs, one for each backend, kind, seed and scenario: never pooled.
    why
        What was found about why variants of a comparison differ.
    """
    name, question = records[0].experiment, ""
    with suppress(InputError):  # an import, or recorded by another version
        experiment = formats.read_text(records[0].experiment_yaml, "yaml").experiment
        name, question = experiment.title or name, experiment.description
    parts = [_head(name, question), _warnings(records, comparisons)]
    scripts: list[str] = []
    for comparison in comparisons:
        body, drawn = _comparison(comparison, why.get(comparison, ()))
        parts.append(body)
        scripts += drawn
    for found in validations(comparisons):
        div, script = _embedded(hv.render(found.plot(), backend="bokeh"))
        parts.append(f"<h2>Prediction against measurement</h2>{validation_html(found)}{div}")
        scripts.append(script)
    parts += [_runs(records), _configurations(records), _reproduction(records)]
    # The library itself: what Panel adds to Bokeh's own resources would ask its server.
    library = (bokehjs_path() / "js" / "bokeh.min.js").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(name)}</title><style>{_CSS}</style>"
        f"<script>{library}</script></head>\n"
        f"<body>{''.join(parts)}{''.join(scripts)}</body></html>\n"
    )


def _head(name: str, question: str) -> str:
    asked = f"<h2>Question</h2><p>{escape(question)}</p>" if question else ""
    return f'<h1>{escape(name)}</h1><p class="quiet">affinity-workbench {__version__}</p>{asked}'


def _warnings(records: Sequence[RunRecord], comparisons: Sequence[Comparison]) -> str:
    told = []
    if len(comparisons) > 1:
        origins = ", ".join(dict.fromkeys(one.provenance for one in comparisons))
        told.append(
            f"The runs fall into {len(comparisons)} groups that differ in backend, seed or "
            f"scenario ({origins}). They stand side by side; nothing is pooled."
        )
    few = [record for record in records if record.done < FEW]
    if few:
        told.append(
            f"{len(few)} of {len(records)} runs have fewer than {FEW} replications (run "
            f"{', '.join(record.id for record in few)}): their intervals are wide or missing."
        )
    if broken := [record for record in records if record.status != "done"]:
        told.append(
            "Not complete: "
            + ", ".join(f"run {record.id} ({record.status})" for record in broken)
            + "."
        )
    return "".join(f'<div class="warning">{escape(text)}</div>' for text in told)


def _comparison(comparison: Comparison, why: Sequence[Attribution]) -> tuple[str, list[str]]:
    """Return the section of one comparison, and the scripts that draw its plots."""
    says = "".join(f"<li>{escape(told)}</li>" for told in _says(comparison))
    parts = [
        f"<h2>Results: {escape(comparison.provenance)}</h2>",
        f"<ul>{says}</ul>" if says else "",
        *(f'<div class="warning">{escape(told)}</div>' for told in remarks(comparison)),
        throughput_html(comparison),
        conditions_html(comparison) if comparison.kind == "measurement" else "",
    ]
    hv.Store.set_current_backend("bokeh")  # nobody has chosen one on the command line
    scripts = []
    for name in plot_names():
        if not _applies(name, comparison):
            continue
        drawn = getattr(comparison.plot, name)()
        if isinstance(drawn, hv.Layout):
            drawn = drawn.cols(1)  # labels need the width
        div, script = _embedded(hv.render(drawn, backend="bokeh"))
        parts.append(f"<h3>{escape(plot_title(name))}</h3>{div}")
        scripts.append(script)
    statistics = statistics_html(comparison)
    parts += [_moved(comparison), f"<h3>Statistics</h3>{statistics}" * bool(statistics)]
    body, drawn = _why(comparison, why)
    return "".join(parts) + body, scripts + drawn


def _says(comparison: Comparison) -> list[str]:
    """Return what the ratios say; those that cannot be had are told of once for each reason."""
    there, missing = [], dict[str, list[str]]()
    for one in comparison.ratios():
        if one.estimate.exists:
            there.append(comparison.headline(one))
        else:
            _, reason = comparison.verdict(one)
            missing.setdefault(reason, []).append(METRIC_TITLES[one.metric])
    return there + [
        f"Not comparable: {', '.join(dict.fromkeys(metrics))} ({reason})"
        for reason, metrics in missing.items()
    ]


def _applies(name: str, comparison: Comparison) -> bool:
    """Whether there is anything to draw."""
    several = len(comparison.variants) > 1
    return {
        "ratio": several,
        "latency": comparison.has_latency,
        "activity": comparison.has_slots,
        "utilisation": comparison.has_accounting,
        "accounting": comparison.has_accounting,
        "difference": several and comparison.has_accounting,
    }.get(name, True)


def _why(comparison: Comparison, found: Sequence[Attribution]) -> tuple[str, list[str]]:
    """Return what causes the differences, and the scripts that draw the waterfalls."""
    if not found:
        can = comparison.kind == "simulation" and len(comparison.variants) > 1
        hint = "Nobody asked why they differ: workbench report RUN... --why does."
        return f'<p class="quiet">{hint}</p>' * can, []
    parts, scripts = ["<h3>Why they differ</h3>"], []
    for one in found:
        # All three metrics in words, the first that all runs have as a picture, too.
        there = [each.metric for each in one.explanations if each.exists]
        for metric in there[:1]:
            div, script = _embedded(hv.render(one.plot(metric), backend="bokeh"))
            parts.append(div)
            scripts.append(script)
        for metric in there:
            head, *causes = one.sentences(metric)
            told = "".join(f"<li>{escape(cause)}</li>" for cause in causes)
            is_open = " open" if metric == there[0] else ""
            parts.append(
                f"<details{is_open}><summary>{escape(head)}</summary><ul>{told}</ul></details>"
            )
        for title, few in (("Next to no effect", one.negligible), ("No part", one.absent)):
            names = escape(", ".join(part.title for part in few))
            parts.append(f'<p class="quiet">{title}: {names}.</p>' * bool(few))
    parts.append(
        '<p class="quiet">Simulated again with single causes switched off, alone and together; '
        "a cause's factor is its mean effect over all orders, and the factors multiply to the "
        "ratio. A star marks a cause that rests on a guess or an assumption.</p>"
    )
    return "".join(parts), scripts


def _embedded(drawn: Any) -> tuple[str, str]:
    """Return a place for a Bokeh plot, and the script that draws it there."""
    with OutputDocumentFor([drawn]) as document:
        document.title = ""
        # Taps call Python where there is one; a report does without.
        found, _ = standalone_docs_json_and_render_items([drawn], suppress_callback_warning=True)
    (plain,) = found.values()
    root = plain["roots"][0]["id"]
    item = json.dumps({"target_id": root, "root_id": root, "doc": plain, "version": None})
    safe = item.replace("</", "<\\/")
    return f'<div id="{root}"></div>', f"<script>Bokeh.embed.embed_item({safe})</script>"


def _moved(comparison: Comparison) -> str:
    """Return where the core time went instead, between the first variant and each other."""
    if not comparison.has_accounting or len(comparison.variants) < 2:
        return ""
    lines = []
    base = comparison.variants[0]
    for workload in comparison.workloads:
        for variant in comparison.variants[1:]:
            if not {(base, workload), (variant, workload)} <= set(comparison.runs):
                continue
            before, after = (_shares(comparison, one, workload) for one in (base, variant))
            moved = sorted(before, key=lambda bucket: -abs(after[bucket] - before[bucket]))[:3]
            told = ", ".join(
                f"{BUCKET_TITLES[bucket]} {before[bucket]:.1%} → {after[bucket]:.1%}"
                for bucket in moved
                if abs(after[bucket] - before[bucket]) >= 5e-4
            )
            lines.append(
                f"<li>{escape(workload)}, from {escape(base)} to {escape(variant)}: "
                f"{escape(told or 'no share changes by 0.05 % or more')}</li>"
            )
    return (
        f"<ul>{''.join(lines)}</ul>"
        '<p class="quiet">Largest changes of the shares of all core time, means over the '
        "replications.</p>"
    )


def _shares(comparison: Comparison, variant: str, workload: str) -> dict[str, float]:
    seconds = comparison.accounting(variant, workload)
    known = {bucket: value for bucket, value in seconds.items() if value == value}  # noqa: PLR0124
    total = sum(known.values()) or 1.0
    return {bucket: known.get(bucket, 0.0) / total for bucket in BUCKET_TITLES}


def _runs(records: Sequence[RunRecord]) -> str:
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in _run_cells(record)) + "</tr>"
        for record in records
    )
    heads = ("run", "workload", "variant", "backend", "kind", "seed", "n", "status", "parameters",
             "started (UTC)")  # fmt: skip
    head = "".join(f"<th>{name}</th>" for name in heads)
    return f"<h2>Runs</h2><table><tr>{head}</tr>{rows}</table>"


def _run_cells(record: RunRecord) -> tuple[Any, ...]:
    settings = ", ".join(f"{name}={value}" for name, value in record.parameters.items())
    started = f"{record.started:%Y-%m-%d %H:%M:%S}" if record.started else ""
    return (
        record.id, record.workload, record.variant, record.backend, record.kind, record.seed,
        f"{record.done} of {record.replications}", record.status, settings or "defaults", started,
    )  # fmt: skip


def _configurations(records: Sequence[RunRecord]) -> str:
    texts = {record.variant: record.configuration for record in records if record.configuration}
    return "<h2>Configuration of init</h2>" * bool(texts) + "".join(
        f"<details><summary>{escape(variant)}</summary><pre>{escape(text)}</pre></details>"
        for variant, text in texts.items()
    )


def _reproduction(records: Sequence[RunRecord]) -> str:
    parts = ["<h2>Doing it again</h2>"]
    texts = dict.fromkeys(record.experiment_yaml for record in records)
    for text in filter(None, texts):
        mine = [record for record in records if record.experiment_yaml == text]
        first = mine[0]
        chosen = [f"--variant {one}" for one in dict.fromkeys(r.variant for r in mine)]
        chosen += [f"--workload {one}" for one in dict.fromkeys(r.workload for r in mine)]
        chosen += [f"--set {name}={value}" for name, value in first.parameters.items()]
        command = (
            f"workbench run {first.experiment}.yaml --backend {first.backend} --seed {first.seed} "
            f"--replications {first.replications} {' '.join(chosen)}"
        )
        parts.append(
            f"<p>Save the experiment as <code>{escape(first.experiment)}.yaml</code> and run</p>"
            f"<pre>{escape(command)}</pre><details><summary>The experiment</summary>"
            f"<pre>{escape(text)}</pre></details>"
        )
    versions = dict.fromkeys(json.dumps(dict(record.versions)) for record in records)
    made = "; ".join(
        ", ".join(f"{name} {value}" for name, value in json.loads(one).items()) for one in versions
    )
    return "".join(parts) + f'<p class="quiet">Made with {escape(made)}.</p>' * bool(made)
