"""How the engine is compiled: without the GIL, into the cache, without reference counts.

The engine neither makes nor keeps arrays, so it needs no reference counts; as they are
atomic, they would double the time of an event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from numba import config, njit

from workbench.backends.simulated.cache import cache

__all__ = ["compiled", "inlined", "with_signature"]

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = {"nogil": True, "cache": True, "error_model": "numpy", "_nrt": False}


def compiled(function: F) -> F:
    """Compile a function when it is first called."""
    with _cached():
        return cast(F, njit(**_OPTIONS)(function))


def inlined(function: F) -> F:
    """Have LLVM put a function's code into its callers: for what runs in every event.

    A call is dear here, as every array of the engine is an argument.
    """
    with _cached():
        return cast(F, njit(forceinline=True, **_OPTIONS)(function))


def with_signature(signature: Any) -> Callable[[F], F]:
    """Return a decorator that compiles a function at once, for one signature."""

    def compile_now(function: F) -> F:
        with _cached():
            return cast(F, njit(signature, **_OPTIONS)(function))

    return compile_now


@contextmanager
def _cached() -> Iterator[None]:
    """Have functions that numba meets meanwhile cached in the engine's folder."""
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache())
    try:
        yield
    finally:
        config.CACHE_DIR = before
