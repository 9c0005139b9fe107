"""Reports need no network and say what was found; a bundle restores every number elsewhere."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import fields
from html import escape
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from tests import fake_backend
from tests.fake_backend import experiment
from tests.unit.analysis.test_attribution import COSTLY_SWITCH
from workbench.analysis.comparison import Comparison
from workbench.analysis.groups import comparisons_of
from workbench.analysis.plots.base import plot_title
from workbench.analysis.questions import answers
from workbench.analysis.report import report_of
from workbench.errors import InputError
from workbench.experiments.jobs import JobManager
from workbench.results.bundle import open_bundle, write_bundle
from workbench.results.records import RunSpec
from workbench.results.schema import METRICS
from workbench.results.statistics import bootstrap_ratio, paired_ratio
from workbench.results.store import RunStore


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStore]:
    """A store with the runs of the fake experiment."""
    fake_backend.install()
    with RunStore(tmp_path_factory.mktemp("home")) as opened, JobManager(opened) as jobs:
        jobs.wait(jobs.submit(experiment()))
        yield opened


def ids(store: RunStore) -> list[str]:
    return [run.id for run in reversed(store.runs())]


@pytest.fixture(scope="module")
def text(store: RunStore) -> str:
    """The report of all runs."""
    return report_of(store, ids(store))


def test_a_report_is_one_file_that_asks_nobody(text: str) -> None:
    # What a browser would fetch: sources, links, style imports. (Namespaces are no addresses.)
    bare = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"""(src|href)\s*=""", bare)
    assert not re.search(r"@import|url\(\s*['\"]?https?:", bare)
    for heading in ("Results", "Statistics", "Runs", "Configuration of init", "Doing it again"):
        assert heading in bare
    assert text.count("Bokeh.embed.embed_item(") >= 3  # plots that are drawn
    assert "fewer than 10 replications" in bare
    assert "workbench run" in bare
    # Every plot that has something to show: what happened when needs slots.
    for name in ("throughput", "ratio", "utilisation", "accounting", "difference"):
        assert f">{plot_title(name)}<" in bare, name


def test_the_statistics_stand_in_the_report(store: RunStore, text: str) -> None:
    runs = {(r.workload, r.variant): store.dataset(r.id) for r in store.runs()}
    pair = [
        runs["insert", variant].total_makespan.isel(phase=0).values
        for variant in ("partitioned", "time-shared")
    ]
    ratio = paired_ratio(*pair)
    row = re.search(
        r"<td>insert</td><td>insert</td><td>makespan</td>.*?class=\"number\">([\d.]+)×.*?</tr>",
        text,
    )
    assert row is not None
    assert float(row[1]) == pytest.approx(ratio.value, rel=0.01)


def test_the_bootstrap_agrees_with_t_where_t_is_exact() -> None:
    rng = np.random.default_rng(3)
    b = np.exp(rng.normal(0, 0.1, 400))
    a = b * np.exp(rng.normal(np.log(2), 0.2, 400))
    t, check = paired_ratio(a, b), bootstrap_ratio(a, b)
    assert check.value == pytest.approx(t.value)
    assert check.n == t.n
    width = np.log(t.high / t.low)
    assert np.log(check.high / check.low) == pytest.approx(width, rel=0.05)
    assert not bootstrap_ratio([2.0], [1.0]).has_interval


def test_a_report_says_why_the_variants_differ(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Nobody asked why" in text
    monkeypatch.setattr("workbench.analysis.report.plot_names", tuple)  # they take long
    with RunStore(tmp_path) as store, JobManager(store) as jobs:
        ids = jobs.submit(COSTLY_SWITCH, workloads=["lookup"], replications=2)
        assert jobs.wait(ids, 60.0)
        told: list[float] = []
        text = report_of(store, ids, why=True, progress=lambda part, _: told.append(part))
        (comparison,) = comparisons_of(store, [store.run(run_id) for run_id in ids])
        (found,) = answers(store, comparison)
    assert found.between == ("time-shared", "partitioned")
    assert told[-1] == pytest.approx(1.0)
    assert "Nobody asked why" not in text
    for metric in METRICS:
        for sentence in found.sentences(metric):
            assert escape(sentence) in text
    assert "waterfall-throughput_window" in text


def test_a_measurement_is_not_asked_why(store: RunStore) -> None:
    (comparison,) = comparisons_of(store, store.runs())
    measured = Comparison(comparison.dataset.assign_attrs(kind="measurement"))
    assert answers(store, measured) == []


def test_runs_without_a_result_make_no_report(store: RunStore) -> None:
    spec = {one.name: getattr(store.run(ids(store)[0]), one.name) for one in fields(RunSpec)}
    queued = store.create(RunSpec(**spec))
    with pytest.raises(InputError, match="None of these runs"):
        report_of(store, [queued])
    store.finish(queued, "cancelled")
    store.delete(queued)


def test_a_bundle_restores_every_number(store: RunStore, tmp_path: Path) -> None:
    file = tmp_path / "talk.zip"
    write_bundle(store, ids(store), file, {"report.html": "<p>read me</p>"})
    with zipfile.ZipFile(file) as archive:
        assert archive.read("report.html") == b"<p>read me</p>"
    with RunStore(tmp_path / "elsewhere") as other:
        other.create(RunSpec(**_spec(store)))  # ids differ there
        new = open_bundle(other, file)
        assert list(new) == ids(store)
        for old_id, new_id in new.items():
            xr.testing.assert_identical(store.dataset(old_id), other.dataset(new_id))
            before, after = store.run(old_id), other.run(new_id)
            for one in fields(RunSpec):
                assert getattr(before, one.name) == getattr(after, one.name)
            assert after.status == "done"
            assert f"run {old_id} of another store" in other.log_lines(new_id)[0].text


def _spec(store: RunStore) -> dict[str, object]:
    return {one.name: getattr(store.run(ids(store)[0]), one.name) for one in fields(RunSpec)}


def test_every_damaged_bundle_is_refused(store: RunStore, tmp_path: Path) -> None:
    file = tmp_path / "whole.zip"
    write_bundle(store, ids(store)[:1], file)
    data = file.read_bytes()
    with RunStore(tmp_path / "elsewhere") as other:
        for length in {0, 1, 100, len(data) // 2, len(data) - 1}:
            cut = tmp_path / "cut.zip"
            cut.write_bytes(data[:length])
            with pytest.raises(InputError, match="no complete bundle"):
                open_bundle(other, cut)
        odd = tmp_path / "odd.zip"
        with zipfile.ZipFile(odd, "w") as archive:
            archive.writestr("bundle.json", '{"workbench_bundle": 99}')
        with pytest.raises(InputError, match="format 99"):
            open_bundle(other, odd)
        assert other.runs() == []
