"""Which server a session request reaches, by the rules of `init`.

Rules are tried in document order, their targets in order. A matching
``service`` rule without a usable target denies at once, an ``any-service`` rule
lets the next rule try (``repos/os/src/lib/sandbox/{route_model,utils}.h``,
confirmed on the real init).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from workbench.scenario.children import Child, child_of, children, cut
from workbench.scenario.layout import last
from workbench.scenario.model import Component, RouteRule, Scenario, Target
from workbench.scenario.tree import Node, Position
from workbench.scenario.vocabulary import read_route

__all__ = [
    "PARENT",
    "Outcome",
    "Router",
    "Session",
    "aliases",
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
    environment
        Whether `init` itself asks for it to create the child.
    messages
        What `init` logs while routing it, without the ``[init]``.
    """

    service: str
    label: str
    outcome: Outcome
    provider: str | None = None
    rule: int | None = None
    environment: bool = False
    messages: tuple[str, ...] = ()


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
        for index, rule in enumerate(child.route or ()):
            if not matches(rule, service, full, child.name):
                continue
            provider = self._provider(rule.targets, service, child, messages)
            if provider is not None:
                return Session(service, full, "ok", provider, index, environment, tuple(messages))
            if rule.service is not None:
                outcome: Outcome = "ambiguous" if messages else "denied"
                return Session(service, full, outcome, None, index, environment, tuple(messages))
        outcome = "ambiguous" if messages else "no-route"
        messages.append(f'Warning: {child.name}: no route to service "{service}" (label="{full}")')
        return Session(service, full, outcome, None, None, environment, tuple(messages))

    def _provider(
        self, targets: Sequence[Target], service: str, child: Child, messages: list[str]
    ) -> str | None:
        servers = self._servers.get(service, [])
        for target in targets:
            match target.kind:
                case "parent" if service in self._parent:
                    return PARENT
                case "child":
                    name = cut(target.child or "")
                    name = self._aliases.get(name, name)
                    for server in servers:
                        if server.name == name:
                            return server.id
                case "any-child" if len(servers) > 1:
                    messages.append(f'Error: {child.name}: ambiguous routes to service "{service}"')
                case "any-child" if servers:
                    return servers[0].id
        return None


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
    node: Node | None
    if component.route is not None:
        rules, node = component.route, component.form.first("route") if component.form else None
    else:
        rules = scenario.default_route or ()
        node = last(scenario.form, "default-route") if scenario.form else None
    if node is None or read_route(node) != rules:
        return None
    written = [item for item in node.nodes() if item.type in ("service", "any-service")]
    return written[index].position


def aliases(scenario: Scenario) -> dict[str, str]:
    """Return what aliases stand for; an alias of an alias is not followed."""
    if scenario.form is None:
        return {}
    return {
        cut(node.get("name") or ""): cut(node.get("child") or "")
        for node in scenario.form.nodes("alias")
    }
