"""Timelines with known segments, for tests and benchmarks."""

from __future__ import annotations

import numpy as np
import xarray as xr

from workbench.results.schema import BUCKETS, NO_COMPONENT

COMPONENTS = ("blinktree1", "blinktree2", "blinktree3")


def recorded(seed: int = 1, cores: int = 8, per_core: int = 100, gap: int = 0) -> xr.Dataset:
    """Segments of random length (about 1 to 1999 ns) that follow each other on every core.

    They stand in the order of their ends, as an engine records them. A tenth belongs to
    nobody. `gap` is added between the segments of a core.
    """
    rng = np.random.default_rng(seed)
    shape = (cores, per_core)
    duration = rng.integers(1, 2000, shape)
    end = np.cumsum(duration + gap, axis=1)
    component = rng.integers(0, len(COMPONENTS), shape)
    bucket = rng.integers(0, BUCKETS.index("idle"), shape)
    nobody = rng.random(shape) < 0.1
    component[nobody] = NO_COMPONENT
    bucket[nobody] = BUCKETS.index("idle")
    order = np.argsort(end.ravel(), kind="stable")

    def column(values: np.ndarray, dtype: type) -> tuple[str, np.ndarray]:
        return "segment", values.ravel()[order].astype(dtype)

    return xr.Dataset(
        {
            "segment_core": column(np.repeat(np.arange(cores)[:, None], per_core, 1), np.uint8),
            "segment_component": column(component, np.uint8),
            "segment_bucket": column(bucket, np.uint8),
            "segment_start_ns": column(end - duration, np.int64),
            "segment_duration_ns": column(duration, np.int32),
        },
        coords={"component": list(COMPONENTS), "core": np.arange(cores)},
        attrs={"space": [cores, 1]},
    )
