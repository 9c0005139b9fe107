"""The JSON Schema of catalogue files.

``python -m workbench.scenario.catalogue_schema`` writes it to where it is
published, ``workbench/data/schema/catalogue-1.json``.
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import TypeAdapter

from workbench.scenario.catalogue import Entry

__all__ = ["PUBLISHED", "schema"]

PUBLISHED = Path(__file__).parents[1] / "data" / "schema" / "catalogue-1.json"
"""Where the schema is published."""


def schema() -> str:
    """Return the JSON Schema of a catalogue file as text."""
    described = TypeAdapter(list[Entry]).json_schema()
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "affinity-workbench component types",
    }
    return json.dumps(head | described, indent=2) + "\n"


if __name__ == "__main__":
    PUBLISHED.write_text(schema(), encoding="utf-8")
