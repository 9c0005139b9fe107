"""From the runner's lines to a dataset whose numbers can be worked out by hand."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import xarray as xr

from tests.unit.backends.guest.test_guest_plan import asked
from workbench.backends.base import BackendError, Event, Log, Progress
from workbench.backends.guest.protocol import Transcript
from workbench.backends.guest.results import dataset
from workbench.results import serial

SECOND = 1_000_000_000
ORIGIN = 5 * SECOND
"""When the first phase starts on the runner's clock."""


def worker(cpu: int, **values: Any) -> dict[str, Any]:
    return {
        "cpu": cpu, "operations": 500, "tasks": 2000, "delegated": 100,
        "cpu_ns": SECOND, "poll_ns": SECOND // 10, "wait_ns": SECOND // 5, "spin_ns": 0,
        "switches_voluntary": 1, "switches_involuntary": 9, "faults_minor": 0, "faults_major": 0,
        "on_cpu_ns": [SECOND // 2, SECOND],
    } | values  # fmt: skip


def phase(
    component: str, start: int, seconds: int, cpus: list[int], **values: Any
) -> dict[str, Any]:
    """An insert phase: 1000 operations at an even pace, from `start` seconds on."""
    begin, span = ORIGIN + start * SECOND, seconds * SECOND
    latency = [0] * 96
    latency[40] = 125
    return {
        "event": "phase", "t": begin + span, "component": component, "phase": "insert", "index": 0,
        "start_ns": begin, "finish_ns": begin + span, "reported_ns": span + 1_000_000,
        "operations": 1000, "inserts": 1000, "lookups": 0, "updates": 0, "missing": 0,
        "tasks": 4000, "delegated": 200, "latency_every": 8, "latency": latency, "serial_ns": 0,
        "grid_ns": [begin + span // 2, begin + span], "done": [500, 1000],
        "workers": [worker(cpu) for cpu in cpus], "hardware": {},
    } | values  # fmt: skip


def exited(component: str, reason: str = "finished", detail: str = "") -> dict[str, Any]:
    return {
        "event": "exit", "t": 1, "component": component, "reason": reason, "detail": detail,
        "phase": -1, "done": 0, "status": 0, "cpu_user_ns": 2 * SECOND, "cpu_system_ns": SECOND,
        "switches_voluntary": 3, "switches_involuntary": 4, "faults_minor": 5, "faults_major": 6,
        "peak_ram_bytes": 7,
    }  # fmt: skip


HELLO = {
    "event": "hello", "t": 0, "protocol": 1, "compiler": "cc 12", "kernel": "6.1",
    "clock_source": "tsc", "architecture": "x86_64", "origin_ns": 0, "pid": 1, "init": True,
}  # fmt: skip
TOPOLOGY = {
    "event": "topology", "t": 0, "model": "A CPU", "memory_bytes": 1,
    "cpus": [{"cpu": 10, "node": 0, "package": 0, "core": 0}],
    "nodes": [{"node": 0, "memory_bytes": 1, "distances": [10]}],
}  # fmt: skip
QUOTA = {
    "event": "quota", "t": 0, "component": "blinktree1", "bytes": 1, "means": "rlimit-as",
    "limits": "address space", "passed_over": "",
}  # fmt: skip
FINAL = {"event": "final", "t": 9, "ok": True, "ended": "finished", "detail": "", "elapsed_ns": 9}

RUN = (
    HELLO,
    TOPOLOGY,
    QUOTA,
    phase("blinktree1", 0, 2, [11, 12]),
    phase("blinktree2", 1, 2, [15]),
    exited("blinktree1"),
    exited("blinktree2"),
    exited("timer"),
    FINAL,
)


def told(*events: dict[str, Any], operations: int = 2000) -> tuple[Transcript, list[Event]]:
    said = Transcript(operations)
    heard = [event for line in events for event in said.add(json.dumps(line))]
    return said, heard


def result(*events: dict[str, Any]) -> xr.Dataset:
    plan = asked(workload="insert", operations=1000)
    return dataset(plan, told(*events)[0], {"backend": "native", "accelerator": "none"})


def test_spans_window_and_throughputs() -> None:
    found = result(*RUN)
    assert found.start_seconds.values.tolist() == [[0.0, 1.0]]
    assert found.finish_seconds.values.tolist() == [[2.0, 3.0]]
    assert found.window_start_seconds.item() == 1.0
    assert found.window_finish_seconds.item() == 2.0
    # Each does its 1000 operations evenly in 2 s, so half of them fall into the common second.
    assert found.operations_in_window.values.tolist() == [[500.0, 500.0]]
    assert found.total_window.item() == 1000.0
    assert found.total_makespan.item() == pytest.approx(2000 / 3)
    assert found.throughput_self.values == pytest.approx(1000 / 2.001)
    assert found.elapsed_seconds.item() == 3.0


def test_time_on_cores_is_split_by_what_was_measured() -> None:
    found = result(*RUN)
    spent = found.accounting_seconds
    first = spent.sel(component="blinktree1", core=1)  # CPU 11 is the second cell
    assert first.sel(bucket=["useful", "poll_idle", "wait_owner", "lock_spin"]).values == (
        pytest.approx([0.7, 0.1, 0.2, 0.0])
    )
    assert np.isnan(first.sel(bucket=["switch", "refill", "remote_memory", "bandwidth"])).all()
    assert float(spent.sel(component="blinktree1", core=5, bucket="useful")) == 0.0
    assert found.context_switches.values.tolist() == [0, 10, 10, 0, 0, 10, 0, 0]
    assert found.tasks.values.tolist() == [4000, 4000]
    assert found.delegated_tasks.values.tolist() == [200, 200]


def test_occupancy_follows_the_series_of_the_workers() -> None:
    found = result(*RUN)
    held = found.occupancy_seconds
    # On CPU for half of each moment from 0 to 2 s, and nothing after that.
    assert float(held.sel(component="blinktree1", core=1).sum()) == pytest.approx(1.0)
    assert float(held.sel(component="blinktree1", core=1).isel(time_bin=0)) == pytest.approx(0.75)
    assert float(held.sel(component="blinktree2", core=5).isel(time_bin=0)) == pytest.approx(0.25)
    assert float(held.sel(component="blinktree2", core=1).sum()) == 0.0


def test_counters_latency_and_provenance() -> None:
    found = result(*RUN)
    assert found.latency_count.sum("latency_bin").values.tolist() == [[1000.0, 1000.0]]
    assert found.cpu_user_seconds.values.tolist() == [2.0, 2.0]
    assert found.faults_major.values.tolist() == [6.0, 6.0]
    assert found.inserts.values.tolist() == [[1000.0, 1000.0]]
    assert np.isnan(found.cycles).all()
    assert found.attrs["kernel"] == "6.1"
    assert found.attrs["machine"] == "A CPU"
    assert found.attrs["quota_means"] == "rlimit-as"
    assert json.loads(found.attrs["workers"]) == {"blinktree1": 3, "blinktree2": 4}
    again = serial.from_bytes(serial.to_bytes(found))
    xr.testing.assert_identical(found, again)


def test_one_out_of_memory_leaves_the_others_result() -> None:
    died = exited("blinktree2", "out-of-memory", "It outgrew its quota.")
    found = result(HELLO, TOPOLOGY, QUOTA, RUN[3], exited("blinktree1"), died, FINAL)
    assert found.exit_reason.values.tolist() == ["finished", "out-of-memory"]
    assert found.exit_detail.values.tolist() == ["", "It outgrew its quota."]
    assert found.operations.values.tolist() == [[1000.0, 0.0]]
    assert np.isnan(found.window_start_seconds.item())
    assert "blinktree2 never ran it" in found.attrs["no_window"]
    assert found.throughput_self.sel(component="blinktree1").item() > 0


def test_nothing_measured_is_a_dataset_too() -> None:
    none = [exited(name, "not-started", "denied") for name in ("blinktree1", "blinktree2")]
    found = result(HELLO, TOPOLOGY, *none, FINAL)
    assert found.elapsed_seconds.item() == 0.0
    assert np.isnan(found.start_seconds).all()


def test_progress_counts_operations_and_never_falls() -> None:
    beat = {
        "event": "heartbeat", "t": 1,
        "components": [{"component": "blinktree1", "index": 0, "done": 500, "of": 1000}],
    }  # fmt: skip
    _, heard = told(HELLO, beat, RUN[3], beat, RUN[4], FINAL)
    fractions = [event.fraction for event in heard if isinstance(event, Progress)]
    assert fractions == [0.25, 0.5, 0.5, 0.999, 1.0]


def test_log_lines_say_whose_they_are() -> None:
    _, heard = told(HELLO, {"event": "log", "t": 1, "component": "blinktree1", "text": "hi"})
    assert Log("hi", "blinktree1") in heard


def test_unknown_events_are_skipped_and_broken_lines_are_not() -> None:
    said, heard = told({"event": "weather", "t": 1})
    assert heard == []
    for line in (b"not json", b"[1]", b"{}"):
        with pytest.raises(BackendError, match="nobody understands") as failure:
            list(said.add(line))
        assert failure.value.cause == "bad-protocol"
    with pytest.raises(BackendError, match="protocol 2"):
        told(HELLO | {"protocol": 2})


@pytest.mark.parametrize(
    ("ended", "cause", "words"),
    [
        ("deadline", "deadline", "deadline_s"),
        ("bad-plan", "bad-plan", "line 3"),
        ("failed", "failed", "line 3"),
    ],
)
def test_a_final_line_may_tell_of_a_failure(ended: str, cause: str, words: str) -> None:
    said, _ = told(HELLO, FINAL | {"ok": False, "ended": ended, "detail": "line 3: what?"})
    failure = said.failure()
    assert failure is not None
    assert failure.cause == cause
    assert words in failure.message
    assert told(*RUN)[0].failure() is None
    assert told(HELLO)[0].failure() is not None


def test_a_deadline_tells_how_far_everybody_was() -> None:
    def beat(at_s: int, *done: int) -> dict[str, Any]:
        parts = [
            {"component": f"blinktree{i + 1}", "index": 0, "done": n, "of": 1000}
            for i, n in enumerate(done)
        ]
        return {"event": "heartbeat", "t": at_s * 10**9, "components": parts}

    begun = {"event": "phase-started", "t": 0, "component": "blinktree1", "index": 0,
             "phase": "insert"}  # fmt: skip
    end = FINAL | {"t": 60 * 10**9, "ok": False, "ended": "deadline"}
    died = exited("blinktree3", reason="out-of-memory")
    beats = beat(1, 10, 10, 5), died, beat(2, 20, 10), beat(59, 900, 10)
    said, _ = told(HELLO, begun, *beats, exited("blinktree1", reason="cancelled"), end)
    failure = said.failure()
    assert failure is not None
    assert "blinktree1 had done 900 of 1000 operations of insert, " in failure.message
    assert "blinktree2 had done 10 of 1000 operations of insert and none in the last 59 s" in (
        failure.message
    )
    assert "blinktree3" not in failure.message  # what it died of is told elsewhere
