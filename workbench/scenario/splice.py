"""Editing a node's content so that it says something new and keeps the rest.

The tools of the lens between configuration nodes and the scenario's fields:
what already says what is wanted stays as its author wrote it, and what is
foreign (comments, unknown nodes) stays where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

from workbench.scenario.tree import Content, Node

__all__ = ["inserted", "replaced", "spliced"]

T = TypeVar("T", bound=Hashable)


def spliced(
    content: tuple[Content, ...],
    meaning: Callable[[Content], T | None],
    wanted: Sequence[T],
    make: Callable[[T, Node | None], Node],
) -> tuple[Content, ...]:
    """Return content whose meaningful items say exactly what is wanted, in that order.

    Parameters
    ----------
    content
        What is there.
    meaning
        What an item says, or None for an item that is to stay untouched.
    wanted
        What the items are to say.
    make
        Gives the node that says something, from the node that stood in its
        place (None for a new one).
    """
    places = [(i, said) for i, item in enumerate(content) if (said := meaning(item)) is not None]
    said_now = [said for _, said in places]
    if said_now == list(wanted):
        return content
    result: list[Content] = []
    copied = 0  # how far `content` has been copied

    def copy_to(end: int) -> None:
        nonlocal copied
        result.extend(content[copied:end])
        copied = end

    # New items at the very start go before what they precede; others follow their predecessor.
    for tag, a, b, c, d in SequenceMatcher(None, said_now, wanted, autojunk=False).get_opcodes():
        if tag == "insert" and a == 0 and places:
            copy_to(places[0][0])
        new = list(wanted[c:d])
        for index, _ in places[a:b]:
            copy_to(index)
            old = content[index]
            if tag == "equal":
                result.append(old)
            elif new:
                result.append(make(new.pop(0), old if isinstance(old, Node) else None))
            copied = index + 1
        if tag != "equal":
            if not places:
                copy_to(len(content))
            result.extend(make(item, None) for item in new)
    copy_to(len(content))
    return tuple(result)


def replaced(node: Node, old: Node, new: Node | None) -> Node:
    """Return a node with one child node (by identity) replaced, or removed for None."""
    content: list[Content] = []
    for item in node.content:
        if item is not old:
            content.append(item)
        elif new is not None:
            content.append(new)
    return node.with_content(tuple(content))


def inserted(node: Node, new: Node, order: Sequence[str], barrier: str | None = None) -> Node:
    """Return a node with a further child node where a person would write it.

    Parameters
    ----------
    node, new
        The parent, and its new child.
    order
        Types in their usual order; the new node goes after the last node of an
        earlier type (or its own), else before the first of a later type.
    barrier
        The new node has to stand before the first enabled node of this type.
    """
    rank = {type: position for position, type in enumerate(order)}
    content = node.content
    end = len(content)
    if barrier is not None:
        end = next((i for i, item in enumerate(content) if _is(item, barrier)), end)
    mine = rank[new.type]
    place = end
    ranks = [
        (i, rank[item.type])
        for i, item in enumerate(content[:end])
        if isinstance(item, Node) and item.type in rank
    ]
    if earlier := [i for i, other in ranks if other <= mine]:
        place = earlier[-1] + 1
    elif later := [i for i, other in ranks if other > mine]:
        place = later[0]
    return node.with_content((*content[:place], new, *content[place:]))


def _is(item: Content, type: str) -> bool:
    return isinstance(item, Node) and item.enabled and item.type == type
