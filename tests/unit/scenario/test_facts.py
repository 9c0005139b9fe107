"""What was measured on Genode's real init, one case for each statement.

Every id cites its statement in ``shared/facts/genode-config.md``.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.nodes import DEFAULT, PARENT, ROUTE, USUAL, config
from workbench.scenario import init_config
from workbench.scenario.model import Rectangle, Scenario
from workbench.scenario.prediction import Prediction, predict
from workbench.scenario.routing import resolve

K, M, G = 2**10, 2**20, 2**30


def scenario(*parts: str) -> Scenario:
    return init_config.read(config(*parts))


def start(name: str = "a", inside: str = "", attributes: str = 'caps="200" ram="8M"') -> str:
    return f'<start name="{name}" {attributes}>{inside}</start>'


def route(*rules: str) -> str:
    environment = "".join(
        f'<service name="{name}"><parent/></service>' for name in ("PD", "CPU", "LOG", "ROM")
    )
    return f"<route>{''.join(rules)}{environment}</route>"


TIMER = start("timer", '<provides><service name="Timer"/></provides>')
TO_TIMER = '<service name="Timer"><child name="timer"/></service>'


# --- affinity ---


@pytest.mark.parametrize(
    ("parts", "rectangle", "line"),
    [
        pytest.param(
            ['<affinity-space width="4"/>', start("a", '<affinity xpos="3" width="2"/>')],
            Rectangle(width=4),
            "[init] Warning: a: affinity location exceeds affinity-space boundary",
            id="Affinity: a location not fully inside is dropped",
        ),
        pytest.param(
            [start("a", '<affinity xpos="3" width="2"/>')],
            Rectangle(),
            "[init] Warning: affinity-space configuration missing, "
            "but affinity defined for child a",
            id="Affinity: without a space",
        ),
        pytest.param(
            [start("a", '<affinity xpos="3"/>'), '<affinity-space width="4"/>'],
            Rectangle(width=4),
            "[init] Warning: affinity-space configuration missing, "
            "but affinity defined for child a",
            id="Document order: affinity-space after a start",
        ),
        pytest.param(
            ['<affinity-space width="4"/>', start("a", '<affinity xpos="1" width="0"/>')],
            Rectangle(width=4),
            "[init] Warning: a: affinity location exceeds affinity-space boundary",
            id="Zero affinity space: a zero-width location counts as outside",
        ),
        pytest.param(
            ['<affinity-space width="0"/>', start("a")],
            Rectangle(),
            None,
            id="Zero affinity space: everything on the first CPU",
        ),
        pytest.param(
            ['<affinity-space width="4"/>', start("a")],
            Rectangle(width=4),
            None,
            id="Affinity: no affinity node means all",
        ),
        pytest.param(
            [
                '<affinity-space width="4"/>',
                start("a", '<affinity xpos="0"/>'),
                start("a", '<affinity xpos="3"/>'),
            ],
            Rectangle(x=0),
            None,
            id="Duplicate names: affinity comes from the first start",
        ),
    ],
)
def test_affinity(parts: list[str], rectangle: Rectangle, line: str | None):
    prediction = predict(scenario(USUAL, *parts))["a"]
    assert prediction.starts
    assert prediction.rectangle == rectangle
    assert list(prediction.messages) == ([line] if line else [])


# --- quota ---


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        pytest.param('caps="100" ram="1M"', (True, 776 * K, 66), id="Quota: 1M is 776K, 100 is 66"),
        pytest.param('caps="200"', (True, 8 * M - 248 * K, 166), id="default: ram"),
        pytest.param('ram="1M"', (True, 776 * K, 166), id="default: caps"),
        pytest.param('caps="200" ram="0"', (False, 0, 166), id="Too little: RAM 0"),
        pytest.param('caps="200" ram="300K"', (False, 52 * K, 166), id="Too little: RAM 300K"),
        pytest.param('caps="200" ram="512K"', (False, 264 * K, 166), id="Too little: RAM 512K"),
        pytest.param('caps="34" ram="1M"', (False, 776 * K, 0), id="Too little: caps 34"),
        pytest.param('caps="40" ram="1M"', (False, 776 * K, 6), id="Too little: caps 40 hangs"),
        pytest.param('caps="60" ram="1M"', (True, 776 * K, 26), id="Too little: caps 60 runs"),
        pytest.param('caps="200" ram="2MB"', (False, 0, 166), id="Malformed numbers: RAM 2MB"),
        pytest.param(
            'caps="many" ram="1M"', (False, 776 * K, 0), id="Malformed numbers: caps many"
        ),
    ],
)
def test_quota(attributes: str, expected: tuple[bool, int, int]):
    prediction = predict(scenario(USUAL, start("a", "", attributes)))["a"]
    assert (prediction.starts, prediction.ram_bytes, prediction.caps) == expected
    assert bool(prediction.reason) is not prediction.starts


@pytest.mark.parametrize(
    ("attributes", "lines"),
    [
        pytest.param(
            'caps="200"',
            [
                "[init] Warning: a: no valid RAM quota defined",
                '[init] child "a" requests resources: ram_quota=69632',
            ],
            id="Quota: missing",
        ),
        pytest.param(
            'caps="200" ram="280K"',
            ["[init] Error: a: out of RAM during ELF loading"],
            id="Too little: up to 300K",
        ),
        pytest.param(
            'caps="200" ram="512K"',
            ['[init] child "a" requests resources: ram_quota=69632'],
            id="Too little: 512K",
        ),
    ],
)
def test_quota_messages(attributes: str, lines: list[str]):
    assert list(predict(scenario(PARENT, ROUTE, start("a", "", attributes)))["a"].messages) == lines


def _asking(*amounts: str) -> Scenario:
    starts = [start(f"c{i}", "", f'caps="100" ram="{ram}"') for i, ram in enumerate(amounts)]
    return scenario(PARENT, ROUTE, *starts)


def test_overcommitment_with_two_behind_stops_all():
    """RAM overcommitment: 100M, 4G, 2M, 1M on a 1-GB machine."""
    found = predict(_asking("100M", "4G", "2M", "1M"), ram_bytes=1 * G)
    assert [found[f"c{i}"].starts for i in range(4)] == [False] * 4
    line = "[init] Error: RAM preservation exceeds available memory"
    assert any(line in prediction.messages for prediction in found.values())


def test_overcommitment_with_one_behind_stops_that_one():
    """RAM overcommitment: with one child behind the greedy one only that one fails."""
    found = predict(_asking("100M", "4G", "2M"), ram_bytes=1 * G)
    assert [found[f"c{i}"].starts for i in range(3)] == [True, True, False]
    rest = 1 * G - 100 * M - 604 * K  # 604K as in the measured line below
    assert found["c1"].ram_bytes == rest
    assert found["c1"].messages == (
        f"[init] Warning: c1: configured RAM exceeds available RAM, proceed with {rest // K}K",
    )
    assert found["c2"].messages[0] == (
        "[init] Warning: c2: configured RAM exceeds available RAM, proceed with 0"
    )


def test_the_greedy_one_gets_the_rest():
    """Quota: a greedy one gets the rest: huge1 ... proceed with 507300K, of whole MiB."""
    huge = start("huge1", "", 'caps="100" ram="4G"')
    found = predict(scenario(PARENT, ROUTE, huge), ram_bytes=496 * M)["huge1"]
    assert found.messages == (
        "[init] Warning: huge1: configured RAM exceeds available RAM, proceed with 507300K",
    )
    assert found.ram_bytes == 507300 * K


def test_what_is_preserved_is_not_handed_on():
    """Elements: resource preserve, 320K by default; repeated nodes: the last wins."""
    asking = [start("a", "", 'caps="100" ram="2M"')]
    parts = [PARENT, ROUTE, '<resource name="RAM" preserve="9M"/>']
    small = predict(scenario(*parts, *asking), ram_bytes=10 * M)["a"]
    assert small.ram_bytes == 1 * M - 248 * K - 36 * K  # 36K: what init uses itself
    last = '<resource name="RAM" preserve="1M"/>'
    assert predict(scenario(*parts, last, *asking), ram_bytes=10 * M)["a"].messages == ()


def test_default_after_a_start_comes_late():
    """Document order: <default caps> after a start comes late."""
    found = predict(
        scenario(PARENT, ROUTE, start("a", "", 'ram="1M"'), DEFAULT, start("b", "", ""))
    )
    assert not found["a"].starts
    assert found["b"].starts


# --- names ---


def test_duplicate_names_make_one_child():
    """Duplicate names: binary and config from the last, quota first and then adjusted."""
    found = predict(
        scenario(
            USUAL,
            TIMER,
            start("x", "<binary name='none'/>", 'caps="100" ram="1M"'),
            start("x", f"<binary name='blinktree'/>{route(TO_TIMER)}", 'caps="300" ram="2M"'),
        )
    )
    assert found["x"].starts
    assert not found["x~2"].starts
    assert (found["x"].ram_bytes, found["x"].caps) == (2 * M - 248 * K, 266)
    labels = [session.label for session in found["x"].sessions]
    assert labels == ["x", "x", "x", "blinktree", "ld.lib.so", "x -> "]


def test_a_smaller_quota_of_the_later_start_fails():
    """Duplicate names: a smaller one: downgrade failed after 4 attempts."""
    found = predict(
        scenario(
            USUAL, start("x", "", 'caps="100" ram="2M"'), start("x", "", 'caps="100" ram="1M"')
        )
    )
    assert "[init] Warning: x: downgrade failed after 4 attempts" in found["x"].messages
    assert found["x"].ram_bytes == 2 * M - 248 * K


def test_a_nameless_start_stops_everything():
    """Routing 5: a nameless start stops everything; a switched-off one does not."""
    assert not predict(scenario(USUAL, TIMER, "<start/>"))["timer"].starts
    assert predict(scenario(USUAL, TIMER, "<!--<start/>-->"))["timer"].starts


def test_names_are_cut_at_63_characters():
    """Zero affinity space: names are cut at 63 characters."""
    found = predict(scenario(USUAL, start("n" * 63 + "1"), start("n" * 63 + "2")))
    assert [prediction.starts for prediction in found.values()] == [True, False]


# --- priorities ---


@pytest.mark.parametrize(
    ("levels", "priority", "lines"),
    [
        pytest.param(
            "4", "-9", ["a: invalid priority, upgrading from -9 to -3"], id="Quota: range"
        ),
        pytest.param("4", "-3", [], id="lowest"),
        pytest.param("4", "5", [], id="Priorities: positive ones are accepted silently"),
        pytest.param("0", "5", [], id="Priorities: even with priorities disabled"),
        pytest.param(
            "3",
            "-1",
            [
                "prio levels is not power of two, priorities are disabled",
                "a: invalid priority, upgrading from -1 to 0",
            ],
            id="Quota: prio levels is not power of two",
        ),
    ],
)
def test_priorities(levels: str, priority: str, lines: list[str]):
    tree = config(USUAL, start("a", "", f'caps="100" ram="1M" priority="{priority}"'))
    found = predict(init_config.read(tree.with_attribute("prio_levels", levels)))["a"]
    assert found.starts
    assert list(found.messages) == [f"[init] Warning: {line}" for line in lines]


# --- routing ---


def _timer_session(*rules: str, others: tuple[str, ...] = (TIMER,), parent: str = PARENT) -> Any:
    made = scenario(parent, DEFAULT, *others, start("a", route(*rules)))
    session = resolve(made, made.component("a"), "Timer", "")
    return session.outcome, session.provider, session.rule


SECOND = start("timer2", '<provides><service name="Timer"/></provides>')
TWICE = start("timer", '<provides><service name="Timer"/><service name="Timer"/></provides>')
ALIAS = '<alias name="clock" child="timer"/>'


@pytest.mark.parametrize(
    ("rules", "others", "expected"),
    [
        pytest.param([TO_TIMER], (TIMER,), ("ok", "timer", 0), id="route to a child"),
        pytest.param(
            ["<any-service><any-child/></any-service>"],
            (TIMER, SECOND),
            ("ambiguous", None, 0),
            id="Routing 2: any-child fails if more than one sibling provides",
        ),
        pytest.param(
            ["<any-service><any-child/></any-service>"],
            (TWICE,),
            ("ambiguous", None, 0),
            id="One server declaring its service twice is ambiguous",
        ),
        pytest.param(
            ['<any-service><any-child/><child name="timer2"/></any-service>'],
            (TIMER, SECOND),
            ("ok", "timer2", 0),
            id="Routing 2: targets in order, past an ambiguous one",
        ),
        pytest.param(
            ['<service name="Timer"><child name="no"/></service>', TO_TIMER],
            (TIMER,),
            ("denied", None, 0),
            id="Routing 3: a service rule without a usable target denies at once",
        ),
        pytest.param(
            ['<service name="Timer"/>', TO_TIMER],
            (TIMER,),
            ("denied", None, 0),
            id="Denials: a service rule without any target denies silently",
        ),
        pytest.param(
            ['<any-service><child name="no"/><parent/></any-service>', TO_TIMER],
            (TIMER,),
            ("ok", "timer", 1),
            id="Routing 3: any-service falls through to the next rule",
        ),
        pytest.param([], (TIMER,), ("no-route", None, None), id="Routing 4: norule"),
        pytest.param(
            ['<service name="Timer"><child name="clock"/></service>'],
            (TIMER, ALIAS),
            ("ok", "timer", 0),
            id="Aliases are resolved",
        ),
        pytest.param(
            ['<service name="Timer"><child name="watch"/></service>'],
            (TIMER, ALIAS, '<alias name="watch" child="clock"/>'),
            ("denied", None, 0),
            id="Aliases: one step only",
        ),
        pytest.param(
            ['<service name="Timer" label="x"><parent/></service>', TO_TIMER],
            (TIMER,),
            ("ok", "timer", 1),
            id="Routing 1: label has to match what follows the child's name",
        ),
        pytest.param(
            ['<service name="Timer" label_last=""><child name="timer"/></service>'],
            (TIMER,),
            ("ok", "timer", 0),
            id="Routing 1: label_last compares the last element",
        ),
        pytest.param(
            [
                '<service name="Timer" unscoped_label="a -> " label="no">'
                '<child name="timer"/></service>'
            ],
            (TIMER,),
            ("ok", "timer", 0),
            id="Labels: scoped and unscoped, unscoped wins",
        ),
    ],
)
def test_routing(rules: list[str], others: tuple[str, ...], expected: tuple[Any, ...]):
    assert _timer_session(*rules, others=others) == expected


def test_order_free_nodes():
    """Document order: parent-provides and alias may stand behind the start."""
    a = start("a", route('<service name="Timer"><child name="clock"/></service>'))
    found = predict(scenario(DEFAULT, a, TIMER, ALIAS, ROUTE, PARENT))["a"]
    assert found.starts


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        pytest.param("", True, id="Labels: unlabelled rules match"),
        pytest.param('label_suffix=""', False, id="Labels: not even an empty suffix"),
        pytest.param('label_prefix=""', False, id="Labels: not even an empty prefix"),
        pytest.param('label="program"', False, id="Labels: label never matches"),
        pytest.param('unscoped_label="program"', True, id="Labels: unscoped, the binary's name"),
        pytest.param('unscoped_label="a"', False, id="Labels: not the child's name"),
        pytest.param('label_last="program"', True, id="Labels: label_last, the binary's name"),
    ],
)
def test_labels_of_the_binarys_rom(rule: str, matches: bool):
    rules = f'<service name="ROM" {rule}><parent/></service>' + "".join(
        f'<service name="{name}"><parent/></service>' for name in ("PD", "CPU", "LOG")
    )
    a = start("a", f'<binary name="program"/><route>{rules}</route>')
    sessions = predict(scenario(PARENT, a))["a"].sessions
    binary = next(session for session in sessions if session.label == "program")
    assert (binary.outcome == "ok") is matches


def _messages(*parts: str) -> Prediction:
    return predict(scenario(PARENT, DEFAULT, *parts))["blinktree"]


@pytest.mark.parametrize(
    ("parts", "lines"),
    [
        pytest.param(
            [start("blinktree", route())],
            [
                '[init] Warning: blinktree: no route to service "Timer" (label="blinktree -> ")',
                "[init -> blinktree] Error: stop because parent denied Timer-session",
            ],
            id="Routing 4: no route",
        ),
        pytest.param(
            [
                TIMER,
                SECOND,
                start("blinktree", route('<service name="Timer"><any-child/></service>')),
            ],
            [
                '[init] Error: blinktree: ambiguous routes to service "Timer"',
                "[init -> blinktree] Error: stop because parent denied Timer-session",
            ],
            id="Routing 4: ambiguous",
        ),
        pytest.param(
            [start("blinktree", route('<service name="Timer"><child name="no"/></service>'))],
            ["[init -> blinktree] Error: stop because parent denied Timer-session"],
            id="Routing 3: denied, init logs nothing",
        ),
    ],
)
def test_denied_sessions_keep_a_component_from_running(parts: list[str], lines: list[str]):
    found = _messages(*parts)
    assert not found.starts
    assert "Timer" in found.reason
    assert list(found.messages) == lines


def test_no_default_route_denies_the_environment():
    """Document order: a default route after a start leaves that child without a route."""
    found = predict(scenario(PARENT, DEFAULT, start("a"), ROUTE, start("b")))
    assert not found["a"].starts
    assert found["b"].starts
    assert '[init] Error: a: PD environment session denied (label="a")' in found["a"].messages


def test_the_last_default_route_before_a_start_counts():
    """Repeated nodes: the last default-route wins."""
    nowhere = "<default-route/>"
    assert predict(scenario(PARENT, DEFAULT, nowhere, ROUTE, start("a")))["a"].starts
    assert not predict(scenario(PARENT, DEFAULT, ROUTE, nowhere, start("a")))["a"].starts


def test_a_client_waits_for_a_provider_that_does_not_start():
    hungry = start("timer", '<provides><service name="Timer"/></provides>', 'caps="100" ram="0"')
    found = _messages(ROUTE, hungry, start("blinktree", route(TO_TIMER)))
    assert not found.starts
    assert "timer does not start" in found.reason


def test_every_component_needs_the_environment_sessions():
    """Every component needs the environment sessions PD, CPU, ROM, LOG."""
    sessions = predict(scenario(USUAL, start("a")))["a"].sessions
    assert {session.service for session in sessions} == {"PD", "CPU", "ROM", "LOG"}
    for lacking in ("PD", "CPU", "ROM", "LOG"):
        parent = PARENT.replace(f'<service name="{lacking}"/>', "")
        assert not predict(scenario(parent, ROUTE, DEFAULT, start("a")))["a"].starts


def test_switched_off_components_are_told_apart():
    found = predict(scenario(USUAL, "<!--<start name='a'/>-->", TIMER))
    assert found["a"].reason == "It is switched off."
    assert found["timer"].starts
