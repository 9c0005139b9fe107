"""The experiment: a scenario, the variants to compare, and how to run them.

Pure data; `workbench.scenario.variants` applies a variant to the scenario,
and `workbench.experiments` runs it.
"""

from __future__ import annotations

from pydantic import Field, model_validator

from workbench.scenario.model import Frozen, PlacementRule, Rectangle, Scenario

__all__ = ["MAX_REPLICATIONS", "MAX_SEED", "Experiment", "Parameter", "Variant", "same"]

MAX_REPLICATIONS = 10_000
"""More are certainly a slip: the interval shrinks with the root of their number."""

MAX_SEED = 2**63 - 1
"""Largest seed; a signed 64-bit number in every file and in the run store."""

Parameter = bool | int | float | str
"""Value of a named parameter, as ``--set NAME=VALUE`` and YAML give it."""


class Variant(Frozen):
    """A named change of an experiment's scenario.

    Changes apply in this order: `instances`, `placement`, `affinity`.

    Parameters
    ----------
    name
        Short name, for example ``time-shared``.
    title
        What a reader should know about it; one line.
    instances
        Number of instances of the measured component (the components whose
        binary runs a workload): superfluous ones are dropped from the end,
        missing ones are copied from the last.
    placement
        Rule for the measured components, or for those named in `components`.
    components
        Ids the placement applies to; None means every measured component.
    affinity
        Rectangles by component id; they win over `placement`.
    parameters
        Parameters that differ in this variant.
    """

    name: str = Field(min_length=1)
    title: str = ""
    instances: int | None = Field(default=None, ge=1)
    placement: PlacementRule | None = None
    components: tuple[str, ...] | None = None
    affinity: dict[str, Rectangle] = Field(default_factory=dict)
    parameters: dict[str, Parameter] = Field(default_factory=dict)


class Experiment(Frozen):
    """A scenario with the variants, workloads and settings of its runs.

    Parameters
    ----------
    name
        Short name; used in file names and in the run store.
    title, description
        For readers.
    scenario
        What is configured.
    variants
        Named changes; an experiment without any is run as written, under the
        variant name ``as-written``.
    workloads
        Names of workload files, for example ``insert``.
    backend
        Name of a registered backend.
    replications
        Independent repetitions of each run.
    half_width
        Repeat in batches of `replications` until no 95 % confidence interval of the
        throughputs and of their ratios is wider than this to either side, relative
        to its value: 0.05 is 5 %. None for one batch.
    max_replications
        Stop repeating at this number, however wide the intervals are.
    seed
        Seed of the first replication; the others follow from it.
    parameters
        Parameters of machine, workload and backend that differ from their
        defaults, by their documented names.
    """

    name: str = Field(min_length=1)
    title: str = ""
    description: str = ""
    scenario: Scenario
    variants: tuple[Variant, ...] = ()
    workloads: tuple[str, ...] = ("insert", "lookup")
    backend: str = "simulated"
    replications: int = Field(default=10, ge=1, le=MAX_REPLICATIONS)
    half_width: float | None = Field(default=None, gt=0, lt=1)
    max_replications: int = Field(default=100, ge=1, le=MAX_REPLICATIONS)
    seed: int = Field(default=1, ge=0, le=MAX_SEED)
    parameters: dict[str, Parameter] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Experiment:
        for what, names in (
            ("variant", [v.name for v in self.variants]),
            ("workload", list(self.workloads)),
        ):
            if len(set(names)) != len(names):
                raise ValueError(f"two {what}s have the same name: {', '.join(names)}")
        return self

    @property
    def runnable_variants(self) -> tuple[Variant, ...]:
        """The variants to run; the scenario as written where none is named."""
        return self.variants or (Variant(name="as-written", title="As written"),)

    def variant(self, name: str) -> Variant:
        """Return a variant by name; `KeyError` if there is none."""
        for variant in self.runnable_variants:
            if variant.name == name:
                return variant
        raise KeyError(name)


def same(a: Experiment, b: Experiment) -> bool:
    """Whether two experiments say the same; unlike ``==`` this tells 1 from True and from 1.0."""
    return a == b and _kinds(a) == _kinds(b)


def _kinds(experiment: Experiment) -> list[dict[str, type]]:
    tables = [experiment.parameters, *(variant.parameters for variant in experiment.variants)]
    return [{name: type(value) for name, value in table.items()} for table in tables]
