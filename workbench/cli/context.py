"""What several commands need: the store of this user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from workbench.folders import data_folder

if TYPE_CHECKING:
    from workbench.results.store import RunStore

__all__ = ["opened_store"]


@contextmanager
def opened_store() -> Iterator[RunStore]:
    """Open the run store, with the runs of processes that died marked as interrupted."""
    from workbench.results.store import RunStore  # noqa: PLC0415 - slow to import

    with RunStore(data_folder()) as store:
        store.recover()
        yield store
