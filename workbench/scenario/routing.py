"""Which server a session request reaches, by the rules of `init`.

Rules are tried in document order, their targets in order. A matching
``service`` rule without a usable target denies at once, an ``any-service`` rule
lets the next rule try (``repos/os/src/lib/sandbox/{route_model,utils}.h``,
confirmed on the real init).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from workbench.scenario.children import (
    Child,
    aliases,
    child_of,
    children,
    cut,
    rule_positions,
)
from workbench.scenario.layout import last
from workbench.scenario.model import Component, RouteRule, Scenario, Target
from workbench.scenario.tree import Position

__all__ = [
    "PARENT",
    "Outcome",
    "Router",
    "Session",
    "matches",
    "resolve",
    "rule_position",
]

Outcome = Literal["ok", "denied", "ambiguous", "no-route"]
"""``denied``: a rule matched but has no usable target (`init` logs nothing about it);
``ambiguous``: more than one child offers the service; ``no-route``: no rule led anywhere."""

PARENT = "parent"
"""Provider of a session that goes to the parent."""


@dataclass(frozen=True, slots=True)
class Session:
    """The fate of one session request.

    Parameters
    ----------
    service
        Name of the service.
    label
        Full label, as `init` prints it.
    outcome
        See `Outcome`.
    provider
        Id of the component that serves it, ``parent``, or None.
    rule
        Index of the deciding rule in the route, or None where no rule decided.
        Of an ambiguous route the rule that is ambiguous.
    environment
        Whether `init` itself asks for it to create the child.
    messages
        What `init` logs while routing it, without the ``[init]``.
    sent
        Label that the provider gets to see.
    refused
        Whether a provider was found and refuses.
    lacks
        Name of the ROM module that the boot image lacks, if that is why.
    position
        Where that rule stands in the file, if known.
    """

    service: str
    label: str
    outcome: Outcome
    provider: str | None = None
    rule: int | None = None
    environment: bool = False
    messages: tuple[str, ...] = ()
    sent: str = ""
    refused: bool = False
    lacks: str = ""
    position: Position | None = field(default=None, compare=False)


class _Found(NamedTuple):
    provider: str
    label: str


class Router:
    """Resolves the sessions of one scenario's children.

    Parameters
    ----------
    scenario
        What is configured.
    made
        Its children, where the caller has them already.
    """

    def __init__(self, scenario: Scenario, made: Sequence[Child] | None = None) -> None:
        made = children(scenario) if made is None else made
        self._parent = frozenset(scenario.parent_provides)
        self._aliases = aliases(scenario)
        self._servers: defaultdict[str, list[Child]] = defaultdict(list)
        for child in made:
            for service in child.provides:
                self._servers[service].append(child)

    def session(
        self, child: Child, service: str, label: str = "", *, environment: bool = False
    ) -> Session:
        """Return the fate of a session request of a child.

        Parameters
        ----------
        child, service
            Who asks for what.
        label
            Label as the child gives it; as it stands for an environment session.
        environment
            Whether `init` asks on the child's behalf. Such labels lack the
            child's name in front, so scoped label rules never match them.
        """
        full = label if environment else f"{child.name} -> {label}"
        messages: list[str] = []
        ambiguous: int | None = None

        def outcome(outcome: Outcome, rule: int | None, found: _Found | None = None) -> Session:
            return Session(
                service=service,
                label=full,
                outcome=outcome,
                provider=found.provider if found else None,
                rule=rule,
                environment=environment,
                messages=tuple(messages),
                sent=found.label if found else "",
                position=child.positions[rule] if rule is not None else None,
            )

        for index, rule in enumerate(child.route or ()):
            messages += _mixed(rule, service)
            if not matches(rule, service, full, child.name):
                continue
            found, unsure = self._provider(rule.targets, service, full)
            messages += [f'Error: {child.name}: ambiguous routes to service "{service}"'] * unsure
            if found is not None:
                return outcome("ok", index, found)
            ambiguous = index if unsure else ambiguous
            if rule.service is not None:
                return outcome("ambiguous" if unsure else "denied", index)
        messages.append(f'Warning: {child.name}: no route to service "{service}" (label="{full}")')
        return outcome("no-route" if ambiguous is None else "ambiguous", ambiguous)

    def server(self, service: str, name: str) -> Child | None:
        """Return the child of a name if it declares a service."""
        return next((s for s in self._servers.get(service, []) if s.name == name), None)

    @property
    def parent_services(self) -> frozenset[str]:
        """The services that may be routed to the parent."""
        return self._parent

    def of_rule(self, rule: RouteRule) -> Outcome:
        """Return what becomes of any request that a rule for one service applies to."""
        found, unsure = self._provider(rule.targets, rule.service or "", "")
        if found is not None:
            return "ok"
        return "ambiguous" if unsure else "denied"

    def _provider(
        self, targets: Sequence[Target], service: str, label: str
    ) -> tuple[_Found | None, int]:
        """Return the first usable target, and how many ambiguous ones stand before it."""
        servers = self._servers.get(service, [])
        unsure = 0
        for target in targets:
            sent = _sent(target, label)
            match target.kind:
                case "parent" if service in self._parent:
                    return _Found(PARENT, sent), unsure
                case "child":
                    name = cut(target.child or "")
                    if server := self.server(service, self._aliases.get(name, name)):
                        return _Found(server.id, sent), unsure
                case "any-child" if len(servers) > 1:
                    unsure += 1
                case "any-child" if servers:
                    return _Found(servers[0].id, sent), unsure
        return None, unsure


def _mixed(rule: RouteRule, service: str) -> list[str]:
    """Return the warning about a rule whose label attributes exclude each other."""
    scoped = (rule.label, rule.label_prefix, rule.label_suffix, rule.label_last)
    if (
        rule.service not in (None, service)
        or rule.unscoped_label is None
        or not any(text is not None for text in scoped)
    ):
        return []
    return ["Warning: service node contains both scoped and unscoped label attributes"]


def _sent(target: Target, label: str) -> str:
    """Return the label under which a target gets a request.

    ``label`` exchanges all of it; since 25.02 ``identity`` exchanges all but
    the last element, ``resource`` the last, ``prepend_resource`` goes before it.
    """
    if target.label is not None:
        return target.label
    others = dict(target.attributes)
    identity, arrow, resource = label.rpartition(" -> ")
    if "identity" in others:
        identity, arrow = others["identity"], " -> "
    resource = others.get("prepend_resource", "") + others.get("resource", resource)
    return f"{identity}{arrow}{resource}"


def matches(rule: RouteRule, service: str, label: str, child: str) -> bool:
    """Return whether a rule applies to a request with a full label.

    `unscoped_label` is compared with the full label and wins over all others,
    `label_last` with its last element; `label`, `label_prefix` and
    `label_suffix` have to match what follows ``child -> ``.
    """
    if rule.service is not None and rule.service != service:
        return False
    if rule.unscoped_label is not None:
        return label == rule.unscoped_label
    if rule.label_last is not None:
        return label.rpartition(" -> ")[2] == rule.label_last
    if rule.label is rule.label_prefix is rule.label_suffix is None:
        return True
    own = f"{child} -> "
    if not label.startswith(own):
        return False
    scoped = label.removeprefix(own)
    return (
        (rule.label is None or scoped == rule.label)
        and scoped.startswith(rule.label_prefix or "")
        and scoped.endswith(rule.label_suffix or "")
    )


def resolve(
    scenario: Scenario,
    component: Component,
    service: str,
    label: str = "",
    *,
    environment: bool = False,
) -> Session:
    """Return the fate of a session request of a component; see `Router.session`.

    For a component that does not start, what would become of the request if it did.
    """
    made = children(scenario)
    client = child_of(scenario, component, made)
    return Router(scenario, made).session(client, service, label, environment=environment)


def rule_position(scenario: Scenario, component: Component, index: int) -> Position | None:
    """Return where the rule of that index in a component's route stands in the file, if known."""
    if component.route is not None:
        rules, node = component.route, component.form.first("route") if component.form else None
    else:
        rules = scenario.default_route or ()
        node = last(scenario.form, "default-route") if scenario.form else None
    return rule_positions(rules, node)[index]
