"""Genode's configuration as HID, which `init` reads since 25.08.

What is read is the ``config`` node, as for XML: the top node, or the first one that
has ``start`` nodes inside another top node, whose rest is kept as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from workbench.formats import config_piece
from workbench.formats.hid_layout import rendered
from workbench.formats.hid_patch import patched
from workbench.formats.hid_text import Piece, parse
from workbench.formats.registry import Format, register
from workbench.scenario import init_config
from workbench.scenario.experiment import Experiment
from workbench.scenario.model import Scenario
from workbench.scenario.translation import remarks, translated
from workbench.scenario.tree import Node

__all__ = ["PROFILE", "component_lines", "read", "write"]

PROFILE: init_config.Profile = "hid"

_LOOKS_LIKE_HID = re.compile(r"\s*[a-z][a-z0-9_-]*(?: [^\n]*|\|[^\n]*)?\r?\n(?:[^\n]*\n)*?-")


def read(text: str, stem: str) -> Experiment:
    """Return the experiment of a configuration; it is called like the file."""
    _, config = _pieces(text)
    assert isinstance(config.item, Node)
    return Experiment(name=stem, scenario=init_config.read(config.item, "hid", PROFILE))


def write(experiment: Experiment, known: tuple[Experiment, str] | None = None) -> str:
    """Return the configuration; given the text read, only what was edited differs."""
    new = init_config.write(experiment.scenario, PROFILE)
    if known is None:
        return rendered(translated(new, experiment.scenario.profile, PROFILE))
    _, text = known
    top, config = _pieces(text)
    return patched(text, top, config, new)


def component_lines(text: str, scenario: Scenario) -> dict[str, tuple[int, int]]:
    """Return the first and last line of each component's node, by id."""
    return config_piece.component_lines(_pieces(text)[1], scenario)


def _remarks(experiment: Experiment) -> tuple[str, ...]:
    scenario = experiment.scenario
    config = translated(init_config.write(scenario, PROFILE), scenario.profile, PROFILE)
    return remarks(config, PROFILE)


@lru_cache(maxsize=8)
def _pieces(text: str) -> tuple[Piece, Piece]:
    top = parse(text)
    return top, config_piece.config_of(top, "config")


register(
    Format(
        name=PROFILE,
        title="Genode configuration (HID)",
        endings=(".hid", ".config", ".runtime"),
        claims=lambda text: _LOOKS_LIKE_HID.match(text) is not None,
        read=read,
        write=write,
        component_lines=component_lines,
        remarks=_remarks,
    )
)
