"""Machine profiles: what is known of a machine, each value with its source.

A profile is a YAML file in ``data/machines``, in ``machines`` of the user's own
data folder, or anywhere if named by its path::

    machine: 1
    title: My server
    values:
      cores: {value: 32, doc: Cores., source: lscpu}
      quantum_ms: {value: 10.0, doc: Length of a time slice., source: kernel source}
      ...

A shipped profile shows every value a simulation looks at.
"""

from __future__ import annotations

from typing import Literal

from workbench.backends import tables
from workbench.backends.tables import Setting
from workbench.scenario.model import Frozen

__all__ = ["Machine", "machine", "machine_names"]


class Machine(Frozen):
    """One machine; the names of its values carry their units."""

    machine: Literal[1]
    title: str
    values: dict[str, Setting]


def machine_names() -> tuple[str, ...]:
    """Return the names of all profiles."""
    return tables.names("machines")


def machine(name: str) -> Machine:
    """Return a profile by name or path.

    Raises
    ------
    workbench.errors.InputError
        If there is none, or it cannot be used.
    """
    return tables.read("machines", name, Machine)
