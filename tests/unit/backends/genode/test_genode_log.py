"""Lines of a Genode console, written after the formats of releases 22.02 to 26.02."""

from __future__ import annotations

import pytest

from workbench.backends.genode.log import (
    Booted,
    Denied,
    Exited,
    Fault,
    Finished,
    Line,
    QuotaRequest,
    RunTool,
    findings,
    line,
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("[init -> blinktree1] Finished.", Line("Finished.", ("init", "blinktree1"))),
        ("\x1b[0m[init -> hoitaja -> b] text\x1b[0m\r", Line("text", ("init", "hoitaja", "b"))),
        ("\x1b[31m[init] Error: no\x1b[0m\r", Line("Error: no", ("init",))),
        ("kernel initialized", Line("kernel initialized")),
        ("[    0.120000] a kernel's stamp", Line("[    0.120000] a kernel's stamp")),
        ("\x00\x08\x07odd\x1b[2K", Line("odd")),
        ("[init -> b] [not a label] x", Line("[not a label] x", ("init", "b"))),
        ("", Line("")),
    ],
)
def test_label_and_text_without_colours(raw: str, expected: Line) -> None:
    assert line(raw) == expected


def test_the_component_is_the_label_below_init() -> None:
    assert line("[init -> hoitaja -> b1] x").component == "hoitaja -> b1"
    assert line("[init] x").component == ""


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Genode 26.02", Booted("26.02")),
        ("Genode 22.02-1-gabc <local changes>", Booted("22.02")),
        ("kernel initialized", Booted()),
        ('[init] child "b1" exited with exit value 0', Exited("b1", 0)),
        ('[init -> hoitaja] child "b1" exited with exit value -7', Exited("hoitaja -> b1", -7)),
        (
            '[init] child "b1" requests resources: ram_quota=8K, cap_quota=0',
            QuotaRequest("b1", 8192, 0),
        ),
        (
            '[init] child "b1" requests resources: ram_quota=0, cap_quota=4',
            QuotaRequest("b1", 0, 4),
        ),
        (
            "[init -> amb] Error: stop because parent denied Timer-session: ram_quota=10K",
            Denied("amb", "Timer", "stop because parent denied Timer-session: ram_quota=10K"),
        ),
        (
            '[init] Error: x: environment ROM session denied (label="x", ram_quota=6K)',
            Denied("x", "ROM", 'x: environment ROM session denied (label="x", ram_quota=6K)'),
        ),
        (
            '[init] Error: x: ROM environment session denied (label="x")',
            Denied("x", "ROM", 'x: ROM environment session denied (label="x")'),
        ),
        (
            '[init] Warning: norule: no route to service "Timer" (label="norule -> ")',
            Denied("norule", "Timer", 'norule: no route to service "Timer" (label="norule -> ")'),
        ),
        (
            '[init] Error: amb: ambiguous routes to service "Timer"',
            Denied("amb", "Timer", 'amb: ambiguous routes to service "Timer"'),
        ),
        (
            "Error: illegal READ at address 0x0 by pager_object: pd='init -> b1' thread='ep' ip=1",
            Fault(
                "b1",
                "illegal READ at address 0x0 by pager_object: pd='init -> b1' thread='ep' ip=1",
            ),
        ),
        ("[init -> b1] Finished.", Finished("b1")),
        (
            "Run script execution successful.",
            RunTool("success", "Run script execution successful."),
        ),
        ("Error: Test execution timed out", RunTool("timeout", "Error: Test execution timed out")),
        (
            "make: *** [Makefile:7: run/x] Error 254",
            RunTool("error", "make: *** [Makefile:7: run/x] Error 254"),
        ),
        ("[init -> b1] 2\t1\t0\t160 ms\t6.25e+06 op/s", None),
        ("[init -> b1] anything else", None),
    ],
)
def test_what_lines_mean(raw: str, expected: object) -> None:
    assert findings(line(raw)) == expected
