"""The finer points measured on Genode's real init.

Every id or docstring cites its statement in ``shared/facts``.
"""

from __future__ import annotations

import pytest

from tests.explaining import SPACE, K, M, init, on4, outer_route, scenario
from tests.nodes import PARENT, ROUTE, USUAL, config
from workbench.scenario import init_config

# --- finer points ---


@pytest.mark.parametrize(
    ("caps", "xml", "hid"),
    [(" 100", 0, 66), ("1K", 0, 166), ("many", 0, 166), ("100.5", 66, 166), ("0x80", 94, 94)],
)
def test_malformed_numbers_at_the_top(caps: str, xml: int, hid: int):
    """Malformed numbers: XML gives 0, HID the default; 100.5 is 100 in XML."""
    tree = config(USUAL, f'<start name="a" caps="{caps}"/>')
    assert on4(init_config.read(tree))["a"].caps == xml
    assert on4(init_config.read(tree, "hid"), syntax="hid")["a"].caps == hid


def test_malformed_defaults_are_read_in_the_syntax_of_the_file():
    tree = config(PARENT, ROUTE, '<default caps=" 100" ram="1M"/>', '<start name="a"/>')
    assert on4(init_config.read(tree))["a"].caps == 0
    assert on4(init_config.read(tree, "hid"), syntax="hid")["a"].caps == 66


def test_of_repeated_nodes_in_a_start_the_first_counts():
    """Repeated nodes: the first route, binary, affinity, config win."""
    start = (
        '<start name="a"><binary name="init"/><binary name="other"/>'
        '<affinity xpos="1"/><affinity xpos="2"/>'
        "<route><any-service><parent/></any-service></route><route/>"
        f'<config>{USUAL}<start name="x"/></config><config><start name="y"/></config></start>'
    )
    found = on4(scenario(USUAL, SPACE, start.replace("<start", '<start caps="500"', 1)))
    assert set(found) == {"a", "a -> x"}
    assert found["a"].cpus.all == (1,)
    assert found["a"].starts
    assert [s.label for s in found["a"].sessions][3] == "init"


def test_of_repeated_defaults_the_last_counts():
    """Repeated nodes: the last default wins, also where it says less."""
    last = '<default ram="2M"/>'
    found = on4(scenario(USUAL, last, '<start name="a" caps="100"/>', '<start name="b"/>'))
    assert (found["a"].ram_bytes, found["b"].caps) == (2 * M - 248 * K, 0)


def test_what_is_preserved_may_stand_anywhere():
    """Document order: resource preserve is order-free."""
    start = '<start name="a" ram="900M"/>'
    keep = '<resource name="RAM" preserve="800M"/>'
    for parts in ((USUAL, keep, start), (USUAL, start, keep)):
        found = on4(scenario(*parts), ram_bytes=1008 * M)["a"].ram_bytes
        assert found == 208 * M - 248 * K - 36 * K


def test_duplicate_names_take_the_configuration_of_the_last():
    """Duplicate names: one child; affinity from the first start, config from the last."""
    first = init(USUAL, '<start name="old"/>', more='<affinity xpos="1"/>')
    later = init(USUAL, '<start name="new"/>', more='<affinity xpos="2"/>')
    found = on4(scenario(USUAL, SPACE, first, later))
    assert set(found) == {"outer", "outer -> new"}
    assert found["outer -> new"].cpus.all == (1,)


def test_without_the_linker_the_binary_is_asked_for_twice():
    """Elements: start ld (yes)."""
    found = on4(scenario(USUAL, '<start name="a" ld="no"><binary name="b"/></start>'))["a"]
    assert [s.label for s in found.sessions if s.service == "ROM"] == ["b", "b"]


def test_a_target_can_change_the_label():
    """Elements: target attributes; the outer init sees the new label."""
    inside = (
        '<start name="b"><route><service name="LOG"><parent label="loud"/></service>'
        "<any-service><parent/></any-service></route></start>"
    )
    only = '<service name="LOG" label="loud"><parent/></service><service name="LOG" label="b"/>'
    found = on4(scenario(USUAL, init(USUAL, inside, more=outer_route(only))))
    assert found["outer -> b"].starts


def test_two_ways_to_say_denied():
    """Denials: no route reads differently from a provider that refuses."""
    inside = ['<start name="b"/>', '<start name="c"><route/></start>']
    only = '<service name="ROM" label="b"/>'
    found = on4(scenario(USUAL, init(USUAL, *inside, more=outer_route(only))))
    refused = '[init -> outer] Error: b: environment ROM session denied (label="b", ...)'
    assert found["outer -> b"].messages == (refused,)
    lines = found["outer -> c"].messages
    assert lines[:2] == (
        '[init -> outer] Warning: c: no route to service "PD" (label="c")',
        '[init -> outer] Error: c: PD environment session denied (label="c")',
    )


def test_zero_space_of_a_nested_init():
    """Zero affinity space, nested: composition with none leaves what the nested init has."""
    nested = init(
        USUAL, '<affinity-space width="0"/>', '<start name="a"/>', more='<affinity xpos="2"/>'
    )
    assert on4(scenario(USUAL, SPACE, nested))["outer -> a"].cpus.all == (2,)
