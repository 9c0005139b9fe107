"""Checks of what is written: nodes, numbers, rules, releases; and inside components."""

from __future__ import annotations

import pytest

from tests.explaining import booted, init, outer_route
from tests.nodes import DEFAULT, PARENT, ROUTE, USUAL, node
from workbench.scenario import init_config
from workbench.scenario.checks import check
from workbench.scenario.model import Scenario
from workbench.scenario.problem import Problem
from workbench.scenario.release import Release
from workbench.scenario.tree import Node

A = '<start name="a"/>'
OLD_A = '<start name="a" caps="100"><resource name="RAM" quantum="2M"/></start>'
TIMER = '<start name="timer"><provides><service name="Timer"/></provides></start>'
ANY = "<any-service><parent/><any-child/></any-service>"
SPACE = '<affinity-space width="4"/>'


def scenario(*parts: str, **attributes: str) -> Scenario:
    tree = node(f"<config>{''.join(parts)}</config>", 7)
    for name, value in attributes.items():
        tree = tree.with_attribute(name, value)
    return init_config.read(tree)


def routed(*rules: str) -> str:
    return f'<start name="a"><route>{"".join(rules)}{ANY}</route></start>'


def found(what: Scenario, code: str, release: Release = "26.02") -> list[Problem]:
    return [problem for problem in check(what, "f.xml", release=release) if problem.code == code]


# One fault each: code, release, whether anything is left once it is mended, parts.
MENDED: list[tuple[str, Release, list[str]]] = [
    ("node-unknown", "22.02", [PARENT, ROUTE, '<bogus x="1"/>', OLD_A]),
    (
        "ram-attribute-ignored",
        "22.02",
        [PARENT, ROUTE, '<start name="a" caps="100" ram="2M"><config/></start>'],
    ),
    (
        "ram-given-twice",
        "26.02",
        [USUAL, '<start name="a" ram="1M"><resource name="RAM" quantum="2M"/></start>'],
    ),
    ("node-repeated", "26.02", [PARENT, ROUTE, '<default caps="9"/>', DEFAULT, A]),
    ("node-repeated", "26.02", ["<parent-provides/>", USUAL, A]),
    (
        "node-repeated",
        "26.02",
        [USUAL, SPACE, '<start name="a"><affinity xpos="1"/><affinity xpos="9"/></start>'],
    ),
    ("number-malformed", "26.02", [USUAL, '<start name="a" caps="1K"/>']),
    ("number-malformed", "26.02", [USUAL, '<start name="a" caps=" 100"/>']),
    ("number-malformed", "26.02", [USUAL, '<start name="a" caps="+100"/>']),
    ("number-malformed", "26.02", [USUAL, '<start name="a" caps="100.5"/>']),
    ("number-malformed", "26.02", [USUAL, '<start name="a" ram="2MB"/>']),
    ("number-malformed", "26.02", [USUAL, '<start name="a" ram="2m"/>']),
    ("number-malformed", "26.02", [PARENT, ROUTE, '<default caps="100" ram="1 M"/>', A]),
    ("number-malformed", "26.02", [USUAL, '<affinity-space width=" 4"/>', A]),
    (
        "rule-labels-mixed",
        "26.02",
        [USUAL, routed('<service name="LOG" unscoped_label="a" label="b"><parent/></service>')],
    ),
    (
        "rule-misses-environment",
        "26.02",
        [USUAL, routed('<service name="ROM" label="a"><parent/></service>')],
    ),
    (
        "rule-misses-environment",
        "26.02",
        [USUAL, routed('<service name="LOG" label="a"><parent/></service>')],
    ),
    (
        "rule-ambiguous",
        "26.02",
        [
            USUAL,
            TIMER,
            TIMER.replace('"timer"', '"other"'),
            routed('<service name="Timer"><any-child/></service>'),
        ],
    ),
    (
        "service-declared-twice",
        "26.02",
        [USUAL, TIMER.replace("<service", '<service name="Timer"/><service')],
    ),
    (
        "alias-broken",
        "26.02",
        [USUAL, TIMER, '<alias name="c" child="timer"/><alias name="d" child="c"/>'],
    ),
    ("report-blocks-init", "26.02", [USUAL, "<report/>", A]),
    ("report-blocks-init", "26.02", [USUAL, A, "<heartbeat/>"]),
]

# Faults that nothing mends with one click.
TOLD: list[tuple[str, Release, list[str], str]] = [
    ("name-of-alias", "26.02", [USUAL, TIMER, A, '<alias name="a" child="timer"/>'], "no child"),
    ("node-unknown", "26.02", [USUAL, "<bogus/>", A], "ignores"),
    ("cpu-quota-ignored", "26.02", [USUAL, '<start name="a"><resource name="CPU" quantum="9"/>'
      "</start>"], "silently"),
    ("attribute-unsupported", "22.02", [PARENT, ROUTE,
      OLD_A.replace("</start>", f'<route><service name="LOG"><parent identity="x"/></service>{ANY}'
      "</route></start>")], "unchanged"),
    ("attribute-unsupported", "26.02",
     [USUAL, routed('<service name="LOG"><parent diag="yes"/></service>')], "ignores"),
    ("attribute-unsupported", "22.02", [PARENT, ROUTE,
      OLD_A.replace("</start>", '<heartbeat restart_after_skipped="3"/></start>')], "restarted"),
    ("node-repeated", "26.02", [USUAL, A, DEFAULT, '<start name="b"/>'], "before it"),
    ("number-malformed", "26.02", [USUAL, '<start name="a" caps="many"/>'], "takes 0"),
    ("rule-leads-nowhere", "26.02",
     [USUAL, TIMER, routed('<service name="Nic"><child name="timer"/></service>')], "logs nothing"),
    ("rule-leads-nowhere", "26.02",
     [USUAL, routed('<service name="Nic"><parent/></service>')], "logs nothing"),
    ("alias-broken", "26.02", [USUAL, A, '<alias name="c" child="nobody"/>'], "one step"),
    ("provider-does-not-start", "26.02",
     [USUAL, routed('<service name="LOG"><child name="l"/></service>'),
      '<start name="l" ram="100K"><provides><service name="LOG"/></provides></start>'], "waits"),
    ("provider-does-not-start", "26.02",
     [USUAL, routed('<service name="LOG"><any-child/></service>').replace(
         "<route>", '<provides><service name="LOG"/></provides><route>')], "waits"),
    ("report-without-route", "26.02", [USUAL, init(USUAL, "<report/>", A)], "starts nothing"),
    ("denied-further-up", "26.02",
     [USUAL, init(USUAL, A, more=outer_route('<service name="LOG" label="a"/>'))],
     "environment LOG session denied" ),
    ("priority-band-too-small", "26.02",
     [USUAL, init(USUAL, '<start name="a" priority="5"/>', config='prio_levels="4"')], "band"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "release", "parts"), MENDED)
def test_one_click_mends_it_and_changes_nothing_else(code: str, release: Release, parts: list[str]):
    faulty = scenario(*parts)
    problem = found(faulty, code, release)[0]
    assert problem.location.line == 7
    assert problem.consequence
    assert problem.fix is not None
    mended = problem.fix.apply(faulty)
    assert not found(mended, code, release)
    before = {id(part) for part in faulty.form.nodes()} | {id(c.form) for c in faulty.components}
    after = {id(part) for part in mended.form.nodes()} | {id(c.form) for c in mended.components}
    assert len(after - before) <= 1
    # What is written says what the mended scenario says.
    again = init_config.read(init_config.write(mended))
    assert init_config.plain(again) == init_config.plain(mended)
    assert not found(again, code, release)


@pytest.mark.parametrize(("code", "release", "parts", "words"), TOLD)
def test_what_nothing_mends_is_told(code: str, release: Release, parts: list[str], words: str):
    levels = {"prio_levels": "4"} if code.startswith("priority") else {}
    problem = found(scenario(*parts, **levels), code, release)[0]
    assert words in problem.consequence


def test_hid_for_2202():
    (problem,) = (
        p
        for p in check(scenario(PARENT, ROUTE, OLD_A), release="22.02", syntax="hid")
        if p.code == "syntax-unsupported"
    )
    assert problem.severity == "error"


def test_levels_that_2202_does_not_have():
    many = scenario(USUAL, A, prio_levels="64")
    assert not found(many, "prio-levels-not-power-of-two")
    (problem,) = found(many, "prio-levels-not-power-of-two", "22.02")
    assert problem.fix.apply(many).prio_levels == 32


def test_a_module_that_the_boot_image_lacks():
    """Routing 4: environment ROM session denied (label="missingbin", ...)."""
    start = '<start name="missingbin"><binary name="none"/></start>'
    (problem,) = found(booted(scenario(USUAL, start), "ld.lib.so"), "binary-missing")
    assert 'environment ROM session denied (label="missingbin", ...)' in problem.consequence
    mended = problem.fix.apply(booted(scenario(USUAL, start), "ld.lib.so"))
    assert mended.boot.modules == ("ld.lib.so", "none")
    assert not found(mended, "binary-missing")


# --- Hoitaja ---


def test_cells_of_hoitaja():
    cells = [f'<start name="c{n}"><affinity xpos="9"/></start>' for n in range(3)]
    inside = init(USUAL, '<affinity-space width="2"/>', *cells, name="h")
    what = scenario(USUAL, TIMER, inside.replace('name="init"', 'name="hoitaja"'))
    problems = check(what)
    assert {p.path for p in problems if p.code == "cell-without-core"} == {
        "h -> c0", "h -> c1", "h -> c2",
    }  # fmt: skip
    assert "not enough CPU cores left" in problems[0].consequence or len(problems) > 3
    assert not any(p.code == "affinity-outside-space" for p in problems)
    assert sum(p.code == "cell-affinity-ignored" for p in problems) == 3


# --- inside components ---


def _nested(*inside: str) -> Scenario:
    innermost = init(*inside, name="inner").replace('ram="64M"', 'ram="16M"')
    return scenario(USUAL, init(USUAL.replace("200", "300"), innermost.replace("1000", "500")))


def test_problems_inside_components_have_label_paths():
    what = _nested(USUAL, SPACE, '<start name="a"><affinity xpos="9"/></start>')
    (problem,) = check(what, "f.xml")
    assert (problem.code, problem.path, problem.component) == (
        "affinity-outside-space",
        "outer -> inner -> a",
        "outer",
    )
    assert problem.location.line == 7
    assert problem.consequence.startswith("[init -> outer -> inner] Warning: a: affinity location")


def test_a_fix_inside_changes_that_component_alone():
    what = _nested(
        USUAL, SPACE, '<start name="a" caps=" 90"><affinity xpos="9"/></start>', '<start name="b"/>'
    )
    problem = next(p for p in check(what) if p.code == "affinity-outside-space")
    mended = problem.fix.apply(what)
    assert not found(mended, "affinity-outside-space")

    def starts(root: Node) -> dict[str, Node]:
        """Return every start node at any depth, without what is inside it."""
        here = {}
        for each in root.nodes("start"):
            inside = each.first("config")
            here[each.get("name") or ""] = each
            here |= starts(inside) if inside else {}
        return here

    before, after = (starts(init_config.write(each)) for each in (what, mended))
    assert before["b"] == after["b"]
    assert after["a"].get("caps") == " 90"
    assert after["a"].first("affinity").get("xpos") == "3"


def test_quotas_inside_are_those_of_the_component():
    inside = [USUAL, '<start name="a" ram="60M"/>', '<start name="b" ram="8M"/>']
    (problem,) = found(scenario(USUAL, init(*inside)), "ram-overcommitted")
    assert problem.path == "outer -> b"
    assert "configured RAM exceeds available RAM, proceed with" in problem.consequence


def test_nested_numbers_are_read_as_hid():
    """Malformed numbers: the same XML behaves differently when nested."""
    start = '<start name="a" caps=" 100"/>'
    codes = {
        (problem.code, problem.path)
        for problem in check(scenario(USUAL, start, init(USUAL, start)))
    }
    assert ("caps-missing", "a") in codes
    assert ("caps-missing", "outer -> a") not in codes
    nested = next(p for p in found(scenario(USUAL, init(USUAL, start)), "number-malformed"))
    assert "takes 100" in nested.consequence


TRIED = {case[0] for case in (*MENDED, *TOLD)} | {
    "binary-missing",
    "cell-affinity-ignored",
    "cell-without-core",
    "syntax-unsupported",
}
