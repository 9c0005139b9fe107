"""The engine without its compiler, whole or with a fault: ``python -m tests.interpreted [FAULT]``.

Compiled and interpreted, the engine does the same to the picosecond. Interpreted, any of its
functions can be replaced by a faulty one, to see that the tests notice. Exits with 1 if a check
fails, and says which.
"""

from __future__ import annotations

import os
import sys

os.environ["NUMBA_DISABLE_JIT"] = "1"

import json
import warnings
from collections.abc import Callable

import numpy as np

from workbench.backends.simulated import layout

warnings.filterwarnings("ignore", "overflow encountered", RuntimeWarning)
_empty = layout.empty


def _with_attributes(sizes: layout.Sizes) -> layout.Engine:
    """Return arrays whose records are read by attribute, as compiled code does."""
    engine = _empty(sizes)
    return layout.Engine(*(a.view(np.recarray) if a.dtype.names else a for a in engine))


layout.empty = _with_attributes

from tests.simulation import run, scenario, tree
from tests.unit.backends import test_engine_invariants as invariants
from workbench.backends.base import BackendError
from workbench.backends.simulated import engine, locks, requests
from workbench.scenario.model import Rectangle

SHARED = scenario(tree("a", Rectangle(width=2)), tree("b", Rectangle(width=2)), width=2)
SMALL = {"operations": invariants.OPERATIONS, "quantum_ms": 0.02, "window": 7}


def conserves(**parameters: object) -> None:
    """All invariants, after every few events."""
    invariants.test_conservation.hypothesis.inner_test(  # type: ignore[attr-defined]
        SHARED, "insert", SMALL | parameters, 1
    )


def switches_cost() -> None:
    """The books hold what so many switches cost, and the run is longer by it."""
    costly, free = (
        run(SHARED, "insert", switch_us=cost, refill_us=0.0, **SMALL) for cost in (5.0, 0.0)
    )
    booked = float(costly.accounting_seconds.sel(bucket="switch").sum())
    assert booked >= float(costly.context_switches.sum() - 4) * 5e-6 > 0
    assert float(costly.elapsed_seconds) > float(free.elapsed_seconds)


def lookups_take_the_same_with_any_lock() -> None:
    rates = {
        float(run(SHARED, "lookup", sync=sync, **SMALL).elapsed_seconds)
        for sync in ("queue", "olfit", "latched")
    }
    assert len(rates) == 1


CHECKS: dict[str, Callable[[], None]] = {
    "switches cost": switches_cost,
    "invariants, delegated": lambda: conserves(sync="queue"),
    "invariants, latched": lambda: conserves(sync="latched", hot_leaves=1),
    "invariants, blocking": lambda: conserves(sync="queue", idle="block"),
    "lookups need no lock": lookups_take_the_same_with_any_lock,
}


def free_switches() -> None:
    """A switch costs nothing."""
    hand_over = engine._hand_over

    def faulty(state: layout.Engine, core: int, w: int) -> None:
        state.clock[0].switch_cost = 0
        hand_over(state, core, w)

    engine._hand_over = faulty


def leaked_lock() -> None:
    """Every 50th lock that is given back is not."""
    release, calls = locks.release, [0]

    def faulty(state: layout.Engine, w: int) -> None:
        calls[0] += 1
        if calls[0] % 50 == 0:
            state.workers[w].lock_state = layout.NO_LOCK
        else:
            release(state, w)

    engine.release = faulty


def lost_wake_up() -> None:
    """Every 20th wake-up of a worker that sleeps is lost."""
    wake, calls = requests._wake, [0]

    def faulty(state: layout.Engine, w: int) -> None:
        calls[0] += 1
        if calls[0] % 20:
            wake(state, w)

    requests._wake = faulty


def unseen_message() -> None:
    """Workers that poll do not see every 20th message."""
    put, calls = requests.list_core, [0]

    def faulty(state: layout.Engine, core: int) -> None:
        calls[0] += 1
        if calls[0] % 20:
            put(state, core)

    requests.list_core = faulty


def lost_time() -> None:
    """A nanosecond is missing in the books of a core for every fifth slice."""
    occupy, calls = engine.occupy, [0]

    def faulty(state: layout.Engine, core: int) -> None:
        calls[0] += 1
        if calls[0] % 5 == 0:
            state.accounting[0, core, layout.USEFUL] -= 1000
        occupy(state, core)

    engine.occupy = faulty


FAULTS = {
    fault.__name__: fault
    for fault in (free_switches, leaked_lock, lost_wake_up, unseen_message, lost_time)
}


def fingerprint() -> str:
    """Return figures of a run that compiled code must give to the last digit."""
    result = run(SHARED, "ycsb-a", 5, sync="olfit", zipf=0.9, **SMALL)
    figures = [float(result.elapsed_seconds), *result.accounting_seconds.values.ravel().tolist()]
    return json.dumps(figures)


def main() -> None:
    """Run all checks, after putting the fault in."""
    if sys.argv[1:] == ["--fingerprint"]:
        print(fingerprint())
        return
    for name in sys.argv[1:]:
        FAULTS[name]()
    for name, check in CHECKS.items():
        try:
            check()
        except (AssertionError, BackendError, RuntimeError, ValueError) as error:
            print(f"{name}: {type(error).__name__} {str(error)[:200]}")
            sys.exit(1)
    print("all checks hold")


if __name__ == "__main__":
    main()
