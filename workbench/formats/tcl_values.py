"""What a run script makes of its variables: a small part of Tcl, without side effects.

Each value remembers where in the script its characters stand, so that an edit of
the configuration can be traced back to the piece of text that it came from. What
cannot be known without running the script (procedures, files, the build directory)
is left as it is written, or out where it stands alone, and reported.

Conditions are answered for an x86_64 PC under QEMU without ``--autopilot``, which
is what the workbench runs; other conditions that cannot be known count as false.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from workbench.errors import InputError, Location
from workbench.formats.tcl_expressions import Unknown, arithmetic
from workbench.formats.tcl_text import Command, Word, commands, line_of, parts

__all__ = ["Call", "Evaluation", "Fragment", "Value", "evaluated", "text_of"]

_MOST_COMMANDS = 20_000
_LARGEST_VALUE = 4 * 2**20
_DEEPEST = 40

_MAY_ADD = re.compile(r"(?:append|install|add)_\w*(?:config|if)$")
"""Procedures of other files that may add to the configuration."""

_MACHINE = {
    "have_spec": {"x86", "x86_64", "64bit", "pc"},
    "have_board": {"pc"},
    "have_include": {"power_on/qemu"},
    "get_cmd_switch": set[str](),
    "have_cmd_switch": set[str](),
}


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


def evaluated(text: str, watched: frozenset[str]) -> Evaluation:
    """Follow a script and return what it did.

    Parameters
    ----------
    text
        The script.
    watched
        Commands to record.

    Raises
    ------
    InputError
        If it is not Tcl, or goes on for too long.
    """
    interpreter = _Interpreter(text, watched)
    try:
        interpreter.run(0, len(text), 0)
    except _Exit:
        pass
    except RecursionError:
        raise InputError("The script is nested too deeply.", "Use less nesting.") from None
    return interpreter.done


class _Exit(Exception):  # noqa: N818 - it is no error
    """The script ended itself, or a loop."""


class _Interpreter:
    def __init__(self, text: str, watched: frozenset[str]) -> None:
        self.done = Evaluation()
        self._variables: dict[str, Value] = {}
        self.done.variables = self._variables
        self._text = text
        self._watched = watched
        self._left = _MOST_COMMANDS
        self._commands: Mapping[str, Callable[[Command, int], Value]] = {
            "set": self._set,
            "append": self._append,
            "append_if": self._append_if,
            "lappend": self._lappend,
            "lappend_if": self._append_if,
            "incr": self._incr,
            "if": self._if,
            "for": self._for,
            "while": self._while,
            "foreach": self._foreach,
            "subst": self._subst,
            "list": self._list,
            "expr": self._expr,
            "catch": self._catch,
            "exit": self._exit,
            "build_artifacts": self._artifacts,
            **dict.fromkeys(_MACHINE, self._machine),
        }

    # Scripts and words ----------------------------------------------------

    def run(self, start: int, end: int, depth: int) -> Value:
        """Follow the script in a stretch of the text; return the value of its last command."""
        value: Value = ()
        for command in commands(self._text, start, end):
            try:
                value = self._call(command, depth)
            except Unknown:
                value = ()
        return value

    def _call(self, command: Command, depth: int) -> Value:
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            line = line_of(self._text, command.start)
            raise InputError(
                "The script goes on for too long to be followed.",
                "Save the configuration that it makes, and open that.",
                Location(line=line),
            )
        name = text_of(self._word(command.words[0], depth))
        if name in self._watched:
            values = tuple(self._values(command, depth))
            self.done.calls.append(Call(name, values, command.start, command.end))
        elif known := self._commands.get(name):
            return known(command, depth)
        elif name == "source" or _MAY_ADD.match(name):
            self._report(" ".join(self._text[command.start : command.end].split()), command.start)
        return ()

    def _arguments(self, word: Word, depth: int) -> Iterator[Value]:
        value = self._word(word, depth)
        if word.expands:
            yield from _list_items(value)
        else:
            yield value

    def _word(self, word: Word, depth: int) -> Value:
        start, end = word.inner
        if word.kind == "braced":
            return (Fragment(self._text[start:end], start, end, "braced"),)
        return self._substituted(start, end, word.kind, depth)

    def _substituted(self, start: int, end: int, mode: str, depth: int) -> Value:
        found: list[Fragment] = []
        for part in parts(self._text, start, end):
            is_alone = (part.start, part.end) == (start, end)
            match part.kind:
                case "literal":
                    found.append(Fragment(part.value, part.start, part.end, mode))
                case "escape":
                    found.append(Fragment(part.value, part.start, part.end, mode, False))
                case "variable":
                    value = self._variables.get(part.value)
                    if value is None:
                        found.append(self._unknown(part.start, part.end, mode, is_alone))
                    else:
                        found += _used(value, (part.start, part.end, mode))
                case "command":
                    value = self._nested(part.start + 1, part.end - 1, depth)
                    if value is None:
                        found.append(self._unknown(part.start, part.end, mode, is_alone))
                    else:
                        found += _used(value, (part.start, part.end, mode))
        if sum(len(fragment.text) for fragment in found) > _LARGEST_VALUE:
            line = line_of(self._text, start)
            raise InputError(
                "The script makes a text of more than 4 MB.", "Use less.", Location(line=line)
            )
        return tuple(found)

    def _nested(self, start: int, end: int, depth: int) -> Value | None:
        """Return the value of a command substitution, None where it cannot be known."""
        value: Value | None = ()
        for command in commands(self._text, start, end):
            name = text_of(self._word(command.words[0], depth + 1))
            try:
                known = self._call(command, depth + 1)
            except Unknown:
                value = None
                continue
            value = known if name in self._commands else None
        return value

    def _unknown(self, start: int, end: int, mode: str, is_alone: bool) -> Fragment:
        """Return what cannot be known; within other text it stays as it is written."""
        text = "" if is_alone else self._text[start:end]
        return Fragment(text, start, end, mode, False, is_unknown=True)

    def _report(self, what: str, at: int) -> None:
        self.done.unknown.append(f"{what} (line {line_of(self._text, at)})")

    # Commands -------------------------------------------------------------

    def _values(self, command: Command, depth: int, begin: int = 1) -> list[Value]:
        return [v for word in command.words[begin:] for v in self._arguments(word, depth)]

    def _set(self, command: Command, depth: int) -> Value:
        name, *rest = self._values(command, depth) or [()]
        if rest:
            self._variables[text_of(name)] = rest[0]
        return self._variables.get(text_of(name), ())

    def _append(self, command: Command, depth: int, begin: int = 1) -> Value:
        name, *rest = self._values(command, depth, begin) or [()]
        value = self._variables.get(text_of(name), ())
        for more in rest:
            value = (*value, *more)
        if sum(len(fragment.text) for fragment in value) > _LARGEST_VALUE:
            raise InputError(
                "The script makes a text of more than 4 MB.",
                "Use less.",
                Location(line=line_of(self._text, command.start)),
            )
        self._variables[text_of(name)] = value
        return value

    def _append_if(self, command: Command, depth: int) -> Value:
        if len(command.words) > 1 and self._is_true(command.words[1], depth, command):
            return self._append(command, depth, begin=2)
        return ()

    def _lappend(self, command: Command, depth: int) -> Value:
        name, *rest = self._values(command, depth) or [()]
        value = self._variables.get(text_of(name), ())
        for more in rest:
            value = (*value, *_computed(" ", command), *more)
        self._variables[text_of(name)] = value
        return value

    def _incr(self, command: Command, depth: int) -> Value:
        name, *rest = [text_of(value) for value in self._values(command, depth)] or [""]
        try:
            number = int(text_of(self._variables.get(name, ())) or 0) + int(*rest or (1,))
        except (TypeError, ValueError):
            raise Unknown from None
        self._variables[name] = _computed(str(number), command)
        return self._variables[name]

    def _if(self, command: Command, depth: int) -> Value:
        words = [w for w in command.words[1:] if self._text[w.start : w.end] != "then"]
        while words:
            if self._text[words[0].start : words[0].end] == "else":
                return self._body(words[1], depth) if len(words) > 1 else ()
            if self._text[words[0].start : words[0].end] == "elseif":
                words = words[1:]
            if len(words) == 1 or self._is_true(words[0], depth, command):
                return self._body(words[1 if len(words) > 1 else 0], depth)
            words = words[2:]
        return ()

    def _for(self, command: Command, depth: int) -> Value:
        if len(command.words) == 5:
            _, begin, test, step, body = command.words
            self._body(begin, depth)
            while self._is_true(test, depth, command):
                self._left -= 1
                self._body(body, depth)
                self._body(step, depth)
        return ()

    def _while(self, command: Command, depth: int) -> Value:
        if len(command.words) == 3:
            while self._is_true(command.words[1], depth, command):
                self._left -= 1
                self._body(command.words[2], depth)
        return ()

    def _foreach(self, command: Command, depth: int) -> Value:
        if len(command.words) == 4:
            name = text_of(self._word(command.words[1], depth))
            for item in _list_items(self._word(command.words[2], depth)):
                self._variables[name] = item
                self._body(command.words[3], depth)
        return ()

    def _catch(self, command: Command, depth: int) -> Value:
        if len(command.words) > 1:
            self._body(command.words[1], depth)
        return _computed("0", command)

    def _exit(self, _command: Command, _depth: int) -> Value:
        raise _Exit

    def _artifacts(self, command: Command, _depth: int) -> Value:
        return _computed("[build_artifacts]", command)

    def _body(self, word: Word, depth: int) -> Value:
        return self.run(*word.inner, depth + 1)

    def _subst(self, command: Command, depth: int) -> Value:
        word = command.words[-1]
        if len(command.words) < 2:
            raise Unknown
        if word.kind != "braced":
            return self._word(word, depth)
        return self._substituted(*word.inner, "subst", depth)

    def _list(self, command: Command, depth: int) -> Value:
        value: Value = ()
        for more in self._values(command, depth):
            value = (*value, *(_computed(" ", command) if value else ()), *more)
        return value

    def _expr(self, command: Command, depth: int) -> Value:
        said = " ".join(self._expression(word, depth) for word in command.words[1:])
        return _computed(str(arithmetic(said)), command)

    def _machine(self, command: Command, depth: int) -> Value:
        name, *rest = [text_of(value) for value in self._values(command, depth, 0)]
        return _computed(str(int(bool(set(rest) & _MACHINE[name]))), command)

    # Conditions -----------------------------------------------------------

    def _is_true(self, word: Word, depth: int, command: Command) -> bool:
        try:
            return bool(arithmetic(self._expression(word, depth)))
        except Unknown:
            if "config" in self._text[command.start : command.end]:
                shown = " ".join(self._text[word.start : word.end].split())
                self._report(f"condition {shown}, taken as false", word.start)
            return False

    def _expression(self, word: Word, depth: int) -> str:
        """Return an expression with its variables and commands replaced by their values."""
        if word.kind == "braced":
            value = self._substituted(*word.inner, "braced", depth + 1)
        else:
            value = self._word(word, depth)
        if any(fragment.is_unknown for fragment in value):
            raise Unknown
        return text_of(value)


def _used(value: Value, place: tuple[int, int, str]) -> Value:
    """Return the value of a variable or command at the place of its use.

    A short value of one piece can be replaced there; a longer one has its own places.
    """
    if len(value) != 1 or "\n" in value[0].text:
        return value
    return (replace(value[0], used_at=value[0].used_at or place),)


def _computed(text: str, command: Command) -> Value:
    return (Fragment(text, command.start, command.end, "computed", False),)


def _list_items(value: Value) -> Sequence[Value]:
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
