"""A variant is the scenario with its named change, and nothing else."""

from __future__ import annotations

import pytest

from tests.nodes import USUAL, config
from workbench.backends.instances import instances
from workbench.errors import InputError
from workbench.scenario import init_config, variants
from workbench.scenario.experiment import Experiment, Variant
from workbench.scenario.model import PlacementRule, Rectangle
from workbench.scenario.prediction import predict

BLINKTREE = '<binary name="blinktree"/><affinity xpos="1" width="63"/>'


@pytest.fixture
def talk() -> Experiment:
    instances = "".join(f'<start name="blinktree{n}">{BLINKTREE}</start>' for n in (1, 2, 3))
    off = f'<!--<start name="blinktree9">{BLINKTREE}</start>-->'
    tree = config('<affinity-space width="64"/>', USUAL, '<start name="timer"/>', instances, off)
    return Experiment(
        name="talk",
        scenario=init_config.read(tree),
        parameters={"sync": "queue", "quantum_ms": 10.0},
        variants=(
            Variant(name="time-shared", placement=PlacementRule(rule="time-share", leave=1)),
            Variant(
                name="partitioned",
                placement=PlacementRule(rule="partition-evenly", leave=1),
                parameters={"quantum_ms": 1.5},
            ),
        ),
    )


def affinities(experiment: Experiment, variant: str) -> dict[str, Rectangle | None]:
    scenario = variants.apply(experiment, variant)
    return {component.id: component.affinity for component in scenario.components}


def with_variant(experiment: Experiment, **fields: object) -> Experiment:
    return experiment.but(variants=(Variant(name="v", **fields),))


def test_only_enabled_benchmarks_are_measured(talk: Experiment):
    measured = [component.id for component in variants.measured(talk.scenario)]
    assert measured == ["blinktree1", "blinktree2", "blinktree3"]


def test_the_talks_two_variants(talk: Experiment):
    shared = Rectangle(x=1, width=63)
    instances = ("blinktree1", "blinktree2", "blinktree3")
    assert affinities(talk, "time-shared") == {
        "timer": None,
        **dict.fromkeys((*instances, "blinktree9"), shared),
    }
    parts = [affinities(talk, "partitioned")[id] for id in instances]
    assert parts == [Rectangle(x=x, width=21) for x in (1, 22, 43)]
    assert affinities(talk, "partitioned")["blinktree9"] == shared


def test_the_scenario_as_written(talk: Experiment):
    plain = talk.but(variants=())
    assert variants.apply(plain, "as-written") == talk.scenario


def test_parameters_of_the_variant_win(talk: Experiment):
    assert variants.parameters(talk, "partitioned") == {"sync": "queue", "quantum_ms": 1.5}


@pytest.mark.parametrize(
    ("instances", "names"),
    [
        (1, ["timer", "blinktree1", "blinktree9"]),
        (3, ["timer", "blinktree1", "blinktree2", "blinktree3", "blinktree9"]),
        (5, ["timer", *(f"blinktree{n}" for n in (1, 2, 3, 4, 5)), "blinktree9"]),
    ],
)
def test_the_number_of_instances(talk: Experiment, instances: int, names: list[str]):
    rule = PlacementRule(rule="partition-evenly", leave=1)
    changed = with_variant(talk, instances=instances, placement=rule)
    scenario = variants.apply(changed, "v")
    assert [component.name for component in scenario.components] == names
    cells = [cell for c in variants.measured(scenario) for cell in c.affinity.cells()]
    assert sorted(cells) == [(x, 0) for x in range(1, 64)]


def test_rectangles_win_over_the_rule_and_components_narrow_it(talk: Experiment):
    changed = with_variant(
        talk,
        placement=PlacementRule(rule="partition-evenly"),
        components=("timer", "blinktree1"),
        affinity={"blinktree1": Rectangle(x=9)},
    )
    found = affinities(changed, "v")
    assert found["blinktree1"] == Rectangle(x=9)
    assert found["timer"] == Rectangle(width=32)  # stays where it was beside the other
    assert found["blinktree2"] == Rectangle(x=1, width=63)


def test_unknown_names_are_refused(talk: Experiment):
    with pytest.raises(InputError, match="time-shared"):
        variants.apply(talk, "nothing")
    with pytest.raises(InputError, match="nobody"):
        variants.apply(with_variant(talk, affinity={"nobody": Rectangle()}), "v")
    empty = with_variant(talk.but(scenario=init_config.read(config())), instances=2)
    with pytest.raises(InputError, match="measured"):
        variants.apply(empty, "v")


def test_a_rectangle_for_an_instance_that_the_variant_drops_is_no_fault(talk: Experiment):
    changed = with_variant(talk, instances=1, affinity={"blinktree3": Rectangle(x=9)})
    assert "blinktree3" not in affinities(changed, "v")


def test_of_one_name_the_last_program_is_measured():
    """Duplicate names: binary from the last; the same child in prediction and simulation."""
    tree = config(
        USUAL,
        '<start name="a"><binary name="other"/></start>',
        '<start name="a"><binary name="blinktree"/></start>',
        '<start name="b"><binary name="blinktree"/></start>',
        '<start name="b"><binary name="other"/></start>',
    )
    scenario = init_config.read(tree)
    ids = [component.id for component in variants.measured(scenario)]
    assert ids == ["a", "a~2"]
    assert [instance.component.id for instance in instances(scenario)] == ids
    labels = {session.label for session in predict(scenario)["a"].sessions}
    assert "blinktree" in labels
