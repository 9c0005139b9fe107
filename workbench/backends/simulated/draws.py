"""Counter-based random numbers: a hash of (stream, operation, purpose).

No state: an operation's demand and key are the same whatever the placement,
the policy or the order of events, so runs that are compared share them.
The mixing function is SplitMix64's (Steele, Lea, Flood, OOPSLA 2014).
"""

from __future__ import annotations

import math

import numpy as np

from workbench.backends.simulated import layout
from workbench.backends.simulated.jit import compiled

__all__ = ["bits", "demand_ps", "uniform"]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_PURPOSE = np.uint64(0xD1B54A32D192ED03)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_TO_UNIT = 2.0**-53


@compiled
def bits(stream: np.uint64, operation: int, purpose: int) -> np.uint64:
    """Return 64 random bits as an unsigned integer."""
    x = stream + np.uint64(operation + 1) * _GAMMA + np.uint64(purpose + 1) * _PURPOSE
    x = (x ^ (x >> np.uint64(30))) * _MIX_1
    x = (x ^ (x >> np.uint64(27))) * _MIX_2
    return x ^ (x >> np.uint64(31))


@compiled
def uniform(stream: np.uint64, operation: int, purpose: int) -> float:
    """Return a number in (0, 1]."""
    return float((bits(stream, operation, purpose) >> np.uint64(11)) + np.uint64(1)) * _TO_UNIT


@compiled
def demand_ps(
    distribution: int, mean_ps: float, tasks: int, stream: np.uint64, operation: int, purpose: int
) -> int:
    """Return the whole duration, in ps, of `tasks` tasks of one distribution in a row."""
    if distribution == layout.CONSTANT:
        return int(mean_ps * tasks)
    if distribution == layout.EXPONENTIAL:
        product = 1.0
        for task in range(tasks):
            product *= uniform(stream, operation, purpose + task)
        return int(-mean_ps * math.log(product))
    total = 0.0
    for task in range(tasks):
        total += uniform(stream, operation, purpose + task)
    return int(2.0 * mean_ps * total)
