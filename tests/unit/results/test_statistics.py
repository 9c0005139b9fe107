"""Means and paired ratios against closed forms, SciPy and coverage by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from workbench.results.statistics import mean, paired_ratio

POSITIVE = st.lists(st.tuples(st.floats(1e-3, 1e9), st.floats(1e-3, 1e9)), min_size=2, max_size=30)


def test_mean_of_three_has_the_textbook_interval() -> None:
    # t(0.975, 2) = 4.302652729911275 (tables), s = 1, n = 3.
    estimate = mean([1.0, 2.0, 3.0])
    assert estimate.value == pytest.approx(2.0)
    assert estimate.high - estimate.value == pytest.approx(4.302652729911275 / math.sqrt(3))
    assert estimate.n == 3


def test_mean_agrees_with_scipy() -> None:
    data = np.random.default_rng(3).normal(50, 7, 12)
    expected = stats.ttest_1samp(data, 0).confidence_interval(0.95)
    estimate = mean(data)
    assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("data", [[], [math.nan], [math.nan, math.nan]])
def test_no_datum_gives_no_value(data: list[float]) -> None:
    estimate = mean(data)
    assert (estimate.exists, estimate.has_interval, estimate.n) == (False, False, 0)


def test_one_datum_gives_a_value_without_interval() -> None:
    for estimate in (mean([5.0, math.nan]), paired_ratio([10.0], [2.0])):
        assert estimate.value == pytest.approx(5.0)
        assert estimate.n == 1
        assert not estimate.has_interval
        assert not estimate.excludes(1.0)


def test_ratio_agrees_with_scipys_paired_test_on_logs() -> None:
    rng = np.random.default_rng(8)
    b = rng.lognormal(3, 0.5, 15)
    a = b * rng.lognormal(0.7, 0.2, 15)
    expected = stats.ttest_rel(np.log(a), np.log(b)).confidence_interval(0.95)
    estimate = paired_ratio(a, b)
    assert (estimate.low, estimate.high) == pytest.approx(tuple(np.exp(expected)))
    assert estimate.value == pytest.approx(stats.gmean(a / b))


def test_pairing_removes_what_both_sides_share() -> None:
    shared = np.exp(np.random.default_rng(1).normal(0, 2, 10))
    estimate = paired_ratio(3.5 * shared, shared)
    assert (estimate.low, estimate.value, estimate.high) == pytest.approx((3.5, 3.5, 3.5))
    assert estimate.excludes(1.0)


@given(POSITIVE)
def test_swapping_the_sides_gives_the_reciprocal(pairs: list[tuple[float, float]]) -> None:
    a, b = zip(*pairs, strict=True)
    forward, backward = paired_ratio(a, b), paired_ratio(b, a)
    if forward.low > 1e-200 and forward.high < 1e200:
        assert forward.value == pytest.approx(1 / backward.value)
        assert forward.low == pytest.approx(1 / backward.high)


def test_pairs_without_a_logarithm_are_left_out_and_not_counted() -> None:
    estimate = paired_ratio([2.0, 0.0, math.nan, 8.0], [1.0, 1.0, 1.0, 4.0])
    assert estimate.value == pytest.approx(2.0)
    assert estimate.n == 2


def test_sides_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="paired"):
        paired_ratio([1.0, 2.0], [1.0])


@pytest.mark.parametrize("n", [2, 5, 10])
def test_intervals_cover_the_truth_in_95_of_100_experiments(n: int) -> None:
    rng = np.random.default_rng([2026, n])
    experiments, ratio = 4000, 1.7
    covered = {"mean": 0, "ratio": 0}
    for _ in range(experiments):
        common = rng.normal(0, 0.8, n)
        a = np.exp(common + math.log(ratio) + rng.normal(0, 0.3, n))
        b = np.exp(common + rng.normal(0, 0.3, n))
        covered["ratio"] += not paired_ratio(a, b).excludes(ratio)
        covered["mean"] += not mean(rng.normal(4.0, 2.0, n)).excludes(4.0)
    # Four standard errors of a binomial share at p = 0.95.
    margin = 4 * math.sqrt(0.95 * 0.05 / experiments)
    for hits in covered.values():
        assert hits / experiments == pytest.approx(0.95, abs=margin)


def test_with_a_control_the_mean_is_the_intercept_of_the_regression_on_it() -> None:
    rng = np.random.default_rng(4)
    control = rng.normal(0, 2, 12)
    data = 30 + 1.5 * control + rng.normal(0, 1, 12)
    line = stats.linregress(control, data)
    estimate = mean([*data, math.nan], [*control, 0.3])
    assert estimate.value == pytest.approx(line.intercept)
    half = stats.t.ppf(0.975, 10) * line.intercept_stderr
    assert (estimate.low, estimate.high) == pytest.approx(
        (line.intercept - half, line.intercept + half)
    )
    assert estimate.n == 12


def test_controls_that_say_nothing_change_nothing() -> None:
    data = np.random.default_rng(4).normal(30, 1, 12)
    for useless in (np.zeros(12), np.full(12, math.nan), np.full(12, 0.25)):
        assert mean(data, useless) == mean(data)
    # Too few replications to spend a degree of freedom.
    assert mean(data[:7], data[:7]) == mean(data[:7])
    # The same control twice is one control.
    control = np.random.default_rng(5).normal(0, 1, 12)
    one, two = mean(data, control), mean(data, np.column_stack([control, control]))
    assert (one.value, one.low) == pytest.approx((two.value, two.low))


def test_adjusted_intervals_cover_the_truth_where_the_law_is_no_line() -> None:
    """The last of 20 uniform moments decides, by a curve, and the control is another one."""
    rng = np.random.default_rng(2026)
    experiments, n, width = 4000, 10, {"plain": 0.0, "adjusted": 0.0}
    curve = 20 / (20 + 1.5)  # of x ** 1.5 where x is the largest of 20 uniforms
    covered = {"plain": 0, "adjusted": 0}
    for _ in range(experiments):
        last = rng.random((n, 20)).max(axis=1)
        control = last - 20 / 21
        data = 4.0 + last**1.5 - curve + rng.normal(0, 0.01, n)
        for name, estimate in (("plain", mean(data)), ("adjusted", mean(data, control))):
            covered[name] += not estimate.excludes(4.0)
            width[name] += estimate.high - estimate.low
    margin = 4 * math.sqrt(0.95 * 0.05 / experiments)
    assert covered["adjusted"] / experiments == pytest.approx(0.95, abs=margin)
    assert width["adjusted"] < 0.3 * width["plain"]
