"""Loading compiled code, once in a process, and running an engine with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from workbench.backends.simulated import policy
from workbench.backends.simulated.layout import Engine
from workbench.startup import without_collector

__all__ = ["chunks", "engine_loop", "phase_changes", "scheduling_policy"]

_lock = threading.RLock()
_policies: dict[tuple[str, int], policy.Policy] = {}


def engine_loop() -> Callable[..., Any]:
    """Return the compiled `engine.advance`."""
    with _lock, without_collector():
        from workbench.backends.simulated.engine import advance  # noqa: PLC0415 - slow to import

        loop: Callable[..., Any] = advance
        return loop


def phase_changes() -> Callable[..., Any]:
    """Return the compiled `phases.cross_boundary`."""
    with _lock, without_collector():
        from workbench.backends.simulated.phases import cross_boundary  # noqa: PLC0415 - slow

        changes: Callable[..., Any] = cross_boundary
        return changes


def chunks(engine: Engine, rule: policy.Policy, events: int) -> Iterator[None]:
    """Run an engine to its end, `events` at a time; yield after each of these chunks.

    Raises
    ------
    RuntimeError
        If nothing can happen any more though components still run.
    """
    advance, cross_boundary = engine_loop(), phase_changes()
    clock = engine.clock[0]
    left = events
    while clock["running"] > 0:
        happened = advance(engine, rule.pick, left)
        left -= happened
        if clock["boundary"]:
            cross_boundary(engine)
            advance(engine, rule.pick, 0)  # the policy looks at every core
        elif left > 0:
            raise RuntimeError("No component can go on; the policy starves them.")
        if left == 0:
            left = events
            yield
    advance(engine, rule.pick, 0)
    yield


def scheduling_policy(name: str) -> policy.Policy:
    """Return a compiled policy; a changed file is loaded anew."""
    with _lock, without_collector():
        key = name, policy.file_of(name).stat().st_mtime_ns
        if key not in _policies:
            _policies[key] = policy.load(name)
        return _policies[key]
