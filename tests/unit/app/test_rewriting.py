"""The configuration written by hand: what it does not say is kept, in every format."""

from __future__ import annotations

import pytest

from tests.unit.app.test_nested import TEXT
from workbench import formats
from workbench.app.rewriting import rewritten
from workbench.app.state import AppState
from workbench.app.templates import template
from workbench.errors import InputError
from workbench.scenario.experiment import Experiment, Variant
from workbench.scenario.init_config import plain
from workbench.scenario.model import PlacementRule, Rectangle
from workbench.scenario.placement import placed, requested

SCENARIO_FORMATS = [name for name, f in formats.formats().items() if not f.holds_experiment]

COMMENTED = """<config>
\t<!-- four cores -->
\t<affinity-space width="4" height="1"/>
\t<parent-provides><service name="LOG"/><service name="PD"/></parent-provides>
\t<default-route><any-service><parent/></any-service></default-route>
\t<start name="one" caps="200"><resource name="RAM" quantum="8M"/> <!-- first -->
\t\t<affinity xpos="0" width="2"/></start>
\t<start name="two" caps="100"><resource name="RAM" quantum="4M"/>
\t\t<odd thing="kept"/></start>
</config>
"""


def written(state: AppState, format: str, old: str, new: str) -> Experiment:
    """What becomes of a state's experiment when `old` is replaced in its text."""
    state.format = format
    assert state.text_format == format
    assert old in state.text
    text = state.text.replace(old, new)
    after = formats.read_text(text, format).experiment.scenario
    return rewritten(state.experiment, state.variant, state.as_text.scenario, after)


@pytest.mark.parametrize("format", SCENARIO_FORMATS)
@pytest.mark.parametrize("variant", ["", "partitioned"])
def test_an_unchanged_text_changes_nothing(format: str, variant: str) -> None:
    state = AppState(template("talk"))
    state.variant = variant
    after = written(state, format, "", "")
    assert after.variants == state.experiment.variants
    assert after.scenario.components == state.experiment.scenario.components
    assert plain(after.scenario) == plain(state.experiment.scenario)


@pytest.mark.parametrize("format", SCENARIO_FORMATS)
def test_a_component_that_was_not_touched_is_the_very_same(format: str) -> None:
    document = formats.read_text(COMMENTED, "xml-classic")
    state = AppState(document.experiment, document=document)
    after = written(state, format, "200", "300").scenario
    assert after.component("one").caps == 300
    assert after.component("two") is state.experiment.scenario.component("two")
    text = formats.write(state.experiment.but(scenario=after), "xml-classic", document)
    assert text == COMMENTED.replace('caps="200"', 'caps="300"')


@pytest.mark.parametrize("format", SCENARIO_FORMATS)
def test_a_renamed_component_is_still_that_of_the_variants(format: str) -> None:
    experiment = template("talk")
    own = Rectangle(x=3, width=5)
    experiment = experiment.but(variants=(Variant(name="v", affinity={"blinktree2": own}),))
    after = written(AppState(experiment), format, "blinktree2", "other")
    assert [c.name for c in after.scenario.components][1:] == ["blinktree1", "other", "blinktree3"]
    assert after.variants == experiment.variants


def test_in_a_variant_a_place_is_the_variants_own_and_a_quota_is_everybodys() -> None:
    state = AppState(template("talk"))
    state.variant = "partitioned"
    old = 'xpos="1" width="21"'
    moved = written(state, "xml-classic", old, 'xpos="1" width="30"')
    assert plain(moved.scenario) == plain(state.experiment.scenario)
    assert moved.variant("partitioned").affinity == {"blinktree1": Rectangle(x=1, width=30)}
    grown = written(state, "xml-classic", "80G", "64G")
    assert grown.variants == state.experiment.variants
    assert {c.ram_bytes for c in grown.scenario.components if c.name != "timer"} == {64 * 2**30}


def test_a_rule_stays_a_rule_until_its_rectangle_is_changed() -> None:
    experiment = template("talk")
    rule = PlacementRule(rule="partition-evenly")
    scenario = experiment.scenario.replaced("blinktree1", lambda c: c.but(affinity=rule))
    state = AppState(experiment.but(scenario=scenario, variants=()))
    place = requested(placed(scenario))["blinktree1"]
    grown = written(state, "hid", "80G", "64G").scenario.component("blinktree1")
    assert grown.affinity == rule
    attribute = f'width="{place.width}"'
    moved = written(state, "xml-classic", attribute, 'width="3"').scenario
    assert moved.component("blinktree1").affinity == place.but(width=3)


def test_a_component_taken_out_of_the_text_leaves_the_variants_too() -> None:
    experiment = template("talk")
    own = {"blinktree3": Rectangle(x=3, width=5)}
    state = AppState(experiment.but(variants=(Variant(name="v", affinity=own),)))
    after = rewritten(
        state.experiment,
        "",
        state.as_text.scenario,
        state.as_text.scenario.but(components=state.as_text.scenario.components[:3], form=None),
    )
    assert [c.id for c in after.scenario.components] == ["timer", "blinktree1", "blinktree2"]
    assert after.variant("v").affinity == {}


def test_the_text_of_a_variant_with_more_instances_is_not_taken() -> None:
    experiment = template("talk").but(variants=(Variant(name="five", instances=5),))
    state = AppState(experiment)
    state.variant = "five"
    with pytest.raises(InputError, match="another number of instances"):
        written(state, "xml-classic", "80G", "64G")


@pytest.mark.parametrize("format", SCENARIO_FORMATS)
def test_nested_scenarios_are_written_in_every_format(format: str) -> None:
    document = formats.read_text(TEXT, "xml-classic")
    state = AppState(document.experiment, document=document)
    same = written(state, format, "", "")
    assert same.scenario.components == state.experiment.scenario.components
    assert formats.write(same, "xml-classic", document) == TEXT
