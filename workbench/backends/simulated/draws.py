"""Counter-based random numbers: a hash of (stream, operation, purpose).

No state: an operation's demand and key are the same whatever the placement,
the policy or the order of events, so runs that are compared share them.
The mixing function is SplitMix64's (Steele, Lea, Flood, OOPSLA 2014).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from workbench.backends.simulated import layout
from workbench.backends.simulated.jit import internal

__all__ = ["bits", "demand_ps", "gamma_ps", "uniform", "zipf_rank"]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_PURPOSE = np.uint64(0xD1B54A32D192ED03)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_TO_UNIT = 2.0**-53


@internal
def bits(stream: np.uint64, operation: int, purpose: int) -> np.uint64:
    """Return 64 random bits as an unsigned integer."""
    x = stream + np.uint64(operation + 1) * _GAMMA + np.uint64(purpose + 1) * _PURPOSE
    x = (x ^ (x >> np.uint64(30))) * _MIX_1
    x = (x ^ (x >> np.uint64(27))) * _MIX_2
    return x ^ (x >> np.uint64(31))


@internal
def uniform(stream: np.uint64, operation: int, purpose: int) -> float:
    """Return a number in (0, 1]."""
    # Signed, as processors convert no unsigned number in one step.
    return float(np.int64(bits(stream, operation, purpose) >> np.uint64(11)) + 1) * _TO_UNIT


@internal
def demand_ps(
    distribution: int, mean_ps: float, tasks: int, stream: np.uint64, operation: int, purpose: int
) -> int:
    """Return the whole duration, in ps, of `tasks` tasks of one distribution in a row."""
    if distribution == layout.CONSTANT or mean_ps == 0.0:
        return int(mean_ps * tasks)
    if distribution == layout.EXPONENTIAL:
        product = 1.0
        for task in range(tasks):
            product *= uniform(stream, operation, purpose + task)
        return int(-mean_ps * math.log(product))
    total = 0.0
    for task in range(tasks):
        chance = uniform(stream, operation, purpose + task)
        if distribution == layout.UNIFORM:
            total += 2.0 * chance
        elif chance <= _RARE:
            total -= _LONG * math.log(chance / _RARE)
        else:
            total -= _SHORT * math.log((chance - _RARE) / (1.0 - _RARE))
    return int(mean_ps * total)


_RARE, _LONG, _SHORT = 0.1, 5.5, 0.5
"""The hyperexponential distribution: a tenth of the values is long."""


@internal
def gamma_ps(mean_ps: float, variance: float, stream: np.uint64, operation: int) -> int:
    """Return a gamma-distributed time, far from 0 on the scale of its spread.

    Wilson and Hilferty's approximation (PNAS 1931): its cube root is normal.
    """
    if variance <= 0.0:
        return int(mean_ps)
    first = uniform(stream, operation, _BATCH)
    second = uniform(stream, operation, _BATCH + 1)
    normal = math.sqrt(-2.0 * math.log(first)) * math.cos(2.0 * math.pi * second)
    ninth = variance / (9.0 * mean_ps * mean_ps)
    root = 1.0 - ninth + normal * math.sqrt(ninth)
    return max(int(mean_ps * root * root * root), 1)


_BATCH = 1 << 21


@internal
def zipf_rank(phase: Any, chance: float) -> int:
    """Return the rank, from 0, of a key of a zipfian distribution.

    Gray and others, Quickly generating billion-record synthetic databases (SIGMOD 1994).
    """
    scaled = chance * phase.zipf_sum
    if scaled < 1.0:
        return 0
    if scaled < phase.zipf_second:
        return 1
    return int(
        phase.zipf * (phase.zipf_factor * chance - phase.zipf_factor + 1.0) ** phase.zipf_power
    )
