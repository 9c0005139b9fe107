"""What metrics, buckets and numbers are called in views, tables and sentences."""

from __future__ import annotations

import math
from collections.abc import Callable

from workbench.results.statistics import Estimate

__all__ = [
    "BUCKET_TITLES",
    "METRIC_DOCS",
    "METRIC_TITLES",
    "UNIT",
    "confidence",
    "half_width",
    "in_unit",
    "number",
    "scale",
    "times",
]

UNIT = "op/s"
"""Unit of every throughput."""

METRIC_TITLES = {
    "throughput_window": "steady window",
    "throughput_makespan": "makespan",
    "throughput_self": "self-timed",
    "throughput_part": "selected part",
}
"""Short names of `workbench.results.schema.METRICS`, and of what `narrowing` adds."""

METRIC_DOCS = {
    "throughput_window": "operations finished while every component is in the phase, per second",
    "throughput_makespan": "all operations over the span from the first start to the last finish",
    "throughput_self": "operations over each component's own span, as it reports it; "
    "the metric of the talk",
    "throughput_part": "operations that ended on the selected cores in the selected span, per "
    "second",
}

BUCKET_TITLES = {
    "useful": "useful work",
    "poll_idle": "polling, nothing to do",
    "wait_owner": "polling, owner off its core",
    "lock_spin": "spinning on a lock",
    "switch": "context switch",
    "refill": "cache refill",
    "remote_memory": "remote memory",
    "bandwidth": "memory bandwidth",
    "idle": "idle",
    "held": "held, for whatever",
}
"""Names of `workbench.results.schema.BUCKETS` for people."""

_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))


def scale(largest: float) -> tuple[float, str]:
    """Return the factor and the letter of the SI prefix that suits a largest value."""
    for factor, prefix in _PREFIXES:
        if abs(largest) >= factor:
            return factor, prefix
    return 1.0, ""


def number(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits, without an exponent.

    >>> number(16.2345), number(0.28012), number(26312.0)
    ('16.2', '0.280', '26312')
    """
    if math.isnan(value):
        return "–"
    if value == 0 or math.isinf(value):
        return f"{value:g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:.{decimals}f}"


def in_unit(value: float, unit: str = "op/s") -> str:
    """Return a value with an SI prefix and its unit.

    >>> in_unit(16.2e6)
    '16.2 M op/s'
    """
    factor, prefix = scale(value)
    return f"{number(value / factor)} {prefix}{' ' * bool(prefix)}{unit}"


def times(ratio: float) -> str:
    """Return a ratio as text, with a third decimal where it is near to 1.

    >>> times(3.527), times(1.0123)
    ('3.53×', '1.012×')
    """
    return f"{ratio:.3f}×" if 0.9 <= ratio < 1.1 else f"{number(ratio)}×"


def half_width(estimate: Estimate) -> float:
    """Return half the length of an interval; 0 where only rounding is left of it."""
    half = (estimate.high - estimate.low) / 2
    return half if half > 1e-9 * abs(estimate.value) else 0.0


def confidence(estimate: Estimate, show: Callable[[float], str] = number) -> str:
    """Return the interval and n as text; `show` writes a value.

    >>> confidence(Estimate(3.5, 3.3, 3.7, 10))
    '95 % CI 3.30 to 3.70, n = 10'
    >>> confidence(Estimate(3.5, math.nan, math.nan, 1))
    'n = 1, no interval'
    """
    if not estimate.has_interval:
        return f"n = {estimate.n}, no interval"
    return f"95 % CI {show(estimate.low)} to {show(estimate.high)}, n = {estimate.n}"
