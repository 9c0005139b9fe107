"""Runs of the store as one dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import xarray as xr

from workbench.errors import InputError
from workbench.results.records import RunRecord
from workbench.results.schema import join
from workbench.results.store import RunStore

__all__ = ["collect"]


def collect(store: RunStore, run_ids: Iterable[str]) -> xr.Dataset:
    """Return runs joined to the dims ``workload`` and ``variant``.

    The order is that of the ids, so the first variant is the baseline. The
    coordinate ``run`` (workload, variant) holds the run ids, "" where there is
    no run. What has the dim ``time_bin`` is left out: the bins of different runs
    are different spans; `RunStore.dataset` of one run has them.

    Raises
    ------
    workbench.errors.InputError
        If there is no such run or a run without results, if two runs have the
        same variant and workload, or if they come from more than one backend,
        kind, accelerator or seed: those are never pooled.
    """
    records = [store.run(run_id) for run_id in dict.fromkeys(run_ids)]
    if not records:
        raise InputError("No run was named.", "Name at least one; see `workbench runs list`.")
    cells = _cells(records)
    datasets = {record.id: store.dataset(record.id).drop_dims("time_bin") for record in records}
    for key in ("backend", "kind", "accelerator"):
        _refuse_mixture(key, {i: str(d.attrs.get(key)) for i, d in datasets.items()})
    # Replications are paired by their seeds; with other seeds there is nothing to pair.
    _refuse_mixture("seed", {record.id: str(record.seed) for record in records})
    variants = list(dict.fromkeys(record.variant for record in records))
    rows = []
    for workload in dict.fromkeys(record.workload for record in records):
        present = [variant for variant in variants if (workload, variant) in cells]
        parts = [datasets[cells[workload, variant]] for variant in present]
        rows.append((workload, join(parts, variant=present)))
    whole = join([row for _, row in rows], workload=[workload for workload, _ in rows])
    runs = [[cells.get((workload, variant), "") for variant in variants] for workload, _ in rows]
    return whole.sel(variant=variants).assign_coords(run=(("workload", "variant"), runs))


def _cells(records: Sequence[RunRecord]) -> dict[tuple[str, str], str]:
    """Return the id of the run of each workload and variant."""
    cells: dict[tuple[str, str], str] = {}
    for record in records:
        cell = (record.workload, record.variant)
        if cell in cells:
            raise InputError(
                f"Runs {cells[cell]} and {record.id} are both of variant "
                f"{record.variant} and workload {record.workload}.",
                "Choose one of them.",
            )
        cells[cell] = record.id
    return cells


def _refuse_mixture(key: str, found: Mapping[str, str]) -> None:
    if len(set(found.values())) > 1:
        listed = ", ".join(f"{run_id} ({value})" for run_id, value in found.items())
        raise InputError(
            f"These runs differ in {key}: {listed}.",
            f"Compare runs of one {key} at a time; numbers of different ones are never pooled.",
        )
