"""The shape of the workbench's own file: its keys, and how they map to the models.

The shape is version 1 of the file format. It is kept apart from the models so
that these can change without breaking files. Its JSON Schema is
``workbench/data/schema/experiment-1.json``; after a change here, write it anew
with ``python -m workbench.formats.yaml_schema``.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from workbench.scenario import init_config
from workbench.scenario.boot import Boot
from workbench.scenario.experiment import Experiment, Parameter, Variant
from workbench.scenario.model import (
    AffinitySpace,
    Amount,
    Component,
    PlacementRule,
    Rectangle,
    RouteRule,
    Scenario,
    Target,
)
from workbench.scenario.release import Profile
from workbench.scenario.tree import Comment, Content, Node, Text

__all__ = ["VERSION", "ExperimentShape", "default_ids", "is_text"]

VERSION = 1
"""Version of the file format that is written; older ones are read too."""

_NUMBERS = frozenset(
    (
        *("width", "height", "x", "y", "leave", "nodes", "ram", "caps", "priority"),
        *("prio-levels", "enabled", "timeout-s"),
    )
)


def is_text(path: tuple[str | int, ...]) -> bool:
    """Whether the scalar at a path is text even if it looks like a number or truth value.

    In a scenario all is text but a few numbers; so ``quantum: 010`` in a child's
    configuration stays as it is written.
    """
    return path[:1] == ("scenario",) and ("attributes" in path or path[-1] not in _NUMBERS)


class _Shape(BaseModel):
    """Base of all shapes: keys in kebab-case, unknown ones refused, nothing converted."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        alias_generator=lambda name: name.replace("_", "-"),
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, data: Any) -> Any:
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in data if isinstance(data, dict) else ():
            if key not in known:
                close = get_close_matches(key, known, 1)
                raise PydanticCustomError(
                    "unknown_key",
                    "{what}",
                    {
                        "what": f'The key "{key}" is not known here.',
                        "remedy": f'Did you mean "{close[0]}"?'
                        if close
                        else f"Known are: {', '.join(known)}.",
                        "key": key,
                    },
                )
        return data


def _pairs(value: Any) -> Any:
    if isinstance(value, dict):
        value = [[name, text] for name, text in value.items()]
    if isinstance(value, list):
        for pair in value:
            if not (isinstance(pair, list) and [type(part) for part in pair] == [str, str]):
                raise ValueError("An attribute is a name and a text. Put the text in quotes.")
        return [tuple(pair) for pair in value]
    return value


_Attributes = Annotated[
    list[tuple[str, str]],
    BeforeValidator(
        _pairs,
        json_schema_input_type=dict[str, str | int | float | bool]
        | list[Annotated[list[str | int | float | bool], Field(min_length=2, max_length=2)]],
    ),
    Field(description="Names and texts; a list of pairs where a name occurs twice."),
]


class _ContentShape(_Shape):
    """Part of a configuration: a node, a comment, or text."""

    node: str | None = Field(None, description="A node: its type, for example vfs.")
    attributes: _Attributes = []
    content: list[_ContentShape] = Field([], description="What the node contains, in order.")
    enabled: bool = Field(True, description="false for a node that is switched off.")
    comment: str | None = Field(None, description="A comment: its text.")
    text: str | None = Field(None, description="Text between nodes.")

    @model_validator(mode="after")
    def _is_one_thing(self) -> _ContentShape:
        if [self.node, self.comment, self.text].count(None) != 2:
            raise ValueError("This is not one thing. Write one of: node, comment, text.")
        if self.node is None and self.model_fields_set - {"comment", "text"}:
            raise ValueError("Only a node has attributes, content or enabled. Take them out.")
        return self

    def item(self) -> Content:
        if self.comment is not None:
            return Comment(self.comment)
        if self.text is not None:
            return Text(self.text)
        return self.tree()

    def tree(self) -> Node:
        assert self.node is not None
        content = tuple(part.item() for part in self.content)
        return Node(self.node, tuple(self.attributes), content, self.enabled)


def _node_of_type(type: str) -> AfterValidator:
    def check(shape: _ContentShape) -> _ContentShape:
        if shape.node != type:
            raise ValueError(f"This has to be a {type} node. Write node: {type}.")
        return shape

    return AfterValidator(check)


_ConfigShape = Annotated[_ContentShape, _node_of_type("config")]
_StartShape = Annotated[_ContentShape, _node_of_type("start")]


class _RectangleShape(_Shape):
    """Cells of the affinity space, counted from 0."""

    x: int
    y: int = 0
    width: int = Field(ge=0)
    height: int = Field(1, ge=0)

    def rectangle(self) -> Rectangle:
        return Rectangle(x=self.x, y=self.y, width=self.width, height=self.height)


class _SpaceShape(_Shape):
    """The affinity space: columns and rows of CPU cores."""

    width: int = Field(1, ge=0)
    height: int = Field(1, ge=0)


class _PlacementShape(_Shape):
    """A rule from which the rectangles of all components that carry it follow."""

    rule: str = Field(description="For example time-share or partition-evenly.")
    leave: int = Field(0, ge=0, description="Leading columns left to the system.")
    group: str = Field("", description="Tells apart groups that have equal rules.")
    nodes: int = Field(1, ge=1, description="NUMA nodes, for rules that look at them.")

    def placement(self) -> PlacementRule:
        return PlacementRule(rule=self.rule, leave=self.leave, group=self.group, nodes=self.nodes)


class _TargetShape(_Shape):
    """Where a request goes: parent, any-child, or {child: NAME}."""

    target: Literal["parent", "child", "any-child"] | None = None
    child: str | None = None
    label: str | None = None
    attributes: _Attributes = []

    @model_validator(mode="after")
    def _goes_somewhere(self) -> _TargetShape:
        if self.target is None and self.child is None:
            raise ValueError("The target is missing. Write parent, any-child or {child: NAME}.")
        return self

    def route_target(self) -> Target:
        return Target(
            kind=self.target or "child",
            child=self.child,
            label=self.label,
            attributes=tuple(self.attributes),
        )


def _spelled_target(value: Any) -> Any:
    return {"target": value} if isinstance(value, str) else value


class _RuleShape(_Shape):
    """One rule of a route; without a service it matches any service."""

    service: str | None = None
    label: str | None = None
    label_prefix: str | None = None
    label_suffix: str | None = None
    label_last: str | None = None
    unscoped_label: str | None = None
    to: list[
        Annotated[
            _TargetShape,
            BeforeValidator(
                _spelled_target,
                json_schema_input_type=Literal["parent", "any-child", "child"] | _TargetShape,
            ),
        ]
    ] = []

    def rule(self) -> RouteRule:
        return RouteRule(
            service=self.service,
            label=self.label,
            label_prefix=self.label_prefix,
            label_suffix=self.label_suffix,
            label_last=self.label_last,
            unscoped_label=self.unscoped_label,
            targets=tuple(target.route_target() for target in self.to),
        )


class _DefaultShape(_Shape):
    """Quotas of components that name none."""

    caps: int | None = Field(None, ge=0)
    ram: Amount | None = None


class _ComponentShape(_Shape):
    """One component that init may start."""

    id: str | None = Field(None, description="Where it differs from the name.")
    name: str | None = None
    enabled: bool = Field(True, description="false for a component that is switched off.")
    binary: str | None = Field(None, description="Where it differs from the name.")
    ram: Amount | None = None
    caps: int | None = Field(None, ge=0)
    priority: int | None = None
    provides: list[str] = []
    affinity: _RectangleShape | None = None
    placement: _PlacementShape | None = None
    route: list[_RuleShape] | None = None
    config: _ConfigShape | None = Field(None, description="The component's own configuration.")
    form: _StartShape | None = Field(
        None, description="The start node as it was imported, where the other keys do not say all."
    )

    @model_validator(mode="after")
    def _has_one_place(self) -> _ComponentShape:
        if self.affinity is not None and self.placement is not None:
            raise ValueError("A component has either an affinity or a placement. Keep one of them.")
        return self

    def component(self, default_id: str) -> Component:
        return Component(
            id=default_id if self.id is None else self.id,
            name=self.name,
            binary=self.binary,
            enabled=self.enabled,
            ram_bytes=self.ram,
            caps=self.caps,
            priority=self.priority,
            affinity=self.affinity.rectangle()
            if self.affinity
            else self.placement and self.placement.placement(),
            provides=tuple(self.provides),
            route=_rules(self.route),
            config=self.config and self.config.tree(),
            form=self.form and self.form.tree(),
        )


def _rules(shapes: list[_RuleShape] | None) -> tuple[RouteRule, ...] | None:
    return None if shapes is None else tuple(shape.rule() for shape in shapes)


class _BootShape(_Shape):
    """How Genode's run tool builds and boots the scenario."""

    build: list[str] = Field([], description="Targets to build.")
    modules: list[str] | None = Field(None, description="Boot modules.")
    qemu_args: str = Field("", description="Arguments for QEMU.")
    stop_pattern: str | None = Field(None, description="Output that ends the run.")
    timeout_s: int | None = Field(None, ge=0, description="Seconds to wait for it.")
    script: str | None = Field(None, description="The run script it was imported from.")

    def boot(self) -> Boot:
        return Boot(
            build=tuple(self.build),
            modules=None if self.modules is None else tuple(self.modules),
            qemu_args=self.qemu_args,
            stop_pattern=self.stop_pattern,
            timeout_s=self.timeout_s,
            script=self.script,
        )


class _ScenarioShape(_Shape):
    """What init is asked to start, and where."""

    space: _SpaceShape | None = None
    prio_levels: int = 0
    parent_provides: list[str] = []
    default_route: list[_RuleShape] | None = None
    default: _DefaultShape = _DefaultShape()
    components: list[_ComponentShape] = []
    form: _ConfigShape | None = Field(
        None, description="The config node as it was imported, where the other keys do not say all."
    )
    profile: Profile | None = Field(None, description="How the imported forms are spelled.")
    boot: _BootShape | None = None

    @model_validator(mode="after")
    def _form_has_places(self) -> _ScenarioShape:
        for part in self.form.content if self.form else ():
            if part.node == "start" and "component" not in dict(part.attributes):
                raise ValueError(
                    "A start node in the form of a scenario holds the place of a component. "
                    "Give it the attribute component: ID, or take it out."
                )
        return self

    def scenario(self) -> Scenario:
        ids = default_ids(shape.name for shape in self.components)
        components = (s.component(id) for s, id in zip(self.components, ids, strict=True))
        return Scenario(
            space=self.space and AffinitySpace(width=self.space.width, height=self.space.height),
            prio_levels=self.prio_levels,
            parent_provides=tuple(self.parent_provides),
            default_route=_rules(self.default_route),
            default_caps=self.default.caps,
            default_ram_bytes=self.default.ram,
            components=tuple(components),
            form=self.form and self.form.tree(),
            profile=self.profile,
            boot=self.boot and self.boot.boot(),
        )


def default_ids(names: Iterable[str | None]) -> list[str]:
    """Return the ids of components that are only named, as reading a configuration gives them."""
    starts = (Node("start", () if name is None else (("name", name),)) for name in names)
    scenario = init_config.read(Node("config", content=tuple(starts)))
    return [component.id for component in scenario.components]


class _VariantShape(_Shape):
    """A named change of the scenario."""

    name: str = Field(min_length=1)
    title: str = ""
    instances: int | None = Field(None, ge=1, description="Number of measured components.")
    placement: _PlacementShape | None = None
    components: list[str] | None = Field(
        None, description="Ids of the components to place; all measured ones where left out."
    )
    affinity: dict[str, _RectangleShape] = Field({}, description="Rectangles by component id.")
    parameters: dict[str, Parameter] = {}

    def variant(self) -> Variant:
        return Variant(
            name=self.name,
            title=self.title,
            instances=self.instances,
            placement=self.placement and self.placement.placement(),
            components=None if self.components is None else tuple(self.components),
            affinity={id: shape.rectangle() for id, shape in self.affinity.items()},
            parameters=self.parameters,
        )


class ExperimentShape(_Shape):
    """An experiment: a scenario, variants to compare, workloads, and how to run them."""

    workbench: Literal[1] = Field(description="Version of the file format.")
    name: str = Field(min_length=1)
    title: str = ""
    description: str = ""
    scenario: _ScenarioShape
    variants: list[_VariantShape] = []
    workloads: list[str] = ["insert", "lookup"]
    backend: str = "simulated"
    replications: int = Field(10, ge=1)
    half_width: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Repeat in batches until every 95 % interval is this narrow; 0.05 is 5 %.",
    )
    max_replications: int = Field(
        100, ge=1, description="Stop repeating here, however wide the intervals are."
    )
    seed: int = Field(1, ge=0)
    parameters: dict[str, Parameter] = {}

    def experiment(self) -> Experiment:
        """Return what the file says."""
        return Experiment(
            name=self.name,
            title=self.title,
            description=self.description,
            scenario=self.scenario.scenario(),
            variants=tuple(shape.variant() for shape in self.variants),
            workloads=tuple(self.workloads),
            backend=self.backend,
            replications=self.replications,
            half_width=self.half_width,
            max_replications=self.max_replications,
            seed=self.seed,
            parameters=self.parameters,
        )
