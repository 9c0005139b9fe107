"""Amounts on the command line."""

from __future__ import annotations

from workbench.errors import InputError
from workbench.scenario.units import parse_amount

__all__ = ["ram_bytes"]


def ram_bytes(text: str | None) -> int | None:
    """Return the bytes that ``--ram`` says; None where it is not given.

    Raises
    ------
    workbench.errors.InputError
        If it is no amount.
    """
    if text is None:
        return None
    try:
        return parse_amount(text)
    except ValueError:
        raise InputError(
            f'--ram "{text}" is not an amount of memory.',
            "Write a whole number with K, M or G, for example 1008M.",
        ) from None
