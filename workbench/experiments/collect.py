"""Runs of the store as one dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from workbench.errors import InputError
from workbench.experiments.basis import basis, differing
from workbench.experiments.slots import with_slots
from workbench.results.records import RunRecord
from workbench.results.schema import join
from workbench.results.store import RunStore

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["assembled", "collect"]


def collect(store: RunStore, run_ids: Iterable[str]) -> xr.Dataset:
    """Return runs joined to the dims ``workload`` and ``variant``.

    The order is that of the ids, so the first variant is the baseline. The
    coordinate ``run`` (workload, variant) holds the run ids, "" where there is
    no run, and ``settings`` the values of its parameters. What has the dim
    ``time_bin`` is there by slot (`workbench.experiments.slots`): the bins of different
    runs are different spans; `RunStore.dataset` of one run has them.

    Raises
    ------
    workbench.errors.InputError
        If there is no such run or a run without results, if two runs have the
        same variant and workload, or if they come from more than one backend,
        kind, accelerator, seed or scenario, or differ in a parameter that no
        variant declares: those are never pooled.
    """
    records = [store.run(run_id) for run_id in dict.fromkeys(run_ids)]
    if not records:
        raise InputError("No run was named.", "Name at least one; see `workbench runs list`.")
    cells = _cells(records)
    datasets = with_slots(
        {record.id: store.dataset(record.id) for record in records},
        {record.id: record.workload for record in records},
    )
    for key in ("backend", "kind", "accelerator"):
        _refuse_mixture(key, {i: str(d.attrs.get(key)) for i, d in datasets.items()})
    # Replications are paired by their seeds; with other seeds there is nothing to pair.
    _refuse_mixture("seed", {record.id: str(record.seed) for record in records})
    if len(records) > 1:
        _refuse_other_bases(records)
    variants = list(dict.fromkeys(record.variant for record in records))
    return assembled(cells, datasets, variants)


def assembled(
    cells: Mapping[tuple[str, str], str],
    datasets: Mapping[str, xr.Dataset],
    variants: Sequence[str],
) -> xr.Dataset:
    """Return runs joined to the dims ``workload`` and ``variant``.

    Parameters
    ----------
    cells
        Run id by workload and variant (or another name of what is compared).
    datasets
        Of each run, by id, without the dim ``time_bin``.
    variants
        The order of the variants; the first is the baseline.
    """
    workloads = list(dict.fromkeys(workload for workload, _ in cells))
    rows = []
    for workload in workloads:
        present = [variant for variant in variants if (workload, variant) in cells]
        parts = [datasets[cells[workload, variant]] for variant in present]
        rows.append(join(parts, variant=present))
    whole = join(rows, workload=workloads).sel(variant=list(variants))
    runs = [[cells.get((workload, variant), "") for variant in variants] for workload in workloads]
    settings = [[_settings(datasets.get(run)) for run in row] for row in runs]
    dims = ("workload", "variant")
    return whole.assign_coords(run=(dims, runs), settings=(dims, settings))


def _settings(dataset: xr.Dataset | None) -> str:
    return "" if dataset is None else str(dataset.attrs.get("parameters", ""))


def _refuse_other_bases(records: Sequence[RunRecord]) -> None:
    """Refuse runs that differ in more than their variants declare."""
    bases = {record.id: basis(record) for record in records}
    for name in differing(bases.values()):
        values = {i: str(one.parameters.get(name, "default")) for i, one in bases.items()}
        _refuse_mixture(name, values)
    first, *others = records
    for other in others:
        if bases[other.id].scenario != bases[first.id].scenario:
            raise InputError(
                f"Runs {first.id} and {other.id} are of different scenarios.",
                "Compare runs of one scenario; make what differs a variant of it.",
            )


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
