"""Measurements of other programs as runs of the store.

A format is one module here that calls `base.importer`; `recording` turns what it
read into datasets of `workbench.results.schema` and records them.
"""

from __future__ import annotations

from workbench.results.importers import console, json_lines
from workbench.results.importers.base import (
    DamagedFileError,
    Flaw,
    Measurement,
    Reading,
    importer,
    importer_names,
    read,
    read_text,
)
from workbench.results.importers.recording import BACKEND, Imported, import_files, import_readings

__all__ = [
    "BACKEND",
    "DamagedFileError",
    "Flaw",
    "Imported",
    "Measurement",
    "Reading",
    "console",
    "import_files",
    "import_readings",
    "importer",
    "importer_names",
    "json_lines",
    "read",
    "read_text",
]
