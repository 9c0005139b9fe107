"""What a machine lacks to run the guest programs, as problems that name the remedy."""

from __future__ import annotations

from collections.abc import Callable

from workbench.backends.guest.build import compiler, guest
from workbench.errors import InputError
from workbench.scenario.problem import Problem

__all__ = ["COMPILER", "lacks"]


def _compiler() -> None:
    if compiler() is None:
        guest()  # says what is missing


COMPILER: tuple[str, Callable[[], object]] = ("compiler-missing", _compiler)
"""The need of a C compiler, for `lacks`."""


def lacks(*needs: tuple[str, Callable[[], object]]) -> list[Problem]:
    """Return what is missing.

    Parameters
    ----------
    needs
        Code of the problem, and a function that raises an `InputError` where it is.
    """
    found = []
    for code, look in needs:
        try:
            look()
        except InputError as lack:
            found.append(Problem(code, "error", lack.what, consequence=lack.remedy))
    return found
