"""The formats floor; see workbench/README.md."""
