"""How Genode's run tool builds a scenario, boots it, and knows that it is done."""

from __future__ import annotations

import re

from pydantic import Field

from workbench.scenario.frozen import Frozen

__all__ = ["ARTIFACTS", "Boot"]

ARTIFACTS = "[build_artifacts]"
"""Among boot modules: whatever the build gives, as run scripts since 23.05 write it."""


class Boot(Frozen):
    """What a run script says besides the configuration.

    Parameters
    ----------
    build
        Targets to build.
    modules
        Names of the boot modules; `ARTIFACTS` may be one of them. None where unknown.
    qemu_args
        Arguments for QEMU, for example ``-nographic -smp 4,cores=4``.
    stop_pattern
        Regular expression (Tcl's) of the output that ends the run; None for no end.
    timeout_s
        Seconds to wait for it.
    script
        The run script as its author wrote it, where there is one.
    """

    build: tuple[str, ...] = ()
    modules: tuple[str, ...] | None = None
    qemu_args: str = ""
    stop_pattern: str | None = None
    timeout_s: int | None = Field(default=None, ge=0)
    script: str | None = Field(default=None, repr=False)

    @property
    def threads(self) -> int:
        """Hardware threads of each core, as ``-smp`` of QEMU's arguments says; else 1."""
        found = re.search(r"-smp\s+\S*\bthreads=([1-9]\d?)\b", self.qemu_args)
        return int(found[1]) if found else 1
