"""An experiment as plain data in the shape of the workbench's own file.

The counterpart of `workbench.formats.yaml_shape`: what that reads, this gives,
in the order in which people read it, defaults left out.
"""

from __future__ import annotations

from typing import Any

from workbench.formats.yaml_shape import VERSION, default_ids
from workbench.scenario.boot import Boot
from workbench.scenario.experiment import Experiment, Variant
from workbench.scenario.model import (
    Component,
    PlacementRule,
    Rectangle,
    RouteRule,
    Scenario,
    Target,
)
from workbench.scenario.tree import Comment, Content, Node, Text
from workbench.scenario.units import format_amount

__all__ = ["plain"]

Plain = dict[str, Any]


def plain(experiment: Experiment) -> Plain:
    """Return an experiment as plain data."""
    return {
        "workbench": VERSION,
        "name": experiment.name,
        **_said(title=experiment.title, description=experiment.description),
        "scenario": _scenario(experiment.scenario),
        "variants": [_variant(variant) for variant in experiment.variants],
        "workloads": list(experiment.workloads),
        "backend": experiment.backend,
        "replications": experiment.replications,
        **_precision(experiment),
        "seed": experiment.seed,
        **_said(parameters=dict(experiment.parameters)),
    }


def _precision(experiment: Experiment) -> Plain:
    """Return how precise the results are to be; nothing where all is as by default."""
    limit: int | None = experiment.max_replications
    if limit == Experiment.model_fields["max_replications"].default:
        limit = None
    return _said(half_width=experiment.half_width, max_replications=limit)


def _said(**values: Any) -> Plain:
    """Return keys in kebab-case, without what says nothing: None, and empty or false values."""
    return {
        key.replace("_", "-"): value
        for key, value in values.items()
        if value is not None and value not in ("", 0, [], {})
    }


def _given(**values: Any) -> Plain:
    """Return keys in kebab-case, without None."""
    return {key.replace("_", "-"): value for key, value in values.items() if value is not None}


def _scenario(scenario: Scenario) -> Plain:
    space = scenario.space
    ids = default_ids(component.name for component in scenario.components)
    components = zip(scenario.components, ids, strict=True)
    return {
        **_given(space=space and {"width": space.width, "height": space.height}),
        **_said(
            prio_levels=scenario.prio_levels,
            parent_provides=list(scenario.parent_provides),
        ),
        **_given(default_route=_route(scenario.default_route)),
        **_said(
            default=_given(caps=scenario.default_caps, ram=_amount(scenario.default_ram_bytes))
        ),
        "components": [_component(component, id) for component, id in components],
        **_given(
            form=scenario.form and _content(scenario.form),
            profile=scenario.profile,
            boot=scenario.boot and _boot(scenario.boot),
        ),
    }


def _boot(boot: Boot) -> Plain:
    modules = None if boot.modules is None else list(boot.modules)
    return {
        **_said(build=list(boot.build)),
        **_given(modules=modules),
        **_said(qemu_args=boot.qemu_args),
        **_given(stop_pattern=boot.stop_pattern, timeout_s=boot.timeout_s, script=boot.script),
    }


def _component(component: Component, default_id: str) -> Plain:
    place = component.affinity
    return {
        **_given(
            name=component.name,
            id=None if component.id == default_id else component.id,
            enabled=None if component.enabled else False,
            binary=component.binary,
            ram=_amount(component.ram_bytes),
            caps=component.caps,
            priority=component.priority,
        ),
        **_said(provides=list(component.provides)),
        **_given(
            affinity=_rectangle(place) if isinstance(place, Rectangle) else None,
            placement=_placement(place) if isinstance(place, PlacementRule) else None,
            route=_route(component.route),
            config=component.config and _content(component.config),
            form=component.form and _content(component.form),
        ),
    }


def _amount(amount_bytes: int | None) -> str | int | None:
    if amount_bytes is None:
        return None
    text = format_amount(amount_bytes)
    return int(text) if text.isdecimal() else text


def _rectangle(rectangle: Rectangle) -> Plain:
    height = None if rectangle.height == 1 else rectangle.height
    return {
        "x": rectangle.x,
        **_said(y=rectangle.y),
        "width": rectangle.width,
        **_given(height=height),
    }


def _placement(rule: PlacementRule) -> Plain:
    return {"rule": rule.rule, **_said(leave=rule.leave, group=rule.group), **_nodes(rule)}


def _nodes(rule: PlacementRule) -> Plain:
    return {"nodes": rule.nodes} if rule.nodes > 1 else {}


def _route(rules: tuple[RouteRule, ...] | None) -> list[Plain] | None:
    return None if rules is None else [_rule(rule) for rule in rules]


def _rule(rule: RouteRule) -> Plain:
    return _given(
        service=rule.service,
        label=rule.label,
        label_prefix=rule.label_prefix,
        label_suffix=rule.label_suffix,
        label_last=rule.label_last,
        unscoped_label=rule.unscoped_label,
    ) | {"to": [_target(target) for target in rule.targets]}


def _target(target: Target) -> Plain | str:
    is_named_child = target.kind == "child" and target.child is not None
    said = _given(
        target=None if is_named_child else target.kind, child=target.child, label=target.label
    ) | _said(attributes=_attributes(target.attributes))
    return target.kind if said == {"target": target.kind} else said


def _attributes(pairs: tuple[tuple[str, str], ...]) -> dict[str, str] | list[list[str]]:
    """Return attributes by name, or as pairs where a name occurs twice."""
    by_name = dict(pairs)
    return by_name if len(by_name) == len(pairs) else [list(pair) for pair in pairs]


def _content(item: Content) -> Plain:
    if isinstance(item, Comment):
        return {"comment": item.text}
    if isinstance(item, Text):
        return {"text": item.text}
    return _node(item)


def _node(node: Node) -> Plain:
    return {
        "node": node.type,
        **_given(enabled=None if node.enabled else False),
        **_said(
            attributes=_attributes(node.attributes),
            content=[_content(item) for item in node.content],
        ),
    }


def _variant(variant: Variant) -> Plain:
    return {
        "name": variant.name,
        **_said(title=variant.title),
        **_given(
            instances=variant.instances,
            placement=variant.placement and _placement(variant.placement),
            components=None if variant.components is None else list(variant.components),
        ),
        **_said(
            affinity={id: _rectangle(place) for id, place in variant.affinity.items()},
            parameters=dict(variant.parameters),
        ),
    }
