"""Reading and writing `init`'s configuration is a lens: nothing is lost, little is changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.nodes import USUAL, config, node
from workbench.scenario import edits, init_config
from workbench.scenario.children import children
from workbench.scenario.model import (
    AffinitySpace,
    Component,
    PlacementRule,
    Rectangle,
    RouteRule,
    Scenario,
    Target,
)
from workbench.scenario.placement import placed
from workbench.scenario.tree import Comment, Node, Text

# --- any tree, however odd ---

_NUMBERS = [
    "",
    "0",
    "1",
    "2",
    "-1",
    "007",
    "0x10",
    "100.5",
    " 100",
    "+5",
    "many",
    "1K",
    "80G",
    "2m",
]
_WORDS = ["RAM", "CAP", "Timer", "timer", "LOG", "yes"]
_VALUES = st.sampled_from([*_NUMBERS, *_WORDS])
_PLAIN = ["name", "caps", "ram", "priority", "xpos", "ypos", "width", "height", "quantum"]
_ODD = ["label", "label_prefix", "label_last", "unscoped_label", "diag", "component", "prio_levels"]
_NAMES = st.sampled_from([*_PLAIN, *_ODD])
_IN_START = ["binary", "resource", "provides", "service", "affinity", "config", "route"]
_IN_ROUTE = ["any-service", "parent", "child", "any-child"]
_GLOBAL = ["start", "start", "start", "affinity-space", "parent-provides", "default-route"]
_TYPES = st.sampled_from([*_IN_START, *_IN_ROUTE, *_GLOBAL, "default", "alias", "monitor"])
_ATTRIBUTES = st.dictionaries(_NAMES, _VALUES, max_size=4).map(lambda d: tuple(d.items()))


def _nodes(content):
    return st.builds(
        Node, _TYPES, _ATTRIBUTES, st.lists(content, max_size=4).map(tuple), st.booleans()
    )


_CONTENT = st.recursive(
    st.builds(Comment, st.text("ab <", max_size=3)) | st.builds(Text, st.text("ab", min_size=1)),
    lambda inside: inside | _nodes(inside),
    max_leaves=12,
)
_CONFIGS = st.builds(
    lambda attributes, content: Node("config", attributes, content),
    _ATTRIBUTES,
    st.lists(_nodes(_CONTENT) | _CONTENT, max_size=8).map(tuple),
)

# --- any scenario ---

_LABELS = st.none() | st.sampled_from(["", "config", "a -> b"])
_TARGETS = st.one_of(
    st.builds(Target, kind=st.just("parent"), label=_LABELS),
    st.builds(Target, kind=st.just("any-child")),
    st.builds(Target, kind=st.just("child"), child=st.sampled_from(["timer", "x"]), label=_LABELS),
)
_RULES = st.builds(
    RouteRule,
    service=st.none() | st.sampled_from(["Timer", "ROM"]),
    label=_LABELS,
    label_last=_LABELS,
    targets=st.lists(_TARGETS, max_size=3).map(tuple),
)
_ROUTES = st.none() | st.lists(_RULES, max_size=3).map(tuple)
_SERVICES = st.lists(st.sampled_from(["Timer", "ROM", "LOG"]), max_size=3).map(tuple)
_AMOUNTS = st.none() | st.sampled_from([0, 1, 2**20, 80 * 2**30, 1000])
_COUNTS = st.none() | st.integers(0, 1000)
_RECTANGLES = st.builds(
    Rectangle,
    x=st.integers(-1, 9),
    y=st.integers(-1, 2),
    width=st.integers(0, 9),
    height=st.integers(0, 2),
)
_FIELDS = {
    "name": st.none() | st.sampled_from(["timer", "blinktree1", "x"]),
    "binary": st.none() | st.sampled_from(["blinktree", "timer"]),
    "enabled": st.booleans(),
    "ram_bytes": _AMOUNTS,
    "caps": _COUNTS,
    "priority": st.none() | st.integers(-9, 2),
    "affinity": st.none()
    | _RECTANGLES
    | st.builds(PlacementRule, rule=st.sampled_from(["time-share", "partition-evenly"])),
    "provides": _SERVICES,
    "route": _ROUTES,
    "config": st.none() | st.builds(Node, st.just("config"), _ATTRIBUTES),
}
_GLOBALS = {
    "space": st.none()
    | st.builds(AffinitySpace, width=st.integers(0, 9), height=st.integers(0, 2)),
    "prio_levels": st.sampled_from([0, 2, 3]),
    "parent_provides": _SERVICES,
    "default_route": _ROUTES,
    "default_caps": _COUNTS,
    "default_ram_bytes": _AMOUNTS,
}


@st.composite
def _scenarios(draw):
    """A scenario from scratch, or one that was read and then edited here and there."""
    scenario = draw(st.just(Scenario()) | _CONFIGS.map(init_config.read))
    components = list(draw(st.permutations(scenario.components)))
    for index, component in enumerate(components):
        changed = draw(st.lists(st.sampled_from(list(_FIELDS)), max_size=3, unique=True))
        components[index] = component.but(**{name: draw(_FIELDS[name]) for name in changed})
    for number in range(draw(st.integers(0, 2))):
        fields = draw(st.fixed_dictionaries(_FIELDS))
        place = draw(st.integers(0, len(components)))
        components.insert(place, Component(id=f"new {number}", **fields))
    dropped = draw(st.integers(0, 1))
    changed = draw(st.lists(st.sampled_from(list(_GLOBALS)), max_size=3, unique=True))
    return scenario.but(
        components=tuple(components[dropped:]), **{name: draw(_GLOBALS[name]) for name in changed}
    )


@settings(max_examples=300, deadline=None)
@given(_CONFIGS, st.sampled_from(["xml-classic", "xml"]))
def test_what_was_not_edited_comes_back_as_written(tree, profile):
    assert init_config.write(init_config.read(tree), profile) == tree


@settings(max_examples=200, deadline=None)
@given(_CONFIGS)
def test_that_holds_for_the_other_parser_too(tree):
    assert init_config.write(init_config.read(tree, "hid"), "hid") == tree


@settings(max_examples=300, deadline=None)
@given(_scenarios(), st.sampled_from(["xml-classic", "xml", "hid"]))
def test_what_was_edited_is_what_is_read_again(scenario, profile):
    syntax = "hid" if profile == "hid" else "xml"
    again = init_config.read(init_config.write(scenario, profile), syntax)
    assert init_config.plain(again) == init_config.plain(placed(scenario))


# --- what a person sees ---

_TALK = config(
    "<!-- cores in a row -->",
    '<affinity-space width="64" height="1"/>',
    USUAL,
    '<start name="timer" skip="no"><resource name="RAM" quantum="8M"/>'
    '<provides><service name="Timer"/></provides></start>',
    "<!-- core 0 is left to the system -->",
    '<start name="blinktree1" caps="1000"><binary name="blinktree"/>'
    '<affinity xpos="1" width="63"/><resource name="RAM" quantum="80G"/><!-- mine --></start>',
    '<!--<start name="blinktree2" caps="1000"><binary name="blinktree"/>'
    '<affinity xpos="1" width="63"/></start>-->',
)


def _changed(before: Node, after: Node) -> list[Node]:
    """Return the items of `after` that `before` does not have."""
    return [item for item in after.content if item not in before.content]


def test_moving_changes_the_affinity_alone():
    scenario = edits.move(init_config.read(_TALK), "blinktree1", Rectangle(x=22, width=21))
    written = init_config.write(scenario)
    assert _changed(_TALK, written) == [
        node(
            '<start name="blinktree1" caps="1000"><binary name="blinktree"/>'
            '<affinity xpos="22" width="21"/><resource name="RAM" quantum="80G"/>'
            "<!-- mine --></start>"
        )
    ]
    assert len(written.content) == len(_TALK.content)


def test_switching_on_changes_nothing_else():
    off = init_config.read(_TALK)
    assert not off.component("blinktree2").enabled
    on = init_config.write(edits.switch(off, "blinktree2", True))
    (changed,) = _changed(_TALK, on)
    assert replace(changed, enabled=False) in _TALK.content


def test_an_amount_keeps_its_spelling_until_it_changes():
    tree = config(USUAL, '<start name="a"><resource name="RAM" quantum="1024K"/></start>')
    scenario = init_config.read(tree)
    same = edits.set_quota(scenario, "a", ram_bytes="1M")
    assert init_config.write(same) == tree
    other = init_config.write(edits.set_quota(scenario, "a", ram_bytes="2M"))
    assert other.first("start").first("resource").get("quantum") == "2M"


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (
            "xml-classic",
            '<start name="b1" caps="5" priority="-1"><binary name="b"/>'
            '<resource name="RAM" quantum="80G"/><provides><service name="Timer"/></provides>'
            '<affinity xpos="1" width="3"/><config x="1"/>'
            '<route><service name="Timer" label="l"><child name="timer"/></service>'
            "<any-service><parent/><any-child/></any-service></route></start>",
        ),
        (
            "xml",
            '<start name="b1" caps="5" priority="-1" ram="80G"><binary name="b"/>'
            '<provides><service name="Timer"/></provides>'
            '<affinity xpos="1" width="3"/><config x="1"/>'
            '<route><service name="Timer" label="l"><child name="timer"/></service>'
            "<any-service><parent/><any-child/></any-service></route></start>",
        ),
    ],
)
def test_a_new_component_is_written_as_a_person_would(profile, expected):
    component = Component(
        id="1",
        name="b1",
        binary="b",
        ram_bytes="80G",
        caps=5,
        priority=-1,
        affinity=Rectangle(x=1, width=3),
        provides=("Timer",),
        config=Node("config", (("x", "1"),)),
        route=(
            RouteRule(service="Timer", label="l", targets=(Target(kind="child", child="timer"),)),
            RouteRule(targets=(Target(kind="parent"), Target(kind="any-child"))),
        ),
    )
    scenario = Scenario(space=AffinitySpace(width=4), components=(component,))
    written = init_config.write(scenario, profile)
    assert written.first("start") == node(expected)
    assert [item.type for item in written.content] == ["affinity-space", "start"]


def test_rows_are_written_where_the_space_has_several():
    component = Component(id="a", name="a", affinity=Rectangle(x=1, y=1, width=2))
    scenario = Scenario(space=AffinitySpace(width=4, height=2), components=(component,))
    affinity = init_config.write(scenario).first("start").first("affinity")
    assert affinity == node('<affinity xpos="1" ypos="1" width="2" height="1"/>')


def test_global_nodes_are_added_before_the_first_component():
    tree = config(PARENT_ONLY, '<!-- first --><start name="a"/>')
    scenario = init_config.read(tree).but(space=AffinitySpace(width=4), default_caps=100)
    types = [getattr(item, "type", "-") for item in init_config.write(scenario).content]
    assert types == ["affinity-space", "parent-provides", "default", "-", "start"]


PARENT_ONLY = '<parent-provides><service name="LOG"/></parent-provides>'


def test_ids_are_names_made_unique_in_document_order():
    tree = config(
        '<start name="a"/><start/><start name="a"/><start name="a~2"/><start name="a"/>',
        '<start name=""/>',
    )
    ids = [component.id for component in init_config.read(tree).components]
    assert ids == ["a", "unnamed~1", "a~3", "a~2", "a~4", "unnamed~2"]


def test_a_nested_scenario_is_read_edited_and_put_back():
    inside = "<parent-provides/><affinity-space width='8'/><start name='blinktree1'/>"
    tree = config(
        USUAL,
        f"<start name='hoitaja'><config prio_levels='32'>{inside}</config></start>",
        f"<start name='mine'><binary name='aivot'/><config>{inside}</config></start>",
        "<start name='deploy'><config><start name='pkg'/></config></start>",
        "<start name='init'/>",
    )
    outer = init_config.read(tree)
    components = {component.id: component for component in outer.components}
    assert init_config.inner(components["deploy"]) is None
    assert init_config.inner(components["init"]) is None
    assert init_config.inner(components["mine"]).space == AffinitySpace(width=8)
    hoitaja = components["hoitaja"]
    nested = init_config.inner(hoitaja)
    assert init_config.with_inner(hoitaja, nested) == hoitaja
    moved = edits.move(nested, "blinktree1", Rectangle(x=2, width=2))
    again = init_config.inner(init_config.with_inner(hoitaja, moved))
    assert again.component("blinktree1").affinity == Rectangle(x=2, width=2)
    assert again.prio_levels == 32


@pytest.mark.parametrize(
    ("attribute", "xml", "hid"),
    [
        ("100", 100, 100),
        ("0x80", 128, 128),
        ("100.5", 100, 200),
        ("1K", 0, 200),
        (" 100", 0, 100),
        ("+100", 0, 200),
        ("many", 0, 200),
        ("-7", 0, 200),
    ],
)
def test_malformed_caps_are_read_as_genode_reads_them(attribute, xml, hid):
    tree = config(USUAL, f'<start name="a" caps="{attribute}"/>')
    assert children(init_config.read(tree))[0].caps == xml
    assert children(init_config.read(tree, "hid"))[0].caps == hid


@pytest.mark.parametrize("text", ["2MB", "2m", "much"])
def test_malformed_ram_is_nothing(text):
    tree = config(USUAL, f'<start name="a"><resource name="RAM" quantum="{text}"/></start>')
    assert init_config.read(tree).component("a").ram_bytes == 0


def test_repeated_nodes():
    tree = config(
        '<default caps="1"/><default-route/><default caps="2"/>',
        "<default-route><any-service><parent/></any-service></default-route>",
        '<start name="a" ram="1M"><resource name="RAM" quantum="2M"/>'
        '<resource name="RAM" quantum="3M"/><binary name="first"/><binary name="last"/>'
        '<config n="1"/><config n="2"/><route/><route><any-service/></route></start>',
    )
    scenario = init_config.read(tree)
    assert scenario.default_caps == 2
    assert scenario.default_route == (RouteRule(targets=(Target(kind="parent"),)),)
    component = scenario.component("a")
    assert component.ram_bytes == 3 * 2**20
    assert component.binary == "first"
    assert component.config.get("n") == "1"
    assert component.route == ()


def test_a_changed_rule_keeps_what_is_foreign_in_it():
    rules = (
        '<service name="Timer" mine="1"><!-- why --><child name="{}"/></service><!-- then -->'
        "<any-service><parent/></any-service>"
    )
    tree = config(USUAL, f'<start name="a"><route>{rules.format("timer")}</route></start>')
    scenario = init_config.read(tree)
    first, second = scenario.component("a").route
    moved = first.but(targets=(Target(kind="child", child="clock"),))
    written = init_config.write(edits.set_route(scenario, "a", (moved, second)))
    expected = f'<start name="a"><route>{rules.format("clock")}</route></start>'
    assert written == config(USUAL, expected)
