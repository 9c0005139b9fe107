"""What `init` will do with a scenario: who starts, where, with what, served by whom."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workbench.scenario.catalogue import Catalogue, catalogue
from workbench.scenario.children import Child, children
from workbench.scenario.model import Rectangle, Scenario
from workbench.scenario.placement import effective
from workbench.scenario.priorities import priority_messages
from workbench.scenario.quota import Quota, assign
from workbench.scenario.routing import PARENT, Router, Session

__all__ = ["Prediction", "predict"]


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


def predict(
    scenario: Scenario,
    *,
    ram_bytes: int | None = None,
    caps: int | None = None,
    init: str = "init",
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
    """
    made = children(scenario)
    router = Router(scenario, made)
    quotas = assign(scenario, made, ram_bytes=ram_bytes, caps=caps)
    log = _Log(init)
    types = catalogue()
    by_child = {
        child.id: _first_look(scenario.prio_levels, child, router, quotas[child.id], log, types)
        for child in made
    }
    _deny_orphans(by_child, {child.id: child.name for child in made})
    if any(component.enabled and not component.name for component in scenario.components):
        by_child = {id: _stopped(prediction, log) for id, prediction in by_child.items()}
    return by_child | _others(scenario, made, by_child)


class _Log:
    """Lines of the log as they appear under one `init`."""

    def __init__(self, init: str) -> None:
        self._init = init

    def line(self, text: str, child: str | None = None) -> str:
        origin = self._init if child is None else f"{self._init} -> {child}"
        return f"[{origin}] {text}"


def _first_look(
    prio_levels: int,
    child: Child,
    router: Router,
    quota: Quota,
    log: _Log,
    types: Catalogue,
) -> Prediction:
    """Return the prediction for one child as if every provider started."""
    sessions = (*_environment(child, router), *_required(child, router, types))
    denied = next((s for s in sessions if s.outcome != "ok"), None)
    lines = [log.line(m) for m in priority_messages(prio_levels, child)]
    lines += [log.line(m) for m in (*child.messages, *quota.messages)]
    for session in sessions:
        lines += [log.line(message) for message in session.messages]
        if session.outcome == "ok":
            continue
        if session.environment:
            lines.append(
                log.line(
                    f"Error: {child.name}: {session.service} environment session denied "
                    f'(label="{session.label}")'
                )
            )
        else:
            stop = f"Error: stop because parent denied {session.service}-session"
            lines.append(log.line(stop, child.name))
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


def _environment(child: Child, router: Router) -> tuple[Session, ...]:
    """Return the sessions with which `init` creates any child."""
    wanted = (
        ("PD", child.name),
        ("CPU", child.name),
        ("LOG", child.name),
        ("ROM", child.binary),
        ("ROM", "ld.lib.so"),
    )
    return tuple(
        router.session(child, service, label, environment=True) for service, label in wanted
    )


def _required(child: Child, router: Router, types: Catalogue) -> tuple[Session, ...]:
    entry = types.entry(child.binary)
    return tuple(router.session(child, service) for service in entry.requires) if entry else ()


def _denial(session: Session) -> str:
    what = f"Its {session.service} session"
    match session.outcome:
        case "ambiguous":
            return f"{what} is denied: more than one component provides {session.service}."
        case "denied":
            return f"{what} is denied: the route's rule for it leads to no provider."
        case _:
            return f"{what} is denied: no rule of its route leads to a provider."


def _deny_orphans(predictions: dict[str, Prediction], names: dict[str, str]) -> None:
    """Mark children as not starting whose provider does not start, until nothing changes."""
    changed = True
    while changed:
        changed = False
        for id, prediction in predictions.items():
            if not prediction.starts:
                continue
            for session in prediction.sessions:
                provider = session.provider
                if provider not in (None, PARENT) and not predictions[provider or ""].starts:
                    reason = (
                        f"It waits for its {session.service} session: "
                        f"{names[provider or '']} does not start."
                    )
                    predictions[id] = replace(prediction, starts=False, reason=reason)
                    changed = True
                    break


def _stopped(prediction: Prediction, log: _Log) -> Prediction:
    return replace(
        prediction,
        starts=False,
        reason="A component without a name stops the whole configuration.",
        messages=(*prediction.messages, log.line("Error: child creation failed")),
    )


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
            reason = "It is switched off." if not component.enabled else "It has no name."
            rectangle = rectangles.get(component.id, whole)
            found[component.id] = Prediction(False, reason, rectangle)
    return found
