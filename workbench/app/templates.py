"""What a new experiment can start from: the empty one, and the shipped samples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from workbench import formats
from workbench.experiments.samples import samples
from workbench.scenario.experiment import Experiment
from workbench.scenario.model import AffinitySpace, RouteRule, Scenario, Target

__all__ = ["Template", "empty_experiment", "template", "templates"]

_SERVICES = ("ROM", "PD", "RM", "CPU", "LOG")
_FIRST = ("talk", "antagonist", "key-value", "ealanos", "numa")
"""The order of the shipped ones; others follow by their title."""


@dataclass(frozen=True, slots=True)
class Template:
    """An experiment to begin with.

    Parameters
    ----------
    name, title, summary
        For links and for people.
    experiment
        What it opens.
    """

    name: str
    title: str
    summary: str
    experiment: Experiment


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


@cache
def templates() -> tuple[Template, ...]:
    """Return all templates, the empty one first; the files are read once."""
    empty = Template(
        "empty", "Empty", "64 cores in a row, and nothing on them.", empty_experiment()
    )
    shipped = [_shipped(name) for name in samples()]
    order = {name: place for place, name in enumerate(_FIRST)}
    shipped.sort(key=lambda template: (order.get(template.name, len(order)), template.title))
    return (empty, *shipped)


def template(name: str) -> Experiment:
    """Return a template's experiment; `KeyError` if there is none of that name."""
    return {template.name: template.experiment for template in templates()}[name]


def _shipped(name: str) -> Template:
    experiment = formats.read(samples()[name]).experiment
    summary = " ".join(experiment.description.split())
    return Template(name, experiment.title or name, summary, experiment)
