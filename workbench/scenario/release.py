"""The Genode releases whose `init` the workbench knows.

What was measured, was measured on these two; between them the configuration
changed (see the profiles of `workbench.scenario.start_node`).
"""

from __future__ import annotations

from typing import Literal

__all__ = ["DEFAULT_RELEASE", "RELEASES", "Release"]

Release = Literal["22.02", "26.02"]
"""A release of Genode."""

RELEASES: tuple[Release, ...] = ("22.02", "26.02")

DEFAULT_RELEASE: Release = "26.02"
"""The release that predictions speak of where nothing else is said."""
