"""Xarray without dask, as long as nobody uses that.

Xarray asks of every array whether it is one of dask's, and imports dask for that, which takes
longer than most commands here. Nothing can be dask's before ``dask.array`` has been imported:
till then the answer is known.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

from workbench.startup import without_collector

with without_collector():
    import xarray as xr
    from xarray.namedarray import pycompat, utils

__all__ = ["xr"]

_NOT_IN_USE = SimpleNamespace(module=None, type=(), available=False)
_is_dask_collection = utils.is_dask_collection
_module_of = pycompat._get_cached_duck_array_module


def _in_use() -> bool:
    return "dask.array" in sys.modules


def _collection(x: object) -> bool:
    return _in_use() and _is_dask_collection(x)


def _module(name: Any) -> Any:
    return _module_of(name) if name != "dask" or _in_use() else _NOT_IN_USE


utils.is_dask_collection = _collection  # type: ignore[assignment]
pycompat._get_cached_duck_array_module = _module  # type: ignore[assignment]
