"""The mechanisms to which a difference can be attributed, and how each is switched off.

A mechanism is a few words and a change of parameters, or of the scenario, under which it
has no effect. A new one is one call of `register`, here or in any module that is imported::

    register(
        Mechanism(
            name="wake-up",
            title="Time to wake a worker",
            clause="a worker that left its core needs time to get back",
            set={"wake_us": 0.0},
        )
    )

What a mechanism changes must exist in the backend's parameters; one that changes
nothing in either variant plays no part and costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from workbench.backends.base import Job, ParameterInfo
from workbench.scenario import placement
from workbench.scenario.experiment import Parameter
from workbench.scenario.model import Component, PlacementRule, Rectangle, Scenario
from workbench.scenario.variants import measured

__all__ = ["Mechanism", "applied", "mechanisms", "register", "shares_cores"]


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One possible cause of a difference.

    Parameters
    ----------
    name
        Short name, as in ``--mechanism NAME``.
    title
        For people.
    clause
        What it does, as the end of a sentence.
    set
        Parameters and the values that switch it off.
    scale
        Parameters and the factors that do.
    like
        Parameters and the parameter whose value they get.
    scenario
        What it makes of a scenario.
    sharing
        Whether it can matter only where components share a core.
    """

    name: str
    title: str
    clause: str
    set: Mapping[str, Parameter] = field(default_factory=dict)
    scale: Mapping[str, float] = field(default_factory=dict)
    like: Mapping[str, str] = field(default_factory=dict)
    scenario: Callable[[Scenario], Scenario] | None = None
    sharing: bool = False

    @property
    def changes(self) -> tuple[str, ...]:
        """The parameters that switch it off."""
        return (*self.set, *self.scale, *self.like)

    def switched_off(self, job: Job, known: Mapping[str, ParameterInfo], shared: bool) -> Job:
        """Return the job without this mechanism; the same job if it has no part in it.

        Parameters
        ----------
        job
            What would run.
        known
            The backend's parameters by name.
        shared
            Whether components share cores in the scenario as it was given.
        """
        if self.sharing and not shared:
            return job
        now = {name: job.parameters.get(name, info.default) for name, info in known.items()}
        wanted = dict(self.set)
        wanted |= {name: _scaled(now[name], by) for name, by in self.scale.items() if name in now}
        wanted |= {name: now[other] for name, other in self.like.items() if other in now}
        changed = {name: v for name, v in wanted.items() if name in now and now[name] != v}
        scenario = self.scenario(job.scenario) if self.scenario else job.scenario
        if not changed and scenario is job.scenario:
            return job
        return replace(job, scenario=scenario, parameters={**job.parameters, **changed})


_registry: dict[str, Mechanism] = {}


def register(mechanism: Mechanism) -> None:
    """Make a mechanism known; one of the same name is replaced."""
    _registry[mechanism.name] = mechanism


def mechanisms() -> tuple[Mechanism, ...]:
    """Return all mechanisms, in the order to switch them off and to show them."""
    return tuple(_registry.values())


def applied(
    job: Job, off: Iterable[Mechanism], known: Mapping[str, ParameterInfo], shared: bool
) -> Job:
    """Return the job with some mechanisms switched off, in their order."""
    for mechanism in off:
        job = mechanism.switched_off(job, known, shared)
    return job


def shares_cores(scenario: Scenario) -> bool:
    """Whether any two measured components share a core; timers and the like do not count."""
    places = placement.effective(scenario)
    cells = [cell for one in measured(scenario) for cell in places[one.id].cells()]
    return len(set(cells)) < len(cells)


def _scaled(value: Parameter, factor: float) -> Parameter:
    return type(value)(value * factor) if isinstance(value, int | float) else value


def _balanced(scenario: Scenario) -> Scenario:
    """Return a scenario whose measured components, if they are apart, have equally many cores."""
    here = [one for one in measured(scenario) if isinstance(one.affinity, Rectangle)]
    sizes = {one.affinity.width * one.affinity.height for one in here}  # type: ignore[union-attr]
    if len(sizes) < 2 or shares_cores(scenario):
        return scenario
    rule = PlacementRule(rule="partition-evenly", leave=min(_left(one) for one in here))
    ids = {one.id for one in here}
    return placement.placed(
        scenario.but(
            components=tuple(
                one.but(affinity=rule) if one.id in ids else one for one in scenario.components
            )
        )
    )


def _left(component: Component) -> int:
    assert isinstance(component.affinity, Rectangle)
    return component.affinity.x


_SHORT = 0.02  # a slice of a fiftieth, with its switches, leaves nobody off its core for long
_PLENTY = 20.0

register(
    Mechanism(
        "delegation",
        "Delegation to descheduled owners",
        "leaf writes are sent to the worker that owns the leaf, and wait while it is off its core",
        # Written where the request is; that needs a lock, as in the mode olfit.
        set={"delegation": "off", "sync": "olfit"},
    )
)
register(
    Mechanism(
        "alignment",
        "Slices out of step",
        "each core switches at moments of its own, so an instance never has all its workers "
        "on their cores for long",
        set={"slice_spread": 0.0},
        sharing=True,
    )
)
register(
    Mechanism(
        "quantum",
        "Length of the slice",
        "whoever waits for a worker off its core waits for whole slices of the others",
        # Together with its costs, so that their share of the time stays what it is.
        scale=dict.fromkeys(("quantum_ms", "switch_us", "refill_us"), _SHORT),
        sharing=True,
    )
)
register(
    Mechanism(
        "window",
        "Operations in flight",
        "a worker stops issuing operations when its part of the window is in flight",
        scale={"window": _PLENTY},
    )
)
register(
    Mechanism(
        "switch",
        "Direct cost of a switch",
        "every change of a core's worker costs the time of a context switch",
        set={"switch_us": 0.0},
        sharing=True,
    )
)
register(
    Mechanism(
        "refill",
        "Refill of the caches",
        "a worker that returns to its core finds its cache lines evicted and fetches them again",
        set={"refill_us": 0.0},
        sharing=True,
    )
)
register(
    Mechanism(
        "numa",
        "Distance of the memory",
        "data on another NUMA node take longer to reach",
        like={"remote_ns": "memory_ns", "far_ns": "memory_ns"},
    )
)
register(
    Mechanism(
        "bandwidth",
        "Memory bandwidth",
        "cores that ask for more than a node's memory can give wait for it",
        scale={"memory_gb_per_s": _PLENTY},
    )
)
register(
    Mechanism(
        "threads",
        "Two threads on one core",
        "both hardware threads of a core are held, and each gets on at a part of its speed",
        set={"thread_speed": 1.0},
    )
)
register(
    Mechanism(
        "skew",
        "Instances that start apart",
        "instances start one after the other, so their phases overlap only in part",
        set={"start_skew_ms": 0.0},
    )
)
register(
    Mechanism(
        "gap",
        "Serial work between phases",
        "while one instance loads or checks with a single thread, the others have its cores",
        set={"serial_gap_ms": 0.0, "check_ms": 0.0},
    )
)
register(
    Mechanism(
        "imbalance",
        "Partitions of unequal size",
        "the smallest partition ends last",
        scenario=_balanced,
    )
)
