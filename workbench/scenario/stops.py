"""What keeps an `init` from starting anything at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.scenario.layout import last
from workbench.scenario.model import Scenario
from workbench.scenario.release import Release
from workbench.scenario.tree import Node
from workbench.scenario.vocabulary import YES, Syntax, whole_number

__all__ = ["Stop", "needs_of_init", "stop", "unknown_nodes"]

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
    for service in () if nested else needs_of_init(scenario, syntax):
        if service not in scenario.parent_provides:
            return Stop(f"init waits for a {service} session, which its parent does not provide.")
    return None


def needs_of_init(scenario: Scenario, syntax: Syntax = "xml") -> tuple[str, ...]:
    """Return the services that an `init` needs for itself: to report, to watch heartbeats.

    A report needs no Timer where it is neither delayed nor samples its children
    (``repos/os/src/lib/sandbox/state_reporter.h``).
    """
    form = scenario.form
    if form is None:
        return ()
    report: tuple[str, ...] = ()
    if (node := last(form, "report")) is not None:
        at_once = whole_number(node.get("delay_ms"), 100, syntax) == 0
        sampling = any(node.get(flag) in YES for flag in ("child_ram", "child_caps"))
        report = ("Report",) if at_once and not sampling else ("Report", "Timer")
    beat = ("Timer",) if form.first("heartbeat") else ()
    return tuple(dict.fromkeys((*report, *beat)))


def _stop_2202(
    scenario: Scenario, syntax: Syntax, without_pd: str | None, caps_short: bool
) -> Stop | None:
    if syntax == "hid":
        return Stop("Genode 22.02 cannot read HID.")
    if unknown := next(unknown_nodes(scenario), None):
        return Stop(
            f"Genode 22.02 starts nothing because of the unknown node {unknown.type}.",
            (
                f"Error: unknown config element type <{unknown.type}>",
                "Error: unable to apply complete configuration",
            ),
        )
    if without_pd is not None:
        return Stop(f"{without_pd} has no route to PD, which ends the init of Genode 22.02.")
    if caps_short:
        return Stop("The components ask for more capabilities than there are; 22.02 gives up.")
    return None


def unknown_nodes(scenario: Scenario) -> Iterator[Node]:
    """Yield the top-level nodes that `init` does not know."""
    for node in scenario.form.nodes() if scenario.form else ():
        if node.type not in _KNOWN:
            yield node
