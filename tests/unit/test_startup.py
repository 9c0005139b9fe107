"""Starting sooner: importing without looking for garbage."""

from __future__ import annotations

import gc

import pytest

from workbench.startup import without_collector


def test_the_collector_comes_back_whatever_happens() -> None:
    assert gc.isenabled()
    with without_collector():
        with without_collector():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ImportError), without_collector():
        import workbench.no_such_module  # noqa: F401
    assert gc.isenabled()


def test_one_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with without_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
