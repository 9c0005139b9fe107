"""The catalogue's entries make components that run, and users can add their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.nodes import USUAL, config, node
from workbench.errors import InputError
from workbench.scenario import edits, init_config
from workbench.scenario.catalogue import catalogue
from workbench.scenario.checks import check
from workbench.scenario.prediction import predict


def test_what_the_simulation_relies_on():
    known = catalogue()
    blinktree = known.entry("blinktree")
    assert (blinktree.role, blinktree.title, blinktree.requires) == (
        "benchmark",
        "B-link tree",
        ("Timer",),
    )
    assert known.entry("timer").provides == ("Timer",)
    assert known.entry("stress").role == "antagonist"
    assert known.entry("hoitaja").starts_children
    assert known.entry("nobody") is None


@pytest.mark.parametrize("binary", [entry.binary for entry in catalogue().palette()])
def test_what_is_offered_runs_once_what_it_needs_is_there(binary: str):
    scenario, _ = edits.add(init_config.read(config(USUAL)), binary)
    for _ in range(10):
        problems = check(scenario)
        if not problems:
            break
        problem = problems[0]
        if problem.fix is None:  # Terminal: nothing in the catalogue offers it
            assert "Terminal" in problem.message
            return
        scenario = problem.fix.apply(scenario)
    assert check(scenario) == ()
    assert all(prediction.starts for prediction in predict(scenario).values())


def test_parameters_are_read_as_genode_reads_them():
    timer = catalogue().entry("timer")
    tree = config('<start name="timer"><config period_ms="20"/></start><start name="t2"/>')
    scenario = init_config.read(tree)
    assert timer.values(scenario.component("timer")) == {"period_ms": 20}
    assert timer.values(scenario.component("t2")) == {"period_ms": 1}


def test_users_add_their_own(home: Path):
    folder = home / "catalogue"
    folder.mkdir()
    (folder / "mine.yaml").write_text(
        "- {binary: mine, title: Mine, ram: 3M, config: [config, {n: 1}, [vfs, {}]]}\n"
        "- {binary: timer, title: My timer, ram: 1M}\n"
    )
    known = catalogue()
    component = known.entry("mine").component("mine", "mine")
    assert component.ram_bytes == 3 * 2**20
    assert component.config == node('<config n="1"><vfs/></config>')
    assert known.entry("timer").title == "My timer"
    assert known.entry("blinktree").title == "B-link tree"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- binary: [", "YAML"),
        ("binary: x", "list"),
        ("- {binary: x, title: X, ram: 12Q}", "12Q"),
        ("- {binary: x, title: X, ram: 1M, colour: red}", "colour"),
        ("- {binary: x, title: X, ram: 1M, config: [config]}", "child"),
    ],
)
def test_a_broken_file_is_named(home: Path, text: str, says: str):
    (home / "catalogue").mkdir()
    (home / "catalogue" / "broken.yaml").write_text(text)
    with pytest.raises(InputError, match=says) as refusal:
        catalogue()
    assert "broken.yaml" in str(refusal.value)
