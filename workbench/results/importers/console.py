"""Console output of the B-link-tree benchmark, alone or inside a Genode log.

A measurement is ``cores<TAB>iteration<TAB>phase<TAB>160 ms<TAB>6.25e+06 op/s``, with
further figures ``<TAB>1.21887 writer/op`` behind it. Under Genode each line begins
with the label of its component, ``[init -> blinktree1] ``, the lines of several
instances are interleaved, and colours surround them. All other lines are ignored,
but for the benchmark's own headings.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.results.importers.base import Flaw, Measurement, Reading, importer

__all__ = ["read_console"]

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_STAMP = re.compile(r"^\s*(?:\[[\d\s.:T-]+\] ?)+(?=\[)")  # of a terminal, before the label
_LABEL = re.compile(r"^\s*\[([^\]\t]+)\] ?")
_NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|inf|nan)"
_MEASUREMENT = re.compile(
    rf"^\s*(\d+)\t\s*(\d+)\t\s*(\d+)\t\s*(\d+) ms\t\s*({_NUMBER}) op/s((?:\t.*)?)$"
)
_FIGURE = re.compile(rf"^\s*({_NUMBER}) ([^\t]+)/op\s*$")
_LOOKS_LIKE_ONE = re.compile(r"^\s*\d+\t\s*\d*(\t|$)")
_CORES = re.compile(r"^\s*(\d+):(?: \d+)+\s*$")
_WORKLOAD = re.compile(r"^\s*workload:\s*(.*)$")
_PHASE_NAMES = {"fill": "insert", "read-only": "lookup", "readonly": "lookup"}


def _split(line: str) -> tuple[str, str]:
    """Return label and text of a line, without colours."""
    line = _STAMP.sub("", _ANSI.sub("", line))
    label = _LABEL.match(line)
    return (label[1].strip(), line[label.end() :]) if label else ("", line)


def _recognises(line: str) -> bool:
    return "\t" in line and bool(_LOOKS_LIKE_ONE.match(_split(line)[1]))


@dataclass
class _Instance:
    """What was read of one label so far."""

    announced: list[int] = field(default_factory=list)
    phases: tuple[str, ...] = ()
    in_heading: bool = False
    measured: int = 0
    finished: bool = False
    figures: frozenset[str] | None = None


@importer(
    "blinktree-console", "the B-link-tree benchmark's console output or a Genode log", _recognises
)
def read_console(lines: Sequence[str]) -> Reading:
    """Read the lines of a console or of a log."""
    measurements: list[Measurement] = []
    flaws: list[Flaw] = []
    instances: dict[str, _Instance] = {}
    for number, line in enumerate(lines, 1):
        label, text = _split(line)
        instance = instances.setdefault(label, _Instance())
        if not _LOOKS_LIKE_ONE.match(text):
            _note(instance, text)
            continue
        found = _measurement(label, text, number, last=number == len(lines))
        if isinstance(found, Measurement):
            instance.measured += 1
            known = frozenset(found.counters)
            if instance.figures not in (None, known):
                flaws.append(Flaw(f"Line {number} has other columns than those before.", number))
            instance.figures = instance.figures or known
            measurements.append(found)
        else:
            flaws.append(found)
    benchmarks = {label: one for label, one in instances.items() if one.measured or one.announced}
    flaws += _unfinished(benchmarks)
    phases = {one.phases for one in benchmarks.values() if one.phases}
    if len(phases) > 1:
        told = " and ".join(" / ".join(one) for one in sorted(phases))
        flaws.append(Flaw(f"The instances run different workloads: {told}."))
    return Reading(
        "blinktree-console",
        tuple(measurements),
        tuple(flaws),
        phases.pop() if len(phases) == 1 else (),
        {label: tuple(one.announced) for label, one in benchmarks.items()},
    )


def _note(instance: _Instance, text: str) -> None:
    """Take down what a heading says, and the end."""
    if text.strip() == "Finished.":
        instance.finished = True
    if text.startswith("core configuration:"):
        instance.in_heading = True
    elif workload := _WORKLOAD.match(text):
        instance.in_heading = False
        instance.phases = _phases(workload[1])
    elif instance.in_heading and (cores := _CORES.match(text)):
        instance.announced.append(int(cores[1]))


def _phases(text: str) -> tuple[str, ...]:
    """Return the names in ``fill: 1m / read-only: 2m``, in the words of our own workloads."""
    names = [part.partition(":")[0].strip() for part in text.split("/")]
    return tuple(_PHASE_NAMES.get(name, name) for name in names if name)


def _measurement(label: str, text: str, number: int, *, last: bool) -> Measurement | Flaw:
    match = _MEASUREMENT.match(text.rstrip())
    if match is None:
        where = "ends in the middle" if last else "is damaged"
        return Flaw(
            f"Line {number} {where}: expected cores, iteration, phase, ms and op/s.", number
        )
    cores, iteration, phase, milliseconds = map(int, match.groups()[:4])
    throughput = float(match[5])
    if not (math.isfinite(throughput) and throughput > 0 and cores > 0):
        return Flaw(
            f"Line {number}: {match[5]} op/s in {milliseconds} ms on {cores} cores says nothing.",
            number,
        )
    counters = {}
    for part in match[6].split("\t")[1:]:
        figure = _FIGURE.match(part)
        if figure is None:
            where = "ends in the middle" if last else "is damaged"
            return Flaw(f'Line {number} {where} at "{part}".', number)
        counters[figure[2].strip()] = float(figure[1])
    return Measurement(label, cores, iteration, phase, throughput, milliseconds, counters, number)


def _unfinished(instances: dict[str, _Instance]) -> list[Flaw]:
    """Return the instances that never said that they ended, where others did."""
    if not any(one.finished for one in instances.values()):
        return []
    return [
        Flaw(f"{label or 'The benchmark'} never said “Finished.”, though others did.")
        for label, one in instances.items()
        if not one.finished
    ]
