"""What a new experiment can start from: the empty one, and the shipped samples."""

from __future__ import annotations

from workbench import formats
from workbench.experiments.samples import samples
from workbench.scenario.experiment import Experiment
from workbench.scenario.model import AffinitySpace, RouteRule, Scenario, Target

__all__ = ["empty_experiment", "template", "template_titles"]

_EMPTY = "empty"
_SERVICES = ("ROM", "PD", "RM", "CPU", "LOG")


def empty_experiment() -> Experiment:
    """Return an experiment of 64 cores in a row without components."""
    anything = RouteRule(targets=(Target(kind="parent"), Target(kind="any-child")))
    return Experiment(
        name="untitled",
        scenario=Scenario(
            space=AffinitySpace(width=64, height=1),
            parent_provides=_SERVICES,
            default_route=(anything,),
            default_caps=100,
        ),
    )


def template_titles() -> dict[str, str]:
    """Return the templates' titles by name, the empty one first."""
    titles = {name: formats.read(path).experiment.title or name for name, path in samples().items()}
    return {_EMPTY: "Empty"} | dict(sorted(titles.items(), key=lambda entry: entry[1]))


def template(name: str) -> Experiment:
    """Return a template's experiment; `KeyError` if there is none of that name."""
    return empty_experiment() if name == _EMPTY else formats.read(samples()[name]).experiment
