"""The affinity grid: components as rectangles on the cores, edited with mouse, touch and keys."""

from workbench.app.grid.grid import AffinityGrid, Gesture

__all__ = ["AffinityGrid", "Gesture"]
