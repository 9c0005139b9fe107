"""The measured components of a scenario: what every backend runs a workload on."""

from __future__ import annotations

import math
from dataclasses import dataclass

from workbench.scenario.catalogue import catalogue
from workbench.scenario.children import children
from workbench.scenario.model import Component, Scenario
from workbench.scenario.prediction import Prediction, predict
from workbench.scenario.priorities import priority_in_force
from workbench.scenario.problem import Problem

__all__ = ["Instance", "background_components", "instance_problems", "instances"]

_DEFAULT_TIMER_PERIOD_MS = 1.0
"""The benchmark counts whole milliseconds."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A component that runs, or should run, the workload.

    Parameters
    ----------
    component
        As in the scenario.
    label
        Name in results: its name, or its id where two have the same.
    prediction
        What `init` makes of it.
    cores
        Its cores, in the order of its workers.
    priority
        Its scheduling priority; the highest is 0.
    timer, timer_period_ms
        Provider of its Timer session, and the step of that clock.
    """

    component: Component
    label: str
    prediction: Prediction
    cores: tuple[int, ...]
    priority: int
    timer: str
    timer_period_ms: float

    @property
    def quota_bytes(self) -> int:
        """What it may use, after the costs of creating it."""
        return self.prediction.ram_bytes


def instances(scenario: Scenario) -> tuple[Instance, ...]:
    """Return the components of a scenario that run a workload, in document order."""
    predictions = _predictions(scenario)
    chosen = _benchmarks(scenario)
    labels = [component.label for component in chosen]
    return tuple(
        _instance(scenario, one, one.label if labels.count(one.label) == 1 else one.id, predictions)
        for one in chosen
    )


_last: tuple[Scenario, dict[str, Prediction]] | None = None


def _predictions(scenario: Scenario) -> dict[str, Prediction]:
    """Return what becomes of each component; a job asks several times for the same scenario."""
    global _last  # noqa: PLW0603 - scenarios never change, and one is enough
    known = _last
    if known is None or known[0] is not scenario:
        known = _last = scenario, predict(scenario)
    return known[1]


def background_components(
    scenario: Scenario,
) -> list[tuple[str, str, tuple[int, ...], int]]:
    """Return the started components that run no workload but have a model of what they do.

    Each with its label, the name of the model, its cores and its priority, in document order.
    """
    predictions = _predictions(scenario)
    binaries = {child.id: child.binary for child in children(scenario)}
    known = catalogue()
    found = []
    for component in scenario.components:
        entry = known.entry(binaries.get(component.id, component.program))
        if component.enabled and entry is not None and entry.role != "benchmark" and entry.workload:
            prediction = predictions[component.id]
            if prediction.starts:
                priority = priority_in_force(component.priority or 0, scenario.prio_levels)
                cores = _cores(scenario, prediction)
                found.append((component.label, entry.workload, cores, priority))
    return found


def _cores(scenario: Scenario, prediction: Prediction) -> tuple[int, ...]:
    width = scenario.effective_space.width
    return tuple(y * width + x for x, y in prediction.rectangle.cells())


def instance_problems(scenario: Scenario) -> list[Problem]:
    """Return what is to be said of a scenario's instances before they run."""
    everyone = instances(scenario)
    if not everyone:
        return [
            Problem(
                "nothing-to-run",
                "error",
                "No enabled component runs a workload.",
                consequence="Nothing is run: add a component such as a B-link tree.",
            )
        ]
    return [
        Problem(
            "will-not-start",
            "warning",
            f"{one.label} will not start: {one.prediction.reason}",
            component=one.component.id,
            consequence="It does no operation; the others run without it.",
        )
        for one in everyone
        if not one.prediction.starts
    ]


def _benchmarks(scenario: Scenario) -> list[Component]:
    """Return the components whose child runs a workload.

    Several of one name become one child, whose program the last of them names.
    """
    binaries = {child.id: child.binary for child in children(scenario)}
    known = catalogue()
    return [
        component
        for component in scenario.components
        if component.enabled
        and (entry := known.entry(binaries.get(component.id, component.program))) is not None
        and entry.role == "benchmark"
    ]


def _instance(
    scenario: Scenario, component: Component, label: str, predictions: dict[str, Prediction]
) -> Instance:
    prediction = predictions[component.id]
    timer, period = "", _DEFAULT_TIMER_PERIOD_MS
    for session in prediction.sessions:
        if session.service == "Timer" and session.outcome == "ok" and session.provider:
            timer = session.provider
            if timer != "parent":
                provider = scenario.component(timer)
                timer = provider.label
                period = _timer_period_ms(provider)
    cores = _cores(scenario, prediction)
    priority = priority_in_force(component.priority or 0, scenario.prio_levels)
    return Instance(component, label, prediction, cores, priority, timer, period)


def _timer_period_ms(provider: Component) -> float:
    written = provider.config.get("period_ms") if provider.config else None
    try:
        period = float(written or "")
    except ValueError:
        return _DEFAULT_TIMER_PERIOD_MS
    return period if 0 < period < math.inf else _DEFAULT_TIMER_PERIOD_MS
