"""From runs in the store to comparisons: grouped by backend, each run once, under a clear label."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from workbench.analysis.comparison import Comparison
from workbench.experiments.basis import Basis, basis, differing
from workbench.experiments.collect import assembled
from workbench.experiments.slots import with_slots

if TYPE_CHECKING:
    import xarray as xr

    from workbench.results.records import RunRecord
    from workbench.results.store import RunStore
    from workbench.scenario.experiment import Experiment

_LOOKED_THROUGH = 500  # newest runs of an experiment, in search of its latest

__all__ = ["comparisons_of", "latest_runs", "variant_labels"]


def latest_runs(store: RunStore, experiment: Experiment) -> list[RunRecord]:
    """Return the latest finished run of each variant and workload of an experiment.

    In the experiment's order: the first variant is the baseline. All of them
    rest on what the very latest one rests on, so that they can be paired.
    """
    newest: dict[tuple[str, str], RunRecord] = {}
    common: Basis | None = None
    for record in store.runs(
        limit=_LOOKED_THROUGH,
        experiment=experiment.name,
        status="done",
        backend=experiment.backend,
    ):
        found = basis(record)
        common = common or found
        if found.agrees(common):
            newest.setdefault((record.variant, record.workload), record)
    return [
        newest[variant.name, workload]
        for workload in experiment.workloads
        for variant in experiment.runnable_variants
        if (variant.name, workload) in newest
    ]


def comparisons_of(store: RunStore, records: Sequence[RunRecord]) -> list[Comparison]:
    """Return one comparison for each backend, kind, accelerator, seed and scenario of the runs.

    Where parameters differ that no variant declares, the variants' labels say so.
    """
    groups: dict[tuple[str, ...], list[tuple[RunRecord, xr.Dataset]]] = {}
    scenarios: list[object] = []
    for record in records:
        dataset = store.dataset(record.id)
        origin = (str(dataset.attrs.get(name)) for name in ("backend", "kind", "accelerator"))
        if (scenario := basis(record).scenario) not in scenarios:
            scenarios.append(scenario)
        key = (*origin, str(record.seed), str(scenarios.index(scenario)))
        groups.setdefault(key, []).append((record, dataset))
    return [_comparison(runs) for runs in groups.values()]


def variant_labels(records: Iterable[RunRecord]) -> dict[str, str]:
    """Return what to call the variant of each run, by run id.

    The variant's name; added are the parameters in which the runs differ though
    no variant declares them, and where several runs are of the same variant and
    workload, what else they differ in, or else the number of the run.
    """
    records = list(records)
    everywhere = differing(map(basis, records))
    same: dict[tuple[str, str], list[RunRecord]] = {}
    for record in records:
        same.setdefault((record.variant, record.workload), []).append(record)
    labels = {}
    for twins in same.values():
        for record in twins:
            label = record.variant
            if len(twins) > 1:
                label += f" ({_difference(record, twins)})"
            elif everywhere:
                label += f" ({_chosen(record, everywhere)})"
            labels[record.id] = label
    return labels


def _chosen(record: RunRecord, names: Sequence[str]) -> str:
    return ", ".join(f"{name}={record.parameters.get(name, 'default')}" for name in names)


def _difference(record: RunRecord, twins: Sequence[RunRecord]) -> str:
    names = sorted({name for twin in twins for name in twin.parameters})
    told = {
        twin.id: ", ".join(
            f"{name}={twin.parameters.get(name, 'default')}"
            for name in names
            if len({str(other.parameters.get(name)) for other in twins}) > 1
        )
        for twin in twins
    }
    unique = len(set(told.values())) == len(twins)
    return told[record.id] if unique else f"run {record.id}"


def _comparison(runs: Sequence[tuple[RunRecord, xr.Dataset]]) -> Comparison:
    labels = variant_labels(record for record, _ in runs)
    names_in_order = list(dict.fromkeys(record.variant for record, _ in runs))
    by_name = sorted(runs, key=lambda run: names_in_order.index(run[0].variant))
    variants = list(dict.fromkeys(labels[record.id] for record, _ in by_name))
    cells = {(record.workload, labels[record.id]): record.id for record, _ in runs}
    datasets = with_slots(
        {record.id: dataset for record, dataset in runs},
        {record.id: record.workload for record, _ in runs},
    )
    return Comparison(assembled(cells, datasets, variants))
