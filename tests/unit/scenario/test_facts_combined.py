"""What follows from the facts for configurations that combine several of them.

Each docstring cites the statements of ``shared/facts`` that are combined, or the
source file of Genode that says it.
"""

from __future__ import annotations

import pytest

from tests.explaining import SPACE, TIMER, G, K, M, denied, init, on4, outer_route, scenario
from tests.nodes import DEFAULT, PARENT, ROUTE, USUAL, config
from workbench.scenario import init_config
from workbench.scenario.explain import explain
from workbench.scenario.machine_cpus import Machine

ANY = "<any-service><parent/><any-child/></any-service>"


def start(name: str, inside: str = "", attributes: str = "") -> str:
    return f'<start name="{name}" {attributes}>{inside}</start>'


# --- duplicate names with quotas, services, places ---


def test_the_first_quota_has_to_load_the_program():
    """Duplicate names: quota from the first, then adjusted. Too little: 0 to 300K."""
    found = on4(
        scenario(USUAL, start("x", "", 'ram="200K" caps="100"'), start("x", "", 'ram="8M"'))
    )["x"]
    assert not found.starts
    assert "[init] Error: x: out of RAM during ELF loading" in found.messages


def test_a_later_quota_comes_in_time_for_what_a_program_asks_then():
    """Duplicate names; caps: 34 are deducted when the child is created, not from what is added."""
    found = on4(
        scenario(USUAL, start("x", "", 'ram="1M" caps="60"'), start("x", "", 'ram="4M" caps="90"'))
    )["x"]
    assert (found.starts, found.ram_bytes, found.caps) == (True, 4 * M - 248 * K, 56)


def test_growth_comes_after_all_are_created():
    """Document order, then growth from what is left (``library.cc``, apply_upgrade)."""
    twice = [start("x", "", 'ram="1M"'), start("x", "", 'ram="900M"'), start("y", "", 'ram="200M"')]
    found = on4(scenario(USUAL, *twice), ram_bytes=1008 * M)
    assert found["y"].ram_bytes == 200 * M - 248 * K
    assert found["x"].ram_bytes == 1008 * M - 36 * K - 320 * K - 200 * M - 248 * K


@pytest.mark.parametrize(
    ("first", "later", "outcome"),
    [
        pytest.param("Timer Timer", "Timer", "ambiguous", id="twice stays twice"),
        pytest.param("Timer", "Timer Timer", "ok", id="once stays once"),
        pytest.param("", "Timer Timer", "ok", id="what is new is added once"),
        pytest.param("Timer", "", "no-route", id="what is gone is gone"),
    ],
)
def test_services_of_duplicates(first: str, later: str, outcome: str):
    """Duplicate names; one server declaring its service twice (``child.cc``, apply_config)."""

    def server(services: str) -> str:
        nodes = "".join(f'<service name="{name}"/>' for name in services.split())
        return start("server", f"<provides>{nodes}</provides>")

    client = start("c", "<binary name='blinktree'/>")
    found = on4(scenario(USUAL, server(first), server(later), client))["c"]
    timer = next(s for s in found.sessions if s.service == "Timer")
    assert timer.outcome == outcome


def test_a_duplicate_in_front_of_the_space_keeps_the_machine():
    """Duplicate names: affinity from the first; document order of affinity-space."""
    found = on4(
        scenario(
            USUAL,
            start("x", '<affinity xpos="1"/>'),
            SPACE,
            start("x", '<affinity xpos="2"/>'),
            start("y", '<affinity xpos="2"/>'),
        )
    )
    assert (found["x"].cpus.all, found["y"].cpus.all) == ((0, 1, 2, 3), (2,))


def test_names_that_are_equal_once_they_are_cut():
    """Names are cut at 63 characters; duplicate names; routes to a name that is cut too."""
    long = "s" * 63
    server = start(long + "1", '<provides><service name="Timer"/></provides>')
    route = f'<service name="Timer"><child name="{long}2"/></service>{ANY}'
    client = start("c", f"<binary name='blinktree'/><route>{route}</route>")
    found = on4(scenario(USUAL, server, client))
    assert set(found) == {long, "c"}
    assert found["c"].starts
    provided = {s.service: s.provider for s in found["c"].sessions}
    assert provided["Timer"] == long


# --- aliases ---


def test_an_alias_behind_a_start_of_its_name_takes_it_away():
    """``config_model.h``: start and alias nodes share their names; the last counts."""
    other = TIMER.replace('"timer"', '"other"')
    alias = '<alias name="timer" child="other"/>'
    route = f'<service name="Timer"><child name="timer"/></service>{ANY}'
    client = start("c", f"<binary name='blinktree'/><route>{route}</route>")
    gone = on4(scenario(USUAL, other, TIMER, alias, client))
    assert set(gone) == {"other", "c"}
    assert {s.provider for s in gone["c"].sessions if s.service == "Timer"} == {"other"}
    kept = on4(scenario(USUAL, other, alias, TIMER, client))
    assert set(kept) == {"other", "timer", "c"}
    assert {s.provider for s in kept["c"].sessions if s.service == "Timer"} == {"timer"}


def test_any_child_knows_no_aliases():
    """Aliases; one provider by two names is one provider."""
    client = start("c", "<binary name='blinktree'/>")
    found = on4(scenario(USUAL, TIMER, '<alias name="clock" child="timer"/>', client))["c"]
    assert found.starts


# --- default routes and labels ---


def test_each_component_has_the_default_route_that_stands_before_it():
    """Document order; a route replaces the default route completely; label rules."""
    only_a = (
        '<default-route><service name="LOG" unscoped_label="a"><parent/></service>'
        '<service name="LOG"/><any-service><parent/></any-service></default-route>'
    )
    found = on4(
        scenario(
            PARENT,
            DEFAULT,
            only_a,
            start("a"),
            start("b"),
            ROUTE,
            start("c"),
            start("d", "<route/>"),
        )
    )
    assert [found[name].starts for name in "abcd"] == [True, False, True, False]
    assert denied(found["b"]) == {"LOG": "denied"}
    assert found["b"].messages == ('[init] Error: b: LOG environment session denied (label="b")',)
    assert set(denied(found["d"])) == {"PD", "CPU", "LOG", "ROM"}


def test_a_rule_with_prefix_and_suffix_has_to_match_both():
    """Routing 1: label, prefix and suffix must all match after the name is stripped."""
    inside = [start(name) for name in ("net", "net_log", "log")]
    rule = '<service name="LOG" label_prefix="net" label_suffix="log"/>'
    found = on4(scenario(USUAL, init(USUAL, *inside, more=outer_route(rule))))
    assert [found[f"outer -> {n}"].starts for n in ("net", "net_log", "log")] == [
        True,
        False,
        True,
    ]


def test_label_last_of_nested_binaries():
    """label_last compares the last element: the binary's name at every depth."""
    inside = start("b", "<binary name='prog'/>")
    rule = '<service name="ROM" label_last="prog"/>'
    found = on4(scenario(USUAL, start("prog"), init(USUAL, inside, more=outer_route(rule))))
    assert denied(found["outer -> b"]) == {"ROM": "denied"}
    assert found["prog"].starts


# --- nested inits with malformed numbers, spaces, quotas ---


@pytest.mark.parametrize(
    ("width", "top", "nested"),
    [
        pytest.param("4", (1,), (1,), id="well-formed"),
        pytest.param("many", (0,), (0, 1, 2, 3), id="XML 0: CPU 0; HID the default, 1: outside"),
        pytest.param(" 4", (0,), (1,), id="XML 0; HID 4"),
    ],
)
def test_a_malformed_space_nested(width: str, top: tuple[int, ...], nested: tuple[int, ...]):
    """Malformed numbers; zero space; a nested init reads HID."""
    parts = [f'<affinity-space width="{width}"/>', start("a", '<affinity xpos="1"/>')]
    found = on4(scenario(USUAL, *parts))
    assert found["a"].cpus.all == top
    assert on4(scenario(USUAL, init(USUAL, *parts)))["outer -> a"].cpus.all == nested


def test_a_nested_ram_amount_with_blanks():
    """Malformed numbers: HID ' 100' gives 100; amounts alike."""
    part = start("a", "", 'ram=" 2M"')
    found = on4(scenario(USUAL, part, init(USUAL, part)))
    assert found["a"].ram_bytes == 0
    assert found["outer -> a"].ram_bytes == 2 * M - 248 * K


def test_a_location_outside_a_nested_space_is_the_whole_of_the_nested_init():
    """A location not fully inside is dropped; nesting."""
    parts = ['<affinity-space width="2"/>', start("a", '<affinity xpos="1" width="2"/>')]
    found = on4(scenario(USUAL, SPACE, init(USUAL, *parts, more='<affinity xpos="2" width="2"/>')))
    assert found["outer -> a"].cpus.all == (2, 3)
    assert found["outer -> a"].messages == (
        "[init -> outer] Warning: a: affinity location exceeds affinity-space boundary",
    )


def test_hyperthreads_and_nesting_on_nova():
    """NOVA: (cpus/threads) x threads, hyperthreads on y; nesting composes rows alike."""
    parts = [
        '<affinity-space width="2" height="2"/>',
        start("a", '<affinity xpos="1" ypos="1"/>'),
        start("b", '<affinity xpos="0" width="2" ypos="0"/>'),
    ]
    outer = '<affinity-space width="4" height="2"/>'
    more = '<affinity xpos="2" width="2" ypos="0" height="2"/>'
    what = scenario(USUAL, outer, init(USUAL, *parts, more=more))
    nova = explain(what, Machine(8, "nova", 2))
    assert nova["outer"].cpus.all == (4, 5, 6, 7)
    assert nova["outer -> a"].cpus.all == (7,)
    assert (nova["outer -> b"].cpus.all, nova["outer -> b"].cpus.main) == ((4, 6), 4)
    hw = explain(what, Machine(8, "hw"))
    assert hw["outer"].cpus.all == (4, 5, 6, 7)
    assert hw["outer -> a"].cpus.all == (6, 7), "base-hw ignores y"
    linux = explain(what, Machine(8, "linux"))
    assert {path: each.cpus.all for path, each in linux.items()} == dict.fromkeys(
        linux, tuple(range(8))
    )


def test_a_nested_init_hands_on_what_it_was_really_given():
    """The greedy one gets the rest; its own children share that rest."""
    inside = [start("a", "", 'ram="100M"'), start("b", "", 'ram="100M"')]
    greedy = init(USUAL, *inside).replace('ram="64M"', 'ram="4G"')
    found = on4(scenario(USUAL, start("first", "", 'ram="700M"'), greedy), ram_bytes=1 * G)
    given = found["outer"].ram_bytes
    assert given == 1 * G - 700 * M - 604 * K
    assert found["outer -> a"].starts
    assert found["outer -> b"].starts
    less = greedy.replace("100M", "200M")
    short = on4(scenario(USUAL, start("first", "", 'ram="700M"'), less), ram_bytes=1 * G)
    assert short["outer -> a"].starts
    assert short["outer -> b"].ram_bytes < 200 * M - 248 * K
    assert "configured RAM exceeds available RAM" in short["outer -> b"].messages[0]


def test_preserved_ram_holds_more_children_behind_a_greedy_one():
    """RAM overcommitment; resource preserve: what is kept pays for those behind."""
    starts = [start(f"c{n}", "", f'ram="{ram}"') for n, ram in enumerate(("4G", "1M", "1M"))]
    assert not any(e.starts for e in on4(scenario(USUAL, *starts), ram_bytes=G).values())
    keep = '<resource name="RAM" preserve="2M"/>'
    kept = on4(scenario(USUAL, keep, *starts), ram_bytes=G)
    assert [e.starts for e in kept.values()] == [True, False, False]


# --- releases ---


def test_2202_has_at_most_32_priority_levels():
    """What changed, 25.11: prio_levels above 32."""
    tree = config(
        PARENT,
        ROUTE,
        '<start name="a" caps="100" priority="-40"><resource name="RAM" quantum="2M"/></start>',
    ).with_attribute("prio_levels", "64")
    what = init_config.read(tree)
    assert on4(what)["a"].messages == ()
    assert on4(what, release="22.02")["a"].messages == (
        "[init] Warning: prio levels is not power of two, priorities are disabled",
        "[init] Warning: a: invalid priority, upgrading from -40 to 0",
    )


def test_an_unknown_node_stops_a_nested_init_of_2202_only():
    """Unknown top-level nodes at OLD; nested inits."""
    quantum = '<resource name="RAM" quantum="{}"/>'
    a = start("a", quantum.format("2M"))
    nested = init(USUAL, "<bogus/>", a).replace(' ram="64M">', f">{quantum.format('64M')}", 1)
    found = on4(scenario(USUAL, nested, a), release="22.02")
    assert {path: each.starts for path, each in found.items()} == {
        "outer": True,
        "outer -> a": False,
        "a": True,
    }
    assert "[init -> outer] Error: unknown config element type <bogus>" in (
        found["outer -> a"].messages
    )
    assert all(e.starts for e in on4(scenario(USUAL, init(USUAL, "<bogus/>", start("a")))).values())


@pytest.mark.parametrize(
    ("report", "needed"),
    [
        pytest.param("<report/>", ("Report", "Timer"), id="delayed by default"),
        pytest.param('<report delay_ms="0"/>', ("Report",), id="at once: no timer"),
        pytest.param('<report delay_ms="0" child_ram="yes"/>', ("Report", "Timer"), id="sampling"),
    ],
)
def test_what_a_report_needs(report: str, needed: tuple[str, ...]):
    """Routing 6: report blocks unless the parent provides (``state_reporter.h``)."""
    services = [f'<service name="{service}"/>' for service in needed]
    for have in range(len(services) + 1):
        parent = PARENT.replace("</parent", f"{''.join(services[:have])}</parent")
        found = on4(scenario(parent, ROUTE, DEFAULT, report, TIMER))["timer"]
        assert found.starts is (have == len(services))
