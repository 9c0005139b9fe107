"""Runs in a stand-in for a Genode build directory.

Its ``make`` behaves as the run tool does: it takes the run script from the repository,
builds, boots, streams a console with colours and carriage returns, ends with the run
tool's verdict, and its emulator sits in a session of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from tests.real_runs import ended, nothing_is_left, small
from workbench.backends.base import BackendError, Cancelled, Job, Log, Progress, backend
from workbench.errors import InputError
from workbench.scenario import variants

__all__ = ["nothing_is_left"]

RUN = r"""
import os, pathlib, re, subprocess, sys, time
name, kernel, board, repository, log = sys.argv[1:]
script = (pathlib.Path(repository) / "run" / f"{name}.run").read_text()
assert "install_config" in script and "run_genode_until" in script
print(f"genode build completed for {kernel} on {board}", flush=True)
if os.path.exists("fail"):
    print("Error: missing target app/blinktree", flush=True); sys.exit(2)
console = subprocess.Popen(["sleep", "300"], start_new_session=True)
for raw in open(log, newline=""):
    if raw.strip() == "WAIT":
        time.sleep(300)
    sys.stdout.write(raw)
    sys.stdout.flush()
console.kill()
pattern, timeout = re.search(r"run_genode_until \{(.*)\} (\d+)", script).groups()
if os.path.exists("emulator-died"):
    print("Error: Spawned process died unexpectedly", flush=True); sys.exit(253)
if "Finished." in open(log).read():
    print("\nRun script execution successful.", flush=True); sys.exit(0)
print("Error: Test execution timed out", flush=True); sys.exit(254)
"""

MAKEFILE = """
include etc/build.conf
run/%:
\t@{python} run.py $* $(KERNEL) $(BOARD) $(lastword $(REPOSITORIES)) console.log
"""

HEAD = (
    "\x1b[2J\x1b[0mkernel initialized\r\nGenode 26.02\r\n"
    "1008 MiB RAM and 64536 caps assigned to init\r\n"
)
TREE = """\x1b[0m[init -> {name}] core configuration: \r
[init -> {name}]   1: 0\r
[init -> {name}] workload: fill: 1m / read-only: 2m\r
[init -> {name}] \r
"""
INSERTS = "[init -> {name}] 1\t1\t0\t{ms} ms\t{rate} op/s\t1.21887 writer/op\r\n"
LOOKUPS = "[init -> {name}] 1\t1\t1\t{ms} ms\t{rate} op/s\t0 writer/op\r\n"
FINISHED = "\x1b[0m[init -> {name}] Finished.\r\n"
BOTH = ("blinktree1", "blinktree2")


def console(*lines: str, names: tuple[str, ...] = BOTH, **values: object) -> str:
    """A console on which every instance says each line in turn."""
    return HEAD + "".join(line.format(name=name, **values) for line in lines for name in names)


GOOD = console(TREE, INSERTS, LOOKUPS, FINISHED, ms=160, rate="6.25e+06")


@pytest.fixture
def build_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "build dir" / "x86_64"
    (folder / "etc").mkdir(parents=True)
    (tmp_path / "repos" / "app").mkdir(parents=True)
    (folder / "etc" / "build.conf").write_text(
        f"GENODE_DIR := {tmp_path}\nREPOSITORIES := $(GENODE_DIR)/repos/base\n"
        "REPOSITORIES += $(GENODE_DIR)/repos/app\n"
    )
    (folder / "Makefile").write_text(MAKEFILE.format(python=sys.executable))
    (folder / "run.py").write_text(RUN)
    (folder / "console.log").write_bytes(GOOD.encode())
    return folder


def job(build_dir: Path, workload: str = "insert-lookup", **parameters: object) -> Job:
    scenario = variants.apply(small(), "partitioned")
    return Job(scenario, workload, 1, {"build_dir": str(build_dir), **parameters})  # type: ignore[arg-type]


def test_a_run_gives_what_the_instances_printed(build_dir: Path, tmp_path: Path) -> None:
    execution = backend("genode").start(job(build_dir, genode_kernel="nova", release="22.02"))
    log = ended(execution)
    result = execution.result()
    assert result.operations.values.tolist() == [[1e6, 1e6], [1e6, 1e6]]
    assert (result.reported_seconds == 0.16).all()
    assert (result.throughput_self == 6.25e6).all()
    assert result.total_self.values.tolist() == [12.5e6, 12.5e6]
    assert np.isnan(result.throughput_window).all()
    assert (result.exit_reason == "finished").all()
    assert result.attrs["genode"] == "26.02"
    assert result.attrs["accelerator"] == "run tool, nova on pc"
    assert any("for nova on pc" in line for line in log)
    assert "blinktree1: Finished." in log
    assert not list((tmp_path / "repos").rglob("*")) or not (tmp_path / "repos/app/run").exists()


@pytest.mark.parametrize(("workload", "row"), [("insert", "insert"), ("lookup", "lookup")])
def test_a_workload_of_one_phase_takes_that_phase(build_dir: Path, workload: str, row: str) -> None:
    text = HEAD + TREE.format(name="blinktree1") + TREE.format(name="blinktree2")
    for name in BOTH:
        text += INSERTS.format(name=name, ms=200, rate="5e+06")
        text += LOOKUPS.format(name=name, ms=100, rate="2e+07") + FINISHED.format(name=name)
    (build_dir / "console.log").write_text(text)
    execution = backend("genode").start(job(build_dir, workload))
    ended(execution)
    result = execution.result()
    assert result.phase.values.tolist() == [row]
    assert result.throughput_self.values.tolist() == [[{"insert": 5e6, "lookup": 2e7}[row]] * 2]


@pytest.mark.parametrize(
    ("trouble", "reason", "words"),
    [
        (
            '[init] child "blinktree2" requests resources: ram_quota=8K, cap_quota=0',
            "out-of-memory",
            "8192 bytes",
        ),
        (
            "[init -> blinktree2] Error: stop because parent denied Timer-session: ram_quota=10K",
            "failed",
            "denied Timer",
        ),
        (
            "Error: illegal READ at address 0x0 by pager_object: pd='init -> blinktree2' ip=0x0",
            "failed",
            "illegal READ",
        ),
        ('[init] child "blinktree2" exited with exit value 1', "failed", "value 1"),
    ],
)
def test_one_instance_in_trouble_leaves_the_others_result(
    build_dir: Path, trouble: str, reason: str, words: str
) -> None:
    good = console(TREE, INSERTS, LOOKUPS, FINISHED, names=BOTH[:1], ms=160, rate="6.25e+06")
    (build_dir / "console.log").write_text(good + f"\x1b[31m{trouble}\x1b[0m\r\n")
    execution = backend("genode").start(job(build_dir))
    ended(execution)
    result = execution.result()
    assert result.exit_reason.values.tolist() == ["finished", reason]
    assert words in result.exit_detail.sel(component="blinktree2").item()
    assert result.throughput_self.sel(component="blinktree1").values.tolist() == [6.25e6] * 2


@pytest.mark.parametrize(
    ("console_text", "touch", "cause"),
    [
        (HEAD, None, "run-timeout"),
        (HEAD, "emulator-died", "emulator-died"),
        (HEAD, "fail", "build-failed"),
    ],
)
def test_a_run_that_gives_nothing_has_failed(
    build_dir: Path, console_text: str, touch: str | None, cause: str
) -> None:
    (build_dir / "console.log").write_text(console_text)
    if touch:
        (build_dir / touch).touch()
    execution = backend("genode").start(job(build_dir))
    ended(execution)
    with pytest.raises(BackendError) as failure:
        execution.result()
    assert failure.value.cause == cause


def test_cancel_ends_make_and_the_emulator(build_dir: Path) -> None:
    (build_dir / "console.log").write_text(HEAD + "WAIT\n")
    execution = backend("genode").start(job(build_dir))
    for event in execution.events():
        if isinstance(event, Progress) and event.message == "running":
            execution.cancel()
    with pytest.raises(Cancelled):
        execution.result()


def test_it_is_over_when_all_have_finished_even_if_the_run_tool_goes_on(build_dir: Path) -> None:
    (build_dir / "console.log").write_text(GOOD + "WAIT\n")
    execution = backend("genode").start(job(build_dir))
    texts = [event.text for event in execution.events() if isinstance(event, Log)]
    assert (execution.result().exit_reason == "finished").all()
    assert "Finished." in texts


def test_the_script_holds_the_configuration(build_dir: Path, tmp_path: Path) -> None:
    (build_dir / "console.log").write_text(HEAD + "WAIT\n")
    execution = backend("genode").start(job(build_dir))
    script = ""
    for event in execution.events():
        if isinstance(event, Progress) and event.message == "running":
            script = (tmp_path / "repos/app/run/affinity_workbench.run").read_text()
            execution.cancel()
    assert "affinity-space | width: 2 | height: 1" in script
    assert "xpos: 1" in script
    assert "-smp 2" in script
    with pytest.raises(Cancelled):
        execution.result()
    assert not (tmp_path / "repos/app/run").exists()


def test_without_a_build_directory_it_is_refused(tmp_path: Path) -> None:
    scenario = variants.apply(small(), "partitioned")
    for value, words in (("", "build_dir=PATH"), (str(tmp_path), "create_builddir")):
        with pytest.raises(InputError) as refusal:
            backend("genode").start(Job(scenario, "insert", 1, {"build_dir": value}))
        assert words in str(refusal.value)


def test_what_only_the_benchmarks_own_configuration_can_say_is_told(build_dir: Path) -> None:
    """A run that ignored them would be recorded with a mode or a size that it did not have."""
    for name, value in (("sync", "olfit"), ("operations", 1000)):
        with pytest.raises(InputError, match=f'"{name}" cannot be set for Genode') as refusal:
            backend("genode").start(job(build_dir, **{name: value}))
        assert "component's configuration" in str(refusal.value)
