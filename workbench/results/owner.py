"""The process a run belongs to, and whether that process still lives."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

__all__ = ["Owner"]

# Off Linux a start time is computed from the boot time, which moves when the clock is set.
_CLOCK_TOLERANCE_SECONDS = 2.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_START_FIELD = 22  # of /proc/PID/stat, counted from 1; see proc(5)


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, told apart from later ones with the same number by its start.

    Parameters
    ----------
    pid
        Process number.
    created
        Start of the process: in seconds since the boot named by `boot`, a time
        that no setting of the clock moves; where there is no `boot`, since 1970.
    boot
        Identity of the boot of the machine; "" where the system gives none.
    """

    pid: int
    created: float
    boot: str = ""

    @classmethod
    def this_process(cls) -> Owner:
        """Return the process that asks."""
        pid, boot = os.getpid(), _boot()
        since_boot = _since_boot(pid) if boot else None
        if since_boot is not None:
            return cls(pid, since_boot, boot)
        return cls(pid, psutil.Process().create_time())

    def lives(self) -> bool:
        """Whether the process still runs; a dead one that nobody reaped does not."""
        if self.boot and self.boot != _boot():
            return False
        try:
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            if self.boot:
                return _since_boot(self.pid) == self.created
            return abs(process.create_time() - self.created) < _CLOCK_TOLERANCE_SECONDS
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            return True


def _boot() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _since_boot(pid: int) -> float | None:
    """Return when a process started, in s since the boot; None if it cannot be read."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The second field is the program's name in parentheses; it may hold anything.
    fields = text.rpartition(")")[2].split()
    return int(fields[_START_FIELD - 3]) / os.sysconf("SC_CLK_TCK")
