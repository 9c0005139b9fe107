"""Sessions between components of the guest, and the ends a run can come to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.guest import CPUS, Event, plan, program, run

ON = f"cpus {CPUS[0]}"
ENDLESS = f"endless\nprogram blinktree\n{ON}\nphase fill operations=1000000000 mix=lookup keys=10"
PATIENCE_S = 60.0


def test_an_instance_times_itself_by_the_timer_it_is_routed_to(tmp_path: Path) -> None:
    phase = "phase fill operations=30000 mix=insert"
    told = run(
        plan(
            "fine\nprogram timer\nset period_us 10",
            "coarse\nprogram timer\nset period_us 40000",
            f"one\nprogram blinktree\n{ON}\ntimer fine\n{phase}",
            f"two\nprogram blinktree\n{ON}\ntimer coarse\n{phase}",
            f"three\nprogram blinktree\n{ON}\n{phase}",
        ),
        tmp_path,
    )
    steps_ns = {"one": 10_000, "two": 40_000_000, "three": 1_000_000}
    for event in told.of("phase"):
        step = steps_ns[event["component"]]
        exact = event["finish_ns"] - event["start_ns"]
        assert event["reported_ns"] % step == 0
        # Asking the timer takes a while, which lies outside of the exact span.
        assert event["reported_ns"] > exact - step
    assert len(told.of("phase")) == 3


def test_log_lines_go_to_whom_they_are_routed(tmp_path: Path) -> None:
    told = run(
        plan(
            "log\nprogram log",
            "one\nprogram blinktree\nlog log\nphase a operations=1 mix=insert",
            "two\nprogram blinktree\nphase a operations=1 mix=insert",
        ),
        tmp_path,
    )
    assert set(told.exits().values()) == {"finished"}
    lines = [(one["component"], one["text"]) for one in told.of("log")]
    assert ("log", "[one] Finished.") in lines
    assert ("two", "Finished.") in lines
    assert len(lines) == 2


def test_a_component_that_is_late_begins_late(tmp_path: Path) -> None:
    phase = "phase fill operations=100 mix=insert"
    told = run(
        plan(
            f"first\nprogram blinktree\n{ON}\n{phase}",
            f"late\nprogram blinktree\n{ON}\ndelay_ms 300\n{phase}",
        ),
        tmp_path,
    )
    starts = {one["component"]: one["start_ns"] for one in told.of("phase")}
    assert starts["late"] - starts["first"] > 200_000_000


def test_antagonists_end_with_the_benchmarks(tmp_path: Path) -> None:
    told = run(
        plan(
            f"cpu\nprogram antagonist\n{ON}\nset kind cpu",
            f"memory\nprogram antagonist\n{ON}\nset kind memory\nset bytes 1000000",
            f"one\nprogram blinktree\n{ON}\nphase fill operations=20000 mix=insert",
        ),
        tmp_path,
    )
    assert set(told.exits().values()) == {"finished"}
    spent = {one["component"]: one["cpu_user_ns"] for one in told.of("exit")}
    assert spent["cpu"] > 0
    assert spent["memory"] > 0


def test_a_run_past_its_deadline_is_ended(tmp_path: Path) -> None:
    told = run(plan(ENDLESS, head="deadline_ms 500"), tmp_path)
    assert told.exits() == {"endless": "cancelled"}
    assert told.events[-1]["ended"] == "deadline"
    assert not told.events[-1]["ok"]


@contextmanager
def _running(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int, list[int]]]:
    """Start an endless run; give it, the write end of its watch, and its components."""
    file = folder / "plan"
    file.write_text(plan("timer\nprogram timer", ENDLESS, head="heartbeat_ms 50"))
    watch, hold = os.pipe()
    with subprocess.Popen(
        [str(program()), "runner", f"plan={file}", f"watch={watch}"],
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=[watch],
    ) as runner:
        os.close(watch)
        assert runner.stdout is not None
        pids = []
        for line in runner.stdout:
            event = json.loads(line)
            if event["event"] == "started":
                pids.append(event["pid"])
            if event["event"] == "phase-started":
                break
        try:
            yield runner, hold, pids
        finally:
            runner.kill()


def _wait_for(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "watch"])
def test_a_cancel_ends_every_component_in_order(tmp_path: Path, how: str) -> None:
    with _running(tmp_path) as (runner, hold, pids):
        if how == "watch":
            os.close(hold)
        else:
            runner.send_signal(signal.Signals[how])
        rest, _ = runner.communicate(timeout=PATIENCE_S)
        if how != "watch":
            os.close(hold)
        events: list[Event] = [json.loads(line) for line in rest.splitlines()]
        assert events[-1]["ended"] == "cancelled"
        reasons = {one["component"]: one["reason"] for one in events if one["event"] == "exit"}
        assert reasons == {"timer": "cancelled", "endless": "cancelled"}
        assert runner.returncode == 0
        assert all(map(_gone, pids))


def test_the_death_of_the_runner_leaves_no_orphan(tmp_path: Path) -> None:
    with _running(tmp_path) as (runner, hold, pids):
        assert len(pids) == 2
        runner.kill()
        runner.wait()
        os.close(hold)
        for pid in pids:
            _wait_for(lambda pid=pid: _gone(pid))


def test_a_killed_component_has_failed_and_the_run_goes_on(tmp_path: Path) -> None:
    with _running(tmp_path) as (runner, hold, pids):
        os.kill(pids[1], signal.SIGSEGV)
        rest, _ = runner.communicate(timeout=PATIENCE_S)
        os.close(hold)
        events = [json.loads(line) for line in rest.splitlines()]
        ends = {one["component"]: one for one in events if one["event"] == "exit"}
        assert ends["endless"]["reason"] == "failed"
        assert "signal 11" in ends["endless"]["detail"]
        assert ends["endless"]["done"] >= 0
        assert ends["timer"]["reason"] == "finished"
        assert events[-1]["ended"] == "finished"
