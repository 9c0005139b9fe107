"""What the lines of a Genode console mean, except for the benchmark's results.

The formats are `init`'s and the kernel's messages as logged by releases 22.02 to 26.02,
and the lines with which the run tool and make end. The B-link-tree benchmark's results
are read by `workbench.results.importers`, here only its end is seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

__all__ = [
    "Booted",
    "Denied",
    "Exited",
    "Fault",
    "Finding",
    "Finished",
    "Line",
    "QuotaRequest",
    "RunTool",
    "findings",
    "line",
]

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LABEL = re.compile(r"\[([^\[\]]+)\] ?")
_ARROW = " -> "


@dataclass(frozen=True, slots=True)
class Line:
    """A console line: `text` without label and colours, `path` its label from `init` on."""

    text: str
    path: tuple[str, ...] = ()

    @property
    def component(self) -> str:
        """The label below the outermost `init`; "" for `init` itself and the kernel."""
        return _ARROW.join(self.path[1:])


@dataclass(frozen=True, slots=True)
class Booted:
    """The system is up; `release` is that of ``Genode 26.02``, "" from another line."""

    release: str = ""


@dataclass(frozen=True, slots=True)
class Exited:
    """A component exited by itself."""

    component: str
    value: int


@dataclass(frozen=True, slots=True)
class Denied:
    """A session was denied, so the component waits for ever or stops."""

    component: str
    service: str
    why: str


@dataclass(frozen=True, slots=True)
class QuotaRequest:
    """A component used its quota up and waits for more, which `init` does not give."""

    component: str
    ram_bytes: int
    caps: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A component accessed memory it must not, and stands still."""

    component: str
    what: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The benchmark has come to its end."""

    component: str


@dataclass(frozen=True, slots=True)
class RunTool:
    """What the run tool or make says of the whole run: success, timeout, died or error."""

    outcome: str
    text: str


Finding = Booted | Exited | Denied | QuotaRequest | Fault | Finished | RunTool


def line(raw: str) -> Line:
    """Return a console line without colours, carriage returns and its label."""
    text = _CONTROLS.sub("", _ESCAPES.sub("", raw)).rstrip()
    label = _LABEL.match(text)
    if label is None or not _is_label(label.group(1)):
        return Line(text)
    return Line(text[label.end() :], tuple(label.group(1).split(_ARROW)))


def findings(line: Line) -> Finding | None:
    """Return what a line means; None for one that means nothing to us."""
    for pattern, make in _PATTERNS:
        if match := pattern.match(line.text):
            return make(line, match)
    return None


def _is_label(text: str) -> bool:
    """Whether brackets hold a label; the kernel's ``[  0.12]`` and the like are none."""
    return text.split(_ARROW, maxsplit=1)[0].strip() == text.split(_ARROW, maxsplit=1)[0] and (
        not text[0].isdigit()
    )


def _child(line: Line, name: str) -> str:
    """Return the label of a child of whoever wrote a line."""
    return _ARROW.join((*line.path[1:], name))


def _below_init(label: str) -> str:
    return _ARROW.join(label.split(_ARROW)[1:])


_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def _amount(text: str) -> int:
    return int(text.rstrip("KMG") or 0) * _UNITS[text[-1] if text[-1] in _UNITS else ""]


def _fault(line: Line, _: re.Match[str]) -> Fault:
    domain = re.search(r"pd='([^']*)'", line.text)
    label = domain.group(1) if domain else _ARROW.join(line.path)
    return Fault(_below_init(label) or label, line.text.removeprefix("Error: "))


def _outcome(outcome: str) -> Callable[[Line, re.Match[str]], Finding]:
    return lambda line, _: RunTool(outcome, line.text)


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[Line, re.Match[str]], Finding]], ...] = (
    (re.compile(r"Finished\.?$"), lambda line, _: Finished(line.component)),
    (
        re.compile(r'child "([^"]+)" exited with exit value (-?\d+)'),
        lambda line, m: Exited(_child(line, m[1]), int(m[2])),
    ),
    (
        re.compile(r'child "([^"]+)" requests resources: ram_quota=(\d+[KMG]?), cap_quota=(\d+)'),
        lambda line, m: QuotaRequest(_child(line, m[1]), _amount(m[2]), int(m[3])),
    ),
    (
        re.compile(r"Error: stop because parent denied (\S+)-session"),
        lambda line, m: Denied(line.component, m[1], line.text.removeprefix("Error: ")),
    ),
    (
        re.compile(
            r"Error: (?P<child>.+): "
            r"(?:environment (?P<refused>\S+) session|(?P<denied>\S+) environment session) denied"
        ),
        lambda line, m: Denied(
            _child(line, m["child"]),
            m["refused"] or m["denied"],
            line.text.removeprefix("Error: "),
        ),
    ),
    (
        re.compile(r'Warning: (.+): no route to service "([^"]+)"'),
        lambda line, m: Denied(_child(line, m[1]), m[2], line.text.removeprefix("Warning: ")),
    ),
    (
        re.compile(r'Error: (.+): ambiguous routes to service "([^"]+)"'),
        lambda line, m: Denied(_child(line, m[1]), m[2], line.text.removeprefix("Error: ")),
    ),
    (re.compile(r"Error: illegal (READ|WRITE|EXEC)\w* at address"), _fault),
    (re.compile(r"(?:Error: )?no RM attachment"), _fault),
    (re.compile(r"Genode (\d\d\.\d\d)"), lambda _, m: Booted(m[1])),
    (re.compile(r"kernel initialized$"), lambda _line, _match: Booted()),
    (re.compile(r"Run script execution successful"), _outcome("success")),
    (re.compile(r"(?:Error: )?Test execution timed out"), _outcome("timeout")),
    (re.compile(r"Error: Spawned process died unexpectedly"), _outcome("died")),
    (re.compile(r"make(?:\[\d+\])?: \*\*\*"), _outcome("error")),
)
