"""Parameters that are texts: `core_changes` (placements that change) and `cpu_quota`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from workbench.errors import InputError

__all__ = ["CoreChange", "core_changes", "cpu_quotas"]

_CHANGE = re.compile(r"([0-9.]+) +(\S+) +([+-])([0-9]+)(?::([0-9]+))?")


@dataclass(frozen=True, slots=True)
class CoreChange:
    """At `time_ms` a component is granted cores, or they are withdrawn from it."""

    time_ms: float
    component: str
    granted: bool
    cores: range


def core_changes(text: str, components: Iterable[str], cells: int) -> list[CoreChange]:
    """Return the changes a text asks for, such as ``20 tree1 -43:63; 40 tree1 +43:63``.

    Raises
    ------
    workbench.errors.InputError
        If it cannot be read, or names a component or core that does not exist.
    """
    known = list(components)
    changes = []
    for part in filter(None, (one.strip() for one in text.split(";"))):
        match = _CHANGE.fullmatch(part)
        if match is None or match[1].count(".") > 1:
            raise InputError(
                f'core_changes: "{part}" cannot be read.',
                'Write TIME_MS COMPONENT -FIRST:LAST (or +FIRST:LAST), such as "20 tree1 -4:7".',
            )
        time, name, sign, first, last = match.groups()
        cores = range(int(first), int(last or first) + 1)
        if name not in known:
            raise InputError(
                f'core_changes: there is no component "{name}".', f"Choose of {', '.join(known)}."
            )
        if not cores or cores[-1] >= cells:
            raise InputError(
                f'core_changes: "{part}" names cores that do not exist.',
                f"The cores are 0 to {cells - 1}.",
            )
        changes.append(CoreChange(float(time), name, sign == "+", cores))
    return changes


def cpu_quotas(text: str, components: Iterable[str]) -> dict[str, float]:
    """Return the parts of a core that components may claim, of ``tree1 50; tree2 20`` per cent.

    Raises
    ------
    workbench.errors.InputError
        If it cannot be read, or asks for what does not exist.
    """
    known = list(components)
    quotas = {}
    for part in filter(None, (one.strip() for one in text.split(";"))):
        match = re.fullmatch(r"(\S+) +([0-9]+(?:\.[0-9]*)?) *%?", part)
        if match is None or float(match[2]) > 100:
            raise InputError(
                f'cpu_quota: "{part}" cannot be read.',
                'Write COMPONENT and per cent from 0 to 100, such as "tree1 50; tree2 20".',
            )
        if match[1] not in known:
            raise InputError(
                f'cpu_quota: there is no component "{match[1]}".',
                f"Choose of {', '.join(known)}.",
            )
        quotas[match[1]] = float(match[2]) / 100
    return quotas
