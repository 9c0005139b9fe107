"""From what was read to runs in the store.

Each core configuration of a file becomes one run, each iteration a replication.
Instances in one log belong together by order: the first configuration of each ran
beside the first of the others, and so on, and equal iterations beside each other;
so unequal partitions (21, 21 and 20 cores) are one run. Results appended to a file
(the same configuration and iteration once more) become a run of their own.

The instances' clocks are their own: there is no common window and no makespan,
only the throughput that each reports (the talk's metric).
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workbench import __version__
from workbench.errors import InputError
from workbench.results.importers.base import DamagedFileError, Flaw, Measurement, Reading, read
from workbench.results.records import RunSpec
from workbench.results.schema import (
    BUCKETS,
    LATENCY_EDGES_SECONDS,
    SCHEMA_VERSION,
    validate,
    with_throughputs,
)
from workbench.results.store import RunStore

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["BACKEND", "Imported", "import_files", "import_readings"]

BACKEND = "imported"
"""What stands in the place of a backend's name."""

_DEFAULT_PHASES = ("insert", "lookup")
_UNLABELLED = "blinktree"


@dataclass(frozen=True, slots=True)
class Imported:
    """A run that an import made.

    Parameters
    ----------
    run
        Its id.
    file
        Name of the file.
    variant, workload
        What it was recorded as.
    cores
        Workers by instance.
    replications
        Iterations that are complete.
    """

    run: str
    file: str
    variant: str
    workload: str
    cores: Mapping[str, int]
    replications: int


@dataclass(frozen=True, slots=True)
class _Group:
    """One configuration: measurements by iteration, instance and phase."""

    cores: Mapping[str, int]
    iterations: Mapping[int, Mapping[tuple[str, int], Measurement]]


def import_files(
    store: RunStore,
    files: Sequence[Path],
    *,
    experiment: str | None = None,
    variants: Sequence[str] | None = None,
    phases: Sequence[str] | None = None,
    partial: bool = False,
) -> tuple[Imported, ...]:
    """Read files and record what they hold, all of it or nothing.

    Parameters
    ----------
    store
        Where the runs are recorded.
    files
        Of any known format.
    experiment
        Name for all of them; by default the name of the first file.
    variants
        A name for each file; by default the files' own.
    phases
        Names of the phases; by default those the file tells, else insert and lookup.
    partial
        Whether to take the complete iterations of files with flaws.

    Raises
    ------
    workbench.errors.InputError
        If a file cannot be read or has flaws (`DamagedFileError`), or two would make the same run.
    """
    if not files:
        raise InputError("No file was named.", "Name at least one.")
    return import_readings(
        store,
        [read(file) for file in files],
        experiment=experiment,
        variants=variants,
        phases=phases,
        partial=partial,
    )


def import_readings(
    store: RunStore,
    readings: Sequence[Reading],
    *,
    experiment: str | None = None,
    variants: Sequence[str] | None = None,
    phases: Sequence[str] | None = None,
    partial: bool = False,
) -> tuple[Imported, ...]:
    """Record what was read; see `import_files`."""
    names = list(variants or [Path(reading.name).stem for reading in readings])
    if len(names) != len(readings):
        raise InputError(
            f"{len(names)} variants were named for {len(readings)} files.",
            "Give one --variant for each file, in their order.",
        )
    if twice := {name for name in names if names.count(name) > 1}:
        raise InputError(
            f"Two files would both become the variant “{twice.pop()}”.",
            "Name them apart with one --variant for each file.",
        )
    experiment = experiment or Path(readings[0].name).stem
    made: list[tuple[RunSpec, Mapping[int, xr.Dataset], str]] = []
    told: list[Imported] = []
    for reading, name in zip(readings, names, strict=True):
        flaws, groups = _groups(reading)
        if flaws and not (partial and groups):
            raise DamagedFileError(reading, flaws)
        for group in groups:
            titles = _phases(reading, phases)
            cores = _cores_text(group)
            variant = name if len(groups) == 1 else f"{name}, {cores} core{'s' * (cores != '1')}"
            variant = _free(variant, told)
            spec = _spec(experiment, variant, "-".join(titles), group)
            datasets = {
                number: _dataset(reading, group, number, titles) for number in group.iterations
            }
            made.append((spec, datasets, _origin(reading, flaws)))
            told.append(
                Imported(
                    "", reading.name, variant, spec.workload, group.cores, len(group.iterations)
                )
            )
    ids = store.add_finished(made)
    return tuple(
        Imported(run, one.file, one.variant, one.workload, one.cores, one.replications)
        for run, one in zip(ids, told, strict=True)
    )


# -- what belongs together ---------------------------------------------------------------------


def _groups(reading: Reading) -> tuple[list[Flaw], list[_Group]]:
    """Return what keeps a file from being complete, and its complete iterations."""
    flaws = list(reading.flaws)
    by_label: dict[str, list[Measurement]] = {}
    for one in reading.measurements:
        by_label.setdefault(one.label, []).append(one)
    if not by_label:
        return flaws or [Flaw("There is no complete measurement.")], []
    names = _component_names([*by_label, *(set(reading.announced) - set(by_label))])
    flaws += _missing(reading, by_label, names)
    columns = {names[label]: _configurations(found) for label, found in by_label.items()}
    phases = sorted({one.phase for one in reading.measurements})
    if phases != list(range(len(phases))):
        flaws.append(Flaw(f"There is phase {phases[-1]}, but not every phase before it."))
    groups = []
    for index in range(max(map(len, columns.values()))):
        parts = {name: found[index] for name, found in columns.items() if index < len(found)}
        lacking = [name for name in columns if name not in parts]
        if lacking:
            flaws.append(
                Flaw(f"{', '.join(lacking)} has no configuration number {index + 1}; others have.")
            )
            continue
        group, more = _complete(parts, phases)
        flaws += more
        if group.iterations:
            groups.append(group)
    most = max((len(group.iterations) for group in groups), default=0)
    flaws += [
        Flaw(
            f"With {_cores_text(group)} cores there are {len(group.iterations)} complete "
            f"iterations, elsewhere {most}."
        )
        for group in groups
        if len(group.iterations) < most
    ]
    return list(dict.fromkeys(flaws)), groups


def _missing(
    reading: Reading, by_label: Mapping[str, list[Measurement]], names: Mapping[str, str]
) -> list[Flaw]:
    """Return the configurations that were announced and never measured."""
    flaws = []
    for label, announced in reading.announced.items():
        measured = {one.cores for one in by_label.get(label, ())}
        absent = [str(cores) for cores in dict.fromkeys(announced) if cores not in measured]
        if absent:
            flaws.append(
                Flaw(f"{names[label]} announces {', '.join(absent)} cores, which are not measured.")
            )
    return flaws


def _configurations(found: Iterable[Measurement]) -> list[list[Measurement]]:
    """Split an instance's measurements where the cores change or the numbers start anew."""
    parts: list[list[Measurement]] = []
    seen: set[tuple[int, int]] = set()
    for one in found:
        key = (one.iteration, one.phase)
        if not parts or parts[-1][-1].cores != one.cores or key in seen:
            parts.append([])
            seen = set()
        seen.add(key)
        parts[-1].append(one)
    return parts


def _complete(
    parts: Mapping[str, list[Measurement]], phases: Sequence[int]
) -> tuple[_Group, list[Flaw]]:
    """Return the iterations in which every instance has every phase, and what the others lack."""
    found: dict[int, dict[tuple[str, int], Measurement]] = {}
    for name, measurements in parts.items():
        for one in measurements:
            found.setdefault(one.iteration, {})[name, one.phase] = one
    wanted = [(name, phase) for name in parts for phase in phases]
    flaws = []
    for iteration, cells in found.items():
        lacking = [
            f"{name} lacks phase {phase}" for name, phase in wanted if (name, phase) not in cells
        ]
        if lacking:
            line = max(one.line for one in cells.values())
            flaws.append(Flaw(f"Iteration {iteration} is incomplete: {lacking[0]}.", line))
    cores = {name: measurements[0].cores for name, measurements in parts.items()}
    complete = {i: cells for i, cells in found.items() if len(cells) == len(wanted)}
    return _Group(cores, complete), flaws


def _component_names(labels: Iterable[str]) -> dict[str, str]:
    """Return what to call the instance of each label: its own name, or all of it if need be."""
    last = {label: label.rpartition("->")[2].strip() or _UNLABELLED for label in labels}
    names = list(last.values())
    return {label: name if names.count(name) == 1 else label for label, name in last.items()}


# -- what is recorded --------------------------------------------------------------------------


def _phases(reading: Reading, given: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names of as many phases as there are."""
    count = 1 + max(one.phase for one in reading.measurements)
    names = tuple(given or reading.phases or _DEFAULT_PHASES)
    if given and len(names) != count:
        raise InputError(
            f"{len(names)} phases were named; {reading.name} has {count}.",
            "Name each, for example --phases insert,lookup.",
        )
    return names[:count] + tuple(f"phase {number}" for number in range(len(names), count))


def _cores_text(group: _Group) -> str:
    counts = list(group.cores.values())
    return str(counts[0]) if len(set(counts)) == 1 else "+".join(map(str, counts))


def _free(variant: str, told: Sequence[Imported]) -> str:
    """Return a name that no run of this import has: appended results are told apart."""
    taken = {one.variant for one in told}
    number, name = 2, variant
    while name in taken:
        name = f"{variant} ({number})"
        number += 1
    return name


def _spec(experiment: str, variant: str, workload: str, group: _Group) -> RunSpec:
    return RunSpec(
        experiment=experiment,
        variant=variant,
        workload=workload,
        backend=BACKEND,
        kind="measurement",
        seed=0,
        replications=len(group.iterations),
        parameters={"cores": _cores_text(group), "instances": len(group.cores)},
        versions={"affinity-workbench": __version__, "python": platform.python_version()},
    )


def _origin(reading: Reading, flaws: Sequence[Flaw]) -> str:
    told = f"Imported from {reading.name} ({reading.format}, SHA-256 {reading.digest})."
    return f"{told} Only complete iterations: {flaws[0].what}" if flaws else told


def _dataset(reading: Reading, group: _Group, iteration: int, phases: Sequence[str]) -> xr.Dataset:
    """Return one iteration; what such a file does not tell is NaN."""
    cells = group.iterations[iteration]
    components = list(group.cores)
    from workbench.results.light_xarray import xr  # noqa: PLC0415 - slow to import

    shape = (len(phases), len(components))

    def filled(value: str) -> np.ndarray:
        table = np.full(shape, np.nan)
        for (name, phase), one in cells.items():
            number = getattr(one, value)
            table[phase, components.index(name)] = np.nan if number is None else number
        return table

    throughput, reported = filled("throughput"), filled("milliseconds") / 1e3
    cores = max(group.cores.values())
    by_component = np.full(len(components), np.nan)
    phased = ("phase", "component")
    unknown = np.full(shape, np.nan)
    counters = list(dict.fromkeys(name for one in cells.values() for name in one.counters))
    figures = np.full((*shape, len(counters)), np.nan)
    for (name, phase), one in cells.items():
        for counter, value in one.counters.items():
            figures[phase, components.index(name), counters.index(counter)] = value
    dataset = xr.Dataset(
        {
            # Throughput = operations / whole milliseconds, so this is their number.
            "operations": (phased, np.rint(throughput * reported)),
            "start_seconds": (phased, unknown),
            "finish_seconds": (phased, unknown),
            "reported_seconds": (phased, reported),
            "operations_in_window": (phased, unknown),
            "window_start_seconds": ("phase", unknown[:, 0]),
            "window_finish_seconds": ("phase", unknown[:, 0]),
            "accounting_seconds": (
                ("component", "core", "bucket"),
                np.full((len(components), cores, len(BUCKETS)), np.nan),
            ),
            "idle_seconds": ("core", np.full(cores, np.nan)),
            "elapsed_seconds": ((), np.nan),
            "latency_count": (
                ("phase", "component", "latency_bin"),
                np.full((*shape, LATENCY_EDGES_SECONDS.size), np.nan),
            ),
            "occupancy_seconds": (
                ("component", "core", "time_bin"),
                np.full((len(components), cores, 1), np.nan),
            ),
            "context_switches": ("core", np.full(cores, np.nan)),
            "tasks": ("component", by_component),
            "delegated_tasks": ("component", by_component),
            "peak_ram_bytes": ("component", by_component),
            "ram_quota_bytes": ("component", by_component),
            "exit_reason": ("component", ["finished"] * len(components)),
            "exit_detail": ("component", [""] * len(components)),
            "timer": ("component", [""] * len(components)),
            "workers": ("component", list(map(float, group.cores.values()))),
            "counters_per_operation": ((*phased, "counter"), figures),
        },
        coords={
            "phase": list(phases),
            "component": components,
            "core": np.arange(cores),
            "bucket": list(BUCKETS),
            "latency_bin": LATENCY_EDGES_SECONDS,
            "time_bin": [0.0],
            "counter": np.array(counters, dtype=object),
        },
        attrs={
            "schema_version": SCHEMA_VERSION,
            "workbench_version": __version__,
            "backend": BACKEND,
            "kind": "measurement",
            "accelerator": "unknown",
            "machine": "unknown",
            "seed": 0,
            "parameters": "{}",
            "space": [cores, 1],
            "source": reading.name,
            "source_format": reading.format,
            "source_sha256": reading.digest,
        },
    )
    named = with_throughputs(validate(dataset))
    # As printed, with all the digits there are; JSON Lines give no span to compute it from.
    itself = named.throughput_self.copy(data=throughput)
    return named.assign(throughput_self=itself, total_self=itself.sum("component", keep_attrs=True))
