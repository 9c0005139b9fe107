"""Machines and amounts as users name them, on the command line and in Python."""

from __future__ import annotations

from workbench.errors import InputError
from workbench.scenario.machine_cpus import KERNELS, Kernel, Machine
from workbench.scenario.release import RELEASES, Release
from workbench.scenario.units import parse_amount

__all__ = ["known_machine", "known_release", "ram_amount"]

_MOST_CPUS = 4096
_MOST_THREADS = 64


def ram_amount(ram: int | str | None) -> int | None:
    """Return bytes for an amount such as ``1008M``; None stays None.

    Raises
    ------
    workbench.errors.InputError
        If it is no amount.
    """
    if ram is None:
        return None
    try:
        return parse_amount(ram)
    except ValueError:
        raise InputError(
            f'"{ram}" is not an amount of RAM.',
            "Write a whole number with K, M or G, for example 1008M.",
        ) from None


def known_release(release: str) -> Release:
    """Return a release of Genode.

    Raises
    ------
    workbench.errors.InputError
        If nothing is known of it.
    """
    for known in RELEASES:
        if known == release:
            return known
    raise InputError(
        f'Nothing is known of Genode "{release}".', f"Choose one of: {', '.join(RELEASES)}."
    )


def known_machine(cpus: int, kernel: str = "hw", threads: int = 1) -> Machine:
    """Return a machine.

    Raises
    ------
    workbench.errors.InputError
        If there can be no such machine.
    """
    named: Kernel | None = next((known for known in KERNELS if known == kernel), None)
    if named is None:
        raise InputError(f'There is no kernel "{kernel}".', f"Choose one of: {', '.join(KERNELS)}.")
    if not 1 <= cpus <= _MOST_CPUS or not 1 <= threads <= _MOST_THREADS:
        raise InputError(
            f"A machine of {cpus} CPUs with {threads} threads per core is not possible.",
            f"Give 1 to {_MOST_CPUS} CPUs and 1 to {_MOST_THREADS} threads.",
        )
    return Machine(cpus, named, threads)
