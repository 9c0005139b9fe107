"""The experiments floor; see workbench/README.md."""
