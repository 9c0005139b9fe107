"""The results floor; see workbench/README.md."""
