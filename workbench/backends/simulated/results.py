"""From an engine that has ended to the dataset of `workbench.results.schema`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import workbench
from workbench.backends.base import Job
from workbench.backends.instances import Instance
from workbench.backends.simulated import layout
from workbench.backends.simulated.luck import slice_luck
from workbench.backends.simulated.setup import Plan
from workbench.results.schema import (
    BUCKETS,
    LATENCY_EDGES_SECONDS,
    NO_COMPONENT,
    SCHEMA_VERSION,
    validate,
    with_throughputs,
)
from workbench.scenario.units import format_amount

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["dataset"]

_SECOND_PS = 1e12
Floats = npt.NDArray[np.float64]


def dataset(plan: Plan, job: Job) -> xr.Dataset:
    """Return the result of one replication.

    The common window of a phase runs from the last instance's start to the first one's
    end. The engine notes every instance's finished operations at each start and at the
    first end, so the operations in the window are exact.
    """
    from workbench.results.light_xarray import xr  # noqa: PLC0415 - slow to import

    engine = plan.engine
    measured, beside = len(plan.instances), len(plan.background)
    ran = np.array([*(one.prediction.starts for one in plan.instances), *[True] * beside], bool)
    nothing = [np.nan] * beside

    def spread(values: npt.NDArray[np.generic], axis: int, absent: float = 0.0) -> Floats:
        """Return values of the started instances as values of all of them."""
        shape = list(values.shape)
        shape[axis] = len(ran)
        full = np.full(shape, absent)
        full[(slice(None),) * axis + (ran,)] = values
        return full

    phases = engine.phases.T
    start = spread(_seconds(phases["start"]), 1, np.nan)
    finish = spread(_seconds(phases["finish"]), 1, np.nan)
    operations = spread(phases["done"], 1)
    latency = spread(engine.latency, 1)
    for of_phases in (start, finish, operations):
        of_phases[:, measured:] = np.nan
    latency[:, measured:] = 0.0
    window_start, window_finish = _window(start[:, :measured], finish[:, :measured])
    in_window = spread(phases["done_at_first_finish"] - phases["done_at_last_start"], 1)
    in_window[np.isnan(window_start)] = np.nan
    in_window[:, measured:] = np.nan
    accounting = engine.accounting / _SECOND_PS
    idle = accounting[:, :, layout.IDLE].sum(axis=0)
    accounting[:, :, layout.IDLE] = 0.0
    occupancy, finished, time_bins = _rasters(plan)
    elapsed = int(engine.clock["now"][0]) / _SECOND_PS
    phased = ("phase", "component")
    result = xr.Dataset(
        {
            "operations": (phased, operations),
            "start_seconds": (phased, start),
            "finish_seconds": (phased, finish),
            "reported_seconds": (phased, _reported(plan, start, finish)),
            "operations_in_window": (phased, in_window),
            "window_start_seconds": ("phase", window_start),
            "window_finish_seconds": ("phase", window_finish),
            "accounting_seconds": (("component", "core", "bucket"), spread(accounting, 0)),
            "idle_seconds": ("core", idle if len(engine.components) else np.zeros(plan.cores)),
            "elapsed_seconds": ((), elapsed),
            "slice_luck": ((), slice_luck(engine, plan.settings.number("slice_spread"))),
            "latency_count": (("phase", "component", "latency_bin"), latency),
            "latency_mean_seconds": (phased, _mean_latency(spread, phases, operations)),
            "lost_operations": (phased, spread(phases["lost"], 1)),
            "occupancy_seconds": (("component", "core", "time_bin"), spread(occupancy, 0)),
            "operations_in_bin": (("component", "core", "time_bin"), spread(finished, 0)),
            "shared_core_seconds": ("core", engine.cores["lost"] / _SECOND_PS),
            "context_switches": ("core", engine.cores["switches"].astype(float)),
            "tasks": ("component", spread(engine.components["tasks"], 0)),
            "delegated_tasks": ("component", spread(engine.components["delegated"], 0)),
            "peak_ram_bytes": ("component", spread(np.append(_peak_ram(plan), nothing), 0)),
            "ram_quota_bytes": (
                "component",
                [*(float(one.quota_bytes) for one in plan.instances), *nothing],
            ),
            "exit_reason": ("component", [reason for reason, _ in _exits(plan)]),
            "exit_detail": ("component", [detail for _, detail in _exits(plan)]),
            "timer": ("component", [*(one.timer for one in plan.instances), *[""] * beside]),
            **_timeline(plan, ran),
        },
        coords={
            "phase": [phase.name for phase in plan.settings.workload.phases],
            "component": _labels(plan),
            "core": np.arange(plan.cores),
            "bucket": list(BUCKETS),
            "latency_bin": LATENCY_EDGES_SECONDS,
            "time_bin": time_bins,
        },
        attrs={
            "schema_version": SCHEMA_VERSION,
            "workbench_version": workbench.__version__,
            "backend": "simulated",
            "kind": "simulation",
            "accelerator": "none",
            "machine": str(plan.settings.values["machine"]),
            "seed": job.seed,
            "parameters": json.dumps(dict(plan.settings.values), sort_keys=True),
            "no_window": _why_no_window(plan, window_start),
            "design": _design(plan),
            **_recorded_span(plan),
        },
    )
    return with_throughputs(validate(result))


def _labels(plan: Plan) -> list[str]:
    """Return names of all components; one that disturbs may bear the name of an instance."""
    labels = [one.label for one in plan.instances]
    for label in plan.background:
        labels.append(label if label not in labels else f"{label} (background)")
    return labels


def _design(plan: Plan) -> str:
    """Say how many workers an instance has, which makes comparisons fair or not."""
    workers = int(plan.settings.values["workers"])
    return f"{workers} workers per instance" if workers else "one worker per core"


def _mean_latency(
    spread: Callable[..., Floats], phases: npt.NDArray[np.void], operations: Floats
) -> Floats:
    total = spread(phases["latency_sum"], 1) / _SECOND_PS
    return np.divide(total, operations, out=np.full_like(total, np.nan), where=operations > 0)


def _timeline(plan: Plan, ran: npt.NDArray[np.bool_]) -> dict[str, tuple[str, npt.NDArray[Any]]]:
    """Return the recorded segments; their components are counted as in the dataset."""
    if not plan.settings.values["timeline_ms"]:
        return {}
    segments = plan.engine.segments[: int(plan.engine.clock["recorded"][0])]
    numbers = np.full(NO_COMPONENT + 1, NO_COMPONENT, np.uint8)
    numbers[: ran.sum()] = np.flatnonzero(ran)
    return {
        "segment_core": ("segment", segments["core"].copy()),
        "segment_bucket": ("segment", segments["bucket"].copy()),
        "segment_component": ("segment", numbers[segments["component"]]),
        "segment_start_ns": ("segment", segments["start"].copy()),
        "segment_duration_ns": ("segment", segments["duration"].copy()),
    }


def _recorded_span(plan: Plan) -> dict[str, float]:
    if not plan.settings.values["timeline_ms"]:
        return {}
    clock = plan.engine.clock[0]
    begin, end = int(clock["record_from"]), int(clock["record_until"])
    return {
        "timeline_start_seconds": begin / _SECOND_PS,
        "timeline_end_seconds": max(min(end, int(clock["now"])), begin) / _SECOND_PS,
    }


def _seconds(times_ps: npt.NDArray[np.int64]) -> Floats:
    return np.where(times_ps == layout.NOBODY, np.nan, times_ps / _SECOND_PS)


def _window(start: Floats, finish: Floats) -> tuple[Floats, Floats]:
    """Return begin and end of the common window of each phase; NaN where there is none."""
    begin, end = start.max(axis=1), finish.min(axis=1)
    exists = end > begin
    return np.where(exists, begin, np.nan), np.where(exists, end, np.nan)


def _why_no_window(plan: Plan, window_start: Floats) -> str:
    reasons = []
    for index, phase in enumerate(plan.settings.workload.phases):
        if np.isnan(window_start[index]):
            began = plan.engine.phases["start"][: len(plan.started), index] != layout.NOBODY
            missing = [one.label for one in plan.instances if not one.prediction.starts]
            missing += [one.label for one, did in zip(plan.started, began, strict=True) if not did]
            why = f"{', '.join(missing)} never ran it" if missing else "its spans do not overlap"
            reasons.append(f"{phase.name}: {why}")
    return "; ".join(reasons)


def _reported(plan: Plan, start: Floats, finish: Floats) -> Floats:
    """Return the spans as clocks that advance in steps show them; the dead report none."""
    steps = [one.timer_period_ms * 1e-3 for one in plan.instances]
    step = np.array([*steps, *[np.nan] * len(plan.background)])
    # A billionth of a step makes up for times that are not exact as floats.
    span = (np.floor(finish / step + 1e-9) - np.floor(start / step + 1e-9)) * step
    finished = np.array([reason == "finished" for reason, _ in _exits(plan)], bool)
    return np.where(finished, span, np.nan)


def _rasters(plan: Plan) -> tuple[Floats, Floats, Floats]:
    """Return occupancy in s and operations up to the bin the run reached, and the bins' starts."""
    clock = plan.engine.clock[0]
    width = int(clock["bin_width"])
    bins = max(-(-int(clock["now"]) // width), 1)
    occupancy: Floats = np.moveaxis(plan.engine.occupancy[:bins], 0, 2) / _SECOND_PS
    finished: Floats = np.moveaxis(plan.engine.finished[:bins], 0, 2).astype(float)
    return occupancy, finished, np.arange(bins, dtype=float) * (width / _SECOND_PS)


def _peak_ram(plan: Plan) -> Floats:
    tree = plan.settings.workload.tree
    peak = np.zeros(len(plan.started))
    if tree is None:
        return peak
    number = plan.settings.number
    for index, one in enumerate(plan.started):
        for phase, record in zip(
            plan.settings.workload.phases, plan.engine.phases[index], strict=True
        ):
            if record["start"] != layout.NOBODY:
                keys = number(phase.keys) + int(record["done"]) * phase.keys_per_operation
                used = number(tree.base_bytes) + keys * number(tree.bytes_per_key)
                peak[index] = max(peak[index], used)
        if plan.engine.components["state"][index] == layout.OUT_OF_MEMORY:
            peak[index] = one.quota_bytes
    return peak


def _exits(plan: Plan) -> list[tuple[str, str]]:
    """Return each instance's exit reason and one sentence about it."""
    labels = (one.label for one in plan.started)
    state = dict(zip(labels, plan.engine.components["state"], strict=False))
    exits = [_exit(one, state.get(one.label)) for one in plan.instances]
    return exits + [("finished", "It ran in the background.")] * len(plan.background)


def _exit(one: Instance, state: int | None) -> tuple[str, str]:
    if state is None:
        return "not-started", one.prediction.reason
    if state == layout.OUT_OF_MEMORY:
        quota = format_amount(one.quota_bytes)
        return "out-of-memory", f"Its data outgrew its RAM quota of {quota}."
    return "finished", ""
