"""``workbench runs list|show|delete``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.context import opened_store
from workbench.cli.output import print_json, stdout

if TYPE_CHECKING:
    from workbench.results.records import RunRecord

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="List, show and delete the runs in the run store.")

_Json = Annotated[bool, typer.Option("--json", help="Print it as one object.")]


@app.command("list")
def list_runs(
    experiment: Annotated[str | None, typer.Option(help="Only of this experiment.")] = None,
    status: Annotated[str | None, typer.Option(help="Only with this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 50,
    json: _Json = False,
) -> None:
    """List runs, newest first."""
    given = {"experiment": experiment, "status": status}
    filters = {name: value for name, value in given.items() if value is not None}
    with opened_store() as store:
        records = store.runs(limit=limit, **filters)
    if json:
        print_json([_plain(record) for record in records])
        return
    from workbench.cli.tables import print_runs  # noqa: PLC0415 - slow to import

    print_runs(stdout(), records)


@app.command()
def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of the run.")],
    log: Annotated[bool, typer.Option("--log", help="Also print its log.")] = False,
    json: _Json = False,
) -> None:
    """Show one run: what it was asked to do and what it gave."""
    with opened_store() as store:
        record = store.run(run)
        lines = store.log_lines(run) if log else []
        if json:
            told = _plain(record) | {"configuration": record.configuration}
            logged = [{"component": line.component, "text": line.text} for line in lines]
            print_json(told | ({"log": logged} if log else {}))
            return
        from workbench.cli.tables import print_run  # noqa: PLC0415 - slow to import

        print_run(stdout(), record, store.summaries(run))
        for line in lines:
            origin = f"[{line.component}] " if line.component else ""
            typer.echo(f"{line.time.astimezone():%H:%M:%S} {origin}{line.text}")


@app.command()
def delete(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Ids of the runs to delete.")],
) -> None:
    """Delete runs with all their data; nothing brings them back."""
    with opened_store() as store:
        for run in runs:
            store.run(run)  # refuse all if one is unknown
        for run in runs:
            store.delete(run)


def _plain(record: RunRecord) -> dict[str, Any]:
    """Return a record as JSON has it; times as ISO 8601 in UTC."""
    times = {
        name: value.isoformat() if (value := getattr(record, name)) else None
        for name in ("created", "started", "finished")
    }
    names = (
        "id", "experiment", "variant", "workload", "backend", "kind", "status", "seed",
        "replications", "done", "cause", "message", "owner_pid",
    )  # fmt: skip
    return {
        **{name: getattr(record, name) for name in names},
        "parameters": dict(record.parameters),
        "versions": dict(record.versions),
        **times,
    }
