"""Checks of RAM and capability quotas."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.scenario.catalogue import catalogue
from workbench.scenario.checks.affinity import move_up_fix
from workbench.scenario.checks.base import Finding, Subject, check_rule
from workbench.scenario.children import Child
from workbench.scenario.edits import set_quota
from workbench.scenario.model import Component, Scenario
from workbench.scenario.problem import Fix, Severity
from workbench.scenario.quota import (
    CAPS_NEEDED,
    RAM_NEEDED,
    caps_available,
    ram_available,
    ram_needed,
)
from workbench.scenario.units import format_amount

__all__: list[str] = []

_USUAL_RAM = 16 * 2**20
_USUAL_CAPS = 100


@check_rule("ram-missing")
def _ram_missing(subject: Subject) -> Iterator[Finding]:
    for component, child in _children(subject):
        comes_late = component.ram_bytes is None and subject.scenario.default_ram_bytes
        if component.ram_bytes and subject.release == "22.02":
            continue  # said by ram-attribute-ignored
        if child.ram_bytes == 0 and not comes_late:  # else said by default-late
            yield Finding(
                "error",
                f"{component.label} has no RAM quota.",
                component,
                subject.line(f"Warning: {component.name}: no valid RAM quota defined")
                + f'; then child "{component.name}" requests resources: ram_quota=69632. It hangs.',
                _ram_fix(component),
            )


@check_rule("ram-too-small")
def _ram_too_small(subject: Subject) -> Iterator[Finding]:
    for component, child in _children(subject):
        if 0 < child.ram_bytes < ram_needed(subject.release):
            yield Finding(
                "error",
                f"{format_amount(child.ram_bytes)} of RAM is too little for {component.label}: "
                "248K go into creating it.",
                component,
                f"{subject.line(subject.quotas[component.id].messages[-1])}. It does not run.",
                _ram_fix(component),
                "resource",
            )


@check_rule("caps-missing")
def _caps_missing(subject: Subject) -> Iterator[Finding]:
    for component, child in _children(subject):
        comes_late = component.caps is None and subject.scenario.default_caps
        if child.caps == 0 and not comes_late:  # else said by default-late
            yield Finding(
                "error",
                f"{component.label} has no capability quota, and no default is in force.",
                component,
                subject.line(f"Warning: {component.name}: no valid capability quota defined")
                + ". It hangs.",
                _caps_fix(component),
            )


@check_rule("caps-too-small")
def _caps_too_small(subject: Subject) -> Iterator[Finding]:
    for component, child in _children(subject):
        if 0 < child.caps < CAPS_NEEDED:
            yield Finding(
                "error",
                f"{child.caps} capabilities are too few for {component.label}: "
                "34 go into creating it.",
                component,
                subject.line(f'child "{component.name}" requests resources: cap_quota')
                + ". It hangs.",
                _caps_fix(component),
            )


@check_rule("default-late")
def _default_late(subject: Subject) -> Iterator[Finding]:
    defaults = (subject.scenario.default_caps, subject.scenario.default_ram_bytes)
    if defaults == (None, None):
        return
    for component in subject.enabled:
        settings = subject.settings[component.id]
        misses_caps = component.caps is None and settings.default_caps != defaults[0]
        misses_ram = component.ram_bytes is None and settings.default_ram_bytes != defaults[1]
        if misses_caps or misses_ram:
            yield Finding(
                "warning",
                f"{component.label} stands before the default quotas, which come too late for it.",
                component,
                "init starts it without them.",
                move_up_fix("default", "the default quotas"),
            )


@check_rule("ram-overcommitted")
def _ram_overcommitted(subject: Subject) -> Iterator[Finding]:
    ram = subject.init.purse.ram_bytes
    found = _first_short(subject, "configured RAM exceeds available RAM")
    if ram is None or found is None:
        return
    component, line = found
    available = ram_available(subject.scenario, subject.init.purse, subject.syntax)
    asked = {id: child.ram_bytes for id, child in subject.children.items()}
    scaled = _scaled(asked, available)

    def apply(scenario: Scenario) -> Scenario:
        for id, amount in scaled.items():
            scenario = set_quota(scenario, id, ram_bytes=amount)
        return scenario

    yield Finding(
        _severity(subject),
        f"The components ask for {format_amount(sum(asked.values()))} of RAM, "
        f"but {_who(subject)} has {format_amount(available)} to give.",
        component,
        f"{subject.line(line)}. It gets the rest; nothing is left for those behind it, and with "
        "more than one of them init runs out of RAM itself and stops all.",
        Fix("Give each component its share of the RAM there is", apply)
        if min(scaled.values()) >= RAM_NEEDED
        else None,
        "resource",
    )


@check_rule("caps-overcommitted")
def _caps_overcommitted(subject: Subject) -> Iterator[Finding]:
    caps = subject.init.purse.caps
    found = _first_short(subject, "configured caps exceed available caps")
    if caps is None or found is None:
        return
    component, line = found
    available = caps_available(subject.scenario, caps, subject.syntax)
    asked = sum(child.caps for child in subject.children.values())
    then = "Those behind it hang."
    if subject.release == "22.02":
        then = "The whole init ends with an uncaught exception: nothing starts."
    yield Finding(
        "error" if subject.release == "22.02" else _severity(subject),
        f"The components ask for {asked} capabilities, "
        f"but {_who(subject)} has {available} to give.",
        component,
        f"{subject.line(line)}. {then}",
    )


def _first_short(subject: Subject, words: str) -> tuple[Component, str] | None:
    """Return the first component that gets less than it asks for, and the line about it."""
    for id, quota in subject.quotas.items():
        for line in quota.messages:
            if words in line:
                return subject.scenario.component(id), line
    return None


def _severity(subject: Subject) -> Severity:
    """Return ``error`` where a component fails for what it gets, else ``warning``."""
    return "error" if any(quota.reason for quota in subject.quotas.values()) else "warning"


def _who(subject: Subject) -> str:
    return subject.path(None) or "init"


def _children(subject: Subject) -> Iterator[tuple[Component, Child]]:
    for component in subject.enabled:
        if (child := subject.children.get(component.id)) is not None:
            yield component, child


def _scaled(asked: dict[str, int], available: int) -> dict[str, int]:
    """Return amounts in proportion that fit, in whole pages of 4 KiB."""
    total = sum(asked.values())
    return {id: amount * available // total // 4096 * 4096 for id, amount in asked.items()}


def _ram_fix(component: Component) -> Fix:
    entry = catalogue().entry(component.program)
    amount = entry.ram if entry else _USUAL_RAM

    def apply(scenario: Scenario) -> Scenario:
        return set_quota(scenario, component.id, ram_bytes=amount)

    return Fix(f"Give it {format_amount(amount)} of RAM", apply)


def _caps_fix(component: Component) -> Fix:
    entry = catalogue().entry(component.program)
    caps = entry.caps if entry else _USUAL_CAPS

    def apply(scenario: Scenario) -> Scenario:
        return set_quota(scenario, component.id, caps=caps)

    return Fix(f"Give it {caps} capabilities", apply)
