"""The strip below the grid: what it predicts, for what is placed and for what is held."""

from __future__ import annotations

import re

import pytest

from tests.simulation import talk
from workbench.app.editor import grid_of
from workbench.app.preview import PreviewStrip
from workbench.app.state import AppState
from workbench.backends.base import Job
from workbench.backends.simulated.fluid import preview
from workbench.scenario import edits
from workbench.scenario.experiment import Experiment
from workbench.scenario.model import Rectangle


@pytest.fixture
def strip() -> PreviewStrip:
    state = AppState(Experiment(name="talk", scenario=talk("partition-evenly")))
    made = PreviewStrip(state, grid_of(state))
    assert made._ready.wait(60.0)
    made.show()
    return made


def told(strip: PreviewStrip) -> dict[str, list[str]]:
    """Return what each row says of the components, without their names."""
    rows = strip._view.object.split('<div class="bars">')[1:]
    return {
        name: re.findall(r"</i>blinktree\d ([^<]*)</span>", row)
        for name, row in zip(("insert", "lookup"), rows, strict=True)
    }


def test_it_shows_the_fluid_solution_of_what_is_placed(strip: PreviewStrip) -> None:
    (found,) = preview(Job(talk("partition-evenly"), "lookup", 1))
    assert told(strip)["lookup"] == [f"{rate / 1e6:.2f} M op/s" for rate in found.rates.values()]
    assert "as placed" in strip._view.object
    assert "within 10 %" in strip._view.object
    assert "Preview" in strip._view.object


def test_what_is_held_is_previewed_before_it_is_let_go(strip: PreviewStrip) -> None:
    before = told(strip)
    strip._grid.held = {"moved": {"blinktree2": [1, 0, 21, 1]}, "added": None, "number": 3}
    assert "if you let go here" in strip._view.object
    assert "within 25 %" in strip._view.object
    assert strip._grid.previewed == 3
    held = told(strip)
    first, _, last = (
        float(after.split()[0]) / float(placed.split()[0])
        for after, placed in zip(held["lookup"], before["lookup"], strict=True)
    )
    # Joined on its cores, the first has half of them; the last one has more of the caches at most.
    assert first == pytest.approx(0.5, abs=0.1)
    assert last == pytest.approx(1.0, abs=0.01)
    scenario = edits.place(talk("partition-evenly"), "blinktree2", Rectangle(x=1, width=21))
    (found,) = preview(Job(scenario, "lookup", 1))
    assert held["lookup"] == [f"{rate / 1e6:.2f} M op/s" for rate in found.rates.values()]
    strip._grid.held = {"moved": {}, "added": None, "number": 4}
    assert told(strip) == before


def test_a_newcomer_is_previewed(strip: PreviewStrip) -> None:
    new = {"binary": "blinktree", "rectangle": {"x": 1, "y": 0, "w": 8, "h": 1}}
    strip._grid.held = {"moved": {}, "added": new, "number": 1}
    assert len(told(strip)["insert"]) == 4


def test_nonsense_from_a_browser_shows_nothing(strip: PreviewStrip) -> None:
    strip._grid.held = {"moved": {"nobody": [1, 0, 2, 1]}, "added": None, "number": 1}
    assert "op/s" not in strip._view.object
    strip._grid.held = {"moved": {"blinktree1": ["x"]}, "added": None, "number": 2}
    assert "op/s" not in strip._view.object
    assert strip._grid.previewed == 2
