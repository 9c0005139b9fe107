"""RAM and capability quotas: what each child gets of what is asked for it.

All figures were measured on the real init of Genode 22.02 and 26.02.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.scenario.children import Child
from workbench.scenario.model import Scenario
from workbench.scenario.units import format_amount
from workbench.scenario.vocabulary import amount, whole_number

__all__ = [
    "CAPS_DEDUCTED",
    "CAPS_NEEDED",
    "RAM_DEDUCTED",
    "RAM_NEEDED",
    "Quota",
    "assign",
    "caps_available",
    "ram_available",
]

_K = 2**10

RAM_DEDUCTED = 248 * _K
"""RAM in bytes that creating a child costs: 1M leaves 776K."""

CAPS_DEDUCTED = 34
"""Capabilities that creating a child costs: 100 leave 66."""

RAM_NEEDED = 580 * _K
"""Least RAM in bytes with which a child runs: with 512K it asks for 69632 bytes more."""

CAPS_NEEDED = 50
"""Least capabilities with which a child runs; measured: 40 do not suffice, 60 do."""

_RAM_TO_LOAD = 300 * _K
_RAM_PRESERVED = 320 * _K
_CAPS_PRESERVED = 20


@dataclass(frozen=True, slots=True)
class Quota:
    """What one child gets.

    Parameters
    ----------
    ram_bytes, caps
        What is left to the child after the costs of creating it.
    reason
        Why it cannot start with that, in plain words; "" if it can.
    messages
        What `init` logs about it, without the ``[init]``.
    """

    ram_bytes: int
    caps: int
    reason: str = ""
    messages: tuple[str, ...] = ()


def assign(
    scenario: Scenario,
    made: Sequence[Child],
    *,
    ram_bytes: int | None = None,
    caps: int | None = None,
) -> dict[str, Quota]:
    """Return the quota of each child, by id, served in document order.

    Parameters
    ----------
    scenario, made
        What is configured, and its children.
    ram_bytes, caps
        What `init` itself has; None means ample. A child that asks for more
        than is left gets the rest.
    """
    ram_left = None if ram_bytes is None else ram_available(scenario, ram_bytes)
    caps_left = None if caps is None else caps_available(scenario, caps)
    quotas: dict[str, Quota] = {}
    greedy: int | None = None  # index of the first child that asked for more than was left
    for index, child in enumerate(made):
        messages = []
        ram, child_caps = child.ram_bytes, child.caps
        if ram_left is not None:
            if ram > ram_left:
                greedy = index if greedy is None else greedy
                ram = ram_left
                messages.append(
                    f"Warning: {child.name}: configured RAM exceeds available RAM, "
                    f"proceed with {format_amount(ram)}"
                )
            ram_left -= ram
        if caps_left is not None:
            if child_caps > caps_left:
                child_caps = caps_left
                messages.append(
                    f"Warning: {child.name}: configured caps exceed available caps, "
                    f"proceed with {child_caps}"
                )
            caps_left -= child_caps
        quotas[child.id] = _quota(child, ram, child_caps, messages)
    if greedy is not None and len(made) - greedy > 2:
        return {id: _starved(quota) for id, quota in quotas.items()}
    return quotas


def _quota(child: Child, ram: int, caps: int, messages: list[str]) -> Quota:
    ram_left, caps_left = max(ram - RAM_DEDUCTED, 0), max(caps - CAPS_DEDUCTED, 0)
    if child.ram_bytes <= RAM_DEDUCTED:
        messages.append(f"Warning: {child.name}: no valid RAM quota defined")
    if child.caps <= CAPS_DEDUCTED:
        messages.append(f"Warning: {child.name}: no valid capability quota defined")
    reason = ""
    if ram < RAM_NEEDED:
        reason = f"{_amount(ram, child.ram_bytes)} of RAM is too little to load a program."
        if 0 < ram <= _RAM_TO_LOAD:
            messages.append(f"Error: {child.name}: out of RAM during ELF loading")
        else:
            messages.append(f'child "{child.name}" requests resources: ram_quota=69632')
    elif caps < CAPS_NEEDED:
        reason = f"{_amount(caps, child.caps)} capabilities are too few to start a program."
        messages.append(f'child "{child.name}" requests resources: cap_quota')
    return Quota(ram_left, caps_left, reason, tuple(messages))


def _amount(given: int, configured: int) -> str:
    if given == configured:
        return format_amount(given)
    return f"The remaining {format_amount(given)}"


def _starved(quota: Quota) -> Quota:
    """Return a quota after two or more children went short: `init` has nothing left itself."""
    return replace(
        quota,
        reason=quota.reason or "The components ask for more RAM than there is; init has none left.",
        messages=(*quota.messages, "Error: RAM preservation exceeds available memory"),
    )


def ram_available(scenario: Scenario, ram_bytes: int) -> int:
    """Return what `init` hands on of its RAM: all but what it is told to preserve."""
    keep = amount(_preserved(scenario, "RAM"), _RAM_PRESERVED)
    return max(ram_bytes - keep, 0)


def caps_available(scenario: Scenario, caps: int) -> int:
    """Return what `init` hands on of its capabilities: all but what it is told to preserve."""
    keep = whole_number(_preserved(scenario, "CAP"), _CAPS_PRESERVED)
    return max(caps - keep, 0)


def _preserved(scenario: Scenario, resource: str) -> str | None:
    """Return what the last ``resource`` node of a name says is to be preserved."""
    nodes = scenario.form.nodes("resource") if scenario.form else ()
    said = [node.get("preserve") for node in nodes if node.get("name") == resource]
    return said[-1] if said else None
