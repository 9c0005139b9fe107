"""The catalogue's entries make components that run, and users can add their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import jsonschema
import pytest
import yaml

from tests.nodes import USUAL, config, node
from workbench.errors import InputError
from workbench.scenario import edits, init_config
from workbench.scenario.catalogue import SHIPPED, Entry, Guest, catalogue
from workbench.scenario.catalogue_schema import PUBLISHED, schema
from workbench.scenario.checks import check
from workbench.scenario.prediction import predict
from workbench.scenario.quota import CAPS_NEEDED


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


@pytest.mark.parametrize("entry", catalogue().entries.values(), ids=lambda entry: entry.binary)
def test_every_entry_can_be_used(entry: Entry):
    """With title and summary, quotas that run, words for every parameter."""
    assert entry.title
    assert entry.summary.endswith(".")
    assert entry.ram >= 2**20
    assert entry.caps >= CAPS_NEEDED
    assert all(p.title and p.kind for p in entry.parameters)
    component = entry.component("c", "c")
    assert entry.values(component) == {p.name: p.default for p in entry.parameters}
    assert set(entry.requires).isdisjoint({"PD", "CPU", "ROM", "LOG"}), "everybody gets those"


def test_real_runs_know_their_programs():
    """A guest program for what the simulation has a workload for, and for one that logs."""
    known = catalogue().entries.values()
    assert {e.guest for e in known if e.guest} == set(get_args(Guest))
    assert all(e.guest for e in known if e.workload)


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.yaml")), ids=lambda file: file.name)
def test_shipped_files_keep_to_the_published_schema(file: Path):
    published = json.loads(PUBLISHED.read_text())
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.validate(yaml.safe_load(file.read_text()), published)


def test_the_published_schema_is_current():
    assert PUBLISHED.read_text() == schema()


def test_the_schema_refuses_what_the_reader_refuses():
    published = json.loads(PUBLISHED.read_text())
    for entry in (
        {"binary": "x", "title": "X"},
        {"binary": "", "title": "X", "ram": "1M"},
        {"binary": "x", "title": "X", "ram": "1M", "colour": "red"},
        {"binary": "x", "title": "X", "ram": "1M", "guest": "doom"},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate([entry], published)


def test_a_component_type_of_a_user_is_used_everywhere(home: Path):
    """The example of workbench/README.md: checks, predictions and new components know it."""
    page = (Path(__file__).parents[3] / "workbench" / "README.md").read_text()
    example = page.split("```yaml\n- binary: reporter", 1)[1].split("```")[0]
    (home / "catalogue").mkdir()
    (home / "catalogue" / "lab.yaml").write_text("- binary: reporter" + example)
    jsonschema.validate(
        yaml.safe_load("- binary: reporter" + example), json.loads(PUBLISHED.read_text())
    )
    scenario, id = edits.add(init_config.read(config(USUAL)), "reporter")
    assert {p.code for p in check(scenario)} == {"route-to-unknown-child", "no-provider"}
    added = scenario.component(id)
    assert catalogue().entry("reporter").values(added)["interval_ms"] == 500
    sessions = {s.service: s.outcome for s in predict(scenario)[id].sessions}
    assert sessions["Timer"] == "denied"
    assert sessions["Report"] == "no-route"


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
        ("- {binary: x, title: X, ram: 1M, guest: doom}", "blinktree"),
        (
            "- {binary: x, title: X, ram: 1M, parameters: [{name: p, default: a, choices: [b]}]}",
            "choices",
        ),
    ],
)
def test_a_broken_file_is_named(home: Path, text: str, says: str):
    (home / "catalogue").mkdir()
    (home / "catalogue" / "broken.yaml").write_text(text)
    with pytest.raises(InputError, match=says) as refusal:
        catalogue()
    assert "broken.yaml" in str(refusal.value)
