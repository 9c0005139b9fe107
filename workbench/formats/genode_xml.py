"""Genode's configuration as XML, in the profile that every Genode accepts.

What is read is the ``config`` node: the top node, or the first one that has
``start`` nodes inside another top node (such as ``runtime``), whose rest is
kept as it is. XML holds the scenario only; an experiment read from it has the
default settings.
"""

from __future__ import annotations

from functools import lru_cache

from workbench.formats import config_piece
from workbench.formats.registry import Format, register
from workbench.formats.xml_patch import patched, rendered
from workbench.formats.xml_text import Piece, parse
from workbench.scenario import init_config
from workbench.scenario.experiment import Experiment
from workbench.scenario.model import Scenario
from workbench.scenario.tree import Node

__all__ = ["PROFILE", "component_lines", "read", "write"]

PROFILE: init_config.Profile = "xml-classic"


def read(text: str, stem: str) -> Experiment:
    """Return the experiment of a configuration; it is called like the file."""
    config = _config(text).item
    assert isinstance(config, Node)
    return Experiment(name=stem, scenario=init_config.read(config))


def write(experiment: Experiment, known: tuple[Experiment, str] | None = None) -> str:
    """Return the configuration; given the text read, only what was edited differs."""
    config = init_config.write(experiment.scenario, PROFILE)
    if known is None:
        return rendered(config)
    _, text = known
    return patched(text, _config(text), config)


def component_lines(text: str, scenario: Scenario) -> dict[str, tuple[int, int]]:
    """Return the first and last line of each component's node, by id."""
    return config_piece.component_lines(_config(text), scenario)


@lru_cache(maxsize=8)
def _config(text: str) -> Piece:
    return config_piece.config_of(parse(text), "<config>")


register(
    Format(
        name=PROFILE,
        title="Genode configuration (XML)",
        endings=(".xml", ".config", ".runtime"),
        claims=lambda text: text.lstrip().startswith("<"),
        read=read,
        write=write,
        component_lines=component_lines,
    )
)
