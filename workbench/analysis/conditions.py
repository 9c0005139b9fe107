"""Under which conditions runs were measured, and what the system counted meanwhile.

A measurement is of a machine on which others may have been at work too: how much they
took of it stands with every run, and where it was a twentieth or more, it is flagged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.analysis.comparison import Comparison
from workbench.analysis.labels import number
from workbench.backends.native.load import DISTURBED

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["CONDITIONS", "Condition", "conditions", "provenance_facts", "remarks"]

_MIB = 2**20
_FACTS = {
    "machine": "Machine",
    "kernel": "Kernel",
    "kernel_image": "Kernel image",
    "qemu": "QEMU",
    "accelerator": "Accelerator",
    "compiler": "Compiler",
    "compiler_flags": "Compiler's flags",
    "clock_source": "Clock source",
    "quota_means": "RAM quota by",
    "left_out": "Left out",
}
_LIMITS = {"rlimit-as": "RLIMIT_AS limits the address space, not the resident memory"}


@dataclass(frozen=True, slots=True)
class Condition:
    """One quantity of a run: what it is called and how it is read off its replications.

    Parameters
    ----------
    title, unit
        For the head of a column.
    needs
        Variables of the dataset that it is made of.
    text
        Returns it for people, given the replications of one run.
    """

    title: str
    unit: str
    needs: tuple[str, ...]
    text: Callable[[xr.Dataset], str]


def _mean(name: str, scale: float = 1.0, over: tuple[str, ...] = ("component",)) -> Condition:
    """Return a sum over components (or cores), as mean over the replications."""
    titles = {
        "context_switches": ("context switches", ""),
        "cpu_user_seconds": ("CPU time, user", "s"),
        "cpu_system_seconds": ("CPU time, system", "s"),
        "faults_minor": ("minor faults", ""),
        "faults_major": ("major faults", ""),
    }

    def text(run: xr.Dataset) -> str:
        return number(float(run[name].sum(over, min_count=1).mean() / scale))

    return Condition(*titles[name], (name,), text)


def _foreign(run: xr.Dataset) -> str:
    share = run.foreign_load.values
    flagged = int((share >= DISTURBED).sum())
    said = f"{np.nanmedian(share):.0%}, at most {np.nanmax(share):.0%}"
    return f"{said}; {flagged} of {share.size} flagged"


def _peak(run: xr.Dataset) -> str:
    return number(float(run.peak_ram_bytes.max()) / _MIB)


def _per_operation(counter: str) -> Callable[[xr.Dataset], str]:
    def text(run: xr.Dataset) -> str:
        return number(float(run[counter].sum() / run.operations.sum()))

    return text


CONDITIONS = (
    Condition("taken by other processes", "of CPU time, median", ("foreign_load",), _foreign),
    _mean("context_switches", over=("core",)),
    _mean("cpu_user_seconds"),
    _mean("cpu_system_seconds"),
    _mean("faults_minor"),
    _mean("faults_major"),
    Condition("peak RAM of an instance", "MiB", ("peak_ram_bytes",), _peak),
    Condition("instructions", "per op", ("instructions",), _per_operation("instructions")),
    Condition("cycles", "per op", ("cycles",), _per_operation("cycles")),
    Condition("cache misses", "per op", ("cache_misses",), _per_operation("cache_misses")),
)
"""What is shown of each run, where the backend measured it."""


def conditions(comparison: Comparison) -> dict[Condition, dict[tuple[str, str], str]]:
    """Return what was measured of the runs' conditions, by (variant, workload)."""
    found = {}
    for one in CONDITIONS:
        if not all(name in comparison.dataset for name in one.needs):
            continue
        if not all(bool(comparison.dataset[name].notnull().any()) for name in one.needs):
            continue
        texts = {}
        for variant, workload in comparison.runs:
            run = comparison.run(variant, workload)
            there = all(bool(run[name].notnull().any()) for name in one.needs)
            texts[variant, workload] = one.text(run) if there else "–"
        found[one] = texts
    return found


def provenance_facts(comparison: Comparison) -> dict[str, str]:
    """Return what a measurement was made with, by name; where runs differ, all of it."""
    told = {}
    for key, title in _FACTS.items():
        value = comparison.dataset.attrs.get(key)
        values = value if isinstance(value, list | tuple) else [value]
        texts = [str(one) for one in values if one not in (None, "", "none", "unknown")]
        if texts:
            told[title] = "; ".join(texts)
    return told


def remarks(comparison: Comparison) -> list[str]:
    """Return what has to be said before a measurement is believed; empty for a simulation."""
    if comparison.kind != "measurement":
        return []
    told = []
    if "foreign_load" in comparison.dataset:
        share = comparison.dataset.foreign_load.values
        share = share[np.isfinite(share)]
        if (flagged := int((share >= DISTURBED).sum())) > 0:
            told.append(
                f"Disturbed: in {flagged} of {share.size} replications other processes took "
                f"{DISTURBED:.0%} of the CPUs' time or more (median {np.median(share):.0%}, at "
                f"most {share.max():.0%}); they took turns, so that all variants were disturbed."
            )
    if "tcg" in comparison.accelerator:
        told.append(
            "TCG translates every instruction: look at which variant is faster, not at how fast."
        )
    if shared := _sharing(comparison):
        told.append(f"Not disjoint, instances share cores: {', '.join(shared)}.")
    for means, limit in _LIMITS.items():
        if means in str(comparison.dataset.attrs.get("quota_means", "")):
            told.append(f"RAM quotas: {limit}.")
    return told


def _sharing(comparison: Comparison) -> list[str]:
    """Return the variants in which some, but not all instances share a core with another."""
    found = []
    for variant in comparison.variants:
        workloads = [workload for name, workload in comparison.runs if name == variant]
        if not workloads:
            continue
        run = comparison.run(variant, workloads[0]).isel(replication=0)
        held = run.accounting_seconds.sum("bucket") > 0
        ran = held.any("core")
        shares = (held & (held.sum("component") > 1)).any("core")
        if bool(shares.any()) and not bool(shares.where(ran, True).all()):
            found.append(variant)
    return found
