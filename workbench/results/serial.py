"""A dataset as bytes: how the run store keeps one replication.

Layout of a blob: the four bytes ``AWD1``, then one zlib stream that holds

- the length of the header in bytes, an unsigned 32-bit little-endian number;
- the header, JSON in UTF-8: ``attrs`` of the dataset and a list ``variables``
  of ``{"name", "dims", "shape", "dtype", "attrs", "coordinate"}``;
- the numbers of all variables one after the other, in the header's order, as
  little-endian C arrays.

Text (and columns of mixed plain values) stands in the header under ``values``
instead. Values, dtypes, NaN payloads, the order of variables and attributes
come back as they were, except that a tuple in an attribute becomes a list.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["from_bytes", "to_bytes"]

_MAGIC = b"AWD1"
_LENGTH = struct.Struct("<I")
_TEXT_KINDS = "OU"  # numpy's kinds for objects and for strings


def to_bytes(dataset: xr.Dataset) -> bytes:
    """Return a dataset as one compressed blob.

    Raises
    ------
    TypeError
        If an attribute or an object column holds something that is neither
        text, number, truth value, None, nor a list or mapping of these.
    """
    described: list[dict[str, Any]] = []
    numbers: list[bytes] = []
    for name, variable in dataset.variables.items():
        values = variable.values
        dtype = values.dtype.newbyteorder("<")
        entry = {
            "name": name,
            "dims": variable.dims,
            "shape": values.shape,
            "dtype": dtype.str,
            "attrs": variable.attrs,
            "coordinate": name in dataset.coords,
        }
        if values.dtype.kind in _TEXT_KINDS:
            entry["values"] = values.ravel().tolist()
        else:
            numbers.append(values.astype(dtype, order="C", copy=False).tobytes())
        described.append(entry)
    header = json.dumps(
        {"attrs": dataset.attrs, "variables": described},
        default=_plain,
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
    # Level 1 is within a few percent of the best size at a tenth of the time.
    return _MAGIC + zlib.compress(b"".join([_LENGTH.pack(len(header)), header, *numbers]), 1)


def from_bytes(blob: bytes) -> xr.Dataset:
    """Return the dataset that `to_bytes` was given.

    Raises
    ------
    ValueError
        If the bytes are not a complete blob of this layout.
    """
    from workbench.results.light_xarray import xr  # noqa: PLC0415 - slow to import

    if blob[:4] != _MAGIC:
        raise ValueError("these bytes are not a dataset of the run store")
    try:
        content = zlib.decompress(blob[4:])
    except zlib.error as problem:
        raise ValueError(f"the dataset is damaged: {problem}") from None
    (length,) = _LENGTH.unpack_from(content)
    start = _LENGTH.size + length
    header = json.loads(content[_LENGTH.size : start])
    data: dict[str, xr.Variable] = {}
    coordinates: dict[str, xr.Variable] = {}
    for entry in header["variables"]:
        values, start = _values(entry, content, start)
        place = coordinates if entry["coordinate"] else data
        place[entry["name"]] = xr.Variable(entry["dims"], values, entry["attrs"])
    return xr.Dataset(data, coordinates, header["attrs"])


def _values(entry: Mapping[str, Any], content: bytes, start: int) -> tuple[np.ndarray, int]:
    """Return one variable's values and where the next one's numbers start."""
    dtype, shape = np.dtype(entry["dtype"]), tuple(entry["shape"])
    if "values" in entry:
        column = np.empty(len(entry["values"]), dtype=dtype)
        column[:] = entry["values"]
        return column.reshape(shape), start
    count = int(np.prod(shape, dtype=np.int64))
    # A copy, because an array on the bytes themselves could not be written to.
    numbers = np.frombuffer(content, dtype, count, start).reshape(shape).copy()
    return numbers, start + numbers.nbytes


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be kept in a run store: {value!r}")
