"""The scalability law: constants come back from exact curves, Amdahl and linear ones among them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from workbench.analysis.scaling import usl_fit

CORES = np.array([1, 2, 4, 8, 16, 32, 64])


@pytest.mark.parametrize(
    ("contention", "coherence"), [(0.0, 0.0), (0.05, 0.0), (0.02, 3e-4), (0.3, 0.01)]
)
def test_constants_come_back(contention: float, coherence: float) -> None:
    exact = 2e6 * CORES / (1 + contention * (CORES - 1) + coherence * CORES * (CORES - 1))
    found = usl_fit(CORES, exact)
    assert found is not None
    assert found.per_one == pytest.approx(2e6, rel=1e-3)
    assert found.contention == pytest.approx(contention, abs=1e-3)
    assert found.coherence == pytest.approx(coherence, abs=1e-5)
    assert found.error < 1e-3
    if coherence:
        assert found.peak == pytest.approx(math.sqrt((1 - contention) / coherence), rel=0.02)


def test_three_points_or_missing_ones_are_no_fit() -> None:
    assert usl_fit([1, 2, 4], [1.0, 2.0, 4.0]) is None
    assert usl_fit(CORES, [1.0, 2.0, math.nan, math.nan, math.nan, math.nan, 0.0]) is None
