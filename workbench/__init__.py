"""affinity-workbench: place components on CPU cores, run, and see why placements differ."""

__version__ = "0.1.0"
