"""The part of Tcl that run scripts use: words, values with their places, expressions.

The expected values are those of tclsh 8.6.13.
"""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.formats.tcl_edits import braced, edited
from workbench.formats.tcl_expressions import Unknown, arithmetic
from workbench.formats.tcl_interpreter import evaluated
from workbench.formats.tcl_text import commands
from workbench.formats.tcl_values import text_of

OUT = frozenset(("out",))


def values(script: str) -> list[str]:
    """What the script passes to ``out``."""
    return [text_of(value) for call in evaluated(script, OUT).calls for value in call.arguments]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("out {a {b} c}", ["a {b} c"]),
        (r"out {a \} b}", [r"a \} b"]),
        ('set x 1; out "a${x}b$x" $x', ["a1b1", "1"]),
        (r'out "a\tb\"\$x \x41 [list 1 2]"', ['a\tb"$x A 1 2']),
        ("# no {\nout 1 ;# comment\nout 2", ["1", "2"]),
        ("out a\\\n   b", ["a", "b"]),
        ("set c {<a>}\nappend c { x } 12 {</a>}\nout $c", ["<a> x 12</a>"]),
        ("set n 3; out [subst {a $n [expr $n * 2] \\$n}]", ["a 3 6 $n"]),
        ("set n 4; out [expr 1*1024*$n] [expr {$n / 3}] [expr {-$n + 1.5}]", ["4096", "1", "-2.5"]),
        ("for {set i 0} {$i < 3} {incr i} { append c <$i> }\nout $c", ["<0><1><2>"]),
        ("foreach x {a {b c} d} { out $x }", ["a", "b c", "d"]),
        (
            "set x 5\nif {$x == 4} { out 4 } elseif {$x > 4 && $x != 6} { out 5 } else { out 6 }",
            ["5"],
        ),
        ("if {0} { out no } else { out yes }", ["yes"]),
        ("append_if 1 c {a}\nappend_if [expr 1 == 2] c {b}\nout $c", ["a"]),
        ("out {*}{a b} {*}[list c d]", ["a", "b", "c", "d"]),
        ("set a(x) 1; out $a(x)", ["1"]),
        ("set i 5; incr i; incr i -3; out $i", ["3"]),
        ("set l {}; lappend l a b; out $l", [" a b"]),
        ("set x {a b}\nout pre[set x]post", ["prea bpost"]),
        ("proc p {a {b 2}} { return $a$b }\nout [p 1] [p 1 3]", ["12", "13"]),
        ("set c 1\nproc p {} { global c; append c 2; set d 3 }\np\nout $c [p]", ["12", "3"]),
        ("proc p {} { set c 5 }\nset c 1\np\nout $c", ["1"]),
        ("if {0} { exit 1 }\nout 1", ["1"]),
    ],
)
def test_values(script: str, expected: list[str]) -> None:
    assert [value.strip() for value in values(script)] == [value.strip() for value in expected]


def test_the_machine_is_a_pc_under_qemu() -> None:
    script = """
    append_if [have_spec x86] c x86
    append_if [have_spec arm] c arm
    if {![have_board linux]} { append c pc }
    if {[get_cmd_switch --autopilot]} { append c auto }
    out $c"""
    assert values(script) == ["x86pc"]


def test_what_cannot_be_known_is_left_and_reported() -> None:
    done = evaluated(
        'append config "<a x=\\"[drv_bin]\\" y=\\"$none\\"/>" [more_config]\n'
        "if {[file exists x]} { append config {<b/>} }\nsource more.inc\n"
        "append_platform_drv_config\nout $config",
        OUT,
    )
    (call,) = done.calls
    assert call.text(0) == '<a x="[drv_bin]" y="$none"/>'
    unknown = [fragment.start for fragment in call.arguments[0] if fragment.is_unknown]
    assert len(unknown) == 3
    assert done.unknown == [
        "condition {[file exists x]}, taken as false (line 2)",
        "source more.inc (line 3)",
        "append_platform_drv_config (line 4)",
    ]


@pytest.mark.parametrize(
    "text", ["1 +", "a + 1", "1 2", "1 / 0", "(1", "99999999999 * 99999999999", "$x"]
)
def test_expressions_that_cannot_be_known(text: str) -> None:
    with pytest.raises(Unknown):
        arithmetic(text)


@pytest.mark.parametrize(
    ("script", "line", "words"),
    [
        ("out 1\nout {a", 2, "brace is never closed"),
        ('out "a', 1, "quote is never closed"),
        ("\nout [list a", 2, "bracket is never closed"),
        ("out " + "[a " * 200 + "]" * 200, 1, "nested too deeply"),
        ("while {1} { out x }", 1, "goes on for too long"),
        ("set x aaaaaaaaaaaaaaaa\nwhile {1} { append x $x }", 2, "more than 1 MB"),
    ],
)
def test_refusals(script: str, line: int, words: str) -> None:
    with pytest.raises(InputError) as refusal:
        values(script)
    assert refusal.value.location.line == line
    assert words in str(refusal.value)


@given(st.text('{}[]"\\$; \n#ax'))
def test_any_text_is_tcl_or_refused(script: str) -> None:
    try:
        found = list(commands(script))
    except InputError:
        return
    for command in found:
        assert all(script[word.start : word.end] for word in command.words)
    with suppress(InputError):
        values(script)


@given(st.text('{}[]"\\$; \n#ax'))
def test_a_text_as_one_word(text: str) -> None:
    assert values(f"out {braced(text)}") == [text]


# Edits ---


def edit(script: str, new: str) -> str:
    (call,) = evaluated(script, OUT).calls
    return edited(script, call.arguments[0], new)


@pytest.mark.parametrize(
    ("script", "new", "expected"),
    [
        ("out {a b}", "a c", "out {a c}"),
        ('set n 3\nout "a $n"', "a 4", 'set n 4\nout "a $n"'),
        ('set n 3\nout "a $n $n"', "a 4 3", 'set n 3\nout "a 4 $n"'),
        ('out "a b"', 'a "$b"', 'out "a \\"\\$b\\""'),
        (
            "set n 3\nset c {x}\nappend c $n {y}\nout $c",
            "x44y",
            "set n 44\nset c {x}\nappend c $n {y}\nout $c",
        ),
        ("set c {<a>}\nappend c {<b>}\nout $c", "<a><c>", "set c {<a>}\nappend c {<c>}\nout $c"),
        ("out [subst {a b}]", "a $b", "out [subst {a \\$b}]"),
    ],
)
def test_an_edit_changes_its_piece(script: str, new: str, expected: str) -> None:
    assert edit(script, new) == expected
    assert values(expected) == [new]
