"""What was measured on Genode's real init about machines, nested inits and releases.

Every id or docstring cites its statement in ``shared/facts``.
"""

from __future__ import annotations

import pytest

from tests.nodes import DEFAULT, PARENT, ROUTE, USUAL, config, node
from workbench.scenario import init_config
from workbench.scenario.explain import Explanation, explain
from workbench.scenario.machine_cpus import Machine
from workbench.scenario.model import Scenario
from workbench.scenario.release import Release

K, M, G = 2**10, 2**20, 2**30
SPACE = '<affinity-space width="4"/>'
TIMER = '<start name="timer"><provides><service name="Timer"/></provides></start>'
WITH_TIMER = PARENT.replace("</parent", '<service name="Timer"/></parent')


def scenario(*parts: str) -> Scenario:
    return init_config.read(config(*parts))


def init(*inside: str, name: str = "outer", more: str = "", config: str = "") -> str:
    return (
        f'<start name="{name}" caps="1000" ram="64M"><binary name="init"/>{more}'
        f"<config {config}>{''.join(inside)}</config></start>"
    )


def on4(what: Scenario, **settings: object) -> dict[str, Explanation]:
    return explain(what, Machine(4), **settings)  # type: ignore[arg-type]


def denied(found: Explanation) -> dict[str, str]:
    return {s.service: s.outcome for s in found.sessions if s.outcome != "ok"}


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


# --- routes of nested inits ---


def test_a_request_is_followed_to_who_really_serves_it():
    what = scenario(
        USUAL,
        TIMER,
        init(WITH_TIMER, ROUTE, DEFAULT, '<start name="b"><binary name="blinktree"/></start>'),
    )
    sessions = {s.service: s for s in on4(what)["outer -> b"].sessions}
    assert sessions["Timer"].provider == "timer"
    assert sessions["Timer"].label == "b -> "
    assert sessions["PD"].provider == "parent"


def _outer_route(*rules: str) -> str:
    return f"<route>{''.join(rules)}<any-service><parent/><any-child/></any-service></route>"


@pytest.mark.parametrize(
    ("rule", "lost"),
    [
        pytest.param('<service name="LOG" label="b"/>', {"LOG": "denied"}, id="label"),
        pytest.param('<service name="LOG" label_prefix="b"/>', {"LOG": "denied"}, id="prefix"),
        pytest.param('<service name="LOG" label_suffix="b"/>', {"LOG": "denied"}, id="suffix"),
        pytest.param('<service name="LOG" label_last="b"/>', {"LOG": "denied"}, id="last"),
        pytest.param(
            '<service name="LOG" unscoped_label="outer -> b"/>', {"LOG": "denied"}, id="unscoped"
        ),
        pytest.param('<service name="LOG" label="outer -> b"/>', {}, id="label is stripped"),
        pytest.param('<service name="LOG" unscoped_label="b"/>', {}, id="unscoped is not"),
        pytest.param('<service name="ROM" label="ld.lib.so"/>', {"ROM": "denied"}, id="linker"),
        pytest.param('<service name="CPU" label="b"/>', {"CPU": "denied"}, id="CPU"),
    ],
)
def test_labels_of_nested_components_begin_with_their_init(rule: str, lost: dict[str, str]):
    """Routing 1: seen from outside, even environment sessions have the prefix of their init."""
    inner = init(USUAL, '<start name="b"/>', more=_outer_route(rule))
    found = on4(scenario(USUAL, inner))
    assert found["outer"].starts
    assert denied(found["outer -> b"]) == lost
    assert found["outer -> b"].starts is not bool(lost)


def test_the_outer_init_logs_what_it_cannot_route():
    """Routing 4: no route to service; the inner init says that the parent denied."""
    only = "".join(f'<service name="{s}"><parent/></service>' for s in ("PD", "CPU", "ROM", "LOG"))
    inside = '<start name="b"><binary name="blinktree"/></start>'
    what = scenario(
        USUAL, TIMER, init(WITH_TIMER, ROUTE, DEFAULT, inside, more=f"<route>{only}</route>")
    )
    found = on4(what)["outer -> b"]
    assert found.messages == (
        '[init] Warning: outer: no route to service "Timer" (label="outer -> b -> ")',
        "[init -> outer -> b] Error: stop because parent denied Timer-session",
    )
    assert denied(found) == {"Timer": "no-route"}


def _offered(policy: str) -> Explanation:
    inside = [USUAL, f'<service name="Timer">{policy}</service>', TIMER]
    provides = '<provides><service name="Timer"/></provides>'
    client = '<start name="blinktree"/>'
    return on4(scenario(USUAL, client, init(*inside, more=provides)))["blinktree"]


@pytest.mark.parametrize(
    ("policy", "provider"),
    [
        ('<default-policy><child name="timer"/></default-policy>', "outer -> timer"),
        ('<policy label_prefix="blinktree"><child name="timer"/></policy>', "outer -> timer"),
        ('<policy label="other"><child name="timer"/></policy>', None),
        ('<default-policy><child name="nobody"/></default-policy>', None),
        (
            '<policy label_prefix="blink"><child name="nobody"/></policy>'
            '<policy label_prefix="blinktree"><child name="timer"/></policy>',
            "outer -> timer",
        ),
    ],
)
def test_services_offered_by_a_nested_init(policy: str, provider: str | None):
    """Elements: service at the top level, with policies and a default policy."""
    found = _offered(policy)
    timer = next(s for s in found.sessions if s.service == "Timer")
    assert timer.provider == provider
    assert found.starts is (provider is not None)


def test_a_component_that_would_serve_itself_does_not_start():
    a = (
        '<start name="a"><provides><service name="LOG"/></provides><route>'
        '<service name="LOG"><child name="a"/></service><any-service><parent/></any-service>'
        "</route></start>"
    )
    assert not on4(scenario(USUAL, a))["a"].starts


def test_of_several_parent_provides_the_last_counts():
    """Derived from Genode's source, as measured for the other repeated nodes."""
    one = '<parent-provides><service name="Timer"/></parent-provides>'
    assert on4(scenario(one, USUAL, TIMER))["timer"].starts
    assert not on4(scenario(USUAL, one, TIMER))["timer"].starts


# --- what stops an init ---


@pytest.mark.parametrize(
    ("element", "services"), [("report", ("Report", "Timer")), ("heartbeat", ("Timer",))]
)
def test_report_and_heartbeat(element: str, services: tuple[str, ...]):
    """Routing 6: a top-level init blocks unless the parent provides Report/Timer."""
    assert not on4(scenario(USUAL, f"<{element}/>", TIMER))["timer"].starts
    provided = "".join(f'<service name="{s}"/>' for s in services)
    parent = PARENT.replace("</parent", f"{provided}</parent")
    assert on4(scenario(parent, ROUTE, DEFAULT, f"<{element}/>", TIMER))["timer"].starts


def test_report_of_a_nested_init_needs_a_route():
    inside = [USUAL, "<report/>", '<start name="a"/>']
    alone = on4(scenario(USUAL, init(*inside)))
    assert denied(alone["outer"]) == {"Report": "no-route", "Timer": "no-route"}
    assert not alone["outer -> a"].starts
    servers = [
        TIMER,
        '<start name="report_rom"><provides><service name="Report"/></provides></start>',
    ]
    assert all(one.starts for one in on4(scenario(USUAL, *servers, init(*inside))).values())


@pytest.mark.parametrize(
    ("parts", "release", "starts"),
    [
        pytest.param([USUAL, "<bogus/>"], "26.02", True, id="unknown nodes: ignored at HEAD"),
        pytest.param([USUAL, "<bogus/>"], "22.02", False, id="at OLD nothing starts"),
        pytest.param(
            [USUAL, '<start name="nopd"><route/></start>'],
            "26.02",
            True,
            id="HEAD denies that child",
        ),
        pytest.param(
            [USUAL, '<start name="nopd"><route/></start>'],
            "22.02",
            False,
            id="22.02: a child without a route for PD kills init",
        ),
    ],
)
def test_releases(parts: list[str], release: Release, starts: bool):
    a = '<start name="a" caps="100"><resource name="RAM" quantum="2M"/></start>'
    found = on4(scenario(*parts, a), release=release)["a"]
    assert found.starts is starts


def test_log_of_an_unknown_node():
    """Elements: the two lines of OLD."""
    found = on4(scenario(USUAL, "<bogus/>", TIMER), release="22.02")["timer"]
    assert found.messages[-2:] == (
        "[init] Error: unknown config element type <bogus>",
        "[init] Error: unable to apply complete configuration",
    )


@pytest.mark.parametrize(
    ("start", "ram_2202", "ram_2602"),
    [
        pytest.param('<start name="a" ram="2M"/>', 0, 2 * M, id="ram=: OLD ignores it"),
        pytest.param('<start name="a"/>', 0, 8 * M, id="default ram=: OLD ignores it"),
        pytest.param(
            '<start name="a" ram="2M"><resource name="RAM" quantum="4M"/></start>',
            4 * M,
            4 * M,
            id="both: resource wins",
        ),
    ],
)
def test_ram_by_release(start: str, ram_2202: int, ram_2602: int):
    what = scenario(USUAL, start)
    old, new = on4(what, release="22.02")["a"], on4(what)["a"]
    assert (old.ram_bytes, new.ram_bytes) == (max(ram_2202 - 248 * K, 0), ram_2602 - 248 * K)


def test_512k_runs_on_2202_only():
    """Too little: 512K hangs on HEAD, runs on 22.02."""
    what = scenario(USUAL, '<start name="a"><resource name="RAM" quantum="512K"/></start>')
    assert on4(what, release="22.02")["a"].starts
    assert not on4(what)["a"].starts


def test_caps_overcommitment_aborts_2202():
    starts = [
        f'<start name="{n}" caps="300"><resource name="RAM" quantum="2M"/></start>' for n in "abc"
    ]
    assert not any(
        e.starts for e in on4(scenario(USUAL, *starts), caps=650, release="22.02").values()
    )


def test_2202_reads_no_hid():
    """What changed: 25.08: init reads XML or HID."""
    start = '<start name="a"><resource name="RAM" quantum="2M"/></start>'
    what = init_config.read(config(USUAL, start), "hid")
    assert on4(what, syntax="hid")["a"].starts
    assert not on4(what, syntax="hid", release="22.02")["a"].starts


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
    found = on4(scenario(USUAL, init(USUAL, inside, more=_outer_route(only))))
    assert found["outer -> b"].starts


def test_two_ways_to_say_denied():
    """Denials: no route reads differently from a provider that refuses."""
    inside = ['<start name="b"/>', '<start name="c"><route/></start>']
    only = '<service name="ROM" label="b"/>'
    found = on4(scenario(USUAL, init(USUAL, *inside, more=_outer_route(only))))
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
