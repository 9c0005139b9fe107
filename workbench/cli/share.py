"""``workbench share``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["share"]

# ruff: noqa: PLC0415 - what is slow to import is imported when it is asked for


def share(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File, or a sample's name.")],
    address: Annotated[
        str, typer.Option("--address", help="Address of the workbench that opens the link.")
    ] = "http://127.0.0.1:5006/",
) -> None:
    """Print a link that carries the experiment; whoever opens it gets a copy.

    The link takes the place of a file in the other commands, too. Exit code 0: printed; 2: the
    file cannot be read.
    """
    from workbench import formats
    from workbench.experiments.samples import file_or_sample

    typer.echo(formats.shared(formats.read(file_or_sample(file)).experiment, address))
