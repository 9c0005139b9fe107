"""The backends floor; see workbench/README.md."""

from __future__ import annotations

from workbench.backends.base import Backend, register

__all__: list[str] = []


def _simulated() -> Backend:
    from workbench.backends.simulated.backend import SimulatedBackend  # noqa: PLC0415 - slow

    return SimulatedBackend()


register("simulated", _simulated)
