"""Compiled code: where it is kept, and loading it once.

The cache lies outside the package, in a folder named after a hash of every
source file of the engine and of the versions that code generation depends on:
another engine never meets another one's code.
"""

from __future__ import annotations

import hashlib
import platform
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench.backends.simulated import policy
from workbench.folders import cache_folder

__all__ = ["cache", "engine_loop", "scheduling_policy"]

_lock = threading.RLock()
_policies: dict[tuple[str, int], policy.Policy] = {}


def cache() -> Path:
    """Return the folder of this engine's compiled code."""
    import numba
    import numpy as np

    digest = hashlib.sha256()
    for version in (numba.__version__, np.__version__, platform.python_version()):
        digest.update(version.encode())
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(file.name.encode() + file.read_bytes())
    return cache_folder() / "engine" / digest.hexdigest()[:16]


def engine_loop() -> Callable[..., Any]:
    """Return the compiled `engine.advance`."""
    with _lock, _cached():
        from workbench.backends.simulated.engine import advance

        loop: Callable[..., Any] = advance
        return loop


def scheduling_policy(name: str) -> policy.Policy:
    """Return a compiled policy; a changed file is loaded anew."""
    with _lock:
        key = name, policy.file_of(name).stat().st_mtime_ns
        if key not in _policies:
            with _cached():
                _policies[key] = policy.load(name)
        return _policies[key]


@contextmanager
def _cached() -> Iterator[None]:
    """Have functions that numba meets meanwhile cached in our folder."""
    import numba

    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(cache())
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before
