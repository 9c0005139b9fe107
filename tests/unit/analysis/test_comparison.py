"""What a comparison says, against datasets whose truth is known."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import xarray as xr

from tests.datasets import RATES, replication, run, talk
from workbench.analysis.comparison import Comparison
from workbench.analysis.summary import run_summary
from workbench.errors import InputError
from workbench.results.schema import BUCKETS, METRICS, join


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return Comparison(talk(cores=16))


def test_ratio_is_a_over_b_with_the_first_variant_as_b(compared: Comparison) -> None:
    truth = RATES["insert", "partitioned"] / RATES["insert", "time-shared"]
    insert = [ratio for ratio in compared.ratios() if ratio.workload == "insert"]
    assert [ratio.metric for ratio in insert] == list(METRICS)
    for ratio in insert:
        assert (ratio.a, ratio.b, ratio.n) == ("partitioned", "time-shared", 10)
        assert ratio.ci95[0] < truth < ratio.ci95[1]
        assert ratio.estimate.excludes(1.0)


def test_summary_has_the_numbers_of_the_dataset(compared: Comparison) -> None:
    summary = run_summary(compared, "partitioned", "insert")
    totals = compared.dataset.total_window.sel(
        workload="insert", variant="partitioned", phase="insert"
    )
    told = summary["throughput_window"]
    assert told["mean"] == pytest.approx(float(totals.mean()))
    assert told["ci95"][0] < told["mean"] < told["ci95"][1]
    assert (told["unit"], told["n"]) == ("op/s", 10)
    parts = [part["throughput_window"]["mean"] for part in summary["components"].values()]
    assert sum(parts) == pytest.approx(told["mean"])
    assert {part["timer"] for part in summary["components"].values()} == {"timer"}


def test_accounting_shares_are_those_put_in_and_sum_to_one(compared: Comparison) -> None:
    shares = run_summary(compared, "time-shared", "insert")["accounting"]
    assert list(shares) == list(BUCKETS)
    assert sum(shares.values()) == pytest.approx(1.0)
    # 15 of 16 cores are busy; 70 % of their time waits for an owner.
    assert shares["wait_owner"] == pytest.approx(0.7 * 15 / 16)
    assert shares["idle"] == pytest.approx(1 - 0.98 * 15 / 16)


def test_captions_say_what_intervals_are_adjusted_for(compared: Comparison) -> None:
    assert "adjusted" not in compared.method
    dims = ("workload", "variant", "replication")
    drawn = np.random.default_rng(1).normal(size=[compared.dataset.sizes[one] for one in dims])
    for luck, told in ((drawn, True), (np.zeros_like(drawn), False), (drawn * np.nan, False)):
        one = Comparison(compared.dataset.assign(slice_luck=(dims, luck)))
        assert ("adjusted for how the slices" in one.method) is told
        plain = compared.throughput(METRICS[0], "time-shared", "insert")
        found = one.throughput(METRICS[0], "time-shared", "insert")
        assert (found.value != plain.value) is told


def test_everything_is_plain_json(compared: Comparison) -> None:
    text = json.dumps(
        [run_summary(compared, "partitioned", "lookup"), [r.to_json() for r in compared.ratios()]],
        allow_nan=False,
    )
    assert '"ratio"' in text


def test_a_dataset_of_one_run_needs_no_names() -> None:
    summary = run_summary(Comparison(run("lookup", "partitioned", cores=4, replications=3)))
    assert summary["phase"] == "lookup"
    assert summary["throughput_self"]["n"] == 3


def test_one_replication_has_no_interval() -> None:
    told = run_summary(Comparison(replication(4e6)))["throughput_window"]
    assert told["mean"] == pytest.approx(4e6)
    assert told["ci95"] is None
    assert told["n"] == 1


def test_without_a_common_window_there_is_null_and_a_reason() -> None:
    runs = [
        run("insert", name, cores=4, replications=3, window=False)
        for name in ("time-shared", "partitioned")
    ]
    dataset = join(runs, variant=["time-shared", "partitioned"])
    summary = run_summary(Comparison(dataset.assign_coords(workload="insert")), "time-shared")
    assert summary["throughput_window"] is None
    reason = "blinktree1 left the phase insert before blinktree3 entered it"
    assert summary["throughput_window_reason"] == reason
    assert summary["throughput_makespan"]["mean"] > 0
    compared = Comparison(dataset)
    window = compared.ratios()[0]
    assert (window.to_json()["ratio"], window.to_json()["ci95"], window.n) == (None, None, 0)
    assert compared.headline(window).count(reason) == 1  # both for the same reason, said once


def test_a_component_that_never_ran_is_named() -> None:
    dataset = replication(1e6, exits={"blinktree2": "not-started"})
    summary = run_summary(Comparison(dataset))
    assert summary["throughput_window_reason"] == "blinktree2 never entered the phase insert"
    assert summary["components"]["blinktree2"]["exit_reason"] == "not-started"
    assert summary["components"]["blinktree2"]["throughput_self"] is None


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("backend", ("simulated", "native")),
        ("kind", ("simulation", "measurement")),
        ("accelerator", ("kvm", "tcg")),
    ],
)
def test_different_origins_are_never_pooled(key: str, values: tuple[str, str]) -> None:
    parts = [run("insert", "partitioned", cores=4, replications=2, **{key: v}) for v in values]
    with pytest.raises(InputError, match=f"more than one {key}"):
        Comparison(join(parts, variant=["a", "b"]))


def test_missing_replications_are_left_out_of_pairs_by_number() -> None:
    base = run("insert", "time-shared", cores=4, replications=6)
    doubled = base.isel(replication=[1, 3, 4]).copy()
    for metric in METRICS:
        for name in (metric, metric.replace("throughput", "total")):
            doubled[name] = doubled[name] * 2
    dataset = join([base, doubled], variant=["base", "doubled"])
    for ratio in Comparison(dataset).ratios():
        # Only pairs of the same replication have the exact ratio 2 without any spread.
        assert ratio.n == 3
        assert (*ratio.ci95, ratio.ratio) == pytest.approx((2.0, 2.0, 2.0))


def test_a_missing_run_is_neither_compared_nor_listed() -> None:
    lookups = join([run("lookup", "partitioned", cores=4)], variant=["partitioned"])
    inserts = join(
        [run("insert", name, cores=4) for name in ("time-shared", "partitioned")],
        variant=["time-shared", "partitioned"],
    )
    compared = Comparison(join([inserts, lookups], workload=["insert", "lookup"]))
    assert ("time-shared", "lookup") not in compared.runs
    assert {ratio.workload for ratio in compared.ratios()} == {"insert"}


def test_components_of_another_variant_do_not_count() -> None:
    two = run("insert", "partitioned", cores=8, instances=2)
    three = run("insert", "partitioned", cores=8, instances=3)
    compared = Comparison(join([two, three], variant=["two", "three"]))
    assert list(run_summary(compared, "two")["components"]) == [
        "blinktree1",
        "blinktree2",
    ]
    assert compared.why_no_window("two", compared.workloads[0]) == ""


def test_unmeasured_buckets_stay_unknown() -> None:
    dataset = replication(1e6, cores=2)
    dataset["accounting_seconds"] = dataset.accounting_seconds * np.nan
    dataset["idle_seconds"] = dataset.idle_seconds * np.nan
    shares = run_summary(Comparison(dataset))["accounting"]
    assert set(shares.values()) == {None}


def test_headlines(compared: Comparison) -> None:
    told = [compared.headline(ratio) for ratio in compared.ratios()]
    assert told[0].startswith("insert, steady window: partitioned is 3.")
    assert told[0].endswith("n = 10, simulation)")
    assert "95 % CI" in told[0]
    same = run("insert", "partitioned", cores=4)
    even = Comparison(
        join([same, same.assign_coords(replication=same.replication[::-1])], variant=["x", "y"])
    )
    assert "no clear difference" in even.headline(even.ratios()[0])


def test_headline_of_one_replication_says_so() -> None:
    parts = [replication(rate) for rate in (1e6, 2e6)]
    compared = Comparison(join(parts, variant=["x", "y"]))
    assert compared.headline(compared.ratios()[0]).endswith(
        "y is 2.00× x (n = 1, no interval, simulation)"
    )


def test_table_names_unit_n_spread_and_origin(compared: Comparison) -> None:
    table = compared.table()
    row = table.query("workload == 'lookup' and variant == 'partitioned' and component == 'all'")
    assert len(row) == 3
    assert set(row.unit) == {"op/s"}
    assert set(row.n) == {10}
    assert set(row.kind) == {"simulation"}
    assert (row.ci95_low < row["mean"]).all()
    assert not table["mean"].isna().any()


def test_notebook_view_escapes_names() -> None:
    dataset = join([replication(1e6, components=("<b>",))], variant=["<script>"])
    shown = Comparison(dataset)._repr_html_()
    assert "<script>" not in shown
    assert "&lt;b&gt;" in shown


def test_space_comes_from_the_runs_or_the_caller() -> None:
    dataset = replication(1e6, cores=8)
    assert Comparison(dataset).space == (8, 1)
    assert Comparison(dataset.assign_attrs(space=[4, 2])).space == (4, 2)
    assert Comparison(dataset, space=(2, 4)).space == (2, 4)
    assert math.prod(Comparison(dataset.assign_attrs(space=[(4, 2), (2, 2)])).space) == 8


def test_throughputs_are_added_where_a_dataset_lacks_them() -> None:
    full = run("insert", "partitioned", cores=4)
    bare = full.drop_vars([name for name in full if str(name).startswith(("through", "total"))])
    assert isinstance(bare, xr.Dataset)
    told, expected = run_summary(Comparison(bare)), run_summary(Comparison(full))
    assert told["throughput_makespan"] == expected["throughput_makespan"]


def test_variants_are_compared_with_their_likes() -> None:
    """Names as in the sample ``small``; settings and instances are what tells likes apart."""
    kinds = {
        "time-shared": ("a", 2), "partitioned": ("a", 2),
        "olfit-time-shared": ("b", 2), "olfit-partitioned": ("b", 2),
        "three-time-shared": ("a", 3),
    }  # fmt: skip
    parts = [
        run("insert", kept, cores=4, replications=2, instances=instances)
        for kept, (_, instances) in zip(
            ("time-shared", "partitioned") * 3, kinds.values(), strict=False
        )
    ]
    whole = join([join(parts, variant=list(kinds))], workload=["insert"])
    settings = [[settings for settings, _ in kinds.values()]]
    found = Comparison(whole.assign_coords(settings=(("workload", "variant"), settings)))
    likes = {("partitioned", "time-shared"), ("olfit-partitioned", "olfit-time-shared")}
    alone = {("three-time-shared", other) for other in list(kinds)[:4]}
    assert set(found.pairs) == likes | alone
    assert {(one.a, one.b) for one in found.ratios()} == likes | alone
    # Where nothing tells them apart, everyone is compared with everyone.
    whole = whole.sel(variant=list(kinds)[:4])
    assert len(Comparison(whole).pairs) == 6
