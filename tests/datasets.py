"""Results with a known truth, made without any engine: for tests of what reads results.

`replication` makes one dataset of the schema in `workbench.results.schema`;
`talk` joins many to the dims variant, workload, replication, as the talk's
experiment would give them. Rates, shares and ratios are the arguments, so a
test knows what must come out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from workbench.experiments.slots import with_slots
from workbench.results.schema import (
    BUCKETS,
    LATENCY_EDGES_SECONDS,
    SCHEMA_VERSION,
    join,
    validate,
    with_throughputs,
)

RATES = {
    ("insert", "time-shared"): 4.6e6,
    ("insert", "partitioned"): 16.1e6,
    ("lookup", "time-shared"): 26.1e6,
    ("lookup", "partitioned"): 26.3e6,
}
"""Total operations per second of the common window, by workload and variant."""

_SHARES: Mapping[tuple[str, str], Mapping[str, float]] = {
    ("insert", "time-shared"): {"useful": 0.26, "poll_idle": 0.02, "wait_owner": 0.7},
    ("insert", "partitioned"): {"useful": 0.92, "poll_idle": 0.07},
    ("lookup", "time-shared"): {"useful": 0.95, "switch": 0.01, "refill": 0.03},
    ("lookup", "partitioned"): {"useful": 0.97, "remote_memory": 0.02},
}


def replication(
    rate: float,
    *,
    cores: int = 8,
    components: Sequence[str] = ("blinktree1", "blinktree2", "blinktree3"),
    owned: Mapping[str, Sequence[int]] | None = None,
    shares: Mapping[str, float] | None = None,
    phase: str = "insert",
    operations: int = 1_000_000,
    window: bool = True,
    exits: Mapping[str, str] | None = None,
    backend: str = "simulated",
    kind: str = "simulation",
    accelerator: str = "none",
    seed: int = 1,
) -> xr.Dataset:
    """Return one replication in which all components together finish `rate` operations a second.

    Every component has an equal part of the rate; core 0 idles unless `owned`
    (cores by component) says otherwise. `shares` are parts of a core's busy
    time by bucket; what they leave is idle.
    """
    exits = exits or {}
    owned = owned or {name: range(1, cores) for name in components}
    shares = shares or {"useful": 1.0}
    n = len(components)
    ran = np.array([exits.get(name, "finished") != "not-started" for name in components])
    done = np.where(ran, operations, 0).astype(float)[np.newaxis]
    span = np.where(ran, operations * n / rate, np.nan)
    begin = np.zeros(n) if window else np.arange(n) * (np.nanmax(span) + 1.0)
    begin = np.where(ran, begin, np.nan)
    elapsed = float(np.nanmax(begin + span))
    everyone = window and bool(ran.all())

    holders = np.array([[core in owned[name] for core in range(cores)] for name in components])
    per_core = np.maximum(holders.sum(axis=0), 1)
    part = np.array([shares.get(bucket, 0.0) for bucket in BUCKETS])
    spent = (holders / per_core)[..., np.newaxis] * part * elapsed
    bins = 4
    occupancy = np.repeat(spent.sum(axis=2)[..., np.newaxis] / bins, bins, axis=2)
    # Every core that a component has ends as many of its operations, evenly over time.
    cells = np.maximum(holders.sum(axis=1), 1)[:, np.newaxis, np.newaxis]
    ended = np.repeat((holders * done[0][:, np.newaxis])[..., np.newaxis] / cells / bins, bins, 2)
    latency = np.zeros((1, n, len(LATENCY_EDGES_SECONDS)))
    latency[0, :, 40] = done[0]
    phased = ("phase", "component")
    dataset = xr.Dataset(
        {
            "operations": (phased, done),
            "start_seconds": (phased, begin[np.newaxis]),
            "finish_seconds": (phased, (begin + span)[np.newaxis]),
            "reported_seconds": (phased, span[np.newaxis]),
            "operations_in_window": (phased, done if everyone else done * np.nan),
            "window_start_seconds": ("phase", [0.0 if everyone else np.nan]),
            "window_finish_seconds": ("phase", [elapsed if everyone else np.nan]),
            "accounting_seconds": (("component", "core", "bucket"), spent),
            "idle_seconds": ("core", elapsed - spent.sum(axis=(0, 2))),
            "elapsed_seconds": ((), elapsed),
            "latency_count": (("phase", "component", "latency_bin"), latency),
            "occupancy_seconds": (("component", "core", "time_bin"), occupancy),
            "operations_in_bin": (("component", "core", "time_bin"), ended),
            "context_switches": ("core", np.full(cores, 100.0)),
            "tasks": ("component", done[0] * 4),
            "delegated_tasks": ("component", done[0]),
            "peak_ram_bytes": ("component", np.full(n, 24.3e6)),
            "ram_quota_bytes": ("component", np.full(n, 80.0 * 2**30)),
            "exit_reason": ("component", [exits.get(name, "finished") for name in components]),
            "exit_detail": (
                "component",
                [
                    "" if name not in exits else "The quota is below the tree."
                    for name in components
                ],
            ),
            "timer": ("component", ["timer"] * n),
        },
        coords={
            "phase": [phase],
            "component": list(components),
            "core": np.arange(cores),
            "bucket": list(BUCKETS),
            "latency_bin": LATENCY_EDGES_SECONDS,
            "time_bin": np.arange(bins) * elapsed / bins,
        },
        attrs={
            "schema_version": SCHEMA_VERSION,
            "workbench_version": "0",
            "backend": backend,
            "kind": kind,
            "accelerator": accelerator,
            "machine": "test",
            "seed": seed,
            "parameters": "{}",
        },
    )
    return with_throughputs(validate(dataset))


def run(
    workload: str = "insert",
    variant: str = "time-shared",
    *,
    replications: int = 10,
    cores: int = 64,
    instances: int = 3,
    rates: Mapping[tuple[str, str], float] = RATES,
    spread: float = 0.04,
    seed: int = 1,
    **others: object,
) -> xr.Dataset:
    """Return the replications of one run of the talk's experiment.

    Totals are log-normal around the rate; half of the log's variance is shared
    by all variants of a replication, as common random numbers do.
    """
    names = [f"blinktree{i + 1}" for i in range(instances)]
    partition = np.array_split(np.arange(1, cores), instances)
    owned = {
        name: cells.tolist() if variant == "partitioned" else list(range(1, cores))
        for name, cells in zip(names, partition, strict=True)
    }
    parts = []
    for index in range(replications):
        common = np.random.default_rng([seed, index]).normal()
        own = np.random.default_rng([seed, index, *map(ord, variant + workload)]).normal()
        rate = rates[workload, variant] * np.exp(spread * (common + own) / np.sqrt(2))
        parts.append(
            replication(
                rate,
                cores=cores,
                components=names,
                owned=owned,
                shares=_SHARES[workload, variant],
                phase=workload,
                seed=seed,
                **others,  # type: ignore[arg-type]
            )
        )
    return join(parts, replication=range(replications))


def talk(**options: object) -> xr.Dataset:
    """Return the talk's experiment: two workloads, two variants; `options` as for `run`."""
    variants, workloads = ("time-shared", "partitioned"), ("insert", "lookup")
    cells = {f"{variant}/{name}": (name, variant) for name in workloads for variant in variants}
    runs = {key: run(*cell, **options) for key, cell in cells.items()}  # type: ignore[arg-type]
    runs = with_slots(runs, {key: workload for key, (workload, _) in cells.items()})
    rows = [
        join([runs[f"{variant}/{name}"] for variant in variants], variant=variants)
        for name in workloads
    ]
    return join(rows, workload=workloads)
