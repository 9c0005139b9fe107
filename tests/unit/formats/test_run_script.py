"""Run scripts: configurations in pieces, what is around them, edits in their piece only."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import scenarios
from workbench import formats
from workbench.errors import InputError
from workbench.scenario.boot import Boot
from workbench.scenario.init_config import inner, plain, with_inner
from workbench.scenario.model import Component, Rectangle, Scenario
from workbench.scenario.tree import Node

_SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples"

OLD = (_SAMPLES / "hoitaja-nested.run").read_text()
NEW = (_SAMPLES / "partition-new-style.run").read_text()


def read(text: str) -> formats.Document:
    return formats.read_text(text, formats.format_of(Path("x.run"), text), "x.run")


def written(document: formats.Document, scenario: Scenario) -> str:
    experiment = document.experiment.but(scenario=scenario)
    return formats.write(experiment, document.format, document)


def changed(before: str, after: str) -> list[tuple[str, str]]:
    rows = list(zip(before.split("\n"), after.split("\n"), strict=True))
    return [(old.strip(), new.strip()) for old, new in rows if old != new]


# Reading ---


def test_the_old_style() -> None:
    document = read(OLD)
    scenario = document.experiment.scenario
    assert document.format == "run-22.02"
    assert document.notes == ()
    assert [c.name for c in scenario.components] == ["timer", "hoitaja"]
    hoitaja = scenario.component("hoitaja")
    inside = inner(hoitaja)
    assert inside is not None
    assert inside.space is not None
    assert inside.space.width == 32
    assert [(c.name, c.enabled) for c in inside.components] == [
        ("blinktree1", True),
        ("antagonist", True),
        ("blinktree2", False),
    ]
    assert scenario.boot == Boot(
        build=("core", "init", "timer", "hoitaja", "app/blinktree", "app/antagonist"),
        modules=(
            *("core", "ld.lib.so", "libc.lib.so", "vfs.lib.so", "init", "timer", "hoitaja"),
            *("blinktree", "stress", "fill", "mixed"),
        ),
        qemu_args="-nographic -smp 32,cores=32",
        stop_pattern=r"\[init -> hoitaja -> blinktree1\] Finished\.",
        timeout_s=300,
        script=OLD,
    )
    assert scenario.boot_modules == scenario.boot.modules


def test_the_new_style() -> None:
    document = read(NEW)
    scenario = document.experiment.scenario
    assert document.format == "run-26.02"
    assert [(c.name, c.ram_bytes, c.enabled) for c in scenario.components] == [
        ("timer", 2 * 2**20, True),
        ("blinktree1", 64 * 2**20, True),
        ("blinktree2", 64 * 2**20, True),
        ("blinktree3", 64 * 2**20, False),
    ]
    assert scenario.boot is not None
    assert scenario.boot.modules == ("[build_artifacts]",)
    assert scenario.boot_modules is None
    assert scenario.boot.stop_pattern == r".*blinktree2\] Finished.*\n"


@pytest.mark.parametrize("text", [OLD, NEW])
def test_places_are_those_in_the_script(text: str) -> None:
    document = read(text)
    rows = text.split("\n")
    scenario = document.experiment.scenario
    lines = formats.component_lines(text, document.format, scenario)
    for component in scenario.components:
        first, _ = lines[component.id]
        assert component.name is not None
        assert "start" in rows[first - 1]
        assert component.name in rows[first - 1]
        assert component.form is not None
        assert component.form.position is not None
        assert component.form.position.line == first


def test_a_configuration_made_in_a_loop() -> None:
    document = read(LOOP)
    scenario = document.experiment.scenario
    assert scenario.space is not None
    assert scenario.space.width == 4
    assert [(c.name, c.affinity) for c in scenario.components] == [
        (f"init_{i}", Rectangle(x=i, width=1)) for i in range(4)
    ]
    assert scenario.components[0].ram_bytes == 256 * 2**20
    assert scenario.boot is not None
    assert scenario.boot.qemu_args == "-m 1152 -nographic -smp 4"
    assert scenario.boot.stop_pattern == "bomb started"


LOOP = r"""
set cpus 4
set init_ram 256
set config {
<config verbose="yes">}
append config "
	<affinity-space width=\"$cpus\" height=\"1\"/>"
append_if [have_spec arm] config {
	<start name="never"/>}
for { set i 0} { $i < ${cpus} } { incr i} {
	append config "
	<start name=\"init_$i\" caps=\"1100\">
		<affinity xpos=\"$i\" width=\"1\"/>
		<resource name=\"RAM\" quantum=\"${init_ram}M\"/>"
	append config {
		<binary name="init"/>
	</start>}
}
append config {
</config>}
install_config $config
append qemu_args " -m [expr 128 + $init_ram*$cpus] -nographic -smp $cpus"
if { [get_cmd_switch --autopilot] } { exit 0 }
run_genode_until {bomb started} 20
"""


# Edits ---


def test_an_edit_changes_one_line() -> None:
    document = read(OLD)
    scenario = document.experiment.scenario
    new = scenario.replaced("hoitaja", lambda c: c.but(caps=50000))
    assert changed(OLD, written(document, new)) == [
        ('<start name="hoitaja" caps="60000">', '<start name="hoitaja" caps="50000">')
    ]


def test_an_edit_inside_a_nested_init_changes_one_line() -> None:
    document = read(OLD)
    scenario = document.experiment.scenario

    def move(component: Component) -> Component:
        inside = inner(component)
        assert inside is not None
        moved = inside.replaced("blinktree1", lambda c: c.but(affinity=Rectangle(x=2, width=8)))
        return with_inner(component, moved)

    (change,) = changed(OLD, written(document, scenario.replaced("hoitaja", move)))
    assert change[1] == '<affinity xpos="2" ypos="0" width="8" height="1"/>'


def test_switching_on_inside_a_nested_init_takes_the_comment_away() -> None:
    document = read(OLD)

    def switch(component: Component) -> Component:
        inside = inner(component)
        assert inside is not None
        return with_inner(component, inside.replaced("blinktree2", lambda c: c.but(enabled=True)))

    new = document.experiment.scenario.replaced("hoitaja", switch)
    before, after = OLD.split("\n"), written(document, new).split("\n")
    assert [row for row in before if row not in after] == ["\t\t\t<!--", "\t\t\t-->"]
    assert [row for row in after if row not in before] == []


def test_a_variable_used_once_is_changed_where_it_is_set() -> None:
    document = read(OLD)

    def widen(component: Component) -> Component:
        inside = inner(component)
        assert inside is not None
        assert inside.space is not None
        return with_inner(component, inside.but(space=inside.space.but(width=48)))

    new = document.experiment.scenario.replaced("hoitaja", widen)
    assert changed(OLD, written(document, new)) == [("set inner_width 32", "set inner_width 48")]


def test_a_variable_used_often_is_replaced_where_it_is_used() -> None:
    document = read(NEW)
    scenario = document.experiment.scenario
    new = scenario.replaced("blinktree2", lambda c: c.but(ram_bytes=2**30))
    assert changed(NEW, written(document, new)) == [
        (
            "+ start blinktree2 | ram: $ram | priority: -1",
            "+ start blinktree2 | ram: 1G | priority: -1",
        )
    ]
    on = scenario.replaced("blinktree3", lambda c: c.but(enabled=True))
    assert changed(NEW, written(document, on)) == [
        ("x start blinktree3 | ram: $ram", "+ start blinktree3 | ram: $ram")
    ]


def test_removing_and_adding() -> None:
    for text in (OLD, NEW):
        document = read(text)
        scenario = document.experiment.scenario
        rest = scenario.but(components=scenario.components[:1])
        again = read(written(document, rest)).experiment.scenario
        assert plain(again) == plain(rest)
        more = scenario.but(components=(*scenario.components, Component(id="n", name="n", caps=5)))
        again = read(written(document, more)).experiment.scenario
        assert plain(again) == plain(more)


def test_what_surrounds_the_configuration_can_be_edited() -> None:
    for text in (OLD, NEW):
        document = read(text)
        scenario = document.experiment.scenario
        assert scenario.boot is not None
        boot = scenario.boot.but(
            qemu_args="-nographic -smp 8,cores=8",
            stop_pattern=r"done {1}\n",
            timeout_s=77,
            build=(*scenario.boot.build, "app/new"),
        )
        again = read(written(document, scenario.but(boot=boot))).experiment.scenario.boot
        assert again is not None
        assert again.but(script=None) == boot.but(script=None)


def test_what_cannot_be_traced_back_is_refused() -> None:
    document = read(LOOP)
    scenario = document.experiment.scenario
    one = scenario.replaced("init_2", lambda c: c.but(caps=7))
    with pytest.raises(InputError) as refusal:
        written(document, one)
    assert "cannot be traced back" in refusal.value.what
    # An edit of what is said once is fine, and so is one of all that a loop makes.
    levels = scenario.but(prio_levels=4)
    assert changed(LOOP, written(document, levels)) == [
        ('<config verbose="yes">}', '<config verbose="yes" prio_levels="4">}')
    ]
    every = scenario.but(components=tuple(c.but(ram_bytes=2**30) for c in scenario.components))
    assert changed(LOOP, written(document, every)) == [
        (
            r'<resource name=\"RAM\" quantum=\"${init_ram}M\"/>"',
            r'<resource name=\"RAM\" quantum=\"1G\"/>"',
        )
    ]


# From and to elsewhere ---


@pytest.mark.parametrize("text", [OLD, NEW])
def test_through_yaml_the_script_comes_back(text: str) -> None:
    document = read(text)
    yaml = formats.read_text(formats.write(document.experiment, "yaml"), "yaml")
    assert formats.write(yaml.experiment, document.format) == text


@pytest.mark.parametrize("release", ["22.02", "26.02"])
def test_a_complete_new_script(release: str) -> None:
    scenario = formats.read(_SAMPLES / "talk-by-hand.xml").experiment
    text = formats.write(scenario, f"run-{release}")
    again = read(text)
    assert again.format == f"run-{release}"
    assert again.notes == ()
    assert plain(again.experiment.scenario) == plain(scenario.scenario)
    boot = again.experiment.scenario.boot
    assert boot is not None
    assert boot.qemu_args == "-nographic -smp 64,cores=64"
    assert {"core", "init", "timer", "app/blinktree"} <= set(boot.build)
    if release == "22.02":
        assert boot.modules == (
            *("core", "ld.lib.so", "libc.lib.so", "libm.lib.so", "vfs.lib.so"),
            *("init", "timer", "blinktree"),
        )
    else:
        assert "lib/ld" in boot.build
        assert boot.modules == ("[build_artifacts]",)


def test_what_other_formats_leave_out_is_named() -> None:
    experiment = read(OLD).experiment
    assert any("run script" in lost for lost in formats.left_out(experiment, "xml-classic"))
    assert formats.left_out(experiment, "yaml") == ()
    assert not any("run script" in lost for lost in formats.left_out(experiment, "run-26.02"))


def test_once_it_is_installed_loops_are_followed_once() -> None:
    text = NEW.replace(
        "run_genode_until {.*blinktree2\\] Finished.*\\n} 120",
        "run_genode_until forever\n"
        "for {set i 0} {$i < 30000} {incr i} {\n"
        "    if {![catch {run_genode_until {done} 24} result]} { incr good }\n}",
    )
    boot = read(text).experiment.scenario.boot
    assert boot is not None
    assert (boot.stop_pattern, boot.timeout_s) == ("done", 24)


# Properties ---


@given(scenarios(), st.sampled_from(["run-22.02", "run-26.02"]))
def test_what_a_script_can_hold_comes_back(scenario: Scenario, format: str) -> None:
    experiment = formats.read(_SAMPLES / "talk-by-hand.xml").experiment.but(
        scenario=scenario.but(profile=None)
    )
    syntax = "xml-classic" if format == "run-22.02" else "hid"
    try:
        config = formats.write(experiment, syntax)
    except InputError:
        with pytest.raises(InputError):
            formats.write(experiment, format)
        return
    said = plain(formats.read_text(config, syntax).experiment.scenario)
    again = formats.read_text(formats.write(experiment, format), format)
    assert plain(again.experiment.scenario) == said


@given(st.data())
def test_a_mutated_script_is_read_or_refused(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([OLD, NEW, LOOP]))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 30))
        text = (
            text[:at] + data.draw(st.text('{}[]$"\\<>/!-+|: \nx1', max_size=4)) + text[at + cut :]
        )
    try:
        document = formats.read_text(text, "run-22.02", "x.run")
    except InputError:
        return
    assert formats.write(document.experiment, "run-22.02", document) == text
    assert isinstance(document.experiment.scenario.form, Node)
