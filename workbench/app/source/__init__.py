"""The configuration as text, beside the grid."""

from workbench.app.source.source import SourceView

__all__ = ["SourceView"]
