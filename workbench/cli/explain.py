"""``workbench explain``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from workbench.cli.failures import INPUT, explained
from workbench.cli.output import complain, print_json, stdout

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.scenario.explain import ExplainedSession, Explanation

__all__ = ["explain"]

# ruff: noqa: PLC0415 - what is slow to import is imported when it is asked for


def explain(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files to explain.")],
    cpus: Annotated[int, typer.Option("--cpus", min=1, max=4096, help="CPUs of the machine.")],
    kernel: Annotated[
        Literal["hw", "nova", "linux"], typer.Option("--kernel", help="Kernel under Genode.")
    ] = "hw",
    threads: Annotated[
        int | None,
        typer.Option(
            "--threads",
            min=1,
            max=64,
            help="Hardware threads per core (nova); by default as a run script's -smp says.",
        ),
    ] = None,
    ram: Annotated[
        str | None, typer.Option("--ram", help="RAM given to init, as 1008M; by default ample.")
    ] = None,
    caps: Annotated[
        int | None, typer.Option("--caps", min=0, help="Capabilities given to init.")
    ] = None,
    profile: Annotated[
        Literal["22.02", "26.02"], typer.Option("--profile", help="Release of Genode.")
    ] = "26.02",
    json: Annotated[bool, typer.Option("--json", help="Print one object per file.")] = False,
) -> None:
    """Say what init will do with each component: start it or not, where, with what, served by whom.

    Exit code 0: all is explained, be it that something does not start; 2: a file cannot be read.
    """
    from workbench import formats
    from workbench.errors import InputError
    from workbench.experiments.asked import ram_amount
    from workbench.experiments.samples import file_or_sample
    from workbench.formats.syntax import init_syntax
    from workbench.scenario.explain import explain as explanations
    from workbench.scenario.machine_cpus import Machine

    init_ram = ram_amount(ram)
    worst = 0
    for file in files:
        try:
            document = formats.read(file_or_sample(file))
            scenario = document.experiment.scenario
            found = explanations(
                scenario,
                Machine(cpus, kernel, threads or (scenario.boot.threads if scenario.boot else 1)),
                ram_bytes=init_ram,
                caps=caps,
                release=profile,
                syntax=init_syntax(document),
            )
        except InputError as refusal:
            complain(explained(refusal))
            worst = INPUT
            continue
        if json:
            print_json({"file": str(file), "components": _plain(found)})
        else:
            _print(str(file), found)
    raise typer.Exit(worst)


def _plain(found: Mapping[str, Explanation]) -> dict[str, Any]:
    """Return the components as JSON has them, by label path.

    ``affinity_space`` is the space that the component itself sees: columns and
    rows of CPUs of its own region. Providers are followed to the component that
    really serves; ``parent`` is beyond the top-level init.
    """
    return {
        path: {
            "starts": each.starts,
            "cpus": list(each.cpus.all),
            "main_cpu": each.cpus.main,
            "affinity_space": [each.cpus.width, each.cpus.height],
            "ram_bytes": each.ram_bytes,
            "caps": each.caps,
            "sessions": [
                {
                    "service": session.service,
                    "label": session.label,
                    "outcome": session.outcome,
                    "provider": session.provider,
                    "rule_line": session.rule_line,
                }
                for session in each.sessions
            ],
            "messages": list(each.messages),
        }
        for path, each in found.items()
    }


def _print(file: str, found: Mapping[str, Explanation]) -> None:
    from rich.table import Table

    table = Table(title=file, title_justify="left")
    for heading in ("component", "starts", "CPUs (main)", "RAM", "caps", "sessions"):
        table.add_column(heading, overflow="fold")
    for path, each in found.items():
        table.add_row(
            path,
            "yes" if each.starts else f"no: {each.reason}",
            f"{_ranges(each.cpus.all)} ({each.cpus.main})",
            "?" if each.ram_bytes is None else _amount(each.ram_bytes),
            "?" if each.caps is None else str(each.caps),
            "\n".join(_sessions(each.sessions)),
        )
    console = stdout()
    console.print(table)
    for each in found.values():
        for message in each.messages:
            console.print(message, markup=False)


def _amount(ram_bytes: int) -> str:
    from workbench.scenario.units import format_amount

    text = format_amount(ram_bytes)
    return f"{text} B" if text.isdigit() else f"{text[:-1]} {text[-1]}iB"


def _ranges(numbers: tuple[int, ...]) -> str:
    """Return numbers with runs joined: 0, 2-5."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ", ".join("-".join(map(str, run)) for run in runs)


def _sessions(sessions: Sequence[ExplainedSession]) -> list[str]:
    """Return one line for all sessions that one rule leads to one provider."""
    together: dict[str, list[str]] = {}
    for session in sessions:
        line = "" if session.rule_line is None else f" (line {session.rule_line})"
        services = together.setdefault(f"{session.provider or session.outcome}{line}", [])
        if session.service not in services:
            services.append(session.service)
    return [f"{', '.join(services)}: {where}" for where, services in together.items()]
