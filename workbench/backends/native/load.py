"""What other processes take from the CPUs while something is measured on them."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import psutil

__all__ = ["DISTURBED", "LoadMeter"]

DISTURBED = 0.05
"""Share of the CPUs' time from which on a measurement counts as disturbed; our choice:
the ratios we look for are of some 10 %."""

_STAT = Path("/proc/stat")
_BUSY_FIELDS = (0, 1, 2, 5, 6, 7)  # user, nice, system, irq, softirq, steal; see proc(5)


@dataclass(frozen=True, slots=True)
class LoadMeter:
    """Measures, from its making on, the share of the CPUs' time that others took.

    Others are all processes but those that this one has started and waited for. The
    workbench itself is one of the others: it disturbs as any of them.

    Parameters
    ----------
    cpus
        Numbers of the CPUs to look at.
    began, busy, own
        Where the clocks stood, in s.
    """

    cpus: frozenset[int]
    began: float
    busy: float
    own: float

    @classmethod
    def start(cls, cpus: Collection[int]) -> LoadMeter:
        """Begin to measure."""
        looked_at = frozenset(cpus)
        return cls(looked_at, time.monotonic(), _busy_seconds(looked_at), _own_seconds())

    def share(self) -> float:
        """Return the share since the start, from 0 to 1; NaN where the system does not tell."""
        elapsed = (time.monotonic() - self.began) * max(len(self.cpus), 1)
        if elapsed <= 0:
            return float("nan")
        busy = _busy_seconds(self.cpus) - self.busy
        own = _own_seconds() - self.own
        return min(max((busy - own) / elapsed, 0.0), 1.0) if busy == busy else busy  # noqa: PLR0124


def _busy_seconds(cpus: frozenset[int]) -> float:
    try:
        lines = _STAT.read_text(encoding="ascii").splitlines()
    except OSError:
        return _busy_by_psutil(cpus)
    ticks = 0
    for line in lines:
        name, *values = line.split()
        if name[:3] == "cpu" and name[3:].isdigit() and int(name[3:]) in cpus:
            ticks += sum(int(values[field]) for field in _BUSY_FIELDS)
    return ticks / os.sysconf("SC_CLK_TCK")


def _busy_by_psutil(cpus: frozenset[int]) -> float:
    try:
        every = psutil.cpu_times(percpu=True)
    except (OSError, psutil.Error):
        return float("nan")
    return float(sum(every[cpu].user + every[cpu].system for cpu in cpus if cpu < len(every)))


def _own_seconds() -> float:
    """Return the CPU time of this process's ended children and their descendants."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
