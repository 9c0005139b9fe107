"""The JSON Schema of the workbench's own file.

``python -m workbench.formats.yaml_schema`` writes it to where it is published,
``workbench/data/schema/experiment-1.json``.
"""

from __future__ import annotations

import json
from pathlib import Path

from workbench.formats.yaml_shape import VERSION, ExperimentShape

__all__ = ["PUBLISHED", "schema"]

PUBLISHED = Path(__file__).parents[1] / "data" / "schema" / f"experiment-{VERSION}.json"
"""Where the schema of this version is published."""


def schema() -> str:
    """Return the JSON Schema of the file format as text."""
    described = ExperimentShape.model_json_schema(by_alias=True)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "affinity-workbench experiment",
    }
    described.pop("title")
    return json.dumps(head | described, indent=2) + "\n"


if __name__ == "__main__":
    PUBLISHED.parent.mkdir(parents=True, exist_ok=True)
    PUBLISHED.write_text(schema(), encoding="utf-8")
