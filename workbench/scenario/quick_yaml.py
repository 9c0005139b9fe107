"""Reading YAML files of data by libyaml, some ten times as fast as PyYAML's own parser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

__all__ = ["read_yaml"]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # some builds lack libyaml


def read_yaml(file: Path) -> Any:
    """Return what is in a file.

    Raises
    ------
    OSError, UnicodeDecodeError, yaml.YAMLError
        If it cannot be read.
    """
    return yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)
