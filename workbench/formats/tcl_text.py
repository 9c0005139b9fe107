"""Tcl text: commands and their words, each with the place where it stands.

As much of Tcl's syntax (the dodekalogue of its manual page ``Tcl``) as run scripts
use. Nothing is executed here; see `workbench.formats.tcl_interpreter`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from workbench.errors import InputError, Location

__all__ = ["Command", "Part", "Word", "commands", "line_of", "parts"]

_DEEPEST = 60
_BLANK = re.compile(r"(?:[ \t]|\\\r?\n[ \t]*)+")
_BETWEEN = re.compile(r"(?:[ \t\r\n;]|\\\r?\n)+")
_COMMENT = re.compile(r"#(?:\\.|[^\n\\])*", re.DOTALL)
_PLAIN = re.compile(r'[^\\$\[\]"{} \t\r\n;]+')
_VARIABLE = re.compile(r"\$(?:\{([^}]*)\}|([A-Za-z0-9_:]+)(?:\(([A-Za-z0-9_,.-]*)\))?)")
_ESCAPE = re.compile(r"\\(?:\r?\n[ \t]*|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|.)", re.DOTALL)
_NAMED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command.

    Parameters
    ----------
    kind
        Braced words are taken as they stand; quoted and bare ones are substituted.
    start, end
        The whole word.
    inner
        Span of what is between its braces or quotes.
    expands
        Whether it is a list that gives several words, ``{*}``.
    """

    kind: Literal["braced", "quoted", "bare"]
    start: int
    end: int
    inner: tuple[int, int]
    expands: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its words, of which the first names it."""

    words: tuple[Word, ...]

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.words[0].start

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.words[-1].end


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a word that is substituted as one: ``value`` by ``kind``.

    literal
        The text as it stands.
    escape
        The character that a backslash sequence stands for.
    variable
        The variable's name.
    command
        The script between the brackets.
    """

    kind: Literal["literal", "escape", "variable", "command"]
    start: int
    end: int
    value: str


def line_of(text: str, offset: int) -> int:
    """Return the line, from 1, of a place in a text."""
    return text.count("\n", 0, offset) + 1


def commands(text: str, start: int = 0, end: int | None = None) -> Iterator[Command]:
    """Yield the commands of a script that is a stretch of a text.

    Raises
    ------
    InputError
        If a brace, bracket or quote is never closed.
    """
    yield from _Scanner(text, len(text) if end is None else end).script(start)


def parts(text: str, start: int, end: int) -> Iterator[Part]:
    """Yield the parts of what is substituted: a quoted or bare word, or the text of ``subst``."""
    scanner = _Scanner(text, end)
    literal = at = start
    while at < end:
        kind: Literal["escape", "variable", "command"]
        if text[at] == "\\" and (match := _ESCAPE.match(text, at, end)):
            kind, stop, value = "escape", match.end(), _escaped(match)
        elif text[at] == "$" and (match := _VARIABLE.match(text, at, end)):
            name = match[2] if match[1] is None else match[1]
            value = name if match[3] is None else f"{name}({match[3]})"
            kind, stop = "variable", match.end()
        elif text[at] == "[":
            kind, stop = "command", scanner.bracket(at, 0)
            value = text[at + 1 : stop - 1]
        else:
            at += 1
            continue
        if literal < at:
            yield Part("literal", literal, at, text[literal:at])
        yield Part(kind, at, stop, value)
        literal = at = stop
    if literal < end:
        yield Part("literal", literal, end, text[literal:end])


def _escaped(match: re.Match[str]) -> str:
    if code := match[1] or match[2]:
        return chr(int(code, 16))
    char = match[0][1:]
    return " " if char[0] in "\r\n" else _NAMED.get(char, char)


class _Scanner:
    """Finds where words end."""

    def __init__(self, text: str, end: int) -> None:
        self._text = text
        self._end = end
        self._stopped = 0  # where the innermost script that was read to its end has it

    def script(self, at: int, closing: str = "", depth: int = 0) -> Iterator[Command]:
        """Yield commands up to the end, or up to a closing bracket."""
        while True:
            if match := _BETWEEN.match(self._text, at, self._end):
                at = match.end()
            if at >= self._end or (closing and self._text[at] == closing):
                self._stopped = at
                return
            if self._text[at] == "#":
                comment = _COMMENT.match(self._text, at, self._end)
                assert comment is not None
                at = comment.end()
                continue
            words: list[Word] = []
            while not self._ends_command(at, closing):
                word = self._word(at, closing, depth)
                words.append(word)
                at = word.end
                if match := _BLANK.match(self._text, at, self._end):
                    at = match.end()
            yield Command(tuple(words))

    def bracket(self, at: int, depth: int) -> int:
        """Return the end of a command substitution that begins at an opening bracket."""
        if depth > _DEEPEST:
            raise self._refused(at, "Brackets are nested too deeply.", "Use less nesting.")
        for _ in self.script(at + 1, "]", depth + 1):
            pass
        stop = self._stopped
        if stop >= self._end or self._text[stop] != "]":
            raise self._refused(at, "This bracket is never closed.", 'Add the missing "]".')
        return stop + 1

    def _ends_command(self, at: int, closing: str) -> bool:
        return at >= self._end or self._text[at] in "\r\n;" or self._text[at] == closing

    def _word(self, at: int, closing: str, depth: int) -> Word:
        expands = self._text.startswith("{*}", at) and self._text[at + 3 : at + 4].strip() != ""
        begin = at + 3 if expands else at
        if self._text[begin] == "{":
            stop = self._brace(begin)
            return Word("braced", at, stop, (begin + 1, stop - 1), expands)
        if self._text[begin] == '"':
            stop = self._substituted(begin + 1, '"', depth)
            if stop >= self._end:
                raise self._refused(begin, "This quote is never closed.", "Add the missing quote.")
            return Word("quoted", at, stop + 1, (begin + 1, stop), expands)
        stop = self._substituted(begin, " \t\r\n;" + closing, depth)
        stop = max(stop, begin + 1)
        return Word("bare", at, stop, (begin, stop), expands)

    def _brace(self, at: int) -> int:
        open_braces = 0
        for match in re.compile(r"\\.|[{}]", re.DOTALL).finditer(self._text, at, self._end):
            open_braces += {"{": 1, "}": -1}.get(match[0], 0)
            if open_braces == 0:
                return match.end()
        raise self._refused(at, "This brace is never closed.", 'Add the missing "}".')

    def _substituted(self, at: int, stops: str, depth: int) -> int:
        """Return where a quoted or bare word ends: at one of the characters `stops`."""
        while at < self._end:
            char = self._text[at]
            if char == "\\":
                if self._text[at + 1 : at + 2] in ("\r", "\n") and " " in stops:
                    return at
                at += 2
            elif char == "[":
                at = self.bracket(at, depth)
            elif char == "$" and (match := _VARIABLE.match(self._text, at, self._end)):
                at = match.end()
            elif char in stops:
                return at
            elif match := _PLAIN.match(self._text, at, self._end):
                at = match.end()
            else:
                at += 1
        return min(at, self._end)

    def _refused(self, at: int, what: str, remedy: str) -> InputError:
        line = line_of(self._text, at)
        column = at - self._text.rfind("\n", 0, at)
        begin = self._text.rfind("\n", 0, at) + 1
        element = self._text[begin:].partition("\n")[0].strip()[:60] or None
        return InputError(what, remedy, Location(line=line, column=column, element=element))
