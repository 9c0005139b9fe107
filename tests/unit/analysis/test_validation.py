"""Prediction beside measurement, from datasets whose errors are known."""

from __future__ import annotations

import holoviews as hv
import pytest

from tests.datasets import RATES, talk
from workbench.analysis.comparison import Comparison
from workbench.analysis.tables import validation_html
from workbench.analysis.validation import LIMITS, Validation, validations

hv.extension("bokeh")

TWICE = {**RATES, ("insert", "partitioned"): 2 * RATES["insert", "partitioned"]}
SMALL = {"cores": 4, "replications": 5, "spread": 0.0}


@pytest.fixture(scope="module")
def found() -> Validation:
    """A prediction that is right but for inserts into partitions, predicted twice too fast."""
    measured = Comparison(talk(**SMALL, backend="native", kind="measurement"))
    (one,) = validations([measured, Comparison(talk(**SMALL, rates=TWICE))])
    return one


def test_errors_are_those_put_in(found: Validation) -> None:
    errors = {(cell.workload, cell.variant): cell.error for cell in found.throughputs}
    assert errors.pop(("insert", "partitioned")) == pytest.approx(1.0)
    assert list(errors.values()) == pytest.approx([0.0] * 3)
    ratios = {cell.workload: cell for cell in found.ratios}
    assert ratios["insert"].error == pytest.approx(1.0)
    assert ratios["lookup"].error == pytest.approx(0.0)
    assert ratios["insert"].measured.value == pytest.approx(16.1 / 4.6)
    assert all(cell.same_side for cell in ratios.values())


def test_the_worst_is_named(found: Validation) -> None:
    throughputs, ratios, *_ = found.sentences()
    assert "4 throughputs" in throughputs
    assert "3 of 4 within 25 %" in throughputs
    assert "insert: partitioned, predicted 2.00× the measured" in throughputs
    assert "2 ratios" in ratios


def test_the_wrong_side_is_told() -> None:
    swapped = {**RATES, ("insert", "partitioned"): 1e6}
    one = Validation(
        Comparison(talk(**SMALL, rates=swapped)),
        Comparison(talk(**{**SMALL, "spread": 0.02}, backend="native", kind="measurement")),
    )
    assert [cell.same_side for cell in one.ratios if cell.workload == "insert"] == [False]


def test_all_of_it_is_shown(found: Validation) -> None:
    shown = validation_html(found)
    assert all(words in shown for words in ("simulation (simulated)", "measurement (native)"))
    assert all(limit.replace("'", "&#x27;") in shown for limit in LIMITS)
    assert found.table().shape[0] == 6
    assert len(found.plot()) == 2


def test_two_simulations_are_no_validation(found: Validation) -> None:
    assert validations([found.predicted, found.predicted]) == []
