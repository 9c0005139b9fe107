"""Which node of a text is the configuration of `init`, in any syntax."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, Self, TypeVar

from workbench.errors import InputError, Location
from workbench.scenario.model import Scenario
from workbench.scenario.tree import Content, Node

__all__ = ["component_lines", "config_of"]


class _Piece(Protocol):
    """An item of content with its place in a text."""

    @property
    def item(self) -> Content: ...

    @property
    def text(self) -> str: ...

    @property
    def children(self) -> tuple[Self, ...]: ...


P = TypeVar("P", bound=_Piece)


def config_of(top: P, called: str) -> P:
    """Return the ``config`` node: the top node, or the first one with ``start`` nodes inside.

    Parameters
    ----------
    top
        The top node of the text.
    called
        What such a node looks like, for the message if there is none.
    """
    configs = list(_configs(top))
    for piece in configs:
        if any(_is_start(child) for child in piece.children):
            return piece
    if configs:
        return configs[0]
    raise InputError(
        f"There is no {called} node.",
        "Name a configuration of init: a config node with start nodes.",
        Location(line=1),
    )


def component_lines(config: _Piece, scenario: Scenario) -> dict[str, tuple[int, int]]:
    """Return the first and last line of each component's node, by id."""
    starts = [piece for piece in config.children if _is_start(piece)]
    lines = {}
    for component, piece in zip(scenario.components, starts, strict=True):
        assert isinstance(piece.item, Node)
        assert piece.item.position is not None
        first = piece.item.position.line
        lines[component.id] = (first, first + piece.text.count("\n"))
    return lines


def _configs(piece: P) -> Iterator[P]:
    if isinstance(piece.item, Node) and piece.item.enabled:
        if piece.item.type == "config":
            yield piece
        else:
            for child in piece.children:
                yield from _configs(child)


def _is_start(piece: _Piece) -> bool:
    return isinstance(piece.item, Node) and piece.item.type == "start"
