"""What a new experiment can start from: the empty one, and the shipped samples."""

from __future__ import annotations

from pathlib import Path

from workbench import formats
from workbench.scenario.experiment import Experiment
from workbench.scenario.model import AffinitySpace, RouteRule, Scenario, Target

__all__ = ["empty_experiment", "template", "template_titles"]

_EMPTY = "empty"
_NICKNAMES = {"talk": "The talk"}
"""What people call a template, before its title."""

_PACKAGE = Path(__file__).parents[1]
_FOLDERS = (_PACKAGE / "data" / "templates", _PACKAGE.parent / "sample_data")
"""Where an installed wheel, and where a checkout, keeps the samples."""

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
    titles = {_EMPTY: "Empty"}
    for name, path in _files().items():
        title = formats.read(path).experiment.title or name
        titles[name] = f"{_NICKNAMES[name]}: {title}" if name in _NICKNAMES else title
    return titles


def template(name: str) -> Experiment:
    """Return a template's experiment; `KeyError` if there is none of that name."""
    return empty_experiment() if name == _EMPTY else formats.read(_files()[name]).experiment


def _files() -> dict[str, Path]:
    """Return the samples by name, those with a nickname first."""
    folder = next((folder for folder in _FOLDERS if folder.is_dir()), None)
    paths = folder.glob("*.yaml") if folder else []
    return {
        path.stem: path
        for path in sorted(paths, key=lambda path: (path.stem not in _NICKNAMES, path.stem))
    }
