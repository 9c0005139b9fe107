"""From a rectangle of an affinity space to the CPUs of a machine.

The formulas are those of Genode's ``repos/base/include/base/affinity.h`` and of
`init`'s session filter; they reproduced all 276 CPU sets that were observed on
the real init with 2 and 4 CPUs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.scenario.model import AffinitySpace, Rectangle

__all__ = ["KERNELS", "Affinity", "Cpus", "Kernel", "Machine"]

Kernel = Literal["hw", "nova", "linux"]
"""Which kernel runs Genode: base-hw, NOVA or Linux."""

KERNELS: tuple[Kernel, ...] = ("hw", "nova", "linux")


@dataclass(frozen=True, slots=True)
class Affinity:
    """A rectangle and the space that it is a part of."""

    space: AffinitySpace
    rectangle: Rectangle

    def within(self, outer: Affinity) -> Affinity:
        """Return this affinity of a nested `init`'s child as the outer `init` passes it on.

        With an outer space (W, H) and rectangle (cx, cy, cw, ch) and an inner
        space (w, h) and rectangle (sx, sy, sw, sh): the space is (W*w, H*h), the
        rectangle (cx*w + sx*cw, cy*h + sy*ch, cw*sw, ch*sh) (measured). An inner
        space without cells counts as none: the outer rectangle holds.
        """
        space, own = outer.space, outer.rectangle
        if not self.space.width or not self.space.height:
            return outer
        width, height = self.space.width, self.space.height
        return Affinity(
            AffinitySpace(width=space.width * width, height=space.height * height),
            Rectangle(
                x=own.x * width + self.rectangle.x * own.width,
                y=own.y * height + self.rectangle.y * own.height,
                width=own.width * self.rectangle.width,
                height=own.height * self.rectangle.height,
            ),
        )


@dataclass(frozen=True, slots=True)
class Cpus:
    """CPUs that a component may use.

    Parameters
    ----------
    all
        Their numbers, ascending.
    main
        The one that its main thread runs on.
    width, height
        Size of the affinity space that the component itself sees.
    """

    all: tuple[int, ...]
    main: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine as its kernel arranges its CPUs.

    Parameters
    ----------
    cpus
        Number of logical CPUs.
    kernel
        base-hw has them in one row; NOVA has the hardware threads of a core on
        the y axis; Linux ignores affinities.
    threads
        Hardware threads of each core.
    """

    cpus: int
    kernel: Kernel = "hw"
    threads: int = 1

    @property
    def space(self) -> AffinitySpace:
        """The kernel's own affinity space."""
        if self.kernel == "nova":
            return AffinitySpace(width=max(self.cpus // self.threads, 1), height=self.threads)
        return AffinitySpace(width=self.cpus, height=1)

    def cpus_of(self, affinity: Affinity) -> Cpus:
        """Return where a component with an affinity runs."""
        if self.kernel == "linux":
            return Cpus(tuple(range(self.cpus)), 0, 1, 1)
        if not affinity.space.width or not affinity.space.height:
            return Cpus((0,), 0, 1, 1)  # measured: everything on the first CPU
        machine, rectangle = self.space, affinity.rectangle
        x, width = _scaled(rectangle.x, rectangle.width, affinity.space.width, machine.width)
        y, height = _scaled(rectangle.y, rectangle.height, affinity.space.height, machine.height)
        numbers = [
            (column * machine.height + row) % self.cpus
            for column in range(x, x + width)
            for row in range(y, y + height)
        ]
        return Cpus(tuple(sorted(set(numbers))), numbers[0], width, height)


def _scaled(start: int, length: int, space: int, machine: int) -> tuple[int, int]:
    """Return first and number of the machine's columns (or rows); at least one."""
    first = start * machine // space
    return first, max((start + length) * machine // space - first, 1)
