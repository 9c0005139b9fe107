"""RAM and capability quotas: what each child gets of what is asked for it.

Measured on the real init of Genode 22.02 and 26.02: what is deducted, what is
preserved, with which quotas a program runs or fails, and the log lines. Derived
from these and from Genode's ``repos/os/src/lib/sandbox/{child,library}.cc``:
the exact thresholds, and what `init` itself uses; each says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from workbench.scenario.children import Child
from workbench.scenario.model import Scenario
from workbench.scenario.release import DEFAULT_RELEASE, Release
from workbench.scenario.units import format_amount
from workbench.scenario.vocabulary import Syntax, amount, whole_number

__all__ = [
    "CAPS_DEDUCTED",
    "CAPS_NEEDED",
    "RAM_DEDUCTED",
    "RAM_NEEDED",
    "Purse",
    "Quota",
    "assign",
    "caps_available",
    "ram_available",
    "ram_needed",
]

_K = 2**10

RAM_DEDUCTED = 248 * _K
"""RAM in bytes that creating a child costs: 1M leaves 776K (measured)."""

CAPS_DEDUCTED = 34
"""Capabilities that creating a child costs: 100 leave 66 (measured)."""

RAM_NEEDED = 580 * _K
"""Least RAM in bytes with which a child runs. Derived: with 512K it was measured
to ask for 69632 bytes more and to hang; with 1M it runs."""

_RAM_NEEDED_2202 = 512 * _K  # measured to run on 22.02; less was not tried

CAPS_NEEDED = 50
"""Least capabilities with which a child runs. Derived: half way between 40, which
were measured not to suffice, and 60, which do."""

_RAM_TO_LOAD = 300 * _K  # measured: up to here the program is not even loaded
_RAM_PRESERVED = 320 * _K
_CAPS_PRESERVED = 20

_RAM_OF_INIT = 36 * _K
"""What the top-level `init` uses itself, in bytes. Derived from the measured line
``huge1: ... proceed with 507300K``: a whole number of MiB less 604K, of which 320K
are preserved and 248K go into creating the child."""

_RAM_OF_NESTED = RAM_NEEDED - RAM_DEDUCTED
"""What a nested `init` uses at least, in bytes: as much as any program (derived)."""

_CAPS_OF_INIT = CAPS_NEEDED - CAPS_DEDUCTED
"""Capabilities that an `init` uses at least: as many as any program (derived)."""


@dataclass(frozen=True, slots=True)
class Purse:
    """What an `init` has.

    Parameters
    ----------
    ram_bytes, caps
        None means ample.
    nested
        Whether it is a child of another `init`.
    """

    ram_bytes: int | None = None
    caps: int | None = None
    nested: bool = False

    @property
    def own_ram_bytes(self) -> int:
        """What it uses itself; derived, not measured."""
        return _RAM_OF_NESTED if self.nested else _RAM_OF_INIT


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
    purse: Purse | None = None,
    *,
    release: Release = DEFAULT_RELEASE,
    syntax: Syntax = "xml",
) -> dict[str, Quota]:
    """Return the quota of each child, by id, served in document order.

    A child that asks for more than there is gets the rest, less the costs of
    creating it. Every further child takes these costs from what `init` preserves
    for itself; when that is used up, `init` stops, and all its children with it
    (measured for two children behind the greedy one; for other numbers derived
    from the amounts).

    Parameters
    ----------
    scenario, made
        What is configured, and its children.
    purse
        What `init` itself has; by default ample.
    release, syntax
        The `init` that reads the configuration, and how it is written.
    """
    purse = purse or Purse()
    ram_kept = amount(_preserved(scenario, "RAM"), _RAM_PRESERVED, syntax)
    caps_kept = whole_number(_preserved(scenario, "CAP"), _CAPS_PRESERVED, syntax)
    ram = _Stock(purse.ram_bytes, purse.own_ram_bytes, ram_kept, RAM_DEDUCTED)
    caps = _Stock(purse.caps, _CAPS_OF_INIT, caps_kept, CAPS_DEDUCTED)
    first: dict[str, _Handed] = {}
    for child in made:
        messages = []
        if ram.exceeded:
            messages.append("Error: RAM preservation exceeds available memory")
        ram_given, short = ram.hand_out(child.first_ram_bytes)
        if short:
            messages.append(
                f"Warning: {child.name}: configured RAM exceeds available RAM, "
                f"proceed with {format_amount(ram_given)}"
            )
        if caps.exceeded:
            messages.append("Error: Capability preservation exceeds available capabilities")
        caps_given, short = caps.hand_out(child.first_caps)
        if short:
            messages.append(
                f"Warning: {child.name}: configured caps exceed available caps, "
                f"proceed with {caps_given}"
            )
        first[child.id] = _Handed(ram_given, caps_given, messages)
    # Only when all are created, quotas grow to what a later start of the same name says.
    quotas = {}
    for child in made:
        begun = first[child.id]
        more_ram = ram.add(child.ram_bytes - child.first_ram_bytes)
        more_caps = caps.add(child.caps - child.first_caps)
        quotas[child.id] = _quota(child, begun, more_ram, more_caps, release)
    if ram.left is not None and ram.left < 0 and len(made) > 1:
        return {id: _starved(quota) for id, quota in quotas.items()}
    return quotas


class _Stock:
    """What is left of one resource while children are served; None means ample.

    Parameters
    ----------
    total, own
        What `init` has, and what it uses itself.
    kept
        What it preserves.
    deducted
        What each child costs beyond what its program gets.
    """

    def __init__(self, total: int | None, own: int, kept: int, deducted: int) -> None:
        self.left = None if total is None else total - own
        self._kept = kept
        self._deducted = deducted

    @property
    def exceeded(self) -> bool:
        """Whether less is left than `init` is to preserve."""
        return self.left is not None and self.left < self._kept

    def hand_out(self, configured: int) -> tuple[int, bool]:
        """Return what the program of a child gets, and whether that is less than configured."""
        given = max(configured - self._deducted, 0)
        if self.left is None:
            return given, False
        limit = max(self.left - self._kept - self._deducted, 0)
        short = given > limit
        given = min(given, limit)
        self.left -= given + self._deducted
        return given, short

    def add(self, wanted: int) -> int:
        """Return how much a running child gets in addition; less where less is left."""
        wanted = max(wanted, 0)
        if self.left is None:
            return wanted
        given = min(wanted, max(self.left - self._kept, 0))
        self.left -= given
        return given


class _Handed(NamedTuple):
    """What a program gets when its child is created, and what `init` logs about it."""

    ram: int
    caps: int
    messages: list[str]


def _quota(child: Child, begun: _Handed, more_ram: int, more_caps: int, release: Release) -> Quota:
    """Return the quota of a child that is created with something and then gets some more.

    What loads its program is what it is created with.
    """
    ram, caps, messages = begun.ram + more_ram, begun.caps + more_caps, begun.messages
    reason = ""
    needed = ram_needed(release)
    if child.first_ram_bytes <= RAM_DEDUCTED:
        messages.append(f"Warning: {child.name}: no valid RAM quota defined")
    if child.first_caps <= CAPS_DEDUCTED:
        messages.append(f"Warning: {child.name}: no valid capability quota defined")
    if more_ram and begun.ram <= _RAM_TO_LOAD - RAM_DEDUCTED:
        reason = (
            f"{format_amount(child.first_ram_bytes)} of RAM, from the first start of that name, "
            "is too little to load a program."
        )
        messages.append(f"Error: {child.name}: out of RAM during ELF loading")
    elif ram < needed - RAM_DEDUCTED:
        what = _amount(ram, child.ram_bytes, RAM_DEDUCTED, format_amount)
        reason = f"{what} of RAM is too little to load a program."
        if child.ram_given and ram <= _RAM_TO_LOAD - RAM_DEDUCTED:
            messages.append(f"Error: {child.name}: out of RAM during ELF loading")
        else:
            messages.append(f'child "{child.name}" requests resources: ram_quota=69632')
    elif caps < CAPS_NEEDED - CAPS_DEDUCTED:
        what = _amount(caps, child.caps, CAPS_DEDUCTED, str)
        reason = f"{what} capabilities are too few to start a program."
        messages.append(f'child "{child.name}" requests resources: cap_quota')
    return Quota(ram, caps, reason, tuple(messages))


def _amount(given: int, configured: int, deducted: int, written: Callable[[int], str]) -> str:
    if given == max(configured - deducted, 0):
        return written(configured)
    return f"The remaining {written(given)}"


def _starved(quota: Quota) -> Quota:
    """Return the quota of a child whose `init` has used up what it preserved for itself."""
    return replace(
        quota,
        reason=quota.reason or "The components ask for more RAM than there is; init has none left.",
    )


def ram_needed(release: Release = DEFAULT_RELEASE) -> int:
    """Return the least RAM in bytes with which a child runs."""
    return _RAM_NEEDED_2202 if release == "22.02" else RAM_NEEDED


def ram_available(scenario: Scenario, purse: Purse, syntax: Syntax = "xml") -> int:
    """Return what `init` hands on of its RAM: all but what it preserves and uses itself."""
    keep = amount(_preserved(scenario, "RAM"), _RAM_PRESERVED, syntax)
    return max((purse.ram_bytes or 0) - keep - purse.own_ram_bytes, 0)


def caps_available(scenario: Scenario, caps: int, syntax: Syntax = "xml") -> int:
    """Return what `init` hands on of its capabilities; see `ram_available`."""
    keep = whole_number(_preserved(scenario, "CAP"), _CAPS_PRESERVED, syntax)
    return max(caps - keep - _CAPS_OF_INIT, 0)


def _preserved(scenario: Scenario, resource: str) -> str | None:
    """Return what the last ``resource`` node of a name says is to be preserved."""
    nodes = scenario.form.nodes("resource") if scenario.form else ()
    said = [node.get("preserve") for node in nodes if node.get("name") == resource]
    return said[-1] if said else None
