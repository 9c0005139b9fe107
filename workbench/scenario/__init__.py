"""The scenario floor; see workbench/README.md."""
