"""``workbench parameters``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.output import print_json, stdout

if TYPE_CHECKING:
    from workbench.backends.base import ParameterInfo

__all__ = ["parameters"]


def parameters(
    workload: Annotated[
        str | None, typer.Option("--workload", help="Of this workload; by default of all.")
    ] = None,
    backend: Annotated[str, typer.Option("--backend", help="Of this backend.")] = "simulated",
    json: Annotated[bool, typer.Option("--json", help="Print them as one list.")] = False,
) -> None:
    """List everything that `run --set KEY=VALUE` reaches, with default and source."""
    from workbench.backends.base import backend as named  # noqa: PLC0415 - slow to import
    from workbench.cli.tables import print_parameters  # noqa: PLC0415
    from workbench.experiments.plan import chosen  # noqa: PLC0415

    runner = named(backend)
    workloads = chosen([workload] if workload else None, runner.workloads(), "workload")
    # One workload may have another default for the same name than the next.
    of: dict[ParameterInfo, list[str]] = {}
    for each in workloads:
        for info in runner.parameters(each, {}):
            of.setdefault(info, []).append(each)
    if json:
        print_json([asdict(info) | {"workloads": names} for info, names in of.items()])
    else:
        everywhere = list(workloads)
        print_parameters(
            stdout(),
            [(info, [] if names == everywhere else names) for info, names in of.items()],
        )
