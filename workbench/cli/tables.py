"""What the command line prints for people: tables with units, n and intervals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from workbench.analysis.comparison import Comparison
from workbench.analysis.conditions import remarks
from workbench.analysis.labels import (
    METRIC_TITLES,
    UNIT,
    confidence,
    half_width,
    in_unit,
    number,
    scale,
    times,
)
from workbench.analysis.outcome import headline_ratios
from workbench.analysis.summary import extent, run_summary
from workbench.analysis.validation import LIMITS, Validation
from workbench.backends.base import ParameterInfo
from workbench.cli.progress import duration
from workbench.results.records import RunRecord
from workbench.results.schema import METRICS
from workbench.results.statistics import Estimate
from workbench.scenario.problem import Problem

__all__ = [
    "print_outcome",
    "print_parameters",
    "print_problems",
    "print_run",
    "print_runs",
    "print_validation",
]

_SEVERITY_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}
_STATUS_STYLES = {"done": "green", "failed": "bold red", "running": "cyan"}


def print_outcome(
    console: Console, records: Sequence[RunRecord], comparison: Comparison | None
) -> None:
    """Print the throughputs of runs and how their variants compare."""
    if comparison is None:
        for record in records:
            console.print(f"Run {record.id}: {record.status}, no result", markup=False)
        return
    estimates = {
        record.id: [
            comparison.throughput(metric, record.variant, record.workload) for metric in METRICS
        ]
        for record in records
        if record.done
    }
    factor, prefix = scale(
        max((e.value for row in estimates.values() for e in row if e.exists), default=1.0)
    )
    table = _table("run", "workload", "variant", "status", n="right")
    for metric in METRICS:
        table.add_column(f"{METRIC_TITLES[metric]}\n{prefix} {UNIT}", justify="right")
    for record in records:
        table.add_row(
            record.id,
            record.workload,
            record.variant,
            _status(record),
            str(record.done),
            *(_cell(estimate, factor) for estimate in estimates.get(record.id, ())),
        )
    console.print(table)
    console.print(
        f"{comparison.method}; {comparison.provenance}.",
        style="dim",
        markup=False,
    )
    for line in (*_extents(comparison), *_unfinished(records, comparison)):
        console.print(line, markup=False)
    for line in _precision(records):
        console.print(line, markup=False)
    for line in remarks(comparison):
        console.print(line, style="yellow", markup=False)
    for ratio in headline_ratios(comparison):
        console.print(comparison.headline(ratio), markup=False)


def print_validation(console: Console, found: Validation) -> None:
    """Print predictions beside measurements, and how far they are off."""
    for cells, show in ((found.throughputs, in_unit), (found.ratios, times)):
        if not cells:
            continue
        table = _table("workload", "variant / baseline" if cells[0].base else "variant")
        for title in ("predicted", "measured", "of the measurement", "error"):
            table.add_column(title, justify="right")
        for cell in cells:
            table.add_row(
                cell.workload,
                cell.variant + (f" / {cell.base}" if cell.base else ""),
                show(cell.predicted.value),
                show(cell.measured.value),
                confidence(cell.measured, show),
                f"{cell.error:+.0%}",
            )
        console.print(table)
    for line in (*found.sentences(), "", "Where the model is known to be off, and why:", *LIMITS):
        console.print(line, markup=False)


def print_problems(console: Console, problems: Sequence[Problem]) -> None:
    """Print problems: where, what, what `init` does about it, and what mends it."""
    for problem in problems:
        line = Text(f"{problem.location}: " if problem.location.line else "")
        line.append(problem.severity, _SEVERITY_STYLES[problem.severity])
        line.append(f" [{problem.code}] {problem.message}")
        console.print(line)
        if problem.consequence:
            console.print(f"    init: {problem.consequence}", markup=False)
        if problem.fix:
            console.print(f"    fix: {problem.fix.title}", markup=False)


def print_runs(console: Console, records: Sequence[RunRecord]) -> None:
    """Print a list of runs."""
    if not records:
        console.print("No runs yet. `workbench run FILE` makes some.", markup=False)
        return
    table = _table("run", "experiment", "workload", "variant", "backend", "status", done="right")
    table.add_column("seed", justify="right")
    table.add_column("created")
    for record in records:
        table.add_row(
            record.id,
            record.experiment,
            record.workload,
            record.variant,
            record.backend,
            _status(record),
            f"{record.done}/{record.replications}",
            str(record.seed),
            _local(record.created),
        )
    console.print(table)


def print_run(
    console: Console, record: RunRecord, summaries: Mapping[int, Mapping[str, Any]]
) -> None:
    """Print all that is known of one run, and the totals of each replication."""
    facts = Table.grid(padding=(0, 2))
    for name, value in _facts(record):
        facts.add_row(Text(name, "dim"), Text(value))
    console.print(facts)
    if not summaries:
        return
    table = _table(replication="right", phase="left")
    for metric in METRICS:
        table.add_column(METRIC_TITLES[metric], justify="right")
    table.add_column("did not finish")
    for index, summary in summaries.items():
        exits = summary["exits"].items()
        ended = ", ".join(f"{name}: {why}" for name, why in exits if why != "finished")
        for phase in summary[METRICS[0]]:
            values = (summary[metric][phase] for metric in METRICS)
            told = ("–" if value is None else in_unit(value) for value in values)
            table.add_row(str(index), phase, *told, ended)
    console.print(table)


def print_parameters(
    console: Console, infos: Iterable[tuple[ParameterInfo, Sequence[str]]]
) -> None:
    """Print parameters, group by group, each with the workloads it is limited to."""
    table = _table("group", "parameter", default="right")
    for title in ("meaning", "source of the default"):
        table.add_column(title, overflow="fold")
    for info, workloads in sorted(infos, key=lambda item: (item[0].group, item[0].name)):
        told = f"{', '.join(workloads)}: {info.doc}" if workloads else info.doc
        if info.choices:
            told += f" One of: {', '.join(map(str, info.choices))}."
        default = str(info.default).lower() if isinstance(info.default, bool) else info.default
        table.add_row(info.group, info.name, Text(str(default)), Text(told), Text(info.source))
    console.print(table)


def _extents(comparison: Comparison) -> Iterator[str]:
    """Yield for every workload how much was run in each replication."""
    for workload in comparison.workloads:
        told = []
        for variant, name in comparison.runs:
            if name == workload:
                operations, rounds = extent(comparison, variant, workload)
                turns = f" in {rounds:.0f} scheduling rounds" if rounds else ""
                told.append(f"{variant} {operations:,.0f}{turns}".replace(",", " "))
        yield f"{workload}, operations per instance at least: {'; '.join(told)}."


def _unfinished(records: Sequence[RunRecord], comparison: Comparison) -> Iterator[str]:
    """Yield a line for every component that did not come to its end, with the reason."""
    for record in records:
        if not record.done:
            continue
        told = run_summary(comparison, record.variant, record.workload)["components"]
        for name, one in told.items():
            if one["exit_reason"] != "finished":
                run = f"{record.workload} × {record.variant}"
                yield f"{run}: {name} {one['exit_reason']}. {one['exit_detail']}"


def _precision(records: Sequence[RunRecord]) -> Iterator[str]:
    """Yield what was said about the intervals of runs that were to be precise."""
    told: dict[str, list[str]] = {}
    for record in records:
        if record.status == "done" and record.message:
            told.setdefault(record.message, []).append(record.workload)
    for message, workloads in told.items():
        yield f"{', '.join(dict.fromkeys(workloads))}: {message}"


def _facts(record: RunRecord) -> list[tuple[str, str]]:
    facts = [
        ("run", record.id),
        ("experiment", record.experiment),
        ("workload", record.workload),
        ("variant", record.variant),
        ("backend", f"{record.backend} ({record.kind})"),
        ("status", record.status),
        ("replications", f"{record.done} of {record.replications}"),
        ("seed", str(record.seed)),
        ("created", _local(record.created)),
    ]
    if record.started and record.finished:
        took = duration((record.finished - record.started).total_seconds())
        facts.append(("took", took))
    if record.cause or record.message:
        facts.append(("why", f"{record.message} {f'({record.cause})' if record.cause else ''}"))
    facts += [(f"--set {name}", str(value)) for name, value in record.parameters.items()]
    facts.append(("made with", ", ".join(f"{k} {v}" for k, v in record.versions.items())))
    return facts


def _table(*left: str, **justified: Any) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", title_justify="left")
    for title in left:
        table.add_column(title)
    for title, justify in justified.items():
        table.add_column(title, justify=justify)
    return table


def _cell(estimate: Estimate, factor: float) -> str:
    if not estimate.has_interval:
        return number(estimate.value / factor)
    return f"{number(estimate.value / factor)} ± {number(half_width(estimate) / factor, 2)}"


def _status(record: RunRecord) -> Text:
    return Text(record.status, _STATUS_STYLES.get(record.status, "yellow"))


def _local(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"
