"""What every importer reads, and the registry of importers.

A new format is a module in this package with

    @importer("my-format", "What people call it", my_recognises)
    def read_my_format(lines: Sequence[str]) -> Reading: ...

and an import in ``__init__.py``. An importer says of every line whether it is one
of its own; a file with lines of two formats is refused as mixed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from workbench.errors import InputError, Location

__all__ = [
    "DamagedFileError",
    "Flaw",
    "Measurement",
    "Reading",
    "importer",
    "importer_names",
    "read",
    "read_text",
]

_LARGEST_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True)
class Measurement:
    """One phase of one iteration of one instance.

    Parameters
    ----------
    label
        Path of the instance as its log names it, ``init -> blinktree1``; "" without one.
    cores
        Number of workers.
    iteration, phase
        As the file numbers them.
    throughput
        In op/s, as the instance measured it itself.
    milliseconds
        Length of the phase; None where the file does not tell.
    counters
        Further figures per operation, by name.
    line
        Where it stands, from 1.
    """

    label: str
    cores: int
    iteration: int
    phase: int
    throughput: float
    milliseconds: int | None = None
    counters: Mapping[str, float] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a file cannot be taken as it is; `line` from 1, None for the file as a whole."""

    what: str
    line: int | None = None


@dataclass(frozen=True)
class Reading:
    """What was read of one file.

    Parameters
    ----------
    format
        Name of the importer.
    measurements
        In the file's order.
    flaws
        In the file's order; empty for a sound file.
    phases
        What the phases are called, by number; empty where the file does not tell.
    announced
        Core counts that an instance says it will run, by its label.
    name, digest
        Name and SHA-256 (hexadecimal) of the file.
    """

    format: str
    measurements: tuple[Measurement, ...]
    flaws: tuple[Flaw, ...] = ()
    phases: tuple[str, ...] = ()
    announced: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    name: str = ""
    digest: str = ""

    @property
    def readable(self) -> str:
        """What could be read, in one sentence."""
        found = self.measurements
        if not found:
            return "No measurement could be read."
        last = max(one.line for one in found)
        labels = {one.label for one in found}
        cores = sorted({one.cores for one in found})
        iterations = {(one.label, one.cores, one.iteration) for one in found}
        return (
            f"Readable up to line {last}: {len(found)} measurements of {len(labels)} "
            f"instance{'s' * (len(labels) > 1)} in {len(iterations)} iterations, "
            f"with {', '.join(map(str, cores))} cores."
        )


class DamagedFileError(InputError):
    """A file with flaws.

    Parameters
    ----------
    reading
        What could be read all the same.
    flaws
        All there are; the message tells the first.
    """

    def __init__(self, reading: Reading, flaws: Sequence[Flaw]) -> None:
        self.reading = reading
        self.flaws = tuple(flaws)
        first, more = self.flaws[0], len(self.flaws) - 1
        what = first.what + (f" (And {more} more such places.)" if more else "")
        super().__init__(
            what,
            f"{reading.readable} Mend the file, or import what is complete with --partial.",
            Location(reading.name or None, first.line),
        )


class _Importer(NamedTuple):
    title: str
    recognises: Callable[[str], bool]
    read: Callable[[Sequence[str]], Reading]


_importers: dict[str, _Importer] = {}


def importer(
    name: str, title: str, recognises: Callable[[str], bool]
) -> Callable[[Callable[[Sequence[str]], Reading]], Callable[[Sequence[str]], Reading]]:
    """Register a function as the importer of a format.

    Parameters
    ----------
    name, title
        For programs and for people.
    recognises
        Whether a line carries a measurement of this format, be it damaged.
    """

    def register(
        function: Callable[[Sequence[str]], Reading],
    ) -> Callable[[Sequence[str]], Reading]:
        _importers[name] = _Importer(title, recognises, function)
        return function

    return register


def importer_names() -> dict[str, str]:
    """Return the title of each format by its name."""
    return {name: one.title for name, one in _importers.items()}


def read(path: Path) -> Reading:
    """Read a file of any known format.

    Raises
    ------
    workbench.errors.InputError
        If it cannot be read, holds no measurement or those of two formats.
        Flaws of its lines are in `Reading.flaws`.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= _LARGEST_BYTES else None
    except OSError as problem:
        raise InputError(
            f"The file cannot be read: {problem.strerror}.", "Check its name.", Location(str(path))
        ) from None
    if data is None:
        raise InputError(
            f"The file has {size / 2**20:.0f} MiB; at most {_LARGEST_BYTES >> 20} are read.",
            "Cut the lines of the benchmark out of it, for example with grep.",
            Location(str(path)),
        )
    return read_text(data, str(path))


def read_text(data: bytes, name: str) -> Reading:
    """Read the bytes of a file called `name`; see `read`."""
    text = data.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")  # form feeds and the like are no line ends
    firsts: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        for format, one in _importers.items():
            if format not in firsts and one.recognises(line):
                firsts[format] = number
    if not firsts:
        known = "; ".join(one.title for one in _importers.values())
        raise InputError(
            "There is no measurement in this file.", f"Known are: {known}.", Location(name)
        )
    if len(firsts) > 1:
        (_, first), (other, second), *_ = sorted(firsts.items(), key=lambda item: item[1])
        raise InputError(
            f"The file mixes formats: from line {second} on there is {_importers[other].title}, "
            f"from line {first} on something else.",
            "Put each format into a file of its own.",
            Location(name, second),
        )
    (format,) = firsts
    reading = _importers[format].read(lines)
    return replace(reading, name=name, digest=hashlib.sha256(data).hexdigest())
