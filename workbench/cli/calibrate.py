"""``workbench calibrate``."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.output import say, stdout

__all__ = ["calibrate"]


def calibrate(
    repetitions: Annotated[
        int, typer.Option("--repetitions", min=1, max=100, help="How often to measure everything.")
    ] = 5,
) -> None:
    """Measure this machine and write its profile, to be used with --set machine=this-machine."""
    from workbench.backends.calibration import profile  # noqa: PLC0415 - compiles

    file = profile.calibrate(
        repetitions,
        progress=lambda done, of: say(f"repetition {done + 1} of {of}") if done < of else None,
    )
    stdout().print(f"{file}", markup=False)
    from workbench.backends.machine import machine  # noqa: PLC0415 - as above

    for name, one in machine(str(file)).values.items():
        stdout().print(f"  {name:18}{one.value:>12.5g}  {one.source}", markup=False)
