"""How EalánOS' Hoitaja shares the cores of its space among its cells.

By the formulas of its core allocator: a cell has the weight 1/p, where p is its
priority without the sign (0 counts as 1), and gets floor(weight * cores / sum of
weights) cores, whatever its own affinity says. Cells are packed from the right
end to the left; the one that reaches column 0 leaves one core to Hoitaja.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from workbench.scenario.model import AffinitySpace, Rectangle

__all__ = ["HOITAJA", "NOT_ENOUGH", "shares"]

HOITAJA = "hoitaja"
"""Name of its binary."""

NOT_ENOUGH = "not enough CPU cores left"
"""What it says about a cell whose share is no whole core."""


def shares(space: AffinitySpace, priorities: Sequence[int]) -> list[Rectangle | None]:
    """Return the rectangle of each cell, over the full height; None where none is left.

    Parameters
    ----------
    space
        The space that Hoitaja's configuration declares.
    priorities
        Of the cells in document order, as configured (0 or negative).
    """
    weights = [Fraction(1, max(abs(priority), 1)) for priority in priorities]
    right = space.width
    found: list[Rectangle | None] = []
    for weight in weights:
        width = weight * space.width // sum(weights)
        if width < 1:
            found.append(None)
            continue
        right -= width
        kept = 1 if right == 0 and width > 1 else 0
        found.append(Rectangle(x=right + kept, width=width - kept, height=space.height))
    return found
