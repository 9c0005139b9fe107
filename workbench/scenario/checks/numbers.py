"""Checks of numbers that `init` reads otherwise than people do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from workbench.scenario.checks.base import Finding, Subject, check_rule
from workbench.scenario.model import Component, Scenario
from workbench.scenario.problem import Fix
from workbench.scenario.rewrite import rewritten
from workbench.scenario.splice import replaced
from workbench.scenario.tree import Node
from workbench.scenario.units import format_amount
from workbench.scenario.vocabulary import amount, whole_number

__all__: list[str] = []

_NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d+")
_SIGNED = re.compile(rf"-?(?:{_NUMBER.pattern})")
_AMOUNT = re.compile(rf"(?:{_NUMBER.pattern})[KMG]?")
_FORMS = {"number": _NUMBER, "signed": _SIGNED, "amount": _AMOUNT}

_GLOBAL = {
    "affinity-space": {"width": "number", "height": "number"},
    "default": {"caps": "number", "ram": "amount"},
}
_START = {
    "start": {"caps": "number", "ram": "amount", "priority": "signed"},
    "affinity": {"xpos": "signed", "ypos": "signed", "width": "number", "height": "number"},
}
_RESOURCE = {"RAM": "amount", "CAP": "number", "CPU": "number"}


@dataclass(frozen=True, slots=True)
class _Value:
    """An attribute that holds a number: where, which, how it is to look."""

    node: Node
    attribute: str
    kind: str
    text: str


@check_rule("number-malformed")
def _malformed(subject: Subject) -> Iterator[Finding]:
    """Measured on the real init; a nested one gets its configuration as HID."""
    for component, value in _values(subject):
        if _FORMS[value.kind].fullmatch(value.text):
            continue
        where = f"{component.label}: " if component else ""
        meant = _meant(value)
        yield Finding(
            "warning",
            f'{where}{value.attribute}="{value.text}" of {value.node.type} is not '
            f"{'an amount of memory' if value.kind == 'amount' else 'a whole number'}.",
            component,
            f"init says nothing and takes {_taken(value, subject)}.",
            Fix(f"Write {meant}", _rewrite(subject, component, value, meant)) if meant else None,
            value.node.type,
            value.node.position,
        )


def _values(subject: Subject) -> Iterator[tuple[Component | None, _Value]]:
    """Yield the attributes of a configuration that hold numbers."""
    form = subject.scenario.form
    if form is not None:
        yield from ((None, value) for value in _of(form, {"prio_levels": "signed"}))
        for node in form.nodes():
            kinds = _GLOBAL.get(node.type, {})
            if node.type == "resource":
                kinds = {"preserve": _RESOURCE.get(node.get("name") or "", "number")}
            yield from ((None, value) for value in _of(node, kinds))
    for component in subject.enabled:
        if component.form is None:
            continue
        yield from ((component, value) for value in _of(component.form, _START["start"]))
        for node in component.form.nodes():
            kinds = _START.get(node.type, {}) if node.type != "start" else {}
            if node.type == "resource":
                kinds = {"quantum": _RESOURCE.get(node.get("name") or "", "number")}
            yield from ((component, value) for value in _of(node, kinds))


def _of(node: Node, kinds: dict[str, str]) -> Iterator[_Value]:
    for attribute, kind in kinds.items():
        if (text := node.get(attribute)) is not None:
            yield _Value(node, attribute, kind, text)


def _taken(value: _Value, subject: Subject) -> str:
    """Return what `init` makes of a malformed number."""
    if value.kind == "amount":
        read = amount(value.text, None, subject.syntax)
        return "the default" if read is None else format_amount(read)
    number = whole_number(value.text, None, subject.syntax, signed=value.kind == "signed")
    return "the default" if number is None else str(number)


def _meant(value: _Value) -> str | None:
    """Return the number that was surely meant, or None."""
    text = re.sub(r"\s+", "", value.text).removeprefix("+")
    if value.kind == "amount":
        text = re.sub(r"i?b$", "", text, flags=re.IGNORECASE).upper().replace("0X", "0x")
    elif re.fullmatch(r"\d+[Kk]", text):
        text = str(int(text[:-1]) * 1024)
    else:
        text = re.sub(r"\.\d*$", "", text)
    return text if _FORMS[value.kind].fullmatch(text) else None


def _rewrite(
    subject: Subject, component: Component | None, value: _Value, text: str
) -> Callable[[Scenario], Scenario]:
    """Return the change of one attribute, of the ``start`` or ``config`` node or inside it."""
    owner = component.form if component else subject.scenario.form

    def change(root: Node) -> Node:
        if value.node is owner:
            return root.with_attribute(value.attribute, text)
        return replaced(root, value.node, value.node.with_attribute(value.attribute, text))

    id = component.id if component else None
    return lambda scenario: rewritten(scenario, id, change, subject.syntax)
