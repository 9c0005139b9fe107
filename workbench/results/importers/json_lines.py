"""MxTasking's result file (``-o FILE``): one JSON object per line, appended run by run.

``{"cores":2,"iteration":1,"phase":0,"throughput":126790.92}``, the throughput in op/s;
any further number is a figure per operation.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from workbench.results.importers.base import Flaw, Measurement, Reading, importer

__all__ = ["read_json_lines"]

_LEAST = {"cores": 1, "iteration": 0, "phase": 0}
"""Smallest value of each whole number."""


def _recognises(line: str) -> bool:
    return line.lstrip().startswith("{")


@importer("mxtasking-json", "MxTasking's JSON Lines (-o FILE)", _recognises)
def read_json_lines(lines: Sequence[str]) -> Reading:
    """Read the lines of a result file."""
    measurements: list[Measurement] = []
    flaws: list[Flaw] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        found = _measurement(line, number, last=number == len(lines))
        if isinstance(found, Flaw):
            flaws.append(found)
        else:
            measurements.append(found)
    return Reading("mxtasking-json", tuple(measurements), tuple(flaws))


def _measurement(line: str, number: int, *, last: bool) -> Measurement | Flaw:
    try:
        # Python's own json would take NaN and Infinity, which JSON does not have.
        entry = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError):
        where = "ends in the middle" if last else "is damaged"
        return Flaw(f"Line {number} {where}: it is no complete JSON object.", number)
    if (wrong := _what_is_wrong(entry)) is not None:
        return Flaw(f"Line {number}{wrong}", number)
    known = {*_LEAST, "throughput"}
    return Measurement(
        label="",
        cores=entry["cores"],
        iteration=entry["iteration"],
        phase=entry["phase"],
        throughput=float(entry["throughput"]),
        counters={name: float(value) for name, value in entry.items() if name not in known},
        line=number,
    )


def _what_is_wrong(entry: object) -> str | None:
    """Return what keeps an object from being a measurement, None if nothing does."""
    if not isinstance(entry, dict):
        return " is no JSON object."
    for name in (*_LEAST, "throughput"):
        if name not in entry:
            return f' has no "{name}".'
    for name, value in entry.items():
        least = _LEAST.get(name)
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not _is_figure(value) or (least is not None and not (whole and value >= least)):
            return f': "{name}" cannot be {value!r:.60}.'
    throughput = float(entry["throughput"])
    return None if throughput > 0 else f": a throughput of {throughput:g} op/s cannot be."


def _is_figure(value: object) -> bool:
    try:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and math.isfinite(float(value))  # type: ignore[arg-type]
    except OverflowError:
        return False


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")
