"""What a scheduling policy is, and how one is added.

A policy is one Python file in the folder ``policies`` here, or in
``policies`` of your own data folder (`workbench.folders.data_folder`); its name
is the file's. It defines

``TITLE`` : str
    For people.
``prepare(engine)`` : function, optional
    Looks at the `layout.Engine` before the run and returns an int64 array that
    every call of `pick` is given as `table`.
``pick(core, expired, clock, cores, workers, components, table)``
    Decorated with `policy`: says who is to hold a core and until when. It is
    asked at the end of a slice (`expired`), whenever a worker of the core leaves it for
    lack of work or wakes up, and, for every core, whenever a component begins, ends, goes
    from serial to parallel work, or gets or loses cores. It returns the
    number of a ready worker of this core, or -1, and the time, in ps, at which to
    ask again at the latest; a negative time is a length, counted from when the worker
    runs, its switch and refill done. It reads the arrays (`layout` names their fields)
    and changes none but `table`, which is its own.

A policy compiles by itself, without the engine and without the others: the
engine calls it through a pointer. Example: a policy that never takes a core
away from a worker that wants it::

    from workbench.backends.simulated.layout import FOREVER, NOBODY
    from workbench.backends.simulated.policy import policy

    TITLE = "First come, first served"

    @policy
    def pick(core, expired, clock, cores, workers, components, table):
        c = cores[core]
        if c.running != NOBODY and workers[c.running].ready:
            return c.running, FOREVER
        for w in range(c.first, c.last):
            if workers[w].ready:
                return w, FOREVER
        return NOBODY, FOREVER
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.backends.simulated.layout import CLOCK, COMPONENT, CORE, WORKER, Engine
from workbench.errors import InputError, Location
from workbench.folders import data_folder

__all__ = [
    "Policy",
    "Records",
    "file_of",
    "load",
    "part_of_policy",
    "policy",
    "policy_names",
    "signature",
]


Records = npt.NDArray[Any]
"""An array of one of the record types of `layout`."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A loaded policy; see the module's documentation."""

    name: str
    title: str
    pick: Callable[..., Any]
    prepare: Callable[[Engine], npt.NDArray[np.int64]]


def signature() -> Any:
    """Return the numba signature of `pick`, the same for all policies."""
    from numba import from_dtype, types  # noqa: PLC0415 - slow to import

    def array(record: np.dtype[np.void]) -> Any:
        return from_dtype(record)[::1]

    return types.UniTuple(types.int64, 2)(
        types.int64,
        types.boolean,
        array(CLOCK),
        array(CORE),
        array(WORKER),
        array(COMPONENT),
        types.int64[::1],
    )


def policy(pick: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a policy's `pick`."""
    from workbench.backends.simulated.jit import with_signature  # noqa: PLC0415 - slow to import

    return with_signature(signature())(pick)


def part_of_policy(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function that a policy's `pick` calls."""
    from workbench.backends.simulated.jit import internal  # noqa: PLC0415 - slow to import

    return internal(function)


def _folders() -> tuple[Path, ...]:
    return Path(__file__).parent / "policies", data_folder() / "policies"


def _files() -> dict[str, Path]:
    return {
        file.stem: file
        for folder in _folders()
        for file in sorted(folder.glob("*.py"))
        if file.stem != "__init__"
    }


def policy_names() -> tuple[str, ...]:
    """Return the names of all policies; compiles nothing."""
    return tuple(_files())


def file_of(name: str) -> Path:
    """Return the file of a policy; `KeyError` if there is none."""
    return _files()[name]


def load(name: str) -> Policy:
    """Load, and where needed compile, a policy.

    Raises
    ------
    workbench.errors.InputError
        If its file is not a policy.
    """
    file = file_of(name)
    module_name = f"workbench.backends.simulated.policies.{name}"
    spec = importlib.util.spec_from_file_location(module_name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
        return Policy(name, module.TITLE, module.pick, getattr(module, "prepare", _no_table))
    except Exception as error:
        raise InputError(
            f'The policy "{name}" cannot be used: {error}',
            "See workbench/backends/simulated/policy.py for what a policy must define.",
            Location(str(file)),
        ) from error


def _no_table(_: Engine) -> npt.NDArray[np.int64]:
    return np.zeros(0, np.int64)
