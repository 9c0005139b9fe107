"""The backends floor; see workbench/README.md."""
