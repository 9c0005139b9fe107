"""What runs must have in common to be paired.

Replications are paired by their seeds, so two runs may be compared pair by pair
only where nothing differs but what their variants declare.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from workbench import formats
from workbench.errors import InputError
from workbench.results.importers import BACKEND as IMPORTED
from workbench.results.records import RunRecord
from workbench.scenario import init_config
from workbench.scenario.experiment import Experiment

__all__ = ["Basis", "basis", "differing", "experiment_of"]


@dataclass(frozen=True, slots=True)
class Basis:
    """What a run rests on beside its variant.

    Parameters
    ----------
    workload
        Its workload.
    seed
        Of the experiment.
    scenario
        What the scenario says before any variant; equal for equal scenarios.
    parameters
        Chosen parameters that no variant of the experiment declares.
    """

    workload: str
    seed: int
    scenario: object
    parameters: Mapping[str, object]

    def agrees(self, other: Basis) -> bool:
        """Whether nothing differs but what a variant or a workload may change."""
        mine, theirs = (self.seed, self.scenario), (other.seed, other.scenario)
        return mine == theirs and not differing((self, other))


def basis(record: RunRecord) -> Basis:
    """Return what a run rests on."""
    experiment = _experiment(record.experiment_yaml)
    if experiment is None:
        # Of an import nothing but the variant is known; its parameters describe that.
        imported = record.backend == IMPORTED
        return Basis(
            record.workload,
            record.seed,
            record.experiment_yaml,
            {} if imported else record.parameters,
        )
    declared = {name for variant in experiment.variants for name in variant.parameters}
    undeclared = {k: v for k, v in record.parameters.items() if k not in declared}
    return Basis(record.workload, record.seed, init_config.plain(experiment.scenario), undeclared)


def differing(bases: Iterable[Basis]) -> tuple[str, ...]:
    """Return the names of the parameters in which these differ.

    A workload none of whose runs has a parameter may not know it: that is no difference.
    """
    values: dict[str, dict[str, set[str]]] = {}
    found = list(bases)
    for name in sorted({name for one in found for name in one.parameters}):
        for one in found:
            of_workload = values.setdefault(name, {}).setdefault(one.workload, set())
            of_workload.add(str(one.parameters.get(name)))
    unset = {str(None)}
    return tuple(
        name
        for name, by_workload in values.items()
        if len(set().union(*(those for those in by_workload.values() if those != unset))) > 1
    )


def experiment_of(record: RunRecord) -> Experiment:
    """Return the experiment of a run, with what was set for it beside the variants.

    Raises
    ------
    workbench.errors.InputError
        If another version recorded it.
    """
    experiment = formats.read_text(record.experiment_yaml, "yaml").experiment
    undeclared = basis(record).parameters
    return experiment.but(
        seed=record.seed,
        backend=record.backend,
        parameters=experiment.parameters | dict(undeclared),
    )


@lru_cache(maxsize=256)
def _experiment(text: str) -> Experiment | None:
    try:
        return formats.read_text(text, "yaml").experiment
    except InputError:  # recorded by another version
        return None
