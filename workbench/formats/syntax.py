"""In which syntax `init` gets the configuration that a file holds."""

from __future__ import annotations

from workbench.formats.registry import Document
from workbench.scenario.vocabulary import Syntax

__all__ = ["init_syntax"]


def init_syntax(document: Document) -> Syntax:
    """Return the syntax of the configuration in a file, which decides how numbers are read.

    What no file holds yet, or a workbench file, is written as XML.
    """
    form = document.experiment.scenario.form
    if form is None or form.position is None:
        return "hid" if document.format == "hid" else "xml"
    lines = document.text.splitlines()
    line = lines[form.position.line - 1] if form.position.line <= len(lines) else ""
    written = line[form.position.column - 1 :].lstrip()
    return "xml" if document.format == "yaml" or written.startswith("<") else "hid"
