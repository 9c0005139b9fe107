"""The guest's clock: under TCG its time-stamp counter is that of this machine.

A guest finds out how fast the counter runs by watching a timer while it boots. On a busy
machine it is descheduled meanwhile and was seen to be off by a factor of four, so it is
told (the kernel's parameter ``tsc_early_khz``), and afterwards its clock is compared with
this machine's.
"""

from __future__ import annotations

import ctypes
import mmap
import platform
import time
from functools import lru_cache

from workbench.backends.base import BackendError
from workbench.backends.guest.protocol import Transcript

__all__ = ["ClockCheck", "tsc_khz"]

_RDTSC = bytes.fromhex("0f3148c1e2204809d0c3")
"""rdtsc; shl rdx, 32; or rax, rdx; ret"""

_SPAN_SECONDS = 0.1
_TRIES = 20
_TOLERANCE = 0.1
_DELAY_SECONDS = 1.0
"""How late a line may reach us on a busy machine; our choice."""


@lru_cache
def tsc_khz() -> int | None:
    """Return how fast this machine's time-stamp counter runs; None where it cannot be read."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return None
    try:
        page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    except OSError:  # no memory may be both written and executed here
        return None
    page.write(_RDTSC)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    counter = ctypes.CFUNCTYPE(ctypes.c_uint64)(address)

    def reading() -> tuple[int, int]:
        """Return time in ns and counter, taken as close together as we can."""
        best = None
        for _ in range(_TRIES):
            before = time.monotonic_ns()
            ticks = counter()
            after = time.monotonic_ns()
            if best is None or after - before < best[0]:
                best = (after - before, (before + after) // 2, ticks)
        assert best is not None
        return best[1], best[2]

    begin, first = reading()
    time.sleep(_SPAN_SECONDS)
    end, last = reading()
    return round((last - first) * 1_000_000 / (end - begin))


class ClockCheck:
    """Compares the guest's clock with ours, from the first line to the last."""

    def __init__(self) -> None:
        self._began: float | None = None

    def first_line(self) -> None:
        """Note when the guest's first line came."""
        self._began = time.monotonic()

    def ratio(self, said: Transcript) -> float:
        """Return how fast the guest's clock ran by ours.

        Raises
        ------
        BackendError
            If it is so far off that no time of the run means anything (``clock-wrong``).
        """
        if self._began is None or said.final is None:
            return float("nan")
        ours = time.monotonic() - self._began
        theirs = (said.final["t"] - said.hello["t"]) / 1e9
        if abs(theirs - ours) > _DELAY_SECONDS + _TOLERANCE * ours:
            raise BackendError(
                "clock-wrong",
                f"The guest's clock went {theirs:.1f} s in {ours:.1f} s of this machine's; "
                "its results mean nothing and are dropped. Run again with less load.",
            )
        return theirs / ours if ours > 0 else float("nan")
