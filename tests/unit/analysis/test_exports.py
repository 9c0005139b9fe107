"""The tables behind the views hold the numbers of the dataset; percentiles of known data."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from tests.datasets import talk
from workbench.analysis.comparison import Comparison
from workbench.analysis.exports import TABLES, has_parquet, written
from workbench.analysis.plots.latency import percentile
from workbench.errors import InputError
from workbench.results.schema import LATENCY_EDGES_SECONDS


def test_every_table_comes_back_from_csv() -> None:
    comparison = Comparison(talk())
    for table in TABLES.values():
        frame = table(comparison)
        again = pd.read_csv(written(frame, "csv"))
        assert len(again) == len(frame) > 0 or table is TABLES["latency"]
        assert list(again.columns) == list(frame.columns)


def test_the_throughput_table_has_every_number() -> None:
    comparison = Comparison(talk())
    frame = TABLES["throughput"](comparison)
    for row in frame.to_dict("records")[::7]:
        cell = comparison.dataset.sel(
            {dim: row[dim] for dim in ("workload", "variant", "replication", "phase", "component")}
        )
        np.testing.assert_equal(row["throughput_self"], float(cell.throughput_self))


def test_parquet_is_written_or_refused_with_a_remedy() -> None:
    frame = TABLES["throughput"](Comparison(talk()))
    if has_parquet():
        data = written(frame, "parquet").getvalue()
        pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(data)), frame)
    else:
        with pytest.raises(InputError, match="pyarrow"):
            written(frame, "parquet")


def test_percentiles_of_an_exponential_are_right_within_a_bin() -> None:
    mean = 2e-5
    edges = LATENCY_EDGES_SECONDS
    after = 1 - np.exp(-edges / mean)
    counts = np.diff(after, prepend=0.0) * 1e6
    for part in (0.1, 0.5, 0.95, 0.99):
        truth = -mean * np.log(1 - part)
        assert percentile(edges, counts, part) == pytest.approx(truth, rel=0.02)
    assert np.isnan(percentile(edges, np.zeros(edges.size), 0.5))
