"""Priorities as `init` takes them."""

from __future__ import annotations

from workbench.scenario.children import Child

__all__ = ["levels_in_force", "priority_in_force", "priority_messages"]


def levels_in_force(prio_levels: int) -> int:
    """Return the number of priority levels; 0 (no priorities) unless it is a power of two."""
    if prio_levels < 1 or prio_levels & (prio_levels - 1):
        return 0
    return prio_levels


def priority_in_force(priority: int, prio_levels: int) -> int:
    """Return the priority a child gets: too low a one is raised, a positive one is kept."""
    lowest = 1 - max(levels_in_force(prio_levels), 1)
    return max(priority, lowest)


def priority_messages(prio_levels: int, child: Child) -> tuple[str, ...]:
    """Return what `init` logs about a child's priority, without the ``[init]``."""
    in_force = priority_in_force(child.priority, prio_levels)
    if in_force == child.priority:
        return ()
    return (
        f"Warning: {child.name}: invalid priority, upgrading from {child.priority} to {in_force}",
    )
