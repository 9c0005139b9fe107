"""The machine for which the app predicts what `init` does."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.scenario.inside import nested
from workbench.scenario.machine_cpus import Kernel, Machine
from workbench.scenario.model import Scenario

__all__ = ["Host"]


@dataclass(frozen=True, slots=True)
class Host:
    """What is known of the machine; what is not follows from the scenario.

    Parameters
    ----------
    cpus
        Number of logical CPUs; None means one for each cell of the largest affinity
        space, nested ones included (a guess: configurations do not say).
    kernel
        None means NOVA for a space of several rows (hardware threads on the y
        axis), else base-hw.
    ram_bytes, caps
        What the top-level `init` is given; None means ample.
    """

    cpus: int | None = None
    kernel: Kernel | None = None
    ram_bytes: int | None = None
    caps: int | None = None

    def machine(self, scenario: Scenario) -> Machine:
        """Return the machine that a scenario is meant for."""
        spaces = [scenario.effective_space, *(part.effective_space for _, part in nested(scenario))]
        rows = max(spaces[0].height, 1)
        kernel = self.kernel or ("nova" if rows > 1 else "hw")
        cells = max(max(space.width, 1) * max(space.height, 1) for space in spaces)
        return Machine(self.cpus or cells, kernel, rows if kernel == "nova" else 1)
