"""How throughput grows with cores or instances: a fit of the Universal Scalability Law.

X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1)) (Gunther, Guerrilla Capacity Planning,
2007, ch. 4): sigma is the part that is done one after the other, kappa what keeping everybody
consistent costs. It is a summary of results, no model of their causes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares

__all__ = ["FEWEST", "Scaling", "usl_fit"]

FEWEST = 4
"""Points for a fit of three constants that can also miss."""


_NOTHING = 1e-6  # a constant below it changes no throughput one could measure


@dataclass(frozen=True, slots=True)
class Scaling:
    """A fitted law.

    Parameters
    ----------
    per_one
        lambda: throughput at N = 1, in the unit of the values.
    contention, coherence
        sigma and kappa, both at least 0.
    error
        Root mean square of the relative residuals.
    """

    per_one: float
    contention: float
    coherence: float
    error: float

    def at(self, n: ArrayLike) -> NDArray[np.float64]:
        """Return the throughput at some N."""
        many = np.asarray(n, dtype=float)
        return np.asarray(_law(many, self.per_one, self.contention, self.coherence))

    @property
    def peak(self) -> float:
        """The N beyond which throughput falls; infinite where it never does."""
        if self.coherence <= 0 or self.contention >= 1:
            return math.inf if self.coherence <= 0 else 1.0
        return math.sqrt((1 - self.contention) / self.coherence)

    def __str__(self) -> str:
        """Return the constants for people."""
        peak = f", peak at {self.peak:.0f}" if self.peak < 1e4 else ""
        contention, coherence = (
            f"{one:.2g}" if one > _NOTHING else "0" for one in (self.contention, self.coherence)
        )
        return f"USL: σ = {contention}, κ = {coherence}{peak}, misses by {self.error:.1%}"


def usl_fit(n: ArrayLike, throughput: ArrayLike) -> Scaling | None:
    """Return the law that fits best in relative terms; None for fewer than `FEWEST` points.

    Parameters
    ----------
    n
        Cores or instances, from 1.
    throughput
        At each of them; values that are missing or not positive are left out.
    """
    many, values = (np.asarray(side, dtype=float).ravel() for side in (n, throughput))
    there = np.isfinite(values) & (values > 0) & (many >= 1)
    many, values = many[there], values[there]
    if np.unique(many).size < FEWEST:
        return None
    first = float(np.median(values / many))

    def residuals(constants: NDArray[np.float64]) -> NDArray[np.float64]:
        fitted = _law(many, first * math.exp(constants[0]), constants[1], constants[2])
        return np.asarray(fitted / values - 1)

    found = least_squares(
        residuals, [0.0, 0.01, 1e-4], bounds=([-np.inf, 0, 0], np.inf), x_scale=[1, 0.1, 1e-3]
    )
    error = float(np.sqrt(np.mean(found.fun**2)))
    per_one, contention, coherence = (float(one) for one in found.x)
    return Scaling(first * math.exp(per_one), contention, coherence, error)


def _law(
    many: NDArray[np.float64], per_one: float, contention: float, coherence: float
) -> NDArray[np.float64]:
    return per_one * many / (1 + contention * (many - 1) + coherence * many * (many - 1))
