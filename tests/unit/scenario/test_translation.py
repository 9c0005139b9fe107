"""RAM as an attribute and as a node, and what releases make nothing of."""

from __future__ import annotations

import pytest

from tests.nodes import config
from workbench.scenario.translation import relies_on_ram_attributes, remarks, translated

CLASSIC_AND_NEW = [
    (
        '<start name="a" caps="1"><resource name="RAM" quantum="8M"/><provides/></start>',
        '<start name="a" caps="1" ram="8M"><provides/></start>',
    ),
    (
        '<start name="a"><binary name="b"/><affinity/><resource name="RAM" quantum="80G"/></start>',
        '<start name="a" ram="80G"><binary name="b"/><affinity/></start>',
    ),
    (  # of a nested init, whose binary the catalogue knows
        '<start name="init"><resource name="RAM" quantum="1G"/><config>'
        '<start name="a"><resource name="RAM" quantum="1M"/></start></config></start>',
        '<start name="init" ram="1G"><config><start name="a" ram="1M"/></config></start>',
    ),
    (  # an amount that is the default
        '<default ram="1M"/><start name="a"><resource name="RAM" quantum="1M"/></start>',
        '<default ram="1M"/><start name="a"/>',
    ),
    (  # the same, said twice: the attribute stays, so that the way back is known
        '<default ram="1M"/><start name="a" ram="1M"><resource name="RAM" quantum="1M"/></start>',
        '<default ram="1M"/><start name="a" ram="1M"/>',
    ),
    (
        '<start name="a" ld="no" ram="1M"><resource name="RAM" quantum="1M"/></start>',
        '<start name="a" ld="no" ram="1M"/>',
    ),
]


@pytest.mark.parametrize(("classic", "new"), CLASSIC_AND_NEW)
def test_there_and_back(classic: str, new: str) -> None:
    old, young = config(classic), config(new)
    for profile in ("xml", "hid"):
        assert translated(old, "xml-classic", profile) == young
        assert translated(young, profile, "xml-classic") == old
    assert not relies_on_ram_attributes(old)
    assert relies_on_ram_attributes(young)


@pytest.mark.parametrize(
    "start",
    [
        '<start name="a"><provides/><resource name="RAM" quantum="8M"/></start>',  # its place
        '<start name="a"><resource name="RAM" quantum="2MB"/></start>',  # HID reads it otherwise
        '<start name="a" ram="1M"><resource name="RAM" quantum="2M"/></start>',
    ],
)
def test_what_could_not_come_back_stays_and_is_named(start: str) -> None:
    node = config(start)
    assert translated(node, "xml-classic", "hid") == node
    assert remarks(node, "hid") == (
        "resource node of a (init takes it; the schema of 26.02 asks for ram=)",
    )


def test_a_scenario_without_origin_is_left_alone() -> None:
    node = config('<start name="a"><resource name="RAM" quantum="8M"/></start>')
    assert translated(node, None, "hid") == node
    assert translated(node, "xml-classic", "xml-classic") == node


def test_remarks_name_what_a_release_does_not_know() -> None:
    node = config(
        '<start name="a"><heartbeat restart_after_skipped="2"/>'
        '<resource name="CPU" quantum="10"/><route><any-service>'
        '<parent identity="x" diag="yes"/></any-service></route></start>'
    )
    assert remarks(node, "xml-classic") == (
        "restart_after_skipped of a (known since 25.11)",
        "identity in a route of a (known since 25.02)",
    )
    assert remarks(node, "xml") == ("CPU quantum of a (without effect since 25.11)",)
    assert remarks(node, "hid") == (
        "CPU quantum of a (without effect since 25.11)",
        "diag in a route of a (gone since 26.02)",
    )
