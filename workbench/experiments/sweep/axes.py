"""What a sweep varies, and at which points: axes and designs.

``--over NAME=VALUES``: values are a list (``8,16,32``), a range of whole numbers with
both ends (``1:8``), or one with a step (``0.5:3:0.5``). A random or Latin hypercube
design draws from the range as a whole (``0.1:30``, or ``0.1:30:log`` evenly in the
logarithm) or from the list.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from workbench.errors import InputError, Location
from workbench.scenario.experiment import Parameter

__all__ = ["CORES", "DESIGNS", "INSTANCES", "Axis", "Design", "axis", "points", "split"]

Design = Literal["grid", "random", "latin-hypercube"]
DESIGNS: tuple[Design, ...] = get_args(Design)

CORES = "cores"
INSTANCES = "instances"

_MOST_VALUES = 100_000


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing that is varied.

    Parameters
    ----------
    name
        ``cores``, ``instances`` or a parameter's.
    values
        The values of a list, in its order; empty for a range to draw from.
    low, high
        Ends of such a range.
    whole
        Whether only whole numbers are drawn.
    log
        Whether they are drawn evenly in the logarithm.
    """

    name: str
    values: tuple[Parameter, ...] = ()
    low: float = 0.0
    high: float = 0.0
    whole: bool = False
    log: bool = False

    def at(self, u: float) -> Parameter:
        """Return the value at a place from 0 (inclusive) to 1 (exclusive)."""
        if self.values:
            return self.values[int(u * len(self.values))]
        if self.log:
            value = math.exp(math.log(self.low) + u * (math.log(self.high) - math.log(self.low)))
            return min(round(value), int(self.high)) if self.whole else value
        if self.whole:
            return int(self.low) + int(u * (int(self.high) - int(self.low) + 1))
        return self.low + u * (self.high - self.low)


def split(text: str) -> tuple[str, str]:
    """Return name and values of ``NAME=VALUES``."""
    name, equals, values = text.partition("=")
    if not equals or not name.strip() or not values.strip():
        raise InputError(
            "This is nothing to sweep over.",
            "Write NAME=VALUES, for example --over cores=8,16,32 or --over instances=1:8.",
            Location("--over", element=text),
        )
    return name.strip(), values.strip()


def axis(
    name: str, values: str, design: Design, parse: Callable[[str], Parameter], *, whole: bool
) -> Axis:
    """Return an axis.

    Parameters
    ----------
    name, values
        As `split` gives them.
    design
        Of the sweep; a grid needs single values.
    parse
        Turns the text of one value into the value, or raises `InputError`.
    whole
        Whether the values are whole numbers.
    """
    parts = values.split(":")
    if len(parts) == 1:
        listed = tuple(parse(part.strip()) for part in values.split(",") if part.strip())
        if len(set(listed)) != len(listed) or not listed:
            raise _bad(name, values, "Name each value once.")
        return Axis(name, listed, whole=whole)
    log = parts[-1] == "log"
    ends = [parse(part.strip()) for part in (parts[:-1] if log else parts)]
    numbers = [float(end) for end in ends if isinstance(end, int | float)]
    if len(numbers) != len(ends) or not 2 <= len(numbers) <= 3 or numbers[0] > numbers[1]:
        raise _bad(name, values, "A range is LOW:HIGH, LOW:HIGH:STEP or LOW:HIGH:log.")
    low, high, *step = numbers
    if log and low <= 0:
        raise _bad(name, values, "A logarithmic range begins above 0.")
    if step or (design == "grid" and whole and not log):
        return Axis(name, _steps(name, values, low, high, step[0] if step else 1.0, whole))
    if design == "grid":
        raise _bad(name, values, "A grid needs single values: a list, or LOW:HIGH:STEP.")
    return Axis(name, (), low, high, whole, log)


def points(
    axes: Sequence[Axis], design: Design, count: int | None, seed: int
) -> list[tuple[Parameter, ...]]:
    """Return the points of a design, each with one value per axis.

    Parameters
    ----------
    axes
        What is varied.
    design
        ``grid``: every combination. ``random``: independent draws.
        ``latin-hypercube``: draws such that every axis has one in each of `count`
        equal parts (McKay, Beckman and Conover 1979).
    count
        How many; must be None for a grid.
    seed
        Of the draws.

    Raises
    ------
    workbench.errors.InputError
        If a design with draws has no count, or a grid has one.
    """
    if design == "grid":
        if count is not None:
            raise InputError(
                "A grid has as many points as its values make.",
                "Leave out --points, or choose --design random or latin-hypercube.",
            )
        return list(itertools.product(*(axis.values for axis in axes)))
    if count is None:
        raise InputError(f"A {design} design needs a number of points.", "Say --points N.")
    rng = np.random.default_rng([seed, len(axes), count])
    if design == "random":
        places = rng.random((count, len(axes)))
    else:
        from scipy.stats.qmc import LatinHypercube  # noqa: PLC0415 - slow to import

        places = LatinHypercube(len(axes), rng=rng).random(count)
    return [tuple(axis.at(float(u)) for axis, u in zip(axes, row, strict=True)) for row in places]


def _steps(
    name: str, values: str, low: float, high: float, step: float, whole: bool
) -> tuple[Parameter, ...]:
    if step <= 0 or (high - low) / step > _MOST_VALUES or (whole and step != int(step)):
        raise _bad(name, values, "The step does not suit the range.")
    count = math.floor((high - low) / step + 1e-9) + 1
    found: list[Any] = [low + index * step for index in range(count)]
    return tuple(map(int, found)) if whole else tuple(float(f"{value:.12g}") for value in found)


def _bad(name: str, values: str, remedy: str) -> InputError:
    return InputError(f'"{values}" cannot be swept over.', remedy, Location("--over", element=name))
