"""The inits of a configuration as a tree: a nested one is a child of the one around it.

Sessions are followed through the tree: a request that a nested `init` passes to
its parent is routed there once more, under the label ``nested -> ...``; a
request to a service that a nested `init` offers on behalf of its own children is
led on by its top-level ``service`` node.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from workbench.scenario.catalogue import catalogue
from workbench.scenario.children import Child, children
from workbench.scenario.hoitaja import HOITAJA, NOT_ENOUGH, shares
from workbench.scenario.init_config import inner_scenario
from workbench.scenario.machine_cpus import Affinity
from workbench.scenario.model import Rectangle, Scenario
from workbench.scenario.prediction import Log, Look, Prediction, look, refused
from workbench.scenario.quota import Purse
from workbench.scenario.release import Release
from workbench.scenario.routing import PARENT, Session
from workbench.scenario.tree import Node
from workbench.scenario.vocabulary import Syntax

__all__ = ["Init", "Reached", "label_path", "tree"]

Path = tuple[str, ...]
"""Names from the top-level `init`'s child down to a component."""


def label_path(path: Path) -> str:
    """Return a path as people and logs write it: ``outer -> inner``."""
    return " -> ".join(path)


@dataclass(eq=False)
class Init:
    """One `init`, the top-level one or one inside a component.

    Parameters
    ----------
    path
        Its own path; empty for the top-level one.
    scenario
        Its configuration.
    seen
        What it makes of its children, seen by itself.
    purse
        What it has to give.
    release, syntax
        Who reads the configuration, and in which syntax.
    affinity
        What it runs on; None for the top-level one, which has the machine.
    outer, child
        The `init` around it, and what it is there.
    inits
        The inits among its children, by id.
    """

    path: Path
    scenario: Scenario
    seen: Look
    purse: Purse
    release: Release
    syntax: Syntax
    affinity: Affinity | None = None
    outer: Init | None = None
    child: Child | None = None
    inits: dict[str, Init] = field(default_factory=dict)

    @property
    def log(self) -> Log:
        """Its lines of the log."""
        return Log(label_path(("init", *self.path)))

    def children(self) -> Iterator[tuple[Child, Prediction]]:
        """Yield its children in document order."""
        for child in self.seen.children:
            yield child, self.seen.predictions[child.id]

    def all(self) -> Iterator[Init]:
        """Yield this `init` and all inside it, outer ones first."""
        yield self
        for init in self.inits.values():
            yield from init.all()

    @cached_property
    def _by_id(self) -> dict[str, Child]:
        return {child.id: child for child in self.seen.children}

    def affinity_of(self, child: Child) -> Affinity:
        """Return what the kernel is told of a child's affinity."""
        own = child.affinity
        return own.within(self.affinity) if self.affinity else own

    def follow(self, session: Session) -> Reached:
        """Return who serves a session of one of its children in the end."""
        if session.outcome != "ok" or session.provider is None:
            return Reached(session)
        if session.provider != PARENT:
            return self._served(session, session.provider, session.sent)
        if self.outer is None or self.child is None:
            modules = self.scenario.boot_modules
            return Reached(refused(session, session.sent, modules), (PARENT,))
        passed_on = self.outer.seen.router.session(self.child, session.service, session.sent)
        reached = self.outer.follow(passed_on)
        lines = tuple(self.outer.log.line(message) for message in passed_on.messages)
        end = reached.session
        refuses = end.outcome != "ok"
        denied = replace(session, outcome=end.outcome, refused=refuses, lacks=end.lacks)
        return Reached(denied, reached.provider, (*lines, *reached.lines))

    def _served(self, session: Session, id: str, label: str) -> Reached:
        """Return who serves a session that was led to the child of an id."""
        server = self._by_id[id]
        inside = self.inits.get(id)
        if inside is None:
            return Reached(session, (*self.path, server.name))
        form = inside.scenario.form
        offers = (
            [n for n in form.nodes("service") if n.get("name") == session.service] if form else []
        )
        if not offers:
            entry = catalogue().entry(server.binary)
            if (
                entry is not None
                and entry.starts_children
                and session.service not in entry.provides
            ):
                return Reached(replace(session, outcome="denied", refused=True))
            return Reached(session, (*self.path, server.name))
        target = _chosen(offers[-1], label)
        inner = (
            inside.seen.router.server(session.service, target.get("name") or "") if target else None
        )
        if target is None or inner is None:
            return Reached(replace(session, outcome="denied", refused=True))
        return inside._served(session, inner.id, target.get("label") or label)


class Reached(NamedTuple):
    """Where a session ends.

    Parameters
    ----------
    session
        With its final outcome.
    provider
        Path of the component that serves it, ``("parent",)`` where that is
        beyond the top-level `init`; empty where nobody does.
    lines
        What the inits on the way log.
    """

    session: Session
    provider: Path = ()
    lines: tuple[str, ...] = ()


def _chosen(service: Node, label: str) -> Node | None:
    """Return the ``child`` node of the policy that fits a label best.

    A whole label goes before a prefix, a longer prefix before a shorter one,
    then the longer suffix; ``default-policy`` is for the rest.
    """
    best: tuple[tuple[int, int, int], Node] | None = None
    for policy in service.nodes("policy"):
        whole, start, end = (policy.get(f"label{part}") for part in ("", "_prefix", "_suffix"))
        fits = (
            (whole is None or label == whole)
            and label.startswith(start or "")
            and label.endswith(end or "")
        )
        score = (whole is not None, len(start or ""), len(end or ""))
        if fits and (best is None or score > best[0]):
            best = score, policy
    chosen = best[1] if best else service.first("default-policy")
    return chosen.first("child") if chosen else None


def tree(scenario: Scenario, purse: Purse, *, release: Release, syntax: Syntax) -> Init:
    """Return the inits of a configuration.

    Parameters
    ----------
    scenario
        The top-level configuration.
    purse
        What the top-level `init` has.
    release, syntax
        Who reads it, and how it is written.
    """
    log = Log("init")
    made = children(scenario, syntax, release)
    seen = look(scenario, made, purse, log=log, release=release, syntax=syntax)
    top = Init((), scenario, seen, purse, release, syntax)
    _add_inner(top, release)
    return top


def _add_inner(outer: Init, release: Release) -> None:
    """Add the inits among the children of an `init`, to any depth."""
    syntax: Syntax = "xml" if release == "22.02" else "hid"
    for child, prediction in outer.children():
        scenario = inner_scenario(child.binary, child.config, syntax)
        if scenario is None:
            continue
        path = (*outer.path, child.name)
        made = children(scenario, syntax, release)
        cells = shares(scenario.effective_space, [c.priority for c in made])
        if child.binary == HOITAJA:
            made = tuple(_cell(c, cell) for c, cell in zip(made, cells, strict=True))
        purse = Purse(prediction.ram_bytes, prediction.caps, nested=True)
        log = Log(label_path(("init", *path)))
        seen = look(scenario, made, purse, log=log, release=release, syntax=syntax)
        if child.binary == HOITAJA:
            seen = _short_of_cores(seen, cells, log)
        own = outer.affinity_of(child)
        init = Init(path, scenario, seen, purse, release, syntax, own, outer, child)
        outer.inits[child.id] = init
        _add_inner(init, release)


def _cell(child: Child, rectangle: Rectangle | None) -> Child:
    """Return a child of Hoitaja, which places it itself."""
    return replace(child, rectangle=rectangle or child.rectangle, messages=())


def _short_of_cores(seen: Look, cells: Sequence[Rectangle | None], log: Log) -> Look:
    """Return what Hoitaja makes of its cells when some get no core."""
    predictions = dict(seen.predictions)
    for child, cell in zip(seen.children, cells, strict=True):
        if cell is None:
            was = predictions[child.id]
            predictions[child.id] = replace(
                was,
                starts=False,
                reason="Its share of Hoitaja's cores is less than one core.",
                messages=(*was.messages, log.line(f"{child.name}: {NOT_ENOUGH}")),
            )
    return replace(seen, predictions=predictions)
