"""Fixtures shared by all layers of tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The machine may be slow; no test passes or fails by the clock.
settings.register_profile("workbench", deadline=None)
settings.load_profile("workbench")

_CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The folder of this checkout."""
    return _CHECKOUT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of configurations to try things on, beside the checkout."""
    folder = _CHECKOUT.parent / "shared"
    assert folder.is_dir(), (
        "the folder ../shared (corpus and samples) is missing beside the checkout"
    )
    return folder


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own; the compile cache stays shared."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("WORKBENCH_HOME", str(folder))
    if "WORKBENCH_CACHE" not in os.environ:
        monkeypatch.setenv("WORKBENCH_CACHE", str(_CHECKOUT / ".cache" / "workbench"))
    return folder
