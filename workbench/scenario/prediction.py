"""What `init` will do with a scenario: who starts, where, with what, served by whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from workbench.scenario.catalogue import catalogue
from workbench.scenario.children import Child, children
from workbench.scenario.model import Rectangle, Scenario
from workbench.scenario.placement import effective
from workbench.scenario.priorities import levels_message, priority_messages
from workbench.scenario.quota import Purse, Quota, assign
from workbench.scenario.release import DEFAULT_RELEASE, Release
from workbench.scenario.routing import PARENT, Router, Session
from workbench.scenario.stops import stop
from workbench.scenario.vocabulary import Syntax
from workbench.scenario.waiting import startable

__all__ = ["Log", "Look", "Prediction", "denial_line", "look", "predict", "refused"]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What becomes of one component.

    Parameters
    ----------
    starts
        Whether its program runs.
    reason
        Why not, in plain words; "" if it starts.
    rectangle
        Cells of the space it runs on.
    sessions
        Those that `init` opens to create it, then those its program needs.
    ram_bytes, caps
        What its program gets, after the costs of creating it.
    messages
        Lines of the log about it, as ``[init] ...``.
    """

    starts: bool
    reason: str
    rectangle: Rectangle
    sessions: tuple[Session, ...] = ()
    ram_bytes: int = 0
    caps: int = 0
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """One `init` seen by itself: its children, its routes, and what it makes of each child.

    The predictions take every provider for started.
    """

    children: tuple[Child, ...]
    router: Router
    predictions: dict[str, Prediction]


def predict(
    scenario: Scenario,
    *,
    ram_bytes: int | None = None,
    caps: int | None = None,
    init: str = "init",
    release: Release = DEFAULT_RELEASE,
    syntax: Syntax = "xml",
) -> dict[str, Prediction]:
    """Return what becomes of each component, by id; switched-off ones included.

    Parameters
    ----------
    scenario
        What is configured.
    ram_bytes, caps
        What this `init` has to give; None means ample.
    init
        Label path of this `init`, for the lines of the log.
    release, syntax
        Which `init` reads the configuration, and in which syntax.
    """
    seen = look(
        scenario,
        children(scenario, syntax, release),
        Purse(ram_bytes, caps),
        log=Log(init),
        release=release,
        syntax=syntax,
    )
    names = {child.id: child.name for child in seen.children}
    found = _without_orphans(seen.predictions, names)
    return found | _others(scenario, seen.children, found)


class Log:
    """Lines of the log as they appear under one `init`."""

    def __init__(self, init: str) -> None:
        self._init = init

    def line(self, text: str, child: str | None = None) -> str:
        """Return a line of this `init`, or of one of its children."""
        origin = self._init if child is None else f"{self._init} -> {child}"
        return f"[{origin}] {text}"


def look(
    scenario: Scenario,
    made: tuple[Child, ...],
    purse: Purse,
    *,
    log: Log,
    release: Release = DEFAULT_RELEASE,
    syntax: Syntax = "xml",
) -> Look:
    """Return what one `init` makes of its children; see `predict`.

    Parameters
    ----------
    made
        The children of the scenario.
    purse
        What this `init` has to give.
    """
    router = Router(scenario, made)
    quotas = assign(scenario, made, purse, release=release, syntax=syntax)
    modules = None if purse.nested else scenario.boot_modules
    found: dict[str, Prediction] = {}
    for index, child in enumerate(made):
        sessions = (*_environment(child, router, modules), *_required(child, router))
        levels = levels_message(scenario.prio_levels, release)
        early = [levels] if levels and (index == 0 or child.priority) else []
        early += priority_messages(scenario.prio_levels, child, release)
        found[child.id] = _first_look(child, sessions, quotas[child.id], early, log)
    stopped = stop(
        scenario,
        release=release,
        syntax=syntax,
        nested=purse.nested,
        without_pd=next((c.name for c in made if found[c.id].sessions[0].outcome != "ok"), None),
        caps_short=any("exceed available caps" in m for q in quotas.values() for m in q.messages),
    )
    if stopped is not None:
        lines = tuple(log.line(message) for message in stopped.messages)
        found = {
            id: replace(
                prediction,
                starts=False,
                reason=stopped.reason,
                messages=(*prediction.messages, *lines),
            )
            for id, prediction in found.items()
        }
    return Look(made, router, found)


def _first_look(
    child: Child, sessions: tuple[Session, ...], quota: Quota, early: Sequence[str], log: Log
) -> Prediction:
    """Return the prediction for one child as if every provider started."""
    denied = next((s for s in sessions if s.outcome != "ok"), None)
    lines = [log.line(m) for m in (*early, *child.messages, *quota.messages)]
    for session in sessions:
        lines += [log.line(message) for message in session.messages]
        if session.outcome != "ok":
            lines.append(denial_line(child, session, log))
    reason = quota.reason
    if not reason and denied is not None:
        reason = _denial(denied)
    return Prediction(
        starts=not reason,
        reason=reason,
        rectangle=child.rectangle,
        sessions=sessions,
        ram_bytes=quota.ram_bytes,
        caps=quota.caps,
        messages=tuple(lines),
    )


def denial_line(child: Child, session: Session, log: Log) -> str:
    """Return what the log says when a session of a child is denied.

    A route that leads nowhere and a provider that refuses read differently (measured).
    """
    if not session.environment:
        stopped = f"Error: stop because parent denied {session.service}-session"
        return log.line(stopped, child.name)
    # The binary is asked for under the child's own name.
    label = child.name if session.label == child.binary else session.label
    if session.refused:
        what = f'environment {session.service} session denied (label="{label}", ...)'
    else:
        what = f'{session.service} environment session denied (label="{label}")'
    return log.line(f"Error: {child.name}: {what}")


def _environment(
    child: Child, router: Router, modules: Sequence[str] | None
) -> tuple[Session, ...]:
    """Return the sessions with which `init` creates any child.

    Parameters
    ----------
    modules
        Names of the ROM modules of the boot image, where they are known.
    """
    wanted = (
        ("PD", child.name),
        ("CPU", child.name),
        ("LOG", child.name),
        ("ROM", child.binary),
        ("ROM", "ld.lib.so" if child.ld else child.binary),
    )
    sessions = (
        router.session(child, service, label, environment=True) for service, label in wanted
    )
    return tuple(refused(session, session.sent, modules) for session in sessions)


def refused(session: Session, sent: str, modules: Sequence[str] | None) -> Session:
    """Return a session denied if the kernel is asked for a ROM module that it has not.

    Parameters
    ----------
    sent
        Label that the kernel gets to see; the last element names the module.
    modules
        Names of the modules of the boot image; None where unknown.
    """
    module = sent.rpartition(" -> ")[2]
    there = (
        modules is None
        or session.service != "ROM"
        or session.outcome != "ok"
        or session.provider != PARENT
        or module in modules
    )
    if there:
        return session
    return replace(session, outcome="denied", provider=None, refused=True, lacks=module)


def _required(child: Child, router: Router) -> tuple[Session, ...]:
    entry = catalogue().entry(child.binary)
    return tuple(router.session(child, service) for service in entry.requires) if entry else ()


def _denial(session: Session) -> str:
    what = f"Its {session.service} session"
    match session.outcome:
        case "ambiguous":
            return f"{what} is denied: more than one component provides {session.service}."
        case "denied":
            if session.refused:
                return f"{what} is denied: the boot image has no module {session.lacks}."
            return f"{what} is denied: the route's rule for it leads to no provider."
        case _:
            return f"{what} is denied: no rule of its route leads to a provider."


def _without_orphans(
    predictions: Mapping[str, Prediction], names: Mapping[str, str]
) -> dict[str, Prediction]:
    """Return the predictions with all that wait for a provider that does not start.

    Components that wait for each other, or for themselves, do not start either.
    """
    needs = {
        id: [s.provider for s in prediction.sessions if s.provider not in (None, PARENT)]
        for id, prediction in predictions.items()
        if prediction.starts
    }
    started = startable(needs)
    found = dict(predictions)
    for id in needs.keys() - started:
        session = _lacking(predictions[id], started)
        assert session is not None
        who = "it" if session.provider == id else names[session.provider or ""]
        reason = f"It waits for its {session.service} session: {who} does not start."
        found[id] = replace(predictions[id], starts=False, reason=reason)
    return found


def _lacking(prediction: Prediction, started: set[str]) -> Session | None:
    """Return the first session whose provider has not started."""
    for session in prediction.sessions:
        if session.provider not in (None, PARENT) and session.provider not in started:
            return session
    return None


def _others(
    scenario: Scenario, made: tuple[Child, ...], by_child: dict[str, Prediction]
) -> dict[str, Prediction]:
    """Return the predictions of components that do not become a child of their own."""
    rectangles = effective(scenario)
    whole = scenario.effective_space.whole
    joined = {other: child for child in made for other in child.others}
    found = {}
    for component in scenario.components:
        if component.id in by_child:
            continue
        if child := joined.get(component.id):
            reason = f'It becomes one child with the earlier component named "{child.name}".'
            found[component.id] = replace(by_child[child.id], starts=False, reason=reason)
        else:
            reason = "It has no name."
            if not component.enabled:
                reason = "It is switched off."
            elif component.name:
                reason = "An alias of the same name stands behind it and takes its place."
            rectangle = rectangles.get(component.id, whole)
            found[component.id] = Prediction(False, reason, rectangle)
    return found
