"""The experiments that come with the workbench, by name.

They are the files of ``sample_data``: a checkout keeps them there, an installed
wheel carries them along.
"""

from __future__ import annotations

from pathlib import Path

from workbench.formats.link import is_link

__all__ = ["file_or_sample", "samples"]

_PACKAGE = Path(__file__).parents[1]
_FOLDERS = (_PACKAGE / "data" / "templates", _PACKAGE.parent / "sample_data")


def samples() -> dict[str, Path]:
    """Return the files of the shipped experiments by name, for example ``talk``."""
    folder = next((folder for folder in _FOLDERS if folder.is_dir()), None)
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))} if folder else {}


def file_or_sample(path: str | Path) -> Path:
    """Return the path, or a shipped experiment's where no file but a sample is called so."""
    if is_link(str(path)):
        return Path(path)
    path = Path(path)
    return path if path.exists() else samples().get(str(path), path)
