"""What keeps an `init` from starting anything at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.scenario.model import Scenario
from workbench.scenario.release import Release
from workbench.scenario.vocabulary import Syntax

__all__ = ["Stop", "needs_of_init", "stop"]

_KNOWN = frozenset(
    (
        "affinity-space",
        "alias",
        "default",
        "default-route",
        "heartbeat",
        "parent-provides",
        "report",
        "resource",
        "service",
        "start",
    )
)
"""Nodes that `init` knows at the top level."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Why nothing starts.

    Parameters
    ----------
    reason
        In plain words.
    messages
        What `init` logs about it, without the ``[init]``.
    """

    reason: str
    messages: tuple[str, ...] = ()


def stop(
    scenario: Scenario,
    *,
    release: Release,
    syntax: Syntax,
    nested: bool,
    without_pd: str | None,
    caps_short: bool,
) -> Stop | None:
    """Return what keeps an `init` from starting anything, or None (all measured).

    Parameters
    ----------
    scenario, release, syntax
        The configuration, who reads it, and how it is written.
    nested
        Whether this `init` is a child of another one, whose routes then decide
        about the sessions in `needs_of_init`.
    without_pd
        Name of a child without a PD session, if there is one.
    caps_short
        Whether the children ask for more capabilities than there are.
    """
    if any(c.enabled and not c.name for c in scenario.components):
        return Stop(
            "A component without a name stops the whole configuration.",
            ("Error: child creation failed",),
        )
    if release == "22.02" and (found := _stop_2202(scenario, syntax, without_pd, caps_short)):
        return found
    for service in () if nested else needs_of_init(scenario):
        if service not in scenario.parent_provides:
            return Stop(f"init waits for a {service} session, which its parent does not provide.")
    return None


def needs_of_init(scenario: Scenario) -> tuple[str, ...]:
    """Return the services that an `init` needs for itself: to report, to watch heartbeats."""
    form = scenario.form
    if form is None:
        return ()
    report = ("Report", "Timer") if form.first("report") else ()
    beat = ("Timer",) if form.first("heartbeat") else ()
    return tuple(dict.fromkeys((*report, *beat)))


def _stop_2202(
    scenario: Scenario, syntax: Syntax, without_pd: str | None, caps_short: bool
) -> Stop | None:
    if syntax == "hid":
        return Stop("Genode 22.02 cannot read HID.")
    if unknown := next(iter(_unknown(scenario)), None):
        return Stop(
            f"Genode 22.02 starts nothing because of the unknown node {unknown}.",
            (
                f"Error: unknown config element type <{unknown}>",
                "Error: unable to apply complete configuration",
            ),
        )
    if without_pd is not None:
        return Stop(f"{without_pd} has no route to PD, which ends the init of Genode 22.02.")
    if caps_short:
        return Stop("The components ask for more capabilities than there are; 22.02 gives up.")
    return None


def _unknown(scenario: Scenario) -> Iterable[str]:
    nodes = scenario.form.nodes() if scenario.form else ()
    return (node.type for node in nodes if node.type not in _KNOWN)
