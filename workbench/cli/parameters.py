"""``workbench parameters``."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.output import print_json, stdout

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
    infos = {
        (info.name, info.default): info
        for name in workloads
        for info in runner.parameters(name, {})
    }
    if json:
        print_json(
            [
                {
                    "name": info.name,
                    "default": info.default,
                    "doc": info.doc,
                    "source": info.source,
                    "group": info.group,
                    "choices": list(info.choices),
                }
                for info in infos.values()
            ]
        )
    else:
        print_parameters(stdout(), list(infos.values()))
