"""Which process a run belongs to, and whether that process still lives."""

from __future__ import annotations

from dataclasses import dataclass

import psutil

__all__ = ["Owner"]

# The start time is computed from the boot time, which moves when the clock is set.
_CLOCK_TOLERANCE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, told apart from later ones with the same number by its start.

    Parameters
    ----------
    pid
        Process number.
    created
        Start of the process, in seconds since 1970.
    """

    pid: int
    created: float

    @classmethod
    def this_process(cls) -> Owner:
        """Return the process that asks."""
        process = psutil.Process()
        return cls(process.pid, process.create_time())

    def lives(self) -> bool:
        """Whether the process still runs; a dead one that nobody reaped does not."""
        try:
            process = psutil.Process(self.pid)
            return (
                abs(process.create_time() - self.created) < _CLOCK_TOLERANCE_SECONDS
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            return True
