"""What an `init` configuration means: from its node tree to a scenario, and back.

Shared by every syntax. Reading and writing form a lens:

- ``write(read(node)) == node``: what was not edited comes back as written, with
  every comment, unknown node, attribute and switched-off component in place.
- ``read(write(scenario))`` says what the scenario says, see `plain`; where fields
  and form disagree, the fields win, and only what changed is rewritten.

A placement rule cannot be said in these words; its rectangle is written.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.scenario.catalogue import catalogue
from workbench.scenario.layout import last, layout, placeholder, read_globals
from workbench.scenario.model import AffinitySpace, Component, Scenario
from workbench.scenario.placement import placed
from workbench.scenario.release import Profile
from workbench.scenario.start_node import read_start, start_node
from workbench.scenario.tree import Content, Node
from workbench.scenario.vocabulary import Syntax, read_services, whole_number

__all__ = [
    "Profile",
    "has_children",
    "inner",
    "inner_scenario",
    "plain",
    "read",
    "with_inner",
    "write",
]


def read(node: Node, syntax: Syntax = "xml", profile: Profile | None = None) -> Scenario:
    """Return the scenario that a ``config`` node describes.

    Numbers are read as Genode reads them, malformed ones included. The id of a
    component is its name where that is unique, else the name with ``~2``,
    ``~3`` and so on; nameless ones are ``unnamed~1``, ``unnamed~2``. `profile` is
    what the scenario remembers of how it was spelled.
    """
    settings = read_globals(node, syntax)
    space = settings.space or AffinitySpace()
    starts = list(node.nodes("start", disabled=True))
    ids = _ids([start.get("name") for start in starts])
    parent = last(node, "parent-provides")
    return Scenario(
        space=settings.space,
        prio_levels=whole_number(node.get("prio_levels"), 0, syntax, signed=True),
        parent_provides=read_services(parent) if parent else (),
        default_route=settings.default_route,
        default_caps=settings.default_caps,
        default_ram_bytes=settings.default_ram_bytes,
        components=tuple(
            read_start(start, id, space, syntax) for start, id in zip(starts, ids, strict=True)
        ),
        form=node.with_content(_with_placeholders(node.content, ids)),
        profile=profile,
    )


def write(
    scenario: Scenario, profile: Profile = "xml-classic", syntax: Syntax | None = None
) -> Node:
    """Return the ``config`` node of a scenario.

    What has a form keeps it; `profile` says how new things are spelled. `syntax`
    is the one that the form was read in, by default the profile's.
    """
    syntax = syntax or ("hid" if profile == "hid" else "xml")
    space = scenario.effective_space
    components = {component.id: component for component in placed(scenario).components}

    def item(content: Content) -> Content:
        if isinstance(content, Node) and content.type == "start":
            component = components[content.get("component") or ""]
            return start_node(component, space, profile, syntax)
        return content

    frame = layout(scenario, syntax)
    return frame.with_content(tuple(map(item, frame.content)))


def plain(scenario: Scenario) -> Scenario:
    """Return what a scenario says, without how it was written: no forms, ids as `read` gives."""
    ids = _ids([component.name for component in scenario.components])
    components = zip(scenario.components, ids, strict=True)
    return scenario.but(
        components=tuple(component.but(id=id, form=None) for component, id in components),
        form=None,
        profile=None,
        boot=None,
    )


def inner(component: Component, syntax: Syntax = "xml") -> Scenario | None:
    """Return the scenario inside a component that is an `init` of its own, else None.

    Such a component has an inline configuration, and either the catalogue knows
    its binary to start children, or the configuration has both
    ``parent-provides`` and ``start`` nodes.

    Parameters
    ----------
    component
        Whose configuration to read.
    syntax
        The one that the inner `init` gets its configuration in. Since 25.08 that
        is HID, however the file is written (measured); it matters to malformed
        numbers only.
    """
    return inner_scenario(component.program, component.config, syntax)


def inner_scenario(program: str, config: Node | None, syntax: Syntax) -> Scenario | None:
    """Return the scenario in the configuration of a program; see `inner`."""
    return read(config, syntax) if config is not None and has_children(program, config) else None


def has_children(program: str, config: Node) -> bool:
    """Whether a program is an `init` of its own, by the catalogue or its configuration."""
    entry = catalogue().entry(program)
    if entry is not None and entry.starts_children:
        return True
    starts = next(config.nodes("start", disabled=True), None)
    return starts is not None and config.first("parent-provides") is not None


def with_inner(
    component: Component,
    scenario: Scenario,
    profile: Profile = "xml-classic",
    syntax: Syntax | None = None,
) -> Component:
    """Return a component with another scenario inside; see `inner` and `write`."""
    return component.but(config=write(scenario, profile, syntax))


def _ids(names: Sequence[str | None]) -> list[str]:
    taken = {name for name in names if name}
    met: set[str] = set()
    ids = []
    for name in names:
        if name and name not in met:
            met.add(name)
            ids.append(name)
            continue
        number = 2 if name else 1
        while (id := f"{name or 'unnamed'}~{number}") in taken:
            number += 1
        taken.add(id)
        ids.append(id)
    return ids


def _with_placeholders(content: tuple[Content, ...], ids: Sequence[str]) -> tuple[Content, ...]:
    coming = iter(ids)
    return tuple(
        placeholder(next(coming)) if isinstance(item, Node) and item.type == "start" else item
        for item in content
    )
