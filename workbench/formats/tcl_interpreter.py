"""What a run script makes of its variables: a small part of Tcl, without side effects.

What cannot be known without running the script (other files, the build directory)
is left as it is written, or out where it stands alone, and reported.

Conditions are answered for an x86_64 PC under QEMU without ``--autopilot``, which
is what the workbench runs; other conditions that cannot be known (which kernel it
is) count as false and are reported. Once the configuration is installed, loops are
followed once: what they repeat is runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from workbench.errors import InputError, Location
from workbench.formats.tcl_expressions import Unknown, arithmetic
from workbench.formats.tcl_text import Command, Word, commands, line_of, parts
from workbench.formats.tcl_values import (
    Call,
    Evaluation,
    Fragment,
    Value,
    computed,
    list_items,
    text_of,
    used,
)

__all__ = ["evaluated"]

_MOST_COMMANDS = 5_000
_LARGEST_VALUE = 2**20
_DEEPEST = 40
_KERNELS = {"hw", "nova"}
"""Which of them it is, a script alone does not tell."""

_MAY_ADD = re.compile(r"(?:append|install|add)_\w*(?:config|if)$")
"""Procedures of other files that may add to the configuration."""

_MACHINE = {
    "have_spec": {"x86", "x86_64", "64bit", "pc"},
    "have_kernel": set[str](),
    "have_board": {"pc"},
    "have_include": {"power_on/qemu"},
    "get_cmd_switch": set[str](),
    "have_cmd_switch": set[str](),
}


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
    except _Return:
        pass  # at the top it ends the script
    except RecursionError:
        raise InputError("The script is nested too deeply.", "Use less nesting.") from None
    return interpreter.done


class _Return(Exception):  # noqa: N818 - it is no error
    """A procedure returned a value."""

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


@dataclass(frozen=True, slots=True)
class _Procedure:
    parameters: tuple[tuple[str, Value | None], ...]
    body: Word


class _Interpreter:
    def __init__(self, text: str, watched: frozenset[str]) -> None:
        self.done = Evaluation()
        self._globals: dict[str, Value] = {}
        self._locals: list[tuple[dict[str, Value], set[str]]] = []
        self._procedures: dict[str, _Procedure] = {}
        self.done.variables = self._globals
        self._text = text
        self._watched = watched
        self._left = _MOST_COMMANDS
        self._is_installed = False
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
            "exit": lambda _, __: (),  # it guards against other machines
            "proc": self._proc,
            "return": self._return,
            "global": self._global,
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
            self._is_installed |= name == "install_config"
        elif procedure := self._procedures.get(name):
            return self._run_procedure(procedure, command, depth)
        elif known := self._commands.get(name):
            return known(command, depth)
        elif name == "source" or _MAY_ADD.match(name):
            self._report(" ".join(self._text[command.start : command.end].split()), command.start)
        return ()

    def _arguments(self, word: Word, depth: int) -> Iterator[Value]:
        value = self._word(word, depth)
        if word.expands:
            yield from list_items(value)
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
                    value = self._get(part.value)
                    if value is None:
                        found.append(self._unknown(part.start, part.end, mode, is_alone))
                    else:
                        found += used(value, (part.start, part.end, mode))
                case "command":
                    value = self._nested(part.start + 1, part.end - 1, depth)
                    if value is None:
                        found.append(self._unknown(part.start, part.end, mode, is_alone))
                    else:
                        found += used(value, (part.start, part.end, mode))
        if sum(len(fragment.text) for fragment in found) > _LARGEST_VALUE:
            line = line_of(self._text, start)
            raise InputError(
                "The script makes a text of more than 1 MB.", "Use less.", Location(line=line)
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
            value = known if name in self._commands or name in self._procedures else None
        return value

    def _unknown(self, start: int, end: int, mode: str, is_alone: bool) -> Fragment:
        """Return what cannot be known; within other text it stays as it is written."""
        text = "" if is_alone else self._text[start:end]
        return Fragment(text, start, end, mode, False, is_unknown=True)

    def _frame(self, name: str) -> dict[str, Value]:
        """Return where a variable lives: in the procedure that is run, or outside."""
        if not self._locals or name in self._locals[-1][1]:
            return self._globals
        return self._locals[-1][0]

    def _get(self, name: str) -> Value | None:
        return self._frame(name).get(name.removeprefix("::"))

    def _put(self, name: str, value: Value) -> Value:
        self._frame(name)[name.removeprefix("::")] = value
        return value

    def _report(self, what: str, at: int) -> None:
        self.done.unknown.append(f"{what} (line {line_of(self._text, at)})")

    # Commands -------------------------------------------------------------

    def _values(self, command: Command, depth: int, begin: int = 1) -> list[Value]:
        return [v for word in command.words[begin:] for v in self._arguments(word, depth)]

    def _set(self, command: Command, depth: int) -> Value:
        name, *rest = self._values(command, depth) or [()]
        if rest:
            self._put(text_of(name), rest[0])
        return self._get(text_of(name)) or ()

    def _append(self, command: Command, depth: int, begin: int = 1) -> Value:
        name, *rest = self._values(command, depth, begin) or [()]
        value = self._get(text_of(name)) or ()
        for more in rest:
            value = (*value, *more)
        if sum(len(fragment.text) for fragment in value) > _LARGEST_VALUE:
            raise InputError(
                "The script makes a text of more than 1 MB.",
                "Use less.",
                Location(line=line_of(self._text, command.start)),
            )
        self._put(text_of(name), value)
        return value

    def _append_if(self, command: Command, depth: int) -> Value:
        if len(command.words) > 1 and self._is_true(command.words[1], depth, command):
            return self._append(command, depth, begin=2)
        return ()

    def _lappend(self, command: Command, depth: int) -> Value:
        name, *rest = self._values(command, depth) or [()]
        value = self._get(text_of(name)) or ()
        for more in rest:
            value = (*value, *computed(" ", command), *more)
        self._put(text_of(name), value)
        return value

    def _incr(self, command: Command, depth: int) -> Value:
        name, *rest = [text_of(value) for value in self._values(command, depth)] or [""]
        try:
            number = int(text_of(self._get(name) or ()) or 0) + int(*rest or (1,))
        except (TypeError, ValueError):
            raise Unknown from None
        return self._put(name, computed(str(number), command))

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
                if self._is_installed:
                    break
                self._body(step, depth)
        return ()

    def _while(self, command: Command, depth: int) -> Value:
        if len(command.words) == 3:
            while self._is_true(command.words[1], depth, command):
                self._left -= 1
                self._body(command.words[2], depth)
                if self._is_installed:
                    break
        return ()

    def _foreach(self, command: Command, depth: int) -> Value:
        if len(command.words) == 4:
            name = text_of(self._word(command.words[1], depth))
            for item in list_items(self._word(command.words[2], depth)):
                self._put(name, item)
                self._body(command.words[3], depth)
        return ()

    def _catch(self, command: Command, depth: int) -> Value:
        if len(command.words) > 1:
            self._body(command.words[1], depth)
        return computed("0", command)

    def _proc(self, command: Command, depth: int) -> Value:
        if len(command.words) == 4:
            _, name, parameters, body = command.words
            pairs = []
            for item in list_items(self._word(parameters, depth)):
                parts_of_item = [text_of(part) for part in list_items(item)]
                default = list_items(item)[1] if len(parts_of_item) == 2 else None
                pairs.append((parts_of_item[0] if parts_of_item else "", default))
            self._procedures[text_of(self._word(name, depth))] = _Procedure(tuple(pairs), body)
        return ()

    def _run_procedure(self, procedure: _Procedure, command: Command, depth: int) -> Value:
        values = self._values(command, depth)
        given = dict[str, Value]()
        for index, (name, default) in enumerate(procedure.parameters):
            value = values[index] if index < len(values) else default
            if value is None:
                raise Unknown
            given[name] = value
        self._locals.append((given, set()))
        try:
            return self._body(procedure.body, depth)
        except _Return as returned:
            return returned.value
        finally:
            self._locals.pop()

    def _return(self, command: Command, depth: int) -> Value:
        values = self._values(command, depth)
        raise _Return(values[-1] if values else ())

    def _global(self, command: Command, depth: int) -> Value:
        if self._locals:
            self._locals[-1][1].update(text_of(value) for value in self._values(command, depth))
        return ()

    def _artifacts(self, command: Command, _depth: int) -> Value:
        return computed("[build_artifacts]", command)

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
            value = (*value, *(computed(" ", command) if value else ()), *more)
        return value

    def _expr(self, command: Command, depth: int) -> Value:
        said = " ".join(self._expression(word, depth) for word in command.words[1:])
        return computed(str(arithmetic(said)), command)

    def _machine(self, command: Command, depth: int) -> Value:
        name, *rest = [text_of(value) for value in self._values(command, depth, 0)]
        if set(rest) & _KERNELS:
            raise Unknown
        return computed(str(int(bool(set(rest) & _MACHINE[name]))), command)

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
