"""Compiled code: where it is kept, and loading it once.

The cache lies outside the package, in a folder named after a hash of all
sources of the engine and of the versions that code generation depends on:
another engine never meets another one's code.
"""

from __future__ import annotations

import hashlib
import platform
import threading
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from workbench.backends.simulated import policy
from workbench.folders import cache_folder
from workbench.results import schema

__all__ = ["cache", "compiled", "engine_loop", "scheduling_policy"]

_HERE = Path(__file__).parent
_SOURCES = (
    *(
        _HERE / f"{name}.py"
        for name in ("engine", "bookkeeping", "draws", "jit", "layout", "policy")
    ),
    Path(schema.__file__),
)
"""What the compiled code follows from; numba itself looks after the policies' own files."""

_lock = threading.RLock()
_policies: dict[tuple[str, int], policy.Policy] = {}


def cache() -> Path:
    """Return the folder of this engine's compiled code."""
    digest = hashlib.sha256(platform.python_version().encode())
    for package in ("numba", "numpy"):
        digest.update(metadata.version(package).encode())
    for source in _SOURCES:
        digest.update(source.read_bytes())
    return cache_folder() / "engine" / digest.hexdigest()[:16]


def compiled() -> bool:
    """Whether the event loop is in the cache; compiles nothing."""
    return any(cache().rglob("engine.advance-*.nbi"))


def engine_loop() -> Callable[..., Any]:
    """Return the compiled `engine.advance`."""
    with _lock:
        from workbench.backends.simulated.engine import advance  # noqa: PLC0415 - slow to import

        loop: Callable[..., Any] = advance
        return loop


def scheduling_policy(name: str) -> policy.Policy:
    """Return a compiled policy; a changed file is loaded anew."""
    with _lock:
        key = name, policy.file_of(name).stat().st_mtime_ns
        if key not in _policies:
            _policies[key] = policy.load(name)
        return _policies[key]
