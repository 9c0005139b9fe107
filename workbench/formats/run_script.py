"""Run scripts of Genode's run tool, as of 22.02 and of 26.02.

Read is the configuration that the script installs, in whatever pieces it is put
together, with build targets, boot modules, QEMU arguments and the output that ends
the run. Written into the script it was read from, only the pieces that were edited
differ; what a script does besides stays as it is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import accumulate

from workbench.errors import InputError, Location
from workbench.formats import config_piece, hid_patch, hid_text, run_layout, xml_patch, xml_text
from workbench.formats.registry import Format, register
from workbench.formats.tcl_edits import edited
from workbench.formats.tcl_interpreter import evaluated
from workbench.formats.tcl_values import Evaluation, Value, text_of
from workbench.scenario import init_config
from workbench.scenario.boot import Boot
from workbench.scenario.experiment import Experiment
from workbench.scenario.model import Scenario
from workbench.scenario.release import Profile, Release
from workbench.scenario.translation import relies_on_ram_attributes, remarks, translated
from workbench.scenario.tree import Node, Position

__all__ = ["component_lines", "notes", "read", "write"]

_WATCHED = frozenset(("install_config", "build", "build_boot_image", "run_genode_until"))
_UNREADABLE = "Save the configuration that the script installs, and open that."


@dataclass(frozen=True, eq=False)
class _Script:
    """A run script that was followed.

    Parameters
    ----------
    text
        The script.
    done
        What it did.
    config
        The configuration that it installs, as a value with its places.
    """

    text: str
    done: Evaluation
    config: Value

    @property
    def syntax(self) -> str:
        return "xml" if text_of(self.config).lstrip().startswith("<") else "hid"

    def place(self, offset: int) -> int:
        """Return where in the script a character of the configuration comes from."""
        starts = [0, *accumulate(len(fragment.text) for fragment in self.config)]
        index = min(bisect_right(starts, offset) - 1, len(self.config) - 1)
        fragment = self.config[index]
        if fragment.is_verbatim:
            return fragment.start + offset - starts[index]
        return fragment.start


def read(text: str, stem: str) -> Experiment:
    """Return the experiment of a run script; it is called like the file."""
    script = _script(text)
    config = _Places(script).moved(_node(script))
    scenario = init_config.read(config, "xml" if script.syntax == "xml" else "hid")
    scenario = scenario.but(profile=_profile(script), boot=_boot(script))
    return Experiment(name=stem, scenario=scenario)


def write(
    experiment: Experiment, known: tuple[Experiment, str] | None = None, release: Release = "26.02"
) -> str:
    """Return a run script; in one that was read, only the pieces that were edited differ.

    Raises
    ------
    InputError
        If what was edited is made by Tcl in a way that cannot be traced back.
    """
    scenario = experiment.scenario
    boot = scenario.boot
    if known is not None:
        text = known[1]
    elif boot is not None and boot.script is not None and _release(boot.script) == release:
        text = boot.script
    else:
        profile: Profile = "hid" if release == "26.02" else "xml-classic"
        config = translated(init_config.write(scenario, profile), scenario.profile, profile)
        return run_layout.script(config, scenario, release)
    text = _with_config(text, scenario)
    return text if boot is None else _with_boot(text, boot)


def component_lines(text: str, scenario: Scenario) -> dict[str, tuple[int, int]]:
    """Return the first and last line of each component's node in the script, by id."""
    script = _script(text)
    places = _Places(script)
    inside = config_piece.component_lines(_piece(script), scenario)
    return {id: (places.line(first), places.line(last)) for id, (first, last) in inside.items()}


def notes(text: str) -> tuple[str, ...]:
    """Return what of a script could not be resolved, with its line, as noun phrases."""
    script = _script(text)
    unknown = [
        f"{' '.join(text[f.start : f.end].split())} (line {text.count(chr(10), 0, f.start) + 1})"
        for f in script.config
        if f.is_unknown
    ]
    return tuple(dict.fromkeys([*unknown, *script.done.unknown]))


# Reading ------------------------------------------------------------------


@lru_cache(maxsize=16)
def _script(text: str) -> _Script:
    done = evaluated(text, _WATCHED)
    installed = [call for call in done.calls if call.name == "install_config" and call.arguments]
    if not installed:
        raise InputError(
            "The script installs no configuration.",
            "Name a run script with install_config; if it is in a file that this one sources, "
            "name that.",
            Location(line=1),
        )
    return _Script(text, done, installed[-1].arguments[0])


def _piece(script: _Script) -> xml_text.Piece | hid_text.Piece:
    return _pieces(script)[1]


@lru_cache(maxsize=16)
def _pieces(script: _Script) -> tuple[hid_text.Piece | None, xml_text.Piece | hid_text.Piece]:
    """Return the top node of HID, and the ``config`` node."""
    text = text_of(script.config)
    try:
        if script.syntax == "xml":
            return None, config_piece.config_of(xml_text.parse(text), "<config>")
        top = hid_text.parse(text)
        return top, config_piece.config_of(top, "config")
    except InputError as refusal:
        place = refusal.location
        line = _Places(script).line(place.line or 1)
        raise InputError(
            refusal.what, refusal.remedy, Location(line=line, element=place.element)
        ) from None


def _node(script: _Script) -> Node:
    item = _piece(script).item
    assert isinstance(item, Node)
    return item


def _profile(script: _Script) -> Profile:
    if script.syntax == "hid":
        return "hid"
    return "xml" if relies_on_ram_attributes(_node(script)) else "xml-classic"


def _release(text: str) -> Release:
    return "22.02" if _script(text).syntax == "xml" else "26.02"


class _Places:
    """Translates places in the configuration to places in the script."""

    def __init__(self, script: _Script) -> None:
        self._script = script
        text = text_of(script.config)
        self._inside = [0, *(match.end() for match in re.finditer("\n", text))]
        self._outside = [0, *(match.end() for match in re.finditer("\n", script.text))]

    def line(self, line: int) -> int:
        """Return the script's line of a line of the configuration: of what it begins with."""
        start = self._inside[min(line, len(self._inside)) - 1]
        text = text_of(self._script.config)
        rest = text[start:]
        return self._position(start + len(rest) - len(rest.lstrip(" \t"))).line

    def _position(self, offset: int) -> Position:
        place = self._script.place(offset)
        row = bisect_right(self._outside, place) - 1
        return Position(row + 1, place - self._outside[row] + 1)

    def moved(self, node: Node) -> Node:
        """Return a node with all its positions translated."""
        content = tuple(
            self.moved(item)
            if isinstance(item, Node)
            else replace(item, position=self._at(item.position))
            for item in node.content
        )
        return replace(node, content=content, position=self._at(node.position))

    def _at(self, inside: Position | None) -> Position | None:
        if inside is None:
            return None
        return self._position(self._inside[inside.line - 1] + inside.column - 1)


# Build, boot modules, QEMU, end -------------------------------------------


def _boot(script: _Script) -> Boot:
    values = _boot_values(script)
    modules = _words(values["modules"])
    pattern, timeout = text_of(values["pattern"]), text_of(values["timeout"])
    return Boot(
        build=tuple(_words(values["build"])),
        modules=tuple(modules) if modules else None,
        qemu_args=text_of(values["qemu_args"]).strip(),
        stop_pattern=None if pattern in ("", "forever") else pattern,
        timeout_s=int(timeout) if timeout.isdecimal() and len(timeout) < 10 else None,
        script=script.text,
    )


def _boot_values(script: _Script) -> dict[str, Value]:
    def argument(name: str, index: int = 0) -> Value:
        calls = [call for call in script.done.calls if call.name == name]
        if name == "run_genode_until":
            # What ends the run is said first; what follows depends on what happened.
            ends = [call for call in calls if call.text(0) != "forever"]
            calls = (ends or calls)[:1]
        call = calls[-1] if calls else None
        return call.arguments[index] if call and index < len(call.arguments) else ()

    return {
        "build": argument("build"),
        "modules": argument("build_boot_image"),
        "qemu_args": script.done.variables.get("qemu_args", ()),
        "pattern": argument("run_genode_until"),
        "timeout": argument("run_genode_until", 1),
    }


def _words(value: Value) -> list[str]:
    return text_of(value).split()


# Writing into a script ----------------------------------------------------


def _with_config(text: str, scenario: Scenario) -> str:
    script = _script(text)
    config = init_config.write(scenario, _profile(script))
    top, piece = _pieces(script)
    source = text_of(script.config)
    if isinstance(piece, hid_text.Piece):
        assert top is not None
        new = hid_patch.patched(source, top, piece, config)
    else:
        new = xml_patch.patched(source, piece, config)
    return _with_value(text, "The configuration", lambda script: script.config, new)


def _with_boot(text: str, boot: Boot) -> str:
    have = _boot(_script(text))
    wanted = {
        "build": (have.build != boot.build, " ".join(boot.build)),
        "modules": (have.modules != boot.modules, " ".join(boot.modules or ())),
        "qemu_args": (have.qemu_args != boot.qemu_args, f" {boot.qemu_args} "),
        "pattern": (have.stop_pattern != boot.stop_pattern, boot.stop_pattern or "forever"),
        "timeout": (have.timeout_s != boot.timeout_s, str(boot.timeout_s or "")),
    }
    for name, (differs, new) in wanted.items():
        if differs:
            text = _with_value(text, name, lambda script, n=name: _boot_values(script)[n], new)  # type: ignore[misc]
    return text


def _with_value(text: str, what: str, find: Callable[[_Script], Value], new: str) -> str:
    value = find(_script(text))
    if text_of(value) == new:
        return text
    try:
        draft = edited(text, value, new) if value else text
        if text_of(find(_script(draft))) == new:
            return draft
    except InputError:
        pass
    line = text.count("\n", 0, value[0].start) + 1 if value else 1
    raise InputError(
        f"{what} is put together by the script in a way that an edit cannot be traced back to.",
        "Change the script itself; or save as YAML, XML or HID.",
        Location(line=line),
    )


# Registration -------------------------------------------------------------


def _claims(text: str, release: Release) -> bool:
    if not re.search(r"^\s*(?:install_config|build_boot_image)\b", text, re.MULTILINE):
        return False
    try:
        return _release(text) == release
    except InputError:
        return release == "26.02"


def _remarks(experiment: Experiment, release: Release) -> tuple[str, ...]:
    scenario = experiment.scenario
    profile: Profile = "hid" if release == "26.02" else "xml-classic"
    if scenario.profile == "xml" and scenario.boot is not None and release == "22.02":
        profile = "xml"  # kept as the script has it
    config = translated(init_config.write(scenario, profile), scenario.profile, profile)
    return remarks(config, profile)


def _format(release: Release, title: str) -> Format:
    return Format(
        name=f"run-{release}",
        title=title,
        endings=(".run",),
        claims=partial(_claims, release=release),
        read=read,
        write=partial(write, release=release),
        component_lines=component_lines,
        remarks=partial(_remarks, release=release),
        notes=notes,
        holds_boot=True,
    )


register(_format("26.02", "Run script for Genode 26.02"))
register(_format("22.02", "Run script for Genode 22.02"))
