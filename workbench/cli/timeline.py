"""``workbench timeline``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli.context import opened_store
from workbench.cli.output import print_json, say, stdout

__all__ = ["timeline"]

# ruff: noqa: PLC0415 - what is slow to import is imported when it is asked for


def timeline(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run with a timeline.")],
    replication: Annotated[int, typer.Option("--replication", min=0)] = 0,
    begin_ms: Annotated[
        float | None, typer.Option("--from", metavar="MS", help="Begin of the span.")
    ] = None,
    end_ms: Annotated[
        float | None, typer.Option("--to", metavar="MS", help="End of the span.")
    ] = None,
    trace: Annotated[
        Path | None, typer.Option("--trace", help="Write a trace for Perfetto to this file.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print it as one object.")] = False,
) -> None:
    """Measure what the cores did in a recorded span, or export it; --set timeline_ms=50 records."""
    from workbench.analysis.timeline import Timeline
    from workbench.analysis.trace import write_trace

    with opened_store() as store:
        record = store.run(run)
        found = Timeline(store.replication(run, replication))
    begin = found.begin_ns if begin_ms is None else round(begin_ms * 1e6)
    end = found.end_ns if end_ms is None else round(end_ms * 1e6)
    title = f"{record.experiment}: {record.workload}, {record.variant}, run {run}"
    if trace is not None:
        count = write_trace(found, trace, begin_ns=begin, end_ns=end, title=title)
        say(f"{count} segments written to {trace}; open it at ui.perfetto.dev or in Chrome.")
    told = _plain(found, begin, end)
    if json:
        print_json(told)
    elif trace is None:
        _print(title, told)


def _plain(found: Any, begin_ns: int, end_ns: int) -> dict[str, Any]:
    """Return a span as JSON has it: core-seconds by component and bucket; times in s."""
    held = found.measure(begin_ns, end_ns)
    return {
        "begin_seconds": begin_ns / 1e9,
        "end_seconds": end_ns / 1e9,
        "cores": found.cores,
        "segments": found.count(begin_ns, end_ns),
        "switches": found.switches(begin_ns, end_ns),
        "components": {
            name: dict(zip(held.bucket.values.tolist(), row.tolist(), strict=True))
            for name, row in zip(found.components, held.values, strict=True)
        },
    }


def _print(title: str, told: dict[str, Any]) -> None:
    from rich.table import Table

    from workbench.analysis.labels import BUCKET_TITLES, number

    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column("core-milliseconds")
    for name in told["components"]:
        table.add_column(name, justify="right")
    for bucket, label in BUCKET_TITLES.items():
        values = [one[bucket] for one in told["components"].values()]
        if any(values):
            table.add_row(label, *(number(value * 1e3) for value in values))
    stdout().print(table)
    span = (told["end_seconds"] - told["begin_seconds"]) * 1e3
    say(
        f"{number(span)} ms on {told['cores']} cores: {told['segments']} segments, "
        f"{told['switches']} switches between components"
    )
