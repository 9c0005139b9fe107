"""Sweeps: an experiment at many points, resumable, on threads or a cluster."""

from __future__ import annotations

from workbench.experiments.sweep.axes import DESIGNS, Design
from workbench.experiments.sweep.dataset import open_sweep
from workbench.experiments.sweep.plan import SweepPlan, plan_of, sweep_plan
from workbench.experiments.sweep.run import SweepProgress, run_sweep

__all__ = [
    "DESIGNS",
    "Design",
    "SweepPlan",
    "SweepProgress",
    "open_sweep",
    "plan_of",
    "run_sweep",
    "sweep_plan",
]
