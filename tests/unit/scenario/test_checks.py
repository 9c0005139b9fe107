"""Each check finds its fault, says where it stands, and its fix mends it for good."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.nodes import DEFAULT, PARENT, ROUTE, USUAL, node
from tests.unit.scenario.test_checks_written import TRIED
from workbench.scenario import edits, init_config
from workbench.scenario.checks import check, codes
from workbench.scenario.model import AffinitySpace, Component, PlacementRule, Rectangle, Scenario
from workbench.scenario.prediction import predict
from workbench.scenario.tree import Position

SPACE = '<affinity-space width="8"/>'
TIMER = '<start name="timer"><provides><service name="Timer"/></provides></start>'
TIMER2 = TIMER.replace('"timer"', '"timer2"')
OWN = "<any-service><parent/></any-service>"


def scenario(*parts: str, line: int | None = 7, **attributes: str) -> Scenario:
    tree = node(f"<config>{''.join(parts)}</config>", line)
    for name, value in attributes.items():
        tree = tree.with_attribute(name, value)
    return init_config.read(tree)


def needy(*rules: str) -> str:
    return f'<start name="blinktree"><route>{"".join(rules)}{OWN}</route></start>'


CASES = [
    ("affinity-outside-space", "a", [USUAL, SPACE, '<start name="a"><affinity xpos="8"/></start>']),
    (
        "affinity-outside-space",
        "a",
        [USUAL, SPACE, '<start name="a"><affinity xpos="1" width="0"/></start>'],
    ),
    ("affinity-space-missing", None, [USUAL, '<start name="a"><affinity xpos="3"/></start>']),
    ("affinity-space-late", "a", [USUAL, '<start name="a"><affinity xpos="3"/></start>', SPACE]),
    ("affinity-space-empty", None, [USUAL, '<affinity-space width="0"/><start name="a"/>']),
    ("name-duplicate", "a~2", [USUAL, '<start name="a"/><start name="a"/>']),
    ("name-missing", "unnamed~1", [USUAL, "<start/>"]),
    ("name-too-long", "n" * 64, [USUAL, f'<start name="{"n" * 64}"/>']),
    ("ram-missing", "a", [PARENT, ROUTE, '<start name="a" caps="100"/>']),
    ("ram-too-small", "a", [USUAL, '<start name="a" ram="512K"/>']),
    ("caps-missing", "a", [PARENT, ROUTE, '<start name="a" ram="1M"/>']),
    ("caps-too-small", "a", [USUAL, '<start name="a" caps="40"/>']),
    ("default-late", "a", [PARENT, ROUTE, '<start name="a" ram="1M"/>', DEFAULT]),
    ("default-late", "a", [PARENT, ROUTE, '<start name="a" caps="90"/>', DEFAULT]),
    ("default-route-late", "a", [PARENT, DEFAULT, '<start name="a"/>', ROUTE]),
    (
        "route-to-unknown-child",
        "blinktree",
        [USUAL, TIMER, needy('<service name="Timer"><child name="clock"/></service>')],
    ),
    (
        "route-to-unknown-child",
        "blinktree",
        [USUAL, needy('<service name="Timer"><child name="timer"/></service>')],
    ),
    (
        "route-to-unknown-child",
        "blinktree",
        [
            USUAL,
            f"<!--{TIMER}-->",
            needy('<service name="Timer"><child name="timer"/></service>'),
        ],
    ),
    (
        "route-denied",
        "blinktree",
        [
            USUAL,
            '<start name="timer"/>',
            needy('<service name="Timer"><child name="timer"/></service>'),
        ],
    ),
    (
        "route-denied",
        "blinktree",
        [
            USUAL,
            TIMER,
            '<start name="other"/>',
            needy('<service name="Timer"><child name="other"/></service>'),
        ],
    ),
    (
        "route-denied",
        "blinktree",
        [USUAL, needy('<service name="ROM"/>'), TIMER, '<start name="x"/>'],
    ),
    ("route-denied", "blinktree", [USUAL, TIMER, needy('<service name="Timer"/>')]),
    ("route-ambiguous", "blinktree", [USUAL, TIMER, TIMER2, '<start name="blinktree"/>']),
    ("no-route", "blinktree", [USUAL, TIMER, needy()]),
    ("no-route", "a", [PARENT, DEFAULT, '<start name="a"/>']),
    ("no-provider", "blinktree", [USUAL, '<start name="blinktree"/>']),
    ("no-parent-provides", None, [ROUTE, DEFAULT, '<start name="a"/>']),
    ("priority-out-of-range", "a", [USUAL, '<start name="a" priority="-1"/>']),
    ("priority-positive", "a", [USUAL, '<start name="a" priority="1"/>']),
]


@pytest.mark.parametrize(("code", "component", "parts"), CASES)
def test_a_fault_is_found_located_and_mended(code: str, component: str | None, parts: list[str]):
    faulty = scenario(*parts)
    problem = next(p for p in check(faulty, "file.xml") if p.code == code)
    assert problem.component == component
    assert problem.location.file == "file.xml"
    assert problem.location.line == 7
    assert problem.message.endswith(".")
    assert problem.consequence
    assert problem.fix is not None
    assert problem.fix.title
    mended = faulty
    for _ in range(10):
        found = [p for p in check(mended) if p.fix]
        if not found:
            break
        mended = found[0].fix.apply(mended)
    assert check(mended) == ()
    assert all(p.starts for p in predict(mended).values() if p.reason != "It is switched off.")
    # The mended scenario says the same when it is written and read again.
    again = init_config.read(init_config.write(mended))
    assert check(again) == ()


def test_levels_that_are_no_power_of_two():
    faulty = scenario(USUAL, '<start name="a"/>', prio_levels="3")
    (problem,) = check(faulty)
    assert problem.code == "prio-levels-not-power-of-two"
    assert problem.fix.apply(faulty).prio_levels == 4


def test_overcommitment_is_checked_where_the_machine_is_known():
    greedy = scenario(USUAL, '<start name="a" ram="3G"/><start name="b" ram="1G"/>')
    assert check(greedy) == ()
    (problem,) = check(greedy, ram_bytes=2**30)
    assert (problem.code, problem.component) == ("ram-overcommitted", "a")
    mended = problem.fix.apply(greedy)
    assert check(mended, ram_bytes=2**30) == ()
    assert mended.component("a").ram_bytes == pytest.approx(
        3 * mended.component("b").ram_bytes, rel=1e-3
    )
    (problem,) = check(greedy, caps=300)
    assert (problem.code, problem.component) == ("caps-overcommitted", "b")


def test_unknown_rules_and_rules_that_leave_nothing():
    def placed(rule: PlacementRule) -> Scenario:
        made = scenario(USUAL, SPACE, '<start name="a"/>')
        return edits.place(made, "a", rule)

    (problem,) = check(placed(PlacementRule(rule="nearby")))
    assert (problem.code, problem.severity) == ("placement-rule-unknown", "error")
    (problem,) = check(placed(PlacementRule(rule="time-share", leave=8)))
    assert problem.code == "placement-leaves-nothing"


def test_every_code_has_a_case():
    tried = {code for code, _, _ in CASES} | TRIED
    tried |= {
        "prio-levels-not-power-of-two",
        "ram-overcommitted",
        "caps-overcommitted",
        "placement-rule-unknown",
        "placement-leaves-nothing",
    }
    assert tried == set(codes())


def test_what_is_switched_off_has_no_problems():
    assert check(scenario(USUAL, SPACE, "<!--<start><affinity xpos='9'/></start>-->")) == ()


def test_problems_stand_in_the_order_of_the_file():
    parts = [USUAL, SPACE, *('<start name="a"><affinity xpos="9"/></start>' for _ in range(3))]
    problems = check(scenario(*parts))
    assert [(p.code, p.component) for p in problems] == [
        ("affinity-outside-space", "a"),
        ("affinity-outside-space", "a~2"),
        ("name-duplicate", "a~2"),
        ("affinity-outside-space", "a~3"),
        ("name-duplicate", "a~3"),
    ]


def test_a_problem_points_at_its_own_line():
    tree = node(f"<config>{USUAL}{SPACE}<start name='a'><affinity xpos='9'/></start></config>", 1)
    start = tree.first("start")
    affinity = replace(start.first("affinity"), position=Position(12, 5))
    start = replace(start.with_content((affinity,)), position=Position(11))
    tree = tree.with_content((*tree.content[:-1], start))
    (problem,) = check(init_config.read(tree), "f.xml")
    assert str(problem.location) == 'f.xml:12:5: start "a"'


def test_a_scenario_without_a_form_is_checked_too():
    made = Scenario(
        space=AffinitySpace(width=4),
        components=(Component(id="a", name="a", affinity=Rectangle(x=4)),),
    )
    found = {problem.code for problem in check(made)}
    assert found == {
        "affinity-outside-space",
        "caps-missing",
        "no-parent-provides",
        "ram-missing",
    }
