"""The component types that the workbench knows: what they need and what they offer.

Entries are YAML: the shipped ones in ``workbench/data/catalogue``, further ones
in the folder ``catalogue`` of the user's data folder; a user's entry replaces a
shipped one of the same binary. Binaries without an entry are fine everywhere.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, Field, InstanceOf, ValidationError, model_validator

from workbench.errors import InputError, Location
from workbench.folders import data_folder
from workbench.scenario.experiment import Parameter
from workbench.scenario.model import Amount, Component, Frozen, RouteRule, Target
from workbench.scenario.quick_yaml import read_yaml
from workbench.scenario.tree import Node
from workbench.scenario.vocabulary import YES, Syntax, whole_number

__all__ = ["SHIPPED", "Catalogue", "ConfigParameter", "Entry", "Guest", "Kind", "Role", "catalogue"]

Role = Literal["benchmark", "timer", "antagonist", "driver", "system"]
"""``benchmark``: runs a measured workload; ``timer``: offers Timer; ``antagonist``:
disturbs others; ``driver`` and ``system``: the rest."""

_USUAL_PROVIDERS = {"Timer": "timer", "Platform": "platform"}
"""Names that configurations usually give to the provider of a service."""

SHIPPED = Path(__file__).parents[1] / "data" / "catalogue"
"""Folder of the shipped entries."""


Guest = Literal["blinktree", "timer", "antagonist", "log"]
"""Program that stands for a component in a run on a real kernel: the benchmark, a
timer, one that disturbs others, one that prints a line and waits."""

Kind = Literal["yes-no", "whole", "number", "text"]
"""What values a parameter takes."""


class ConfigParameter(Frozen):
    """A parameter that is an attribute of the child's ``config`` node.

    Parameters
    ----------
    name
        Name of the attribute.
    default
        Value where it is not given; its type (true or false, whole number, number,
        text) is the parameter's type.
    title
        What it does; one line for people.
    unit
        Unit of the value as people write it, for example ``ms``.
    minimum, maximum
        Bounds of a number.
    choices
        All values that a text can have; none means any.
    """

    name: str = Field(min_length=1)
    default: Parameter
    title: str = ""
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _default_is_possible(self) -> ConfigParameter:
        if self.choices and self.default not in self.choices:
            raise ValueError(f'the default of "{self.name}" is none of its choices')
        return self

    @property
    def kind(self) -> Kind:
        """What values it takes."""
        match self.default:
            case bool():
                return "yes-no"
            case int():
                return "whole"
            case float():
                return "number"
            case _:
                return "text"

    def value(self, config: Node | None, syntax: Syntax = "xml") -> Parameter:
        """Return the value in a child configuration, read as Genode reads it."""
        text = config.get(self.name) if config else None
        match self.default:
            case _ if text is None:
                return self.default
            case bool():
                return text in YES
            case int():
                return whole_number(text, self.default, syntax)
            case float():
                try:
                    return float(text)
                except ValueError:
                    return self.default
            case _:
                return text


def _node(value: Any) -> Any:
    """Return the node written as ``[type, {attribute: value}, child, ...]``."""
    if isinstance(value, Node):
        return value
    match value:
        case [str(type), dict(attributes), *children]:
            pairs = tuple((str(name), str(text)) for name, text in attributes.items())
            return Node(type, pairs, tuple(_node(child) for child in children))
        case _:
            raise ValueError(f"{value!r} is not [type, {{attribute: value}}, child, ...]")


class Entry(Frozen):
    """One component type.

    Parameters
    ----------
    binary
        Name of its program.
    title, summary
        For people: a short name, and one line on what it does.
    role
        See `Role`.
    icon
        Name of an icon of the app.
    provides
        Services it offers.
    requires
        Services it cannot work without, besides those every component gets
        (PD, CPU, ROM, LOG).
    ram, caps
        Sensible quotas.
    config
        Child configuration of a new component, in YAML nested lists
        ``[type, {attribute: value}, child, ...]``.
    parameters
        What its configuration can say.
    workload
        Model that stands for it in a simulation; None for one that idles.
    guest
        Program that stands for it on a real kernel; None where there is none.
    starts_children
        Whether its configuration is an `init` configuration of its own.
    in_palette
        Whether the app offers it to drag in.
    """

    binary: str = Field(min_length=1)
    title: str = Field(min_length=1)
    summary: str = ""
    role: Role = "system"
    icon: str = "component"
    provides: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    ram: Amount
    caps: int = Field(default=100, ge=0)
    config: (
        Annotated[
            InstanceOf[Node],
            BeforeValidator(_node, json_schema_input_type=list[str | dict[str, Any] | list[Any]]),
        ]
        | None
    ) = None
    parameters: tuple[ConfigParameter, ...] = ()
    workload: str | None = None
    guest: Guest | None = None
    starts_children: bool = False
    in_palette: bool = True

    def component(
        self, id: str, name: str, providers: Mapping[str, str] | None = None
    ) -> Component:
        """Return a sensible new component of this type.

        Parameters
        ----------
        id, name
            Of the new component.
        providers
            Names of the components that offer a required service, by service;
            they win over the usual names, such as ``timer`` for Timer.
        """
        known = _USUAL_PROVIDERS | dict(providers or {})
        required = tuple(
            RouteRule(service=service, targets=(Target(kind="child", child=known[service]),))
            for service in self.requires
            if service in known
        )
        anything = RouteRule(targets=(Target(kind="parent"), Target(kind="any-child")))
        return Component(
            id=id,
            name=name,
            binary=None if name == self.binary else self.binary,
            ram_bytes=self.ram,
            caps=self.caps,
            provides=self.provides,
            route=(*required, anything),
            config=self.config,
        )

    def values(self, component: Component, syntax: Syntax = "xml") -> dict[str, Parameter]:
        """Return the values of this type's parameters in a component's configuration."""
        return {p.name: p.value(component.config, syntax) for p in self.parameters}


@dataclass(frozen=True)
class Catalogue:
    """All known component types, by binary."""

    entries: Mapping[str, Entry]

    def entry(self, binary: str) -> Entry | None:
        """Return what is known of a binary, or None."""
        return self.entries.get(binary)

    def palette(self) -> tuple[Entry, ...]:
        """Return the entries that the app offers to drag in."""
        return tuple(entry for entry in self.entries.values() if entry.in_palette)


def catalogue() -> Catalogue:
    """Return the shipped and the user's component types.

    Files are read once per process and folder.

    Raises
    ------
    workbench.errors.InputError
        If a file of the user is not a catalogue file.
    """
    return _catalogue(os.environ.get("WORKBENCH_HOME"))


@lru_cache
def _catalogue(_home: str | None) -> Catalogue:
    """Return the catalogue of a home; asked for too often to look at the disk each time."""
    own = data_folder() / "catalogue"
    entries: dict[str, Entry] = {}
    for folder in (SHIPPED, own):
        for file in sorted(folder.glob("*.yaml")):
            entries |= {entry.binary: entry for entry in _entries(file)}
    return Catalogue(entries)


def _entries(file: Path) -> list[Entry]:
    try:
        content: Any = read_yaml(file)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = Location(str(file), mark.line + 1 if mark else None)
        raise InputError("This is not YAML.", "Mend the line or remove the file.", place) from None
    if not isinstance(content, list):
        raise InputError(
            "A catalogue file is a list of component types.",
            'Begin each with "- binary: NAME".',
            Location(str(file)),
        )
    try:
        return [Entry.model_validate(entry) for entry in content]
    except ValidationError as refusal:
        first = refusal.errors()[0]
        element = ".".join(map(str, first["loc"]))
        raise InputError(
            f"A component type cannot be read: {first['msg']}.",
            f"It may have: {', '.join(Entry.model_fields)}.",
            Location(str(file), element=element or None),
        ) from None
