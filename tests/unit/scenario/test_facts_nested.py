"""What was measured about nested inits and what stops an `init`; what follows for routes.

Every id or docstring cites its statement in ``shared/facts``.
"""

from __future__ import annotations

import pytest

from tests.explaining import (
    TIMER,
    WITH_TIMER,
    K,
    M,
    booted,
    denied,
    init,
    on4,
    outer_route,
    scenario,
)
from tests.nodes import DEFAULT, PARENT, ROUTE, USUAL, config
from workbench.scenario import init_config
from workbench.scenario.explain import Explanation
from workbench.scenario.release import Release

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
    inner = init(USUAL, '<start name="b"/>', more=outer_route(rule))
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


# --- boot modules ---


def test_a_binary_that_the_boot_image_lacks():
    """Routing 4: environment ROM session denied (label="missingbin", ...)."""
    start = '<start name="missingbin"><binary name="none"/></start>'
    found = on4(booted(scenario(USUAL, start, TIMER), "ld.lib.so", "timer"))
    assert found["timer"].starts
    assert not found["missingbin"].starts
    assert found["missingbin"].messages == (
        '[init] Error: missingbin: environment ROM session denied (label="missingbin", ...)',
    )
    assert denied(found["missingbin"]) == {"ROM": "denied"}


def test_a_nested_binary_that_the_boot_image_lacks():
    inside = ['<start name="a"/>', '<start name="b"/>']
    found = on4(booted(scenario(USUAL, init(USUAL, *inside)), "ld.lib.so", "init", "a"))
    starts = {path: one.starts for path, one in found.items()}
    assert starts == {"outer": True, "outer -> a": True, "outer -> b": False}
    assert found["outer -> b"].messages == (
        '[init -> outer] Error: b: environment ROM session denied (label="b", ...)',
    )


def test_a_route_may_ask_for_another_module():
    rule = '<service name="ROM" unscoped_label="a"><parent label="a-v2"/></service>'
    start = f'<start name="a"><route>{rule}<any-service><parent/></any-service></route></start>'
    assert on4(booted(scenario(USUAL, start), "ld.lib.so", "a-v2"))["a"].starts
    assert not on4(booted(scenario(USUAL, start), "ld.lib.so", "a"))["a"].starts


def test_modules_from_another_component_are_not_looked_for():
    rom = '<start name="fs_rom"><provides><service name="ROM"/></provides></start>'
    rule = '<service name="ROM" unscoped_label="a"><child name="fs_rom"/></service>'
    start = f'<start name="a"><route>{rule}<any-service><parent/></any-service></route></start>'
    found = on4(booted(scenario(USUAL, rom, start), "ld.lib.so", "fs_rom"))
    assert found["a"].sessions[3].provider == "fs_rom"
    assert found["a"].sessions[3].outcome == "ok"
