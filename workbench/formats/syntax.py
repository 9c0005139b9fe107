"""In which syntax `init` gets the configuration that a file holds."""

from __future__ import annotations

from workbench.formats.registry import Document
from workbench.scenario.vocabulary import Syntax

__all__ = ["init_syntax"]


def init_syntax(document: Document) -> Syntax:
    """Return the syntax of the configuration in a file, which decides how numbers are read.

    A workbench file remembers what its configuration was imported from; what was
    made in the workbench is written as XML.
    """
    return "hid" if document.experiment.scenario.profile == "hid" else "xml"
