"""Plots of a comparison: one file and one registration each."""

from __future__ import annotations

from workbench.analysis.plots.base import Plots, plot, plot_names, plot_title

__all__ = ["Plots", "plot", "plot_names", "plot_title"]
