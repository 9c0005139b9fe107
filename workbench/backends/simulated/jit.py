"""How the engine is compiled: without the GIL, into the cache, without reference counts.

The engine neither makes nor keeps arrays, so it needs no reference counts; as they are
atomic, they would double the time of an event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

__all__ = ["compiled", "inlined", "with_signature"]

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = {"nogil": True, "cache": True, "error_model": "numpy", "_nrt": False}


def compiled(function: F) -> F:
    """Compile a function when it is first called."""
    return cast(F, njit(**_OPTIONS)(function))


def inlined(function: F) -> F:
    """Put a function's code into its callers: for what runs in every event."""
    return cast(F, njit(inline="always", **_OPTIONS)(function))


def with_signature(signature: Any) -> Callable[[F], F]:
    """Return a decorator that compiles a function at once, for one signature."""
    return cast(Callable[[F], F], njit(signature, **_OPTIONS))
