"""How the engine is compiled: without the GIL, into the cache, without reference counts.

The engine neither makes nor keeps arrays, so it needs no reference counts; as they are
atomic, they would double the time of an event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import numba.np.linalg
from numba import config, njit

from workbench.backends.simulated.cache import cache

__all__ = ["compiled", "inlined", "internal", "with_signature"]


def _import_without_blas() -> None:
    """Import numba's array functions; they would import `scipy.linalg` to see whether it is there.

    It is, as scipy is required, and whoever multiplies matrices gets it then.
    """
    look = numba.np.linalg.ensure_blas
    numba.np.linalg.ensure_blas = lambda: None
    try:
        from numba.np import arraymath  # noqa: PLC0415 - it looks when it is imported

        arraymath.ensure_blas = look
    finally:
        numba.np.linalg.ensure_blas = look


_import_without_blas()

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = {"nogil": True, "error_model": "numpy", "_nrt": False}


def compiled(function: F) -> F:
    """Compile a function when it is first called."""
    with _cached():
        return cast(F, njit(cache=True, **_OPTIONS)(function))


def internal(function: F) -> F:
    """Compile a function with those that call it; only compiled code may.

    It is in the cache as part of its callers. A place of its own there, for some fifty
    functions, would take time at every start.
    """
    return cast(F, njit(**_OPTIONS)(function))


def inlined(function: F) -> F:
    """Have LLVM put an internal function's code into its callers: for what every event runs.

    A call is dear here, as every array of the engine is an argument.
    """
    return cast(F, njit(forceinline=True, **_OPTIONS)(function))


def with_signature(signature: Any) -> Callable[[F], F]:
    """Return a decorator that compiles a function at once, for one signature."""

    def compile_now(function: F) -> F:
        with _cached():
            return cast(F, njit(signature, cache=True, **_OPTIONS)(function))

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
