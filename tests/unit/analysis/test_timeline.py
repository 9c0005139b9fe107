"""The timeline against brute force over every segment."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.segments import recorded
from workbench.analysis.timeline import Timeline
from workbench.analysis.trace import write_trace
from workbench.errors import InputError
from workbench.results.schema import BUCKETS, NO_COMPONENT

COLOURS = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8)


def rows(dataset: xr.Dataset) -> list[tuple[int, int, int, int, int]]:
    names = ("core", "component", "bucket", "start_ns", "duration_ns")
    return list(zip(*(dataset[f"segment_{name}"].values.tolist() for name in names), strict=True))


@given(
    seed=st.integers(0, 10_000),
    span=st.tuples(st.integers(-500, 120_000), st.integers(1, 130_000)),
    bins=st.integers(1, 40),
)
@settings(max_examples=60, deadline=None)
def test_the_raster_is_the_overlap_of_every_segment(
    seed: int, span: tuple[int, int], bins: int
) -> None:
    dataset = recorded(seed, cores=3, per_core=40)
    begin, end = span[0], span[0] + span[1]
    edges = np.linspace(begin, end, bins + 1)
    truth = np.zeros((3, bins, 3))
    for core, component, _, start, duration in rows(dataset):
        if component != NO_COMPONENT:
            overlap = np.minimum(edges[1:], start + duration) - np.maximum(edges[:-1], start)
            truth[core, :, component] += np.maximum(overlap, 0) / (span[1] / bins)
    timeline = Timeline(dataset)
    found = timeline.occupancy(begin, end, bins)
    np.testing.assert_allclose(found, truth, atol=2e-4)
    image = timeline.picture(begin, end, bins, COLOURS)
    held = truth.sum(axis=2)
    np.testing.assert_allclose((image >> 24) / 255, np.minimum(held, 1.0), atol=0.004)
    pure = held > 1e-3
    red = (image & 0xFF)[pure] / 255
    np.testing.assert_allclose(red, truth[..., 0][pure] / held[pure], atol=0.01)


@given(seed=st.integers(0, 10_000), time=st.integers(-100, 120_000))
@settings(max_examples=60, deadline=None)
def test_who_holds_a_core_at_a_moment(seed: int, time: int) -> None:
    dataset = recorded(seed, cores=3, per_core=40)
    holder, what = [NO_COMPONENT] * 3, [BUCKETS.index("idle")] * 3
    for core, component, bucket, start, duration in rows(dataset):
        if start <= time < start + duration:
            holder[core], what[core] = component, bucket
    found = Timeline(dataset).at(time)
    assert (found[0].tolist(), found[1].tolist()) == (holder, what)


@given(seed=st.integers(0, 10_000), after=st.integers(-100, 120_000))
@settings(max_examples=60, deadline=None)
def test_the_next_event_is_the_first_of_all(seed: int, after: int) -> None:
    dataset = recorded(seed, cores=3, per_core=40)
    events: dict[str, list[int]] = {"switch": [], "wait": [], "migration": []}
    last: dict[int, int] = {}
    polling: dict[int, bool] = {}
    firsts: dict[tuple[int, int], int] = {}
    waits = {BUCKETS.index(name) for name in ("poll_idle", "wait_owner", "lock_spin")}
    for core, component, bucket, start, _ in sorted(rows(dataset), key=lambda row: row[3]):
        waiting = component != NO_COMPONENT and bucket in waits
        if waiting and not polling.get(core):
            events["wait"].append(start)
        polling[core] = waiting
        if component == NO_COMPONENT:
            continue
        if last.get(core, component) != component:
            events["switch"].append(start)
        last[core] = component
        firsts.setdefault((component, core), start)
    for (component, _), start in firsts.items():
        if start > min(t for (other, _), t in firsts.items() if other == component):
            events["migration"].append(start)
    timeline = Timeline(dataset)
    for event, times in events.items():
        assert timeline.next(event, after) == min((t for t in times if t > after), default=None)
        before = max((t for t in times if t < after), default=None)
        assert timeline.next(event, after, backwards=True) == before


@given(seed=st.integers(0, 10_000), a=st.integers(0, 90_000), b=st.integers(0, 90_000))
@settings(max_examples=40, deadline=None)
def test_two_cursors_measure_exactly(seed: int, a: int, b: int) -> None:
    dataset = recorded(seed, cores=3, per_core=40)
    truth = np.zeros((3, len(BUCKETS)), np.int64)
    low, high = min(a, b), max(a, b)
    for _, component, bucket, start, duration in rows(dataset):
        if component != NO_COMPONENT:
            truth[component, bucket] += max(0, min(high, start + duration) - max(low, start))
    found = Timeline(dataset).measure(a, b)
    np.testing.assert_array_equal(np.rint(found.values * 1e9), truth)


def test_a_trace_holds_every_segment_of_the_span(tmp_path: Path) -> None:
    dataset = recorded(3, cores=3, per_core=40)
    timeline = Timeline(dataset)
    file = tmp_path / "trace.json"
    write_trace(timeline, file, begin_ns=10_000, end_ns=30_000, title="talk")
    trace = json.loads(file.read_text(encoding="utf-8"))
    found = {
        (e["pid"], e["name"], e["cat"], round(e["ts"] * 1e3), round(e["dur"] * 1e3))
        for e in trace["traceEvents"]
        if e["ph"] == "X"
    }
    assert found == {
        (core, timeline.components[component], BUCKETS[bucket], start, duration)
        for core, component, bucket, start, duration in rows(dataset)
        if component != NO_COMPONENT and start < 30_000 and start + duration > 10_000
    }


def test_a_run_without_a_recording_says_how_to_get_one() -> None:
    with pytest.raises(InputError, match="no timeline") as refusal:
        Timeline(recorded(1).drop_dims("segment"))
    assert "timeline_ms" in refusal.value.remedy
