"""What was measured on Genode's real init about CPUs, quotas and its log.

Every id or docstring cites its statement in ``shared/facts``.
"""

from __future__ import annotations

import pytest

from tests.explaining import SPACE, TIMER, K, M, init, on4, scenario
from tests.nodes import DEFAULT, PARENT, ROUTE, USUAL, config, node
from workbench.scenario import init_config
from workbench.scenario.explain import explain
from workbench.scenario.machine_cpus import Machine

# --- affinity ---


@pytest.mark.parametrize(
    ("affinity", "cpus"),
    [
        pytest.param('<affinity xpos="1"/>', (0,), id="8x1 on 4 CPUs: xpos 1 -> CPU 0"),
        pytest.param('<affinity xpos="3"/>', (1,), id="xpos 3 -> 1"),
        pytest.param('<affinity xpos="5" width="3"/>', (2, 3), id="xpos 5 width 3 -> 2 and 3"),
        pytest.param('<affinity xpos="7"/>', (3,), id="xpos 7 -> 3"),
        pytest.param('<affinity width="4"/>', (0, 1), id="xpos not given: 0"),
        pytest.param("<affinity/>", (0, 1, 2, 3), id="width not given: the whole width"),
        pytest.param("", (0, 1, 2, 3), id="no affinity: all CPUs, main thread on CPU 0"),
        pytest.param('<affinity xpos="7" width="2"/>', (0, 1, 2, 3), id="outside: whole space"),
        pytest.param('<affinity xpos="3" width="0"/>', (0, 1, 2, 3), id="zero width: outside"),
        pytest.param('<affinity xpos="5" ypos="0"/>', (2,), id="ypos given: one row"),
    ],
)
def test_cpus(affinity: str, cpus: tuple[int, ...]):
    what = scenario(USUAL, '<affinity-space width="8"/>', f'<start name="a">{affinity}</start>')
    found = on4(what)["a"]
    assert (found.cpus.all, found.cpus.main) == (cpus, cpus[0])


@pytest.mark.parametrize(
    "spaces",
    [
        pytest.param(("", '<affinity-space width="8"/>'), id="affinity-space after a start"),
        pytest.param(("", ""), id="no affinity-space"),
    ],
)
def test_without_a_space_in_time_the_whole_machine(spaces: tuple[str, str]):
    before, after = spaces
    start = '<start name="a"><affinity xpos="1"/></start>'
    found = on4(scenario(USUAL, before, start, after))["a"]
    assert found.cpus.all == (0, 1, 2, 3)
    assert (
        "affinity-space configuration missing, but affinity defined for child a"
        in (found.messages[0])
    )


def test_zero_affinity_space():
    """Zero affinity space: HEAD starts everything on CPU 0."""
    what = scenario(USUAL, '<affinity-space width="0"/>', '<start name="a"/>', '<start name="b"/>')
    found = on4(what)
    assert [(one.starts, one.cpus.all) for one in found.values()] == [(True, (0,))] * 2


def test_nested_spaces_compose():
    """Nesting: a nested init at xpos 2 width 2 with its own 2x1 space: CPUs 2 and 3."""
    inside = ['<start name="l"><affinity xpos="0"/></start>']
    inside += ['<start name="r"><affinity xpos="1"/></start>', '<start name="both"/>']
    space = '<affinity-space width="2"/>'
    place = '<affinity xpos="2" width="2"/>'
    found = on4(scenario(USUAL, SPACE, init(USUAL, space, *inside, more=place)))
    cpus = {path: one.cpus.all for path, one in found.items()}
    assert cpus == {
        "outer": (2, 3),
        "outer -> l": (2,),
        "outer -> r": (3,),
        "outer -> both": (2, 3),
    }


def test_three_levels_compose():
    leaf = '<start name="leaf"><affinity xpos="1"/></start>'
    half = '<affinity-space width="2"/>'
    inner = (
        init(USUAL, half, leaf, name="inner", more='<affinity xpos="1"/>')
        .replace('ram="64M"', 'ram="32M"')
        .replace('caps="1000"', 'caps="500"')
    )
    found = explain(
        scenario(USUAL, half, init(USUAL, half, inner, more='<affinity xpos="1"/>')), Machine(8)
    )
    assert found["outer -> inner"].cpus.all == (6, 7)
    assert found["outer -> inner -> leaf"].cpus.all == (7,)
    assert all(one.starts for one in found.values())


def test_hoitaja_ignores_the_affinities_of_its_cells():
    """Hoitaja's share rule: a cell's own affinity is ignored; 16/8/7 of 32."""
    cells = [
        f'<start name="c{n}" ram="8M" {p}><binary name="x"/><affinity xpos="3"/></start>'
        for n, p in enumerate(("", 'priority="-2"', 'priority="-2"'))
    ]
    hoitaja = init(
        USUAL, '<affinity-space width="32"/>', *cells, name="h", config='prio_levels="32"'
    ).replace('"init"', '"hoitaja"')
    found = explain(scenario(USUAL, TIMER, hoitaja), Machine(32))
    cpus = [found[f"h -> c{n}"].cpus.all for n in range(3)]
    assert cpus == [tuple(range(16, 32)), tuple(range(8, 16)), tuple(range(1, 8))]


# --- quota ---


def test_a_nested_init_has_what_its_start_node_gives_it():
    """Quota: 248K and 34 caps at each level; a greedy child gets the rest of its init."""
    what = scenario(USUAL, init(USUAL, '<start name="a" ram="4G"/>', '<start name="b"/>'))
    found = on4(what)
    assert (found["outer"].ram_bytes, found["outer"].caps) == (64 * M - 248 * K, 966)
    greedy = found["outer -> a"]
    assert greedy.ram_bytes is not None
    assert 62 * M < greedy.ram_bytes < 64 * M - 2 * 248 * K - 320 * K
    assert greedy.messages[0].startswith(
        "[init -> outer] Warning: a: configured RAM exceeds available RAM, proceed with "
    )
    assert not found["outer -> b"].starts


def test_what_a_nested_init_lacks_stops_its_children_only():
    what = scenario(USUAL, init(USUAL, *(f'<start name="{n}" ram="99M"/>' for n in "abc")), TIMER)
    found = on4(what)
    assert [found[f"outer -> {n}"].starts for n in "abc"] == [False] * 3
    assert found["outer"].starts
    assert found["timer"].starts


def test_an_init_that_does_not_start_starts_nothing():
    what = scenario(PARENT, ROUTE, init(USUAL, '<start name="a"/>').replace("64M", "300K"))
    found = on4(what)
    assert not found["outer"].starts
    assert not found["outer -> a"].starts
    assert found["outer -> a"].reason == "outer, which would start it, does not start."
    assert found["outer -> a"].messages == ()


@pytest.mark.parametrize(
    ("caps", "at_top", "nested"),
    [
        pytest.param(" 100", 0, 66, id="' 100': XML 0, HID 100"),
        pytest.param("1K", 0, 166, id="'1K': XML 0, HID the default"),
        pytest.param("+100", 0, 166, id="'+100'"),
        pytest.param("many", 0, 166, id="'many'"),
        pytest.param("-7", 0, 166, id="'-7'"),
        pytest.param("100.5", 66, 166, id="'100.5': XML 100, HID the default"),
        pytest.param("0x80", 94, 94, id="'0x80' works"),
    ],
)
def test_a_nested_init_reads_hid(caps: str, at_top: int, nested: int):
    """Malformed numbers: the same XML behaves differently when nested."""
    start = f'<start name="a" caps="{caps}"/>'
    found = on4(scenario(USUAL, start, init(USUAL, start)))
    assert (found["a"].caps, found["outer -> a"].caps) == (at_top, nested)
    quantum = '><resource name="RAM" quantum="64M"/>'
    outer = init(USUAL, start).replace(' ram="64M">', quantum, 1)
    old = on4(scenario(USUAL, outer), release="22.02")
    assert old["outer -> a"].caps == at_top


@pytest.mark.parametrize("ram", ["2MB", "2m", "much"])
def test_malformed_ram(ram: str):
    """Malformed numbers: RAM 2MB, 2m, much give 0."""
    found = on4(scenario(USUAL, f'<start name="a" ram="{ram}"/>'))["a"]
    assert (found.starts, found.ram_bytes) == (False, 0)


def test_caps_overcommitted():
    """Quota: caps in document order."""
    starts = [f'<start name="{n}" caps="300"/>' for n in "abc"]
    found = on4(scenario(USUAL, *starts), caps=650)
    assert [one.starts for one in found.values()] == [True, True, False]
    assert "c: configured caps exceed available caps, proceed with" in found["c"].messages[0]


# --- log lines ---


def test_nested_priorities():
    """Priorities: nested: priority band too small, losing least-significant priority bits."""
    line = "[init] Warning: priority band too small, losing least-significant priority bits"
    inside = '<start name="a" priority="{}"/>'

    def lines(levels: str, inner: str, priority: str) -> tuple[str, ...]:
        nested = init(USUAL, inside.format(priority), config=f'prio_levels="{inner}"')
        tree = config(USUAL, nested).with_attribute("prio_levels", levels)
        return on4(init_config.read(tree))["outer -> a"].messages

    assert line in lines("4", "4", "5")
    assert line not in lines("4", "4", "-3")
    assert line not in lines("0", "4", "5")


def test_levels_that_are_no_power_of_two():
    """Quota: prio levels is not power of two, priorities are disabled."""
    tree = config(USUAL, TIMER).with_attribute("prio_levels", "3")
    found = on4(init_config.read(tree))["timer"]
    assert found.messages == (
        "[init] Warning: prio levels is not power of two, priorities are disabled",
    )


def test_a_rule_with_both_kinds_of_labels():
    """Labels: scoped and unscoped attributes: warning, unscoped wins."""
    rule = '<service name="LOG" unscoped_label="a" label="no"><parent/></service>'
    found = on4(
        scenario(
            USUAL,
            f'<start name="a"><route>{rule}<any-service><parent/></any-service></route></start>',
        )
    )["a"]
    assert found.starts
    assert found.messages == (
        "[init] Warning: service node contains both scoped and unscoped label attributes",
    )


def test_a_missing_ram_quota_in_the_log():
    """Quota: missing: two lines."""
    found = on4(scenario(PARENT, ROUTE, '<start name="X" caps="100"/>'))["X"]
    assert found.messages == (
        "[init] Warning: X: no valid RAM quota defined",
        '[init] child "X" requests resources: ram_quota=69632',
    )


def test_zero_ram_is_out_of_ram_during_elf_loading():
    """Too little: RAM 0 to 300K: out of RAM during ELF loading."""
    for ram in ("0", "300K"):
        found = on4(scenario(PARENT, ROUTE, f'<start name="X" caps="100" ram="{ram}"/>'))["X"]
        assert "[init] Error: X: out of RAM during ELF loading" in found.messages


def test_rule_lines_are_those_of_the_file():
    """The rule that matched: of an own route, of the default route, of the one in force."""
    route = "<any-service><parent/><any-child/></any-service>"
    tree = config(PARENT, DEFAULT)
    parts = [
        node(f"<default-route>{route}</default-route>", line=10),
        node('<start name="a"/>', line=20),
        node(f"<default-route>{route}</default-route>", line=30),
        node(f'<start name="b"><route>{route}</route></start>', line=40),
        node('<start name="c"/>', line=50),
    ]
    found = on4(init_config.read(tree.with_content((*tree.content, *parts))))
    lines = {path: {s.rule_line for s in one.sessions} for path, one in found.items()}
    assert lines == {"a": {10}, "b": {40}, "c": {30}}
