"""The templates: without errors, run on the simulated backend, drawn from the scenario."""

from __future__ import annotations

import pytest
from lxml import etree

from tests.simulation import run
from workbench.app.picture import lanes, picture
from workbench.app.state import AppState
from workbench.app.templates import Template, templates
from workbench.scenario import edits, placement, variants
from workbench.scenario.model import AffinitySpace, Rectangle, Scenario

EVERY = [pytest.param(template, id=template.name) for template in templates()]


def test_they_are_those_that_a_beginner_looks_for() -> None:
    names = [template.name for template in templates()]
    assert names[:6] == ["empty", "talk", "antagonist", "key-value", "ealanos", "numa"]
    assert all(template.summary or template.name == "small" for template in templates())


@pytest.mark.parametrize("template", EVERY)
def test_every_template_opens_without_problems_in_all_variants(template: Template) -> None:
    state = AppState(template.experiment)
    for name in ("", *(variant.name for variant in template.experiment.variants)):
        state.variant = name
        assert [found.problem.message for found in state.problems] == []


@pytest.mark.parametrize("template", [entry for entry in EVERY if entry.id != "empty"])
def test_every_template_runs_on_the_simulated_backend(template: Template) -> None:
    experiment = template.experiment
    assert experiment.backend == "simulated"
    fewer = {"operations": 400, "keys": 1000}
    for variant in experiment.runnable_variants:
        scenario = variants.apply(experiment, variant.name)
        parameters = variants.parameters(experiment, variant.name) | fewer
        for workload in experiment.workloads:
            dataset = run(scenario, workload, **parameters)
            names = [component.label for component in variants.measured(scenario)]
            assert (dataset.operations.sel(component=names) == 400).all()


@pytest.mark.parametrize("template", EVERY)
def test_the_picture_shows_every_component_where_it_is(template: Template) -> None:
    scenario = template.experiment.scenario
    drawing = etree.fromstring(picture(scenario))
    titles = [node.text for node in drawing.iter("{*}title")]
    expected = [c.label for c in scenario.components if c.affinity is not None]
    expected += [f"{c.label}, anywhere" for c in scenario.components if c.affinity is None]
    assert titles == expected
    places = placement.requested(scenario)
    width = 240 / scenario.effective_space.width
    drawn = {node[0].text: node for node in drawing.iter("{*}rect") if len(node)}
    for component in scenario.components:
        if component.affinity is not None:
            box = drawn[component.label]
            assert abs(float(box.get("x", "")) - 1 - places[component.id].x * width) < 0.1


def test_a_space_of_several_rows_and_odd_names_are_drawn() -> None:
    scenario = Scenario(space=AffinitySpace(width=4, height=2))
    scenario, id = edits.add(scenario, "blinktree", Rectangle(x=2, y=1, width=2, height=1))
    scenario = edits.rename(scenario, id, "<b & 'c'>" * 9)
    (title,) = etree.fromstring(picture(scenario)).iter("{*}title")
    assert title.text == "<b & 'c'>" * 9
    box = title.getparent()
    assert box is not None
    assert (box.get("x"), box.get("y")) == ("121.0", "41.5")


def test_lanes_hold_no_overlaps() -> None:
    places = [Rectangle(x=x, width=w) for x, w in ((0, 4), (2, 4), (4, 4), (5, 1), (0, 9), (9, 1))]
    assert lanes(places) == [0, 1, 0, 2, 3, 0]
