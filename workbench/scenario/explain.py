"""What becomes of every component of a configuration on a machine, nested ones included."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workbench.scenario.children import Child
from workbench.scenario.machine_cpus import Cpus, Machine
from workbench.scenario.model import Scenario
from workbench.scenario.nested import Init, Reached, label_path, tree
from workbench.scenario.prediction import Prediction, denial_line
from workbench.scenario.priorities import Band, band_messages
from workbench.scenario.quota import Purse
from workbench.scenario.release import DEFAULT_RELEASE, Release
from workbench.scenario.routing import PARENT, Outcome, Session
from workbench.scenario.stops import needs_of_init
from workbench.scenario.vocabulary import Syntax
from workbench.scenario.waiting import startable

__all__ = ["ExplainedSession", "Explanation", "explain", "explanations"]

_REPORT_LABEL = "state"  # label of the report of an `init`


@dataclass(frozen=True, slots=True)
class ExplainedSession:
    """The fate of one session request.

    Parameters
    ----------
    service, label
        As the component's `init` sees the request.
    outcome
        See `workbench.scenario.routing.Outcome`.
    provider
        Label path of the component that serves it in the end; ``parent`` where
        the request leaves the top-level `init`; None where it is denied.
    rule_line
        Line of the rule that decided, in the route of the component itself.
    """

    service: str
    label: str
    outcome: Outcome
    provider: str | None
    rule_line: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What becomes of one component.

    Parameters
    ----------
    starts, reason
        Whether its program runs; if not, why not.
    cpus
        The CPUs it may use, whether it starts or not.
    ram_bytes, caps
        What its program gets, after the costs of creating it. None where the
        `init` that would hand it out does not start.
    sessions
        Those that its `init` opens to create it, then those its program needs.
    messages
        Lines of the log about it.
    waits_for
        Service and provider (a label path) of a session that never opens, as the
        provider does not start; None where it does not come to that.
    """

    starts: bool
    reason: str
    cpus: Cpus
    ram_bytes: int | None
    caps: int | None
    sessions: tuple[ExplainedSession, ...]
    messages: tuple[str, ...]
    waits_for: tuple[str, str] | None = None


@dataclass(slots=True)
class _Draft:
    """A component while providers that do not start are still looked for."""

    explanation: Explanation
    outer: tuple[str, ...]
    providers: tuple[tuple[str, tuple[str, ...]], ...]


def explain(
    scenario: Scenario,
    machine: Machine,
    *,
    ram_bytes: int | None = None,
    caps: int | None = None,
    release: Release = DEFAULT_RELEASE,
    syntax: Syntax = "xml",
) -> dict[str, Explanation]:
    """Return what becomes of every component that is switched on, by label path.

    Parameters
    ----------
    scenario
        The configuration of the top-level `init`.
    machine
        What it runs on.
    ram_bytes, caps
        What the top-level `init` is given; None means ample.
    release, syntax
        Which Genode reads the configuration, and the syntax it is written in.
    """
    top = tree(scenario, Purse(ram_bytes, caps), release=release, syntax=syntax)
    return explanations(top, machine)


def explanations(top: Init, machine: Machine) -> dict[str, Explanation]:
    """Return what becomes of every component of a tree of inits; see `explain`."""
    drafts = {
        (*init.path, child.name): _draft(init, child, prediction, machine)
        for init in top.all()
        for child, prediction in init.children()
    }
    _find_waiting(drafts)
    return {label_path(path): draft.explanation for path, draft in drafts.items()}


def _draft(init: Init, child: Child, prediction: Prediction, machine: Machine) -> _Draft:
    """Return what becomes of a child if every provider starts."""
    sessions = [*prediction.sessions, *_sessions_of_init(init, child)]
    reached = [init.follow(session) for session in sessions]
    lines = [*prediction.messages, *_band_lines(init, child)]
    reason = prediction.reason
    for index, (asked, end) in enumerate(zip(sessions, reached, strict=True)):
        known = index < len(prediction.sessions) and asked.outcome != "ok"
        if end.session.outcome == "ok" or known:
            continue  # what fails at the first step is in the prediction already
        lines += [init.log.line(m) for m in asked.messages if asked.outcome != "ok"]
        lines += [*end.lines, denial_line(child, end.session, init.log)]
        reason = reason or f"Its {asked.service} session is denied further up."
    explanation = Explanation(
        starts=not reason,
        reason=reason,
        cpus=machine.cpus_of(init.affinity_of(child)),
        ram_bytes=prediction.ram_bytes,
        caps=prediction.caps,
        sessions=tuple(map(_explained, reached)),
        messages=tuple(dict.fromkeys(lines)),
    )
    providers = tuple(
        (end.session.service, end.provider)
        for end in reached
        if end.provider not in ((), (PARENT,))
    )
    return _Draft(explanation, init.path, providers)


def _explained(reached: Reached) -> ExplainedSession:
    session = reached.session
    ok = session.outcome == "ok"
    return ExplainedSession(
        service=session.service,
        label=session.label,
        outcome=session.outcome,
        provider=label_path(reached.provider) if ok and reached.provider else None,
        rule_line=session.position.line if session.position else None,
    )


def _sessions_of_init(init: Init, child: Child) -> list[Session]:
    """Return what a child needs that is an `init` and reports or watches heartbeats."""
    inside = init.inits.get(child.id)
    if inside is None:
        return []
    return [
        init.seen.router.session(child, service, _REPORT_LABEL if service == "Report" else "")
        for service in needs_of_init(inside.scenario, inside.syntax)
    ]


def _band_lines(init: Init, child: Child) -> list[str]:
    """Return which inits around a child lose bits of its priority."""
    inits, bands = [], []
    at: Init | None = init
    who: Child | None = child
    while at is not None and who is not None:
        inits.append(at)
        bands.append(Band(at.scenario.prio_levels, who.priority))
        who = at.child
        at = at.outer
    text = "Warning: priority band too small, losing least-significant priority bits"
    return [inits[index].log.line(text) for index in band_messages(bands, init.release)]


def _find_waiting(drafts: dict[tuple[str, ...], _Draft]) -> None:
    """Mark what waits for something that does not start; so does what waits for itself."""
    needs = {
        path: [*([draft.outer] if draft.outer else []), *(p for _, p in draft.providers)]
        for path, draft in drafts.items()
        if draft.explanation.starts
    }
    started = startable(needs)
    for path, draft in drafts.items():
        was = draft.explanation
        if draft.outer and draft.outer not in started:
            who = label_path(draft.outer)
            reason = f"{who}, which would start it, does not start."
            draft.explanation = replace(
                was, starts=False, reason=reason, ram_bytes=None, caps=None, messages=()
            )
        elif was.starts and path not in started:
            service, provider = next(pair for pair in draft.providers if pair[1] not in started)
            who = "it" if provider == path else label_path(provider)
            draft.explanation = replace(
                was,
                starts=False,
                reason=f"It waits for its {service} session: {who} does not start.",
                waits_for=(service, label_path(provider)),
            )
