"""Compiled code: where it is kept.

The cache lies outside the package, in a folder named after a hash of all
sources of the engine and of the versions that code generation depends on:
another engine never meets another one's code.
"""

from __future__ import annotations

import hashlib
import platform
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from workbench.folders import cache_folder
from workbench.results import schema

__all__ = ["cache", "compiled"]

_HERE = Path(__file__).parent
_SOURCES = (
    *(
        _HERE / f"{name}.py"
        for name in (
            "arrivals",
            "batch",
            "bookkeeping",
            "draws",
            "engine",
            "jit",
            "layout",
            "locks",
            "memory",
            "phases",
            "policy",
            "reference",
            "requests",
            "threads",
            "turns",
        )
    ),
    Path(schema.__file__),
)
"""What the compiled code follows from; numba itself looks after the policies' own files."""


def cache() -> Path:
    """Return the folder of this engine's compiled code."""
    states = tuple((file, *_state(file)) for file in _SOURCES)
    return cache_folder() / "engine" / _digest(states)


def _state(file: Path) -> tuple[int, int]:
    state = file.stat()
    return state.st_mtime_ns, state.st_size


@lru_cache
def _digest(states: tuple[tuple[Path, int, int], ...]) -> str:
    digest = hashlib.sha256(platform.python_version().encode())
    for package in ("numba", "numpy"):
        digest.update(metadata.version(package).encode())
    for source, _, _ in states:
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def compiled() -> bool:
    """Whether the event loop is in the cache; compiles nothing."""
    parts = ("engine.advance-*.nbi", "phases.cross_boundary-*.nbi")
    return all(any(cache().rglob(part)) for part in parts)
