"""The analysis floor; see workbench/README.md."""
