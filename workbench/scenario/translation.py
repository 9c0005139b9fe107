"""What the releases of Genode spell differently: a configuration from one profile to another.

22.02 gives a child its RAM with a ``resource`` node and ignores ``ram=``; since 25.02
``ram=`` is usual, and the schema of HID knows nothing else. Here the one becomes the
other, in nested inits too. A node is translated only if the way back leads to the same
node, so nothing is lost on a round trip; what has no counterpart is kept as it is,
where `init` ignores it, and named by `remarks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from workbench.scenario.init_config import has_children
from workbench.scenario.layout import last
from workbench.scenario.release import Profile
from workbench.scenario.splice import replaced
from workbench.scenario.tree import Content, Node
from workbench.scenario.vocabulary import amount

__all__ = ["relies_on_ram_attributes", "remarks", "translated"]

_TARGETS = ("parent", "child", "any-child")
_TARGET_WORDS = ("identity", "resource", "prepend_resource")
"""Attributes of route targets since 25.02."""


def translated(config: Node, source: Profile | None, target: Profile) -> Node:
    """Return a ``config`` node as another profile spells it; a `source` of None is left alone."""
    if source is None or _is_classic(source) == _is_classic(target):
        return config
    return _everywhere(config, _with_resource if _is_classic(target) else _with_attribute)


def relies_on_ram_attributes(config: Node) -> bool:
    """Whether an `init` before 25.02 would give some child no RAM."""
    default_ram = _default_ram(config)
    for start in config.nodes("start", disabled=True):
        if not _rams(start) and (start.get("ram") is not None or default_ram is not None):
            return True
        inside = _inner_config(start)
        if inside is not None and relies_on_ram_attributes(inside):
            return True
    return False


def remarks(config: Node, target: Profile) -> tuple[str, ...]:
    """Return what the releases of a profile make nothing of, as short noun phrases.

    Parameters
    ----------
    config
        As it is written in the profile, see `translated`.
    target
        The profile.
    """
    found: list[str] = []
    for path, start in _starts(config):
        if _is_classic(target):
            for heartbeat in start.nodes("heartbeat"):
                if heartbeat.get("restart_after_skipped") is not None:
                    found.append(f"restart_after_skipped of {path} (known since 25.11)")
        else:
            if _rams(start):
                found.append(
                    f"resource node of {path} (init takes it; the schema of 26.02 asks for ram=)"
                )
            if any(node.get("name") == "CPU" for node in start.nodes("resource")):
                found.append(f"CPU quantum of {path} (without effect since 25.11)")
    for path, node in _route_targets(config):
        if _is_classic(target) and (words := _new_words(node)):
            found.append(f"{', '.join(words)} in a route of {path} (known since 25.02)")
        if target == "hid" and node.get("diag") is not None:
            found.append(f"diag in a route of {path} (gone since 26.02)")
    return tuple(dict.fromkeys(found))


def _is_classic(profile: Profile) -> bool:
    return profile == "xml-classic"


# RAM ----------------------------------------------------------------------


def _rams(start: Node) -> list[Node]:
    return [node for node in start.nodes("resource") if node.get("name") == "RAM"]


def _default_ram(config: Node) -> str | None:
    default = last(config, "default")
    return default.get("ram") if default else None


def _with_attribute(start: Node, default_ram: str | None) -> Node:
    """Return a start node with ``ram=`` in place of its resource node, if that can be undone."""
    rams = _rams(start)
    if len(rams) != 1:
        return start
    text = rams[0].get("quantum")
    if text is None or amount(text, None, "hid") != amount(text, None, "xml"):
        return start  # malformed; HID would read it otherwise
    if start.get("ram") is not None:
        new = replaced(start, rams[0], None) if start.get("ram") == text else start
    else:
        new = _attribute_for_node(start, default_ram)
    return new if _with_resource(new, default_ram) == start else start


def _with_resource(start: Node, default_ram: str | None) -> Node:
    """Return a start node with a resource node in place of ``ram=`` or of the default.

    Where the way back would lead elsewhere (another order of attributes, an amount that
    is the default anyhow), ``ram=`` stays as well; an `init` that knows it warns.
    """
    text = start.get("ram", default_ram)
    if text is None or _rams(start):
        return start
    new = _node_for_attribute(start, text)
    if _attribute_for_node(new, default_ram) == start:
        return new
    return start.with_content(new.content)


def _attribute_for_node(start: Node, default_ram: str | None) -> Node:
    """Return a start node with ``ram=`` behind ``caps`` or the name; none if it is the default."""
    (ram,) = _rams(start)
    text = ram.get("quantum")
    new = replaced(start, ram, None)
    if text is None or text == default_ram:
        return new
    names = [name for name, _ in new.attributes]
    place = next((names.index(name) + 1 for name in ("caps", "name") if name in names), 0)
    attributes = (*new.attributes[:place], ("ram", text), *new.attributes[place:])
    return replace(new, attributes=attributes)


def _node_for_attribute(start: Node, text: str) -> Node:
    """Return a start node with a resource node first, or behind binary and affinity."""
    new = Node("resource", (("name", "RAM"), ("quantum", text)))
    content = start.content
    place = next((i for i, item in enumerate(content) if isinstance(item, Node)), 0)
    while place < len(content) and _comes_first(content[place]):
        place += 1
    start = start.with_attribute("ram", None)
    return start.with_content((*content[:place], new, *content[place:]))


def _comes_first(item: Content) -> bool:
    return isinstance(item, Node) and item.enabled and item.type in ("binary", "affinity")


# Walking ------------------------------------------------------------------


def _everywhere(config: Node, change: Callable[[Node, str | None], Node]) -> Node:
    """Return a configuration with every start node changed, those of nested inits too."""
    default_ram = _default_ram(config)

    def item(content: Content) -> Content:
        if not isinstance(content, Node) or content.type != "start":
            return content
        if (inside := _inner_config(content)) is not None:
            content = replaced(content, inside, _everywhere(inside, change))
        return change(content, default_ram)

    return config.with_content(tuple(map(item, config.content)))


def _inner_config(start: Node) -> Node | None:
    """Return the configuration of a nested `init`, else None."""
    config, binary = start.first("config"), start.first("binary")
    program = (binary.get("name") if binary else None) or start.get("name") or ""
    return config if config is not None and has_children(program, config) else None


def _starts(config: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    """Yield every start node with its label path."""
    for start in config.nodes("start", disabled=True):
        here = path + (start.get("name") or "(unnamed)")
        yield here, start
        if (inside := _inner_config(start)) is not None:
            yield from _starts(inside, f"{here} -> ")


def _route_targets(config: Node) -> Iterator[tuple[str, Node]]:
    """Yield every target of every route, with whose it is."""
    routes = [("the default route", node) for node in config.nodes("default-route")]
    routes += [(path, route) for path, start in _starts(config) for route in start.nodes("route")]
    for path, route in routes:
        for rule in route.nodes():
            yield from ((path, node) for node in rule.nodes() if node.type in _TARGETS)


def _new_words(target: Node) -> list[str]:
    return [word for word in _TARGET_WORDS if target.get(word) is not None]
