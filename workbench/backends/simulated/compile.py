"""Compile the engine and the shipped policies: ``python -m workbench.backends.simulated.compile``.

The second time everything is in the cache.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from workbench.backends.simulated.cache import cache
from workbench.backends.simulated.fluid import compiled_flow
from workbench.backends.simulated.loading import (
    engine_loop,
    phase_changes,
    scheduling_policy,
)
from workbench.backends.simulated.policy import policy_names

__all__ = ["main"]


def main() -> None:
    """Compile everything, a line for each step."""
    print(f"Compiling the simulation engine into {cache()}", flush=True)
    _step("event loop", engine_loop)
    _step("phases", phase_changes)
    for name in policy_names():
        _step(f"policy {name}", partial(scheduling_policy, name))
    _step("fluid preview", compiled_flow)


def _step(title: str, work: Callable[[], object]) -> None:
    print(f"  {title} ...", end="", flush=True)
    begin = time.perf_counter()
    work()
    print(f" {time.perf_counter() - begin:.1f} s", flush=True)


if __name__ == "__main__":
    main()
