"""The backends floor; see workbench/README.md."""

from __future__ import annotations

from workbench.backends.base import Backend, register

__all__: list[str] = []


def _simulated() -> Backend:
    from workbench.backends.simulated.backend import SimulatedBackend  # noqa: PLC0415 - slow

    return SimulatedBackend()


def _fluid() -> Backend:
    from workbench.backends.simulated.fluid_backend import FluidBackend  # noqa: PLC0415 - slow

    return FluidBackend()


def _native() -> Backend:
    from workbench.backends.native.backend import NativeBackend  # noqa: PLC0415 - slow

    return NativeBackend()


def _qemu() -> Backend:
    from workbench.backends.qemu.backend import QemuBackend  # noqa: PLC0415 - slow

    return QemuBackend()


def _genode() -> Backend:
    from workbench.backends.genode.backend import GenodeBackend  # noqa: PLC0415 - slow

    return GenodeBackend()


register("simulated", _simulated)
register("fluid", _fluid)
register("native", _native)
register("qemu", _qemu)
register("genode", _genode)
