"""Values of a run script's variables, with the places that their characters come from.

So an edit of a value can be traced back to the pieces of the script that made it; see
`workbench.formats.tcl_edits`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from workbench.formats.tcl_text import Command, commands

__all__ = ["Call", "Evaluation", "Fragment", "Value", "computed", "list_items", "text_of", "used"]


@dataclass(frozen=True, slots=True)
class Fragment:
    """Characters of a value that stand together in the script.

    Parameters
    ----------
    text
        The characters.
    start, end
        Their place; for what was computed, the place of the expression.
    mode
        How text is written there: ``braced``, ``quoted``, ``bare`` or ``subst``.
    is_verbatim
        Whether they stand there as they are, so that a part can be replaced.
    used_at
        Place of the variable that brought them here, and the mode there.
    is_unknown
        Whether they stand for something that only running the script would tell.
    """

    text: str
    start: int
    end: int
    mode: str
    is_verbatim: bool = True
    used_at: tuple[int, int, str] | None = None
    is_unknown: bool = False


Value = tuple[Fragment, ...]


def text_of(value: Value) -> str:
    """Return the characters of a value."""
    return "".join(fragment.text for fragment in value)


@dataclass(frozen=True, slots=True)
class Call:
    """A command that was met, with its arguments as far as they are known."""

    name: str
    arguments: tuple[Value, ...]
    start: int
    end: int

    def text(self, index: int) -> str:
        """Return an argument's text; empty where there is none."""
        return text_of(self.arguments[index]) if index < len(self.arguments) else ""


@dataclass(slots=True)
class Evaluation:
    """What a script did: its variables in the end, the watched calls, what stays unknown."""

    variables: Mapping[str, Value] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def used(value: Value, place: tuple[int, int, str]) -> Value:
    """Return the value of a variable or command at the place of its use.

    A short value of one piece can be replaced there; a longer one has its own places.
    """
    if len(value) != 1 or "\n" in value[0].text:
        return value
    return (replace(value[0], used_at=value[0].used_at or place),)


def computed(text: str, command: Command) -> Value:
    """Return what a command worked out; an edit cannot go into it."""
    return (Fragment(text, command.start, command.end, "computed", False),)


def list_items(value: Value) -> Sequence[Value]:
    """Return the items of a list; braces around an item are taken away."""
    text = text_of(value)
    items: list[Value] = []
    for command in commands(text):
        for word in command.words:
            start, end = word.inner
            at = 0
            pieces: list[Fragment] = []
            for fragment in value:
                low, high = max(start - at, 0), min(end - at, len(fragment.text))
                if low < high:
                    cut = fragment.text[low:high]
                    place = (
                        (fragment.start + low, fragment.start + high)
                        if fragment.is_verbatim
                        else (fragment.start, fragment.end)
                    )
                    whole = cut == fragment.text
                    pieces.append(
                        replace(
                            fragment,
                            text=cut,
                            start=place[0],
                            end=place[1],
                            is_verbatim=fragment.is_verbatim,
                            used_at=fragment.used_at if whole else None,
                        )
                    )
                at += len(fragment.text)
            items.append(tuple(pieces))
    return items
