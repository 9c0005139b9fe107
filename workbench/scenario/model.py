"""The scenario: what a Genode `init` is asked to start, and where.

All classes are immutable and know no syntax. A change makes a new scenario.
Facts that follow from others (rectangles of placement rules, predicted
starts, problems) are functions elsewhere on this floor, never fields.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, InstanceOf, model_validator

from workbench.scenario.boot import ARTIFACTS, Boot
from workbench.scenario.frozen import Frozen
from workbench.scenario.release import Profile
from workbench.scenario.tree import Node
from workbench.scenario.units import parse_amount

__all__ = [
    "AffinitySpace",
    "Amount",
    "Component",
    "Frozen",
    "PlacementRule",
    "Rectangle",
    "RouteRule",
    "Scenario",
    "Target",
]


Amount = Annotated[
    int,
    BeforeValidator(parse_amount, json_schema_input_type=str | int),
    Field(ge=0, description="Bytes, as 80G, 16M, 4K or a whole number."),
]
"""Bytes; accepts ``80G`` as people write it."""


class Rectangle(Frozen):
    """A rectangle of cells of an affinity space; `x`, `y` count from 0.

    It may lie outside its space: what `init` does then is for the checks to say.
    """

    x: int = 0
    y: int = 0
    width: int = Field(default=1, ge=0)
    height: int = Field(default=1, ge=0)

    def cells(self) -> tuple[tuple[int, int], ...]:
        """Return all ``(x, y)`` of the rectangle, row by row."""
        return tuple(
            (x, y)
            for y in range(self.y, self.y + self.height)
            for x in range(self.x, self.x + self.width)
        )


class AffinitySpace(Frozen):
    """Genode's two-dimensional space of CPU cores; `width` x `height` cells."""

    width: int = Field(default=1, ge=0)
    height: int = Field(default=1, ge=0)

    @property
    def whole(self) -> Rectangle:
        """The rectangle of all cells."""
        return Rectangle(width=self.width, height=self.height)

    def contains(self, rectangle: Rectangle) -> bool:
        """Whether a rectangle lies fully inside (an empty one does not)."""
        return (
            rectangle.x >= 0
            and rectangle.y >= 0
            and rectangle.width > 0
            and rectangle.height > 0
            and rectangle.x + rectangle.width <= self.width
            and rectangle.y + rectangle.height <= self.height
        )


class PlacementRule(Frozen):
    """A placement by rule instead of by rectangle.

    All enabled components that carry an equal rule form one group; their
    rectangles are derived from the rule, the space and the group's order (see
    `workbench.scenario.placement`), so a sweep over cores or instances keeps
    its meaning.

    Parameters
    ----------
    rule
        Name of a registered rule, for example ``time-share`` or
        ``partition-evenly``.
    leave
        Leading columns of the space left to the system.
    group
        Tells apart two groups that would have equal rules.
    nodes
        NUMA nodes of equally many columns, for rules that look at them.
    """

    rule: str
    leave: int = Field(default=0, ge=0)
    group: str = ""
    nodes: int = Field(default=1, ge=1)


class Target(Frozen):
    """Where a matching session request goes: the parent, one child, or any child."""

    kind: Literal["parent", "child", "any-child"]
    child: str | None = None
    label: str | None = None
    attributes: tuple[tuple[str, str], ...] = Field(
        default=(), description="Further attributes, kept as written."
    )


class RouteRule(Frozen):
    """One rule of a route; `service` None means any service."""

    service: str | None = None
    label: str | None = None
    label_prefix: str | None = None
    label_suffix: str | None = None
    label_last: str | None = None
    unscoped_label: str | None = None
    targets: tuple[Target, ...] = ()


class Component(Frozen):
    """One component that `init` may start.

    Parameters
    ----------
    id
        Stable identity inside the workbench; survives renaming. Unlike names,
        ids are unique.
    name
        Name of the start node; None where the configuration gives none.
    binary
        Program to load; None means the one called like the component.
    enabled
        False for a component that is switched off.
    ram_bytes, caps
        Quotas; None where not given.
    priority
        0 or negative; None where not given.
    affinity
        Rectangle, placement rule, or None (the whole space).
    provides
        Names of the services it offers to its siblings.
    route
        Session routes; None means the default route applies.
    config
        The child's own configuration.
    form
        The start node as its author wrote it, where there is one. The fields
        above win; the form only keeps what they cannot say: unknown nodes and
        attributes, comments, order.
    """

    id: str
    name: str | None = None
    binary: str | None = None
    enabled: bool = True
    ram_bytes: Amount | None = None
    caps: int | None = Field(default=None, ge=0)
    priority: int | None = None
    affinity: Rectangle | PlacementRule | None = None
    provides: tuple[str, ...] = ()
    route: tuple[RouteRule, ...] | None = None
    config: InstanceOf[Node] | None = None
    form: InstanceOf[Node] | None = Field(default=None, repr=False)

    @property
    def program(self) -> str:
        """Name of the binary that is loaded."""
        return self.binary or self.name or ""

    @property
    def label(self) -> str:
        """Name to show to people."""
        return self.name or "(unnamed)"


class Scenario(Frozen):
    """One `init` configuration.

    Parameters
    ----------
    space
        Affinity space; None where the configuration names none (`init` then
        takes 1x1).
    prio_levels
        Number of priority levels; 0 disables priorities.
    parent_provides
        Services that may be routed to the parent; of several nodes the last counts
        (Genode's ``list_model.h`` and ``config_model.cc``; not measured).
    default_route
        Used by components without a route of their own.
    default_caps, default_ram_bytes
        Quotas of components that name none.
    components
        In document order.
    form
        The ``config`` node as written, with a ``start`` node that carries
        nothing but the attribute ``component`` (an id) in the place of each
        component. The fields win; see `Component`.
    profile
        The spelling of the form, where it was read from a configuration.
    boot
        How Genode's run tool builds and boots it, where a run script says so.
    """

    space: AffinitySpace | None = None
    prio_levels: int = 0
    parent_provides: tuple[str, ...] = ()
    default_route: tuple[RouteRule, ...] | None = None
    default_caps: int | None = Field(default=None, ge=0)
    default_ram_bytes: Amount | None = None
    components: tuple[Component, ...] = ()
    form: InstanceOf[Node] | None = Field(default=None, repr=False)
    profile: Profile | None = None
    boot: Boot | None = None

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Scenario:
        ids = [component.id for component in self.components]
        if len(set(ids)) != len(ids):
            twice = sorted({i for i in ids if ids.count(i) > 1})
            raise ValueError(f"component ids must be unique; used twice: {', '.join(twice)}")
        return self

    @property
    def effective_space(self) -> AffinitySpace:
        """The affinity space that `init` uses: 1x1 where none is given."""
        return self.space or AffinitySpace()

    @property
    def boot_modules(self) -> tuple[str, ...] | None:
        """Names of all boot modules; None where they are not known."""
        modules = self.boot.modules if self.boot else None
        return None if modules is None or ARTIFACTS in modules else modules

    def component(self, id: str) -> Component:
        """Return the component with an id; `KeyError` if there is none."""
        for component in self.components:
            if component.id == id:
                return component
        raise KeyError(id)

    def named(self, name: str) -> Component | None:
        """Return the first component with a name, or None."""
        return next((c for c in self.components if c.name == name), None)

    def replaced(self, id: str, change: Callable[[Component], Component]) -> Scenario:
        """Return a scenario in which one component is replaced by ``change(component)``."""
        self.component(id)
        return self.but(components=tuple(change(c) if c.id == id else c for c in self.components))
