"""What is selected: one object that all views of a session share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import param

__all__ = ["KINDS", "Selection", "ranges"]

_MOST = 10_000  # numbers in one range of an address

KINDS = ("component", "cores", "replications", "time", "run")
"""The names of what can be selected."""


class Selection(param.Parameterized):  # type: ignore[misc]
    """The selected component, cores, replications, span of time and run.

    Every view highlights or is narrowed to what is selected here and writes here
    what is tapped or brushed in it, so no view needs to know another one.
    """

    component: str | None = param.String(default=None, allow_None=True, doc="Name of a component.")
    cores: tuple[int, ...] = param.ClassSelector(
        class_=tuple, default=(), doc="Cells of the space, y * width + x, ascending; () for all."
    )
    replications: tuple[int, ...] = param.ClassSelector(
        class_=tuple, default=(), doc="Numbers of replications, ascending; () for all."
    )
    time: tuple[float, float] | None = param.Tuple(
        default=None, length=2, allow_None=True, doc="Begin and end in s from a run's start."
    )
    run: str | None = param.String(default=None, allow_None=True, doc="Id of a run.")

    @property
    def is_empty(self) -> bool:
        """Whether nothing is selected."""
        return not any(getattr(self, kind) for kind in KINDS)

    def toggle(self, **choice: Any) -> None:
        """Select what is named, or unselect it where it is selected already.

        >>> selection = Selection()
        >>> selection.toggle(cores=(3,))
        >>> selection.cores
        (3,)
        >>> selection.toggle(cores=(3,))
        >>> selection.is_empty
        True
        """
        self.param.update(
            **{
                kind: self.param[kind].default if getattr(self, kind) == value else value
                for kind, value in choice.items()
            }
        )

    def clear(self, *kinds: str) -> None:
        """Select nothing of some kinds, or of all."""
        self.param.update(**{kind: self.param[kind].default for kind in kinds or KINDS})

    def to_texts(self) -> dict[str, str]:
        """Return what is selected as texts by kind, for an address.

        >>> Selection(cores=(0, 1, 2, 8), time=(0.5, 1.0)).to_texts()
        {'cores': '0-2,8', 'time': '0.5-1'}
        """
        texts = {"component": self.component, "run": self.run}
        texts |= {kind: ranges(getattr(self, kind)) for kind in ("cores", "replications")}
        if self.time:
            texts["time"] = "-".join(f"{end:.9g}" for end in self.time)
        return {kind: texts[kind] for kind in KINDS if texts.get(kind)}  # type: ignore[misc]

    def take_texts(self, texts: Mapping[str, str]) -> None:
        """Select what texts say, and nothing else; what cannot be read is left out."""
        span = re.fullmatch(r"(\d+\.?\d*(?:e-?\d+)?)-(\d+\.?\d*(?:e-?\d+)?)", texts.get("time", ""))
        time = (float(span[1]), float(span[2])) if span else None
        self.param.update(
            component=texts.get("component"),
            run=texts.get("run"),
            cores=_numbers(texts.get("cores", "")),
            replications=_numbers(texts.get("replications", "")),
            time=time if time and time[0] < time[1] else None,
        )


def ranges(numbers: Iterable[int]) -> str:
    """Return ascending numbers as ranges.

    >>> ranges([0, 1, 2, 5, 7, 8])
    '0-2,5,7-8'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _numbers(text: str) -> tuple[int, ...]:
    """Return the numbers of ranges; () where they cannot be read or are too many."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        ends = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", part)
        if ends is None:
            return ()
        first, last = int(ends[1]), int(ends[2] or ends[1])
        if last - first > _MOST:
            return ()
        found |= set(range(first, last + 1))
    return tuple(sorted(found))
