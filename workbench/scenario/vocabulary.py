"""The words of `init`'s configuration, one by one: from a node to its meaning and back.

Sources: Genode's ``repos/os/src/lib/sandbox/{utils,child,config_model}`` and
``repos/base/include/base/affinity.h``; how malformed values are read was
measured on the real init.

Each ``..._node`` function takes the node that stood there before (or None) and
changes nothing in it that already says what is wanted.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal, TypeVar

from workbench.scenario.model import AffinitySpace, Rectangle, RouteRule, Target
from workbench.scenario.splice import spliced
from workbench.scenario.tree import Content, Node
from workbench.scenario.units import genode_amount

__all__ = [
    "NO",
    "YES",
    "Syntax",
    "affinity_node",
    "amount",
    "read_affinity",
    "read_route",
    "read_services",
    "read_space",
    "route_node",
    "services_node",
    "space_node",
    "whole_number",
]

D = TypeVar("D", int, None)

Syntax = Literal["xml", "hid"]
"""Which of Genode's parsers reads the text; they differ in malformed values."""

YES = ("yes", "true", "on", "1")
NO = ("no", "false", "off", "0")
"""What Genode reads as a yes and as a no."""

_XML_NUMBER = re.compile(r"(0x[0-9a-fA-F]+|\d+)(?:\.\d*)?")
_HID_NUMBER = re.compile(r"\s*(0x[0-9a-fA-F]+|\d+)\s*")
_AMOUNT = re.compile(r"\s*((?:0x[0-9a-fA-F]+|\d+)[KMG]?)\s*")
_LABELS = ("label", "label_prefix", "label_suffix", "label_last", "unscoped_label")


def whole_number(
    text: str | None, default: D, syntax: Syntax = "xml", *, signed: bool = False
) -> int | D:
    """Return the number that Genode reads from an attribute's text.

    A missing attribute gives the default; so does a malformed one in HID, while
    in XML it gives 0 (``1K``, ``+100``, `` 100``), except that ``100.5`` is 100.
    """
    if text is None:
        return default
    body = text[1:] if signed and text.startswith("-") else text
    match = (_XML_NUMBER if syntax == "xml" else _HID_NUMBER).fullmatch(body)
    if match is None:
        return 0 if syntax == "xml" else default
    value = int(match[1], 0) if match[1].startswith("0x") else int(match[1])
    return value if body is text else -value


def amount(text: str | None, default: D, syntax: Syntax = "xml") -> int | D:
    """Return the bytes that Genode reads from an attribute's text; see `whole_number`."""
    if text is None:
        return default
    if syntax == "xml":
        return genode_amount(text)
    match = _AMOUNT.fullmatch(text)
    return genode_amount(match[1]) if match else default


# --- affinity ---


def read_space(node: Node, syntax: Syntax = "xml") -> AffinitySpace:
    """Return the space that an ``affinity-space`` node declares."""
    return AffinitySpace(
        width=whole_number(node.get("width"), 1, syntax),
        height=whole_number(node.get("height"), 1, syntax),
    )


def space_node(space: AffinitySpace, old: Node | None, syntax: Syntax = "xml") -> Node:
    """Return the ``affinity-space`` node of a space."""
    if old is None:
        sizes = (("width", str(space.width)), ("height", str(space.height)))
        return Node("affinity-space", sizes)
    have = read_space(old, syntax)
    if have.width != space.width:
        old = old.with_attribute("width", str(space.width))
    if have.height != space.height:
        old = old.with_attribute("height", str(space.height))
    return old


def read_affinity(node: Node, space: AffinitySpace, syntax: Syntax = "xml") -> Rectangle:
    """Return the rectangle that an ``affinity`` node asks for.

    A missing width is 1 where ``xpos`` is given, else the whole width; the
    same holds for the height.
    """
    width = space.width if node.get("xpos") is None else 1
    height = space.height if node.get("ypos") is None else 1
    return Rectangle(
        x=whole_number(node.get("xpos"), 0, syntax, signed=True),
        y=whole_number(node.get("ypos"), 0, syntax, signed=True),
        width=whole_number(node.get("width"), width, syntax),
        height=whole_number(node.get("height"), height, syntax),
    )


def affinity_node(
    rectangle: Rectangle, space: AffinitySpace, old: Node | None, syntax: Syntax = "xml"
) -> Node:
    """Return the ``affinity`` node of a rectangle; rows only where there are several."""
    if old is None:
        columns = (("xpos", str(rectangle.x)), ("width", str(rectangle.width)))
        node = Node("affinity", columns)
        if read_affinity(node, space, syntax) == rectangle and space.height == 1:
            return node
        rows = (("ypos", str(rectangle.y)), ("height", str(rectangle.height)))
        return Node("affinity", (columns[0], rows[0], columns[1], rows[1]))
    # The positions first: whether they are given decides what a missing size means.
    for attribute, part in (("xpos", "x"), ("width", "width"), ("ypos", "y"), ("height", "height")):
        wanted = getattr(rectangle, part)
        if getattr(read_affinity(old, space, syntax), part) != wanted:
            old = old.with_attribute(attribute, str(wanted))
    return old


# --- services ---


def read_services(node: Node) -> tuple[str, ...]:
    """Return the names of the ``service`` nodes in ``provides`` or ``parent-provides``."""
    return tuple(service.get("name") or "" for service in node.nodes("service"))


def services_node(names: tuple[str, ...], old: Node) -> Node:
    """Return a ``provides`` or ``parent-provides`` node with exactly these services."""

    def meaning(item: Content) -> str | None:
        if isinstance(item, Node) and item.enabled and item.type == "service":
            return item.get("name") or ""
        return None

    def make(name: str, node: Node | None) -> Node:
        return (node or Node("service")).with_attribute("name", name)

    return old.with_content(spliced(old.content, meaning, names, make))


# --- routes ---


def read_route(node: Node) -> tuple[RouteRule, ...]:
    """Return the rules of a ``route`` or ``default-route`` node."""
    return tuple(rule for item in node.content if (rule := _read_rule(item)) is not None)


def route_node(rules: tuple[RouteRule, ...], old: Node) -> Node:
    """Return a ``route`` or ``default-route`` node with exactly these rules."""
    return old.with_content(spliced(old.content, _read_rule, rules, _rule_node))


def _read_rule(item: Content) -> RouteRule | None:
    if not isinstance(item, Node) or not item.enabled:
        return None
    if item.type not in ("service", "any-service"):
        return None
    return RouteRule(
        service=(item.get("name") or "") if item.type == "service" else None,
        targets=tuple(t for part in item.content if (t := _read_target(part)) is not None),
        **{label: item.get(label) for label in _LABELS},
    )


def _rule_node(rule: RouteRule, old: Node | None) -> Node:
    node = old or Node("service")
    node = replace(node, type="any-service" if rule.service is None else "service")
    if rule.service is None or rule.service != node.get("name"):
        node = node.with_attribute("name", rule.service)
    for label in _LABELS:
        if node.get(label) != getattr(rule, label):
            node = node.with_attribute(label, getattr(rule, label))
    return node.with_content(spliced(node.content, _read_target, rule.targets, _target_node))


def _read_target(item: Content) -> Target | None:
    if not isinstance(item, Node) or not item.enabled:
        return None
    if item.type == "child":
        return _target("child", item, child=item.get("name") or "")
    if item.type == "parent":
        return _target("parent", item)
    if item.type == "any-child":
        return _target("any-child", item)
    return None


def _target(
    kind: Literal["parent", "child", "any-child"], node: Node, child: str | None = None
) -> Target:
    known = ("label", "name") if child is not None else ("label",)
    others = tuple(pair for pair in node.attributes if pair[0] not in known)
    return Target(kind=kind, child=child, label=node.get("label"), attributes=others)


def _target_node(target: Target, old: Node | None) -> Node:
    attributes = list(target.attributes)
    if target.label is not None:
        attributes.insert(0, ("label", target.label))
    if target.child is not None:
        attributes.insert(0, ("name", target.child))
    content = old.content if old else ()
    return Node(target.kind, tuple(attributes), content, position=old.position if old else None)
