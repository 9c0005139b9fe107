"""A dataset comes back from its bytes exactly."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.datasets import replication
from workbench.results.serial import from_bytes, to_bytes


def same(a: xr.Dataset, b: xr.Dataset) -> None:
    """Fail unless two datasets agree in everything, types and order included."""
    xr.testing.assert_identical(a, b)
    assert list(a.data_vars) == list(b.data_vars)
    assert list(a.coords) == list(b.coords)
    assert list(a.attrs) == list(b.attrs)
    for name in a.variables:
        assert a[name].dtype == b[name].dtype, name


def test_a_replication_comes_back() -> None:
    dataset = replication(4.6e6, cores=64, exits={"blinktree2": "not-started"})
    back = from_bytes(to_bytes(dataset))
    same(back, dataset)
    back.operations[:] = 0  # and can be written to


NAMES = st.text(min_size=1, max_size=8)
PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)
)
DTYPES = st.one_of(
    arrays.integer_dtypes(endianness="<"),
    arrays.floating_dtypes(endianness="<", sizes=(32, 64)),
    arrays.boolean_dtypes(),
    arrays.complex_number_dtypes(endianness="<", sizes=(64, 128)),
    st.just(np.dtype("M8[ns]")),
)
TEXT = arrays.arrays(
    np.dtype("U5"),
    arrays.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3),
    elements=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5),
)
NUMBERS = DTYPES.flatmap(
    lambda dtype: arrays.arrays(
        dtype, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
    )
)


@given(
    st.lists(st.tuples(NUMBERS | TEXT, st.dictionaries(NAMES, PLAIN, max_size=2)), max_size=4),
    st.dictionaries(NAMES, PLAIN | st.lists(PLAIN, max_size=2), max_size=3),
)
def test_any_arrays_come_back(columns: list, attrs: dict) -> None:
    dataset = xr.Dataset(
        {
            f"v{i}": ([f"d{i}_{axis}" for axis in range(values.ndim)], values, own)
            for i, (values, own) in enumerate(columns)
        },
        attrs=attrs,
    )
    back = from_bytes(to_bytes(dataset))
    same(back, dataset)
    for name in dataset.variables:  # bit for bit: NaN payloads and negative zeros too
        assert back[name].values.tobytes() == dataset[name].values.tobytes()


def test_text_beside_missing_values_comes_back() -> None:
    column = np.array(["timer", np.nan, None, ""], dtype=object)
    same(
        from_bytes(to_bytes(xr.Dataset({"timer": ("c", column)}))),
        xr.Dataset({"timer": ("c", column)}),
    )


def test_numpy_scalars_in_attributes_become_numbers() -> None:
    back = from_bytes(to_bytes(xr.Dataset(attrs={"seed": np.int64(7), "rates": np.array([1.5])})))
    assert back.attrs == {"seed": 7, "rates": [1.5]}


def test_what_cannot_be_kept_is_refused() -> None:
    with pytest.raises(TypeError, match="object cannot be kept"):
        to_bytes(xr.Dataset(attrs={"thing": object()}))


@given(st.binary(max_size=40))
def test_other_bytes_are_refused(junk: bytes) -> None:
    for blob in (junk, b"AWD1" + junk):
        with pytest.raises(ValueError, match=r"not a dataset|damaged"):
            from_bytes(blob)


def test_a_truncated_blob_is_refused() -> None:
    blob = to_bytes(replication(1e6))
    for length in range(0, len(blob), 97):
        with pytest.raises(ValueError, match=r"not a dataset|damaged"):
            from_bytes(blob[:length])
