"""The Genode releases whose `init` the workbench knows.

What was measured, was measured on these two; between them the configuration
changed (see `Profile`).
"""

from __future__ import annotations

from typing import Literal

__all__ = ["DEFAULT_RELEASE", "RELEASES", "Profile", "Release"]

Release = Literal["22.02", "26.02"]
"""A release of Genode."""

RELEASES: tuple[Release, ...] = ("22.02", "26.02")

DEFAULT_RELEASE: Release = "26.02"
"""The release that predictions speak of where nothing else is said."""

Profile = Literal["xml-classic", "xml", "hid"]
"""How a configuration is spelled: ``xml-classic`` suits every Genode, ``xml`` 25.02 and
later (``ram=`` instead of a ``resource`` node), ``hid`` 26.02 and later."""
