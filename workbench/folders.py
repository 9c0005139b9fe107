"""Where the workbench keeps what it writes.

``WORKBENCH_HOME`` moves everything into one folder; without it the platform's
own data and cache folders are used.
"""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path, user_data_path

from workbench.errors import InputError, Location

__all__ = ["cache_folder", "data_folder"]

_APPLICATION = "affinity-workbench"


def data_folder() -> Path:
    """Return the folder of the run store and of the user's own tables, made if missing.

    Raises
    ------
    workbench.errors.InputError
        If it cannot be made.
    """
    home = os.environ.get("WORKBENCH_HOME")
    return _made(Path(home) if home else user_data_path(_APPLICATION, appauthor=False))


def cache_folder() -> Path:
    """Return the folder of compiled engines and other things that can be made again.

    It never lies inside the installed package, which may be read-only.
    ``WORKBENCH_CACHE`` names another folder, so that several homes can share one.
    """
    if cache := os.environ.get("WORKBENCH_CACHE"):
        return _made(Path(cache))
    home = os.environ.get("WORKBENCH_HOME")
    return _made(Path(home) / "cache" if home else user_cache_path(_APPLICATION, appauthor=False))


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise InputError(
            f"The folder cannot be made: {problem.strerror or problem}.",
            "Set WORKBENCH_HOME (and WORKBENCH_CACHE, if it is set) to a folder you can write.",
            Location(str(folder)),
        ) from problem
    return folder
