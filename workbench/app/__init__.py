"""The app floor; see workbench/README.md."""
