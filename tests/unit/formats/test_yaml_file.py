"""The workbench's own file: exact, by YAML 1.2, and kind to hand-written text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from tests.strategies import experiments
from workbench import formats
from workbench.errors import InputError
from workbench.formats import yaml_file
from workbench.formats.yaml_schema import PUBLISHED, schema
from workbench.formats.yaml_text import load
from workbench.scenario.experiment import Experiment
from workbench.scenario.model import PlacementRule, Rectangle


def said(text: str) -> Experiment:
    return formats.read_text(text, "yaml").experiment


def same(a: Experiment, b: Experiment) -> bool:
    """Equal in types too: 1, 1.0 and true are equal numbers."""
    return a == b and repr(a) == repr(b)


MINIMAL = "workbench: 1\nname: x\nscenario: {}\n"


# Exactness ---


@given(experiments())
def test_every_experiment_comes_back_exactly(experiment: Experiment) -> None:
    assert same(said(formats.write(experiment, "yaml")), experiment)


# One validator for all examples: making it takes longer than using it.
_PUBLISHED_SCHEMA = jsonschema.Draft202012Validator(json.loads(schema()))


@given(experiments())
def test_what_is_written_keeps_to_the_published_schema(experiment: Experiment) -> None:
    _PUBLISHED_SCHEMA.validate(load(formats.write(experiment, "yaml")).data)


@given(experiments())
def test_another_reader_reads_the_same_names(experiment: Experiment) -> None:
    # PyYAML's own loader follows YAML 1.1, where no and 12:30 are not strings.
    data = yaml.safe_load(formats.write(experiment, "yaml"))
    assert data["name"] == experiment.name
    components = data["scenario"].get("components", [])
    assert [c.get("name") for c in components] == [c.name for c in experiment.scenario.components]
    assert [c.get("binary") for c in components] == [
        c.binary for c in experiment.scenario.components
    ]


def test_the_published_schema_is_current() -> None:
    assert PUBLISHED.read_text("utf-8") == schema(), "run python -m workbench.formats.yaml_schema"
    jsonschema.Draft202012Validator.check_schema(json.loads(schema()))


@pytest.mark.parametrize("name", ["talk", "small"])
def test_the_samples_keep_to_the_published_schema(checkout: Path, name: str) -> None:
    text = (checkout / "sample_data" / f"{name}.yaml").read_text("utf-8")
    jsonschema.validate(load(text).data, json.loads(PUBLISHED.read_text("utf-8")))
    assert said(text).name == name


@pytest.mark.parametrize("wrong", [{"name": 3}, {"workbench": 2}, {"replications": 0}, {"no": 1}])
def test_the_schema_refuses_what_the_reader_refuses(wrong: dict[str, Any]) -> None:
    data = {"workbench": 1, "name": "x", "scenario": {}} | wrong
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, json.loads(schema()))
    with pytest.raises(InputError):
        said(json.dumps(data))


# YAML 1.2 ---


def test_scalars_mean_what_yaml_1_2_says() -> None:
    parameters = said(
        MINIMAL + "parameters: {a: no, b: on, c: 12:30, d: 010, e: 0o10, f: 0x1F, g: 1e3,\n"
        "  h: true, i: 'true', j: .5, k: .inf, l: 1_000, m: 2022-02-05, n: Yes, o: +7}\n"
    ).parameters
    expected = {"a": "no", "b": "on", "c": "12:30", "d": 10, "e": 8, "f": 31, "g": 1000.0}
    expected |= {"h": True, "i": "true", "j": 0.5, "k": float("inf"), "l": "1_000"}
    expected |= {"m": "2022-02-05", "n": "Yes", "o": 7}
    assert parameters == expected
    assert {k: type(v) for k, v in parameters.items()} == {k: type(v) for k, v in expected.items()}


def test_a_configuration_keeps_numbers_as_they_are_spelled() -> None:
    component = said(
        "workbench: 1\nname: x\nscenario:\n  components:\n"
        "    - name: 007\n      config:\n        node: config\n"
        "        attributes: {period: 010, verbose: yes, scale: 1.50, on: true}\n"
        "        content: [{text: 12}]\n"
    ).scenario.components[0]
    assert component.name == "007"
    assert component.config is not None
    assert component.config.attributes == (
        ("period", "010"),
        ("verbose", "yes"),
        ("scale", "1.50"),
        ("on", "true"),
    )


# Refusals ---

COMPONENT = "workbench: 1\nname: x\nscenario:\n  components:\n    - name: tree\n"


@pytest.mark.parametrize(
    ("text", "line", "element", "words"),
    [
        (MINIMAL + "replicatons: 3\n", 4, "replicatons", 'Did you mean "replications"?'),
        (COMPONENT + "      ram: 12Q\n", 6, "scenario.components[0].ram", "80G"),
        (COMPONENT + "      rem: 12\n", 6, "scenario.components[0].rem", 'Did you mean "ram"?'),
        (COMPONENT + "      enabled: yes\n", 6, "scenario.components[0].enabled", "true or false"),
        (
            COMPONENT + "      affinity: {x: 1}\n",
            6,
            "scenario.components[0].affinity.width",
            "width",
        ),
        (COMPONENT + "    - id: tree\n", 1, None, "tree"),
        ("# hello\nworkbench: 7\nname: x\nnew: 1\n", 2, "workbench", "Upgrade"),
        ("workbench: one\n", 1, "workbench", "workbench: 1"),
        ("name: x\n", 1, None, "workbench: 1"),
        ("- a\n- b\n", 1, None, "workbench: 1"),
        ("", 1, None, "empty"),
        ("# nothing\n", 1, None, "empty"),
        (MINIMAL + "name: y\n", 4, "name", "twice"),
        (
            COMPONENT + "      config: {node: x}\n",
            6,
            "scenario.components[0].config",
            "config node",
        ),
        (
            "workbench: 1\nname: x\nscenario: {form: {node: config, content: [{node: start}]}}\n",
            3,
            "scenario",
            "component: ID",
        ),
        (MINIMAL + "seed: -1\n", 4, "seed", "0"),
        (MINIMAL + "seed: 1.5\n", 4, "seed", "whole number"),
        (MINIMAL + "title: 5\n", 4, "title", "quotes"),
        (MINIMAL + "workloads: [a, a]\n", 1, None, "a"),
        (MINIMAL + "variants: [{}]\n", 4, "variants[0].name", "missing"),
        (MINIMAL + "title: [unclosed\n", 5, None, "YAML"),
        (MINIMAL + "title: !!python/object:os.system x\n", 4, "title", "tag"),
        (MINIMAL + "title: *nobody\n", 4, None, "nobody"),
        (MINIMAL + "---\nname: y\n", 4, None, "document"),
        (MINIMAL + "? [a]\n: b\n", 4, None, "key"),
        (MINIMAL + "title: \x01\n", 4, None, "U+0001"),
        (MINIMAL + "parameters: &a {x: *a}\n", 4, None, ""),
        ("[" * 5000, 1, None, "nest"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(
    text: str, line: int, element: str | None, words: str
) -> None:
    with pytest.raises(InputError) as refusal:
        formats.read_text(text, "yaml", "talk.yaml")
    error = refusal.value
    assert error.location.file == "talk.yaml"
    assert words in str(error)
    assert error.what
    assert error.remedy
    if words != "nest":
        assert error.location.line == line
    if element is not None:
        assert error.location.element == element


def test_a_bomb_of_aliases_is_refused() -> None:
    rows = ["workbench: 1", "a0: &a0 [x]"]
    rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    with pytest.raises(InputError, match="too many"):
        said("\n".join(rows))


# Saving over a hand-written file ---


@pytest.fixture(scope="module")
def talk() -> formats.Document:
    return formats.read(Path(__file__).parents[3] / "sample_data" / "talk.yaml")


def comment_lines(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if line.lstrip().startswith("#")]
    return [line for line in lines if line != "  # no comment but text"]


def saved(talk: formats.Document, experiment: Experiment) -> str:
    text = formats.write(experiment, "yaml", talk)
    assert same(said(text), experiment)
    return text


def differing(before: str, after: str) -> tuple[list[str], list[str]]:
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


def test_an_unedited_file_is_the_same_text(talk: formats.Document) -> None:
    assert formats.write(talk.experiment, "yaml", talk) == talk.text


def test_one_value_changes_one_line(talk: formats.Document) -> None:
    text = saved(talk, talk.experiment.but(replications=20))
    gone, come = differing(talk.text, text)
    assert len(gone) == len(come) == 1
    assert come[0] == gone[0].replace("10", "20", 1)


def test_edits_of_a_component_touch_its_lines_only(talk: formats.Document) -> None:
    scenario = talk.experiment.scenario.replaced(
        "blinktree2",
        lambda c: c.but(ram_bytes=2**20, enabled=False, affinity=Rectangle(x=4, width=2)),
    )
    text = saved(talk, talk.experiment.but(scenario=scenario))
    first, last = formats.component_lines(text, "yaml", scenario)["blinktree2"]
    before = talk.text.splitlines()
    old_first, old_last = formats.component_lines(talk.text, "yaml", talk.experiment.scenario)[
        "blinktree2"
    ]
    after = text.splitlines()
    assert after[: first - 1] == before[: old_first - 1]
    assert after[last:] == before[old_last:]


def test_a_removed_component_takes_no_comment_along(talk: formats.Document) -> None:
    components = talk.experiment.scenario.components
    scenario = talk.experiment.scenario.but(components=components[:2] + components[3:])
    text = saved(talk, talk.experiment.but(scenario=scenario))
    gone = set(talk.text.splitlines()) - set(text.splitlines())
    assert gone == {"    - name: blinktree2"}
    assert comment_lines(text) == comment_lines(talk.text)


@st.composite
def edits(draw: st.DrawFn, experiment: Experiment) -> tuple[Experiment, set[str]]:
    """Several edits as the app makes them; and the names of what was removed."""
    removed: set[str] = set()
    for number in range(draw(st.integers(1, 4))):
        scenario = experiment.scenario
        ids = [component.id for component in scenario.components]
        change = draw(st.integers(0, 8))
        if change == 0:
            name = draw(st.sampled_from(["a", "no", "x: y", "10"]))
            experiment = experiment.but(name=name, title=draw(st.sampled_from(["", "Two\nlines"])))
        elif change == 1:
            experiment = experiment.but(seed=7, parameters={"sync": "olfit", "quantum_ms": 1.5})
        elif change == 2:
            experiment = experiment.but(variants=draw(st.permutations(experiment.variants))[:1])
            removed |= {"time-shared", "partitioned"}
        elif change == 3:
            experiment = experiment.but(workloads=("lookup",), description="")
        elif change == 4 and ids:
            id = draw(st.sampled_from(ids))
            keep = tuple(c for c in scenario.components if c.id != id)
            experiment = experiment.but(scenario=scenario.but(components=keep))
            removed.add(id)
        elif change == 5 and ids:
            copy = scenario.components[-1]
            name = f"added{number}"
            new = copy.but(id=name, name=name)
            at = draw(st.integers(0, len(ids)))
            parts = (*scenario.components[:at], new, *scenario.components[at:])
            experiment = experiment.but(scenario=scenario.but(components=parts))
        elif change == 6:
            experiment = experiment.but(
                scenario=scenario.but(space=None, default_route=(), default_caps=9)
            )
            removed.add("space")
        elif ids:
            id = draw(st.sampled_from(ids))
            field, value = draw(
                st.sampled_from(
                    [
                        ("ram_bytes", 2**20),
                        ("ram_bytes", None),
                        ("name", "other"),
                        ("name", None),
                        ("affinity", Rectangle(x=3, width=1)),
                        ("affinity", PlacementRule(rule="partition-evenly", leave=2)),
                        ("route", None),
                        ("route", ()),
                        ("enabled", False),
                        ("provides", ("Timer", "LOG")),
                    ]
                )
            )
            scenario = scenario.replaced(
                id, lambda c, field=field, value=value: c.but(**{field: value})
            )
            experiment = experiment.but(scenario=scenario)
            removed |= {"its placement"} if field == "affinity" else set()
    return experiment, removed


@given(st.data(), st.sampled_from(["\n", "\r\n"]))
def test_comments_survive_any_edit(data: st.DataObject, newline: str) -> None:
    text = HAND_WRITTEN.replace("\n", newline)
    document = formats.read_text(text, "yaml")
    experiment, removed = data.draw(edits(document.experiment))
    written = formats.write(experiment, "yaml", document)
    assert same(said(written), experiment)
    assert ("\r" in written) == ("\r" in newline)
    expected = [
        line
        for line in comment_lines(text)
        if not any(f"inside {name}." in line for name in removed)
    ]
    assert set(expected) <= set(comment_lines(written))


HAND_WRITTEN = """\
%YAML 1.2
---
# 1 at the top
workbench: 1
# 2 before the name
"name":   talk   # 3 behind the name
description: >
  # no comment but text
  folded

# 4 above the scenario
scenario:
  # 5 above the space
  space: {width: 64,
    # inside space. between the lines of a value
    height: 1}
  parent-provides:
  # 7 before a list that is not indented
  - LOG
  - 'PD'   # 8 behind an item
  # 9 between items
  - "CPU"
  default-route: [{to: [parent,
      # 10 deep in a value
      any-child]}]
  components:
    # 11 above timer
    - name: timer
      # inside timer.
      ram: 8M
      provides:
        # inside timer. deeper
        - Timer

    # 12 above blinktree1
    - ram: 81920M
      # inside blinktree1.
      name: blinktree1
      binary: blinktree
      placement: &shared
        # inside blinktree1. inside its placement.
        rule: time-share
        leave: 1
      route: &route
        - {service: Timer, to: [{child: timer}]}
        - to: [parent, any-child]
    - name: blinktree2
      binary: blinktree
      # inside blinktree2.
      placement: *shared
      route: *route
    # 13 below the last component

variants:
# 14 above the variants
- name: time-shared
  # inside time-shared.
  placement: {rule: time-share, leave: 1}
- name: partitioned
  placement: {rule: partition-evenly, leave: 1}
  # inside partitioned. at its end
# 15 between keys
workloads: [insert, lookup]
replications: 10
seed: 1
# 16 at the end
"""


@settings(max_examples=50)
@given(experiments(), experiments(), st.booleans(), st.integers(10, 200))
def test_any_file_can_become_any_other(
    old: Experiment, new: Experiment, flow: bool, width: int
) -> None:
    # A text in another hand: PyYAML's own layout, where it writes what YAML 1.2 reads.
    data = load(formats.write(old, "yaml")).data
    text = yaml.safe_dump(
        data, default_flow_style=flow or None, width=width, sort_keys=False, allow_unicode=True
    )
    text = "# top\n" + text + "# end\n"
    try:
        document = formats.read_text(text, "yaml")
    except InputError:
        reject()
    written = formats.write(new, "yaml", document)
    assert same(said(written), new)
    assert {"# top", "# end"} <= set(written.splitlines())


def test_a_patch_that_fails_costs_layout_but_nothing_else(
    talk: formats.Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_file, "patched", lambda text, *_: iter([text, "{"]))
    text = saved(talk, talk.experiment.but(seed=99))
    assert set(comment_lines(talk.text)) == set(comment_lines(text))


def test_an_edited_anchor_does_not_change_what_refers_to_it() -> None:
    text = (
        "workbench: 1\nname: &name x\ntitle: *name\nscenario: {}\nworkloads: &w [a, b]\n"
        "parameters: {q: *name}\n"
    )
    document = formats.read_text(text, "yaml")
    written = formats.write(document.experiment.but(name="z"), "yaml", document)
    assert written == text.replace("&name x", "z").replace("*name", "x")
