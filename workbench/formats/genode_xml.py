"""Genode's configuration as XML, in two profiles: for every Genode, and for 25.02 and later.

What is read is the ``config`` node: the top node, or the first one that has
``start`` nodes inside another top node (such as ``runtime``), whose rest is
kept as it is. XML holds the scenario only; an experiment read from it has the
default settings.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial

from workbench.errors import InputError
from workbench.formats import config_piece
from workbench.formats.registry import Format, register
from workbench.formats.xml_patch import patched, rendered
from workbench.formats.xml_text import Piece, parse
from workbench.scenario import init_config
from workbench.scenario.experiment import Experiment
from workbench.scenario.model import Scenario
from workbench.scenario.translation import relies_on_ram_attributes, remarks, translated
from workbench.scenario.tree import Node

__all__ = ["PROFILE", "component_lines", "read", "write"]

PROFILE: init_config.Profile = "xml-classic"
"""The profile for new files."""

_RAM_ATTRIBUTE = re.compile(r"\sram\s*=")


def read(text: str, stem: str, profile: init_config.Profile = PROFILE) -> Experiment:
    """Return the experiment of a configuration; it is called like the file."""
    scenario = init_config.read(_node(text), "xml", profile)
    return Experiment(name=stem, scenario=scenario)


def write(
    experiment: Experiment,
    known: tuple[Experiment, str] | None = None,
    profile: init_config.Profile = PROFILE,
) -> str:
    """Return the configuration; given the text read, only what was edited differs."""
    config = init_config.write(experiment.scenario, profile)
    if known is None:
        return rendered(translated(config, experiment.scenario.profile, profile))
    _, text = known
    return patched(text, _config(text), config)


def component_lines(text: str, scenario: Scenario) -> dict[str, tuple[int, int]]:
    """Return the first and last line of each component's node, by id."""
    return config_piece.component_lines(_config(text), scenario)


def _remarks(experiment: Experiment, profile: init_config.Profile) -> tuple[str, ...]:
    scenario = experiment.scenario
    config = translated(init_config.write(scenario, profile), scenario.profile, profile)
    return remarks(config, profile)


def _claims(text: str, profile: init_config.Profile) -> bool:
    if not text.lstrip().startswith("<"):
        return False
    is_new = False
    if _RAM_ATTRIBUTE.search(text):
        try:
            is_new = relies_on_ram_attributes(_node(text))
        except InputError:
            is_new = False  # reading it says why
    return is_new == (profile == "xml")


def _node(text: str) -> Node:
    config = _config(text).item
    assert isinstance(config, Node)
    return config


@lru_cache(maxsize=8)
def _config(text: str) -> Piece:
    return config_piece.config_of(parse(text), "<config>")


def _format(profile: init_config.Profile, title: str) -> Format:
    return Format(
        name=profile,
        title=title,
        endings=(".xml", ".config", ".runtime"),
        claims=partial(_claims, profile=profile),
        read=partial(read, profile=profile),
        write=partial(write, profile=profile),
        component_lines=component_lines,
        remarks=partial(_remarks, profile=profile),
    )


register(_format("xml-classic", "Genode configuration (XML)"))
register(_format("xml", "Genode configuration (XML of 25.02 and later)"))
