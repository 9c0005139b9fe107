"""Priorities as `init` takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.scenario.children import Child
from workbench.scenario.release import DEFAULT_RELEASE, Release

__all__ = [
    "Band",
    "band_messages",
    "levels_in_force",
    "levels_message",
    "priority_in_force",
    "priority_messages",
]

_LIMIT = 1 << 16  # priorities of a CPU session, `Cpu_session::PRIORITY_LIMIT`
_WORD = 1 << 32
_MOST_LEVELS_2202 = 32


@dataclass(frozen=True, slots=True)
class Band:
    """What one `init` makes of the priorities of a child: its levels, the child's priority."""

    levels: int
    priority: int


def levels_in_force(prio_levels: int, release: Release = DEFAULT_RELEASE) -> int:
    """Return the number of priority levels; 0 (no priorities) unless it is a power of two.

    Genode 22.02 takes no more than 32 (``repos/os/src/lib/sandbox/utils.h``).
    """
    if prio_levels < 1 or prio_levels & (prio_levels - 1):
        return 0
    return 0 if release == "22.02" and prio_levels > _MOST_LEVELS_2202 else prio_levels


def levels_message(prio_levels: int, release: Release = DEFAULT_RELEASE) -> str | None:
    """Return what `init` logs about the number of levels, without the ``[init]``."""
    if prio_levels == levels_in_force(prio_levels, release):
        return None
    return "Warning: prio levels is not power of two, priorities are disabled"


def priority_in_force(priority: int, prio_levels: int, release: Release = DEFAULT_RELEASE) -> int:
    """Return the priority a child gets: too low a one is raised, a positive one is kept."""
    lowest = 1 - max(levels_in_force(prio_levels, release), 1)
    return max(priority, lowest)


def priority_messages(
    prio_levels: int, child: Child, release: Release = DEFAULT_RELEASE
) -> tuple[str, ...]:
    """Return what `init` logs about a child's priority, without the ``[init]``."""
    in_force = priority_in_force(child.priority, prio_levels, release)
    if in_force == child.priority:
        return ()
    return (
        f"Warning: {child.name}: invalid priority, upgrading from {child.priority} to {in_force}",
    )


def band_messages(bands: Sequence[Band], release: Release = DEFAULT_RELEASE) -> tuple[int, ...]:
    """Return which `init` says that it loses priority bits, as indices into `bands`.

    Each `init` puts its child's priority before the bits that came from below
    and shifts those down. A positive priority sets all bits, which the next
    `init` cannot keep (``repos/os/src/lib/sandbox/child.cc``; the line is measured).

    Parameters
    ----------
    bands
        From the innermost `init` to the outermost.
    """
    losing = []
    value = 0
    for index, band in enumerate(bands):
        bits = levels_in_force(band.levels, release).bit_length() - 1
        if bits < 1:
            continue
        value = min(value, _LIMIT - 1)
        if value % (1 << bits):
            losing.append(index)
        inverted = -priority_in_force(band.priority, band.levels, release)
        value = (value >> bits) | (inverted * (_LIMIT >> bits) % _WORD)
    return tuple(losing)
