"""Xarray with dask still works, whether dask was imported before or after the first dataset."""

from __future__ import annotations

import subprocess
import sys

import pytest

MADE = "one = xr.Dataset({'a': ('x', [1.0, 2.0, 4.0])}, {'x': [1, 2, 3]})"
CHUNKED = """
import dask.array as da
lazy = xr.Dataset({"a": ("x", da.from_array(one.a.values, chunks=1))}, {"x": [1, 2, 3]})
assert isinstance(lazy.a.data, da.Array)
assert lazy.a.chunks == ((1, 1, 1),)
both = xr.concat([one, lazy.chunk(x=2)], dim="x")
assert isinstance(both.a.data, da.Array)
print(float(lazy.a.sum().compute()), both.a.values.tolist())
"""


@pytest.mark.parametrize("first", ["import dask.array", "import dask", MADE])
def test_dask_arrays_are_known_as_such(first: str) -> None:
    program = "\n".join(["from workbench.results.light_xarray import xr", MADE, first, CHUNKED])
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "7.0 [1.0, 2.0, 4.0, 1.0, 2.0, 4.0]", done.stderr
