"""The tables behind the views hold the numbers of the dataset; percentiles of known data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.datasets import talk
from tests.segments import recorded
from workbench.analysis.comparison import Comparison
from workbench.analysis.exports import TABLES, segments_table, written
from workbench.analysis.plots.latency import percentile
from workbench.analysis.timeline import Timeline
from workbench.errors import InputError
from workbench.results.schema import LATENCY_EDGES_SECONDS, NO_COMPONENT


def test_every_table_comes_back_from_csv_and_parquet() -> None:
    comparison = Comparison(talk())
    tables = {name: table(comparison) for name, table in TABLES.items()}
    timeline = Timeline(recorded(3, 4, 50))
    tables["timeline"] = segments_table({"run 1": timeline}, 0, timeline.end_ns)
    for name, frame in tables.items():
        assert len(frame) > 0 or name == "latency", name
        again = pd.read_csv(written(frame, "csv"))
        assert len(again) == len(frame)
        assert list(again.columns) == list(frame.columns)
        same = pd.read_parquet(written(frame, "parquet"))
        pd.testing.assert_frame_equal(same, frame.reset_index(drop=True))


def test_the_segments_of_a_span_are_those_that_were_recorded() -> None:
    dataset = recorded(3, 4, 50)
    timeline = Timeline(dataset)
    span = timeline.end_ns // 3, timeline.end_ns // 2
    frame = segments_table({"run 1": timeline}, *span)
    start = dataset.segment_start_ns.values
    end = start + dataset.segment_duration_ns.values
    held = dataset.segment_component.values != NO_COMPONENT
    inside = held & (start < span[1]) & (end > span[0])
    assert len(frame) == inside.sum()
    assert frame.core.value_counts().to_dict() == (
        pd.Series(dataset.segment_core.values[inside]).value_counts().to_dict()
    )
    seconds = (frame.end_seconds - frame.start_seconds).sum()
    assert seconds == pytest.approx(dataset.segment_duration_ns.values[inside].sum() / 1e9)


def test_too_many_segments_are_refused_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.analysis.exports._MOST_SEGMENTS", 100)
    timeline = Timeline(recorded(3, 4, 50))
    with pytest.raises(InputError, match="200 segments"):
        segments_table({"run 1": timeline}, 0, timeline.end_ns)


def test_the_throughput_table_has_every_number() -> None:
    comparison = Comparison(talk())
    frame = TABLES["throughput"](comparison)
    for row in frame.to_dict("records")[::7]:
        cell = comparison.dataset.sel(
            {dim: row[dim] for dim in ("workload", "variant", "replication", "phase", "component")}
        )
        np.testing.assert_equal(row["throughput_self"], float(cell.throughput_self))


def test_percentiles_of_an_exponential_are_right_within_a_bin() -> None:
    mean = 2e-5
    edges = LATENCY_EDGES_SECONDS
    after = 1 - np.exp(-edges / mean)
    counts = np.diff(after, prepend=0.0) * 1e6
    for part in (0.1, 0.5, 0.95, 0.99):
        truth = -mean * np.log(1 - part)
        assert percentile(edges, counts, part) == pytest.approx(truth, rel=0.02)
    assert np.isnan(percentile(edges, np.zeros(edges.size), 0.5))
