"""The comparison of variants: throughputs, paired ratios, accounting, all with n and spread.

A ratio is always ``a / b``, where `b` is the variant that the experiment lists
first (the baseline) and `a` a later one: a ratio of 3.5 says "`a` is 3.5 times `b`".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbench.analysis.labels import METRIC_TITLES, UNIT, confidence, times
from workbench.errors import InputError
from workbench.results.schema import METRICS, core_accounting, with_throughputs
from workbench.results.statistics import LEAST_FREEDOM, Estimate, mean, paired_ratio

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from workbench.analysis.plots import Plots

__all__ = ["Comparison", "Ratio"]

_RUN_DIMS = ("variant", "workload", "replication")
_NEVER_POOLED = ("backend", "kind", "accelerator")


@dataclass(frozen=True, slots=True)
class Ratio:
    """How variant `a` compares with variant `b`: the paired ratio ``a / b``.

    Parameters
    ----------
    workload, phase
        What both ran.
    a, b
        Names of the variants.
    metric
        One of `workbench.results.schema.METRICS`.
    ratio
        Geometric mean over the paired replications; NaN where there is none.
    ci95
        Ends of its t interval; NaN where `n` is below 2.
    n
        Number of pairs.
    component
        Name of the component, or None for all together.
    """

    workload: str
    phase: str
    a: str
    b: str
    metric: str
    ratio: float
    ci95: tuple[float, float]
    n: int
    component: str | None = None

    @property
    def estimate(self) -> Estimate:
        """The same numbers as an `Estimate`."""
        return Estimate(self.ratio, *self.ci95, self.n)

    def to_json(self) -> dict[str, Any]:
        """Return plain values; what does not exist is None."""
        return {
            "workload": self.workload,
            "phase": self.phase,
            "a": self.a,
            "b": self.b,
            "metric": self.metric,
            "ratio": self.ratio if self.estimate.exists else None,
            "ci95": self.estimate.ends,
            "n": self.n,
        }


class Comparison:
    """Everything that is said about a set of runs of one backend.

    Parameters
    ----------
    dataset
        Of the schema in `workbench.results.schema`, with any of the dims
        ``variant``, ``workload`` and ``replication``. Replications of the same
        number are paired.
    space
        Width and height of the affinity space; by default that of the dataset's
        attribute ``space``, or one row of cores.

    Raises
    ------
    workbench.errors.InputError
        If the runs are of several backends, kinds or accelerators: they are
        never pooled.

    Attributes
    ----------
    metrics
        Names of the throughputs that are compared.
    """

    metrics: tuple[str, ...] = METRICS

    def __init__(self, dataset: xr.Dataset, *, space: tuple[int, int] | None = None) -> None:
        for key in _NEVER_POOLED:
            _refuse_mixture(key, dataset.attrs.get(key))
        if "total_window" not in dataset:
            dataset = with_throughputs(dataset)
        missing = {dim: [_label(dataset, dim)] for dim in _RUN_DIMS if dim not in dataset.dims}
        self.dataset = dataset.drop_vars(missing, errors="ignore").expand_dims(missing)
        self._space = space

    # -- what was compared -------------------------------------------------------------------

    @property
    def backend(self) -> str:
        """Name of the backend of all runs."""
        return str(self.dataset.attrs.get("backend", "unknown"))

    @property
    def kind(self) -> str:
        """``simulation`` or ``measurement``."""
        return str(self.dataset.attrs.get("kind", "unknown"))

    @property
    def accelerator(self) -> str:
        """Accelerator of all runs."""
        return str(self.dataset.attrs.get("accelerator", "unknown"))

    @property
    def provenance(self) -> str:
        """Where the numbers come from, for captions: ``simulation (simulated)``."""
        accelerator = "" if self.accelerator in {"none", "", "unknown"} else f", {self.accelerator}"
        return f"{self.kind} ({self.backend}{accelerator})"

    @property
    def variants(self) -> tuple[str, ...]:
        """Names of the variants, the baseline first."""
        return tuple(map(str, self.dataset.variant.values))

    @property
    def workloads(self) -> tuple[str, ...]:
        """Names of the workloads."""
        return tuple(map(str, self.dataset.workload.values))

    @property
    def components(self) -> tuple[str, ...]:
        """Names of the components that ran a workload in any run."""
        return tuple(map(str, self.dataset.component.values))

    @cached_property
    def space(self) -> tuple[int, int]:
        """Width and height of the affinity space."""
        if self._space:
            return self._space
        spaces = self.dataset.attrs.get("space", (self.dataset.sizes["core"], 1))
        width, height = np.atleast_2d(spaces).max(axis=0)  # runs may differ in their space
        return int(width), int(height)

    @cached_property
    def runs(self) -> tuple[tuple[str, str], ...]:
        """Each (variant, workload) that has a result; workload by workload."""
        there = self._has_result.any("replication")
        return tuple(
            (variant, workload)
            for workload in self.workloads
            for variant in self.variants
            if bool(there.sel(workload=workload, variant=variant))
        )

    def run(self, variant: str, workload: str) -> xr.Dataset:
        """Return the replications of one run, without those it does not have."""
        if (variant, workload) not in self._taken:
            one = self.dataset.sel(workload=workload, variant=variant)
            there = self._has_result.sel(workload=workload, variant=variant)
            self._taken[variant, workload] = one.sel(replication=there)
        return self._taken[variant, workload]

    @cached_property
    def _taken(self) -> dict[tuple[str, str], xr.Dataset]:
        """The runs that were asked for; to select one costs more than most that is done with it."""
        return {}

    @cached_property
    def _has_result(self) -> xr.DataArray:
        """Whether there is such a replication at all: each says how its components ended."""
        ends: xr.DataArray = self.dataset.exit_reason.notnull()
        return ends.any("component")

    @property
    def buckets(self) -> tuple[str, ...]:
        """Names of what core time went to."""
        return tuple(map(str, self.dataset.bucket.values))

    @property
    def has_slots(self) -> bool:
        """Whether it is known who held the cores at what time."""
        return "held_in_slot" in self.dataset

    @cached_property
    def parts(self) -> dict[Any, Comparison]:
        """Parts of this comparison that were asked for lately; see `narrowing`."""
        return {}

    @property
    def has_latency(self) -> bool:
        """Whether any run measured how long its operations took."""
        return bool((self.dataset.latency_count > 0).any())

    @property
    def has_accounting(self) -> bool:
        """Whether any run measured where its cores' time went."""
        return bool(self.dataset.accounting_seconds.notnull().any())

    def run_id(self, variant: str, workload: str) -> str:
        """Return the id in the run store, or ``variant/workload`` where there is none."""
        if "run" not in self.dataset.coords:
            return f"{variant}/{workload}"
        return str(self.dataset.run.sel(workload=workload, variant=variant).item())

    def phases(self, workload: str) -> tuple[str, ...]:
        """Return the measured phases of a workload, in order."""
        return self._phases[workload]

    @cached_property
    def _phases(self) -> dict[str, tuple[str, ...]]:
        """The measured phases of each workload; asked for with every number."""
        there = self.dataset.operations.notnull() | self.dataset.throughput_self.notnull()
        kept = ("workload", "phase")
        measured = there.any([dim for dim in there.dims if dim not in kept]).transpose(*kept)
        names = self.dataset.phase.values
        return {
            workload: tuple(map(str, names[one]))
            for workload, one in zip(self.workloads, measured.values, strict=True)
        }

    def phase(self, workload: str) -> str:
        """Return the phase a workload is about: that of its own name, else the last."""
        return self.phase_of(workload, self.phases(workload))

    @staticmethod
    def phase_of(workload: str, phases: tuple[str, ...]) -> str:
        """Return which of its phases a workload is about."""
        return workload if workload in phases else phases[-1]

    # -- throughputs -------------------------------------------------------------------------

    def values(
        self,
        metric: str,
        variant: str,
        workload: str,
        *,
        phase: str | None = None,
        component: str | None = None,
    ) -> NDArray[np.float64]:
        """Return a throughput by replication, in op/s; NaN where there is none.

        `component` None means all together, `phase` None the workload's own.
        """
        where = {
            "workload": workload,
            "variant": variant,
            "phase": phase or self.phase(workload),
        }
        if component is None:
            return self.dataset[metric.replace("throughput", "total")].sel(where).values
        return self.dataset[metric].sel(where | {"component": component}).values

    def throughput(self, metric: str, variant: str, workload: str, **choice: Any) -> Estimate:
        """Return the mean of `values` with its interval, in op/s."""
        values = self.values(metric, variant, workload, **choice)
        return mean(values, self.luck(variant, workload))

    def luck(self, variant: str, workload: str) -> NDArray[np.float64]:
        """Return a run's control variate by replication; NaN where there is none."""
        if "slice_luck" not in self.dataset:
            return np.full(self.dataset.sizes["replication"], np.nan)
        one: xr.DataArray = self.dataset.slice_luck.sel(workload=workload, variant=variant)
        return one.values.astype(float)

    @cached_property
    def adjustment(self) -> str:
        """What means and intervals are adjusted for, as a caption goes on; "" for nothing."""
        for run in self.runs:
            luck = self.luck(*run)
            luck = luck[np.isfinite(luck)]
            if luck.size - 2 >= LEAST_FREEDOM and np.ptp(luck) > 0:
                return ", adjusted for how the slices of the cores fell"
        return ""

    @property
    def method(self) -> str:
        """What is between ± and how it was found, for captions."""
        told = "Mean ± half-width of the 95 % confidence interval over n replications"
        return told + self.adjustment

    def why_no_window(self, variant: str, workload: str, phase: str | None = None) -> str:
        """Return why no replication has a common window, or "" where one has."""
        return self._why_no("throughput_window", variant, workload, phase or self.phase(workload))

    def _why_no(self, metric: str, variant: str, workload: str, phase: str) -> str:
        run = self.run(variant, workload).sel(phase=phase)
        if bool(run[metric.replace("throughput", "total")].notnull().any()):
            return ""
        first = run.isel(replication=0)
        if bool((first.throughput_self.notnull() & first.start_seconds.isnull()).any()):
            return "each component timed itself; there is no common clock"
        if metric != "throughput_window":
            return ""
        belongs = first.operations.notnull()
        absent = first.component.values[(belongs & first.start_seconds.isnull()).values]
        if absent.size:
            return f"{', '.join(absent)} never entered the phase {phase}"
        ended = str(first.finish_seconds.idxmin("component").item())
        began = str(first.start_seconds.idxmax("component").item())
        return f"{ended} left the phase {phase} before {began} entered it"

    # -- ratios ------------------------------------------------------------------------------

    @cached_property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The pairs (a, b) of variants that are compared, by their baselines `b`.

        Variants with equal settings and equally many components differ in their placement
        alone: each is compared with its likes. One without its like is compared with all.
        """
        kinds = [self._settings(variant) for variant in self.variants]
        of = dict(zip(self.variants, kinds, strict=True))
        return tuple(
            (a, b)
            for b, a in combinations(self.variants, 2)
            if of[a] == of[b] or 1 in (kinds.count(of[a]), kinds.count(of[b]))
        )

    def _settings(self, variant: str) -> tuple[object, ...]:
        """Return what must be equal in variants that differ in their placement alone."""
        one = self.dataset.sel(variant=variant)
        took_part = int(one.exit_reason.notnull().any(("workload", "replication")).sum())
        chosen = one.settings.values.ravel() if "settings" in one.coords else ()
        return took_part, *sorted({str(those) for those in chosen if those})

    def ratio(
        self,
        metric: str,
        workload: str,
        a: str,
        b: str,
        *,
        phase: str | None = None,
        component: str | None = None,
    ) -> Ratio:
        """Return the paired ratio ``a / b`` of a throughput."""
        phase = phase or self.phase(workload)
        of_a, of_b = (
            self.values(metric, variant, workload, phase=phase, component=component)
            for variant in (a, b)
        )
        lucks = np.column_stack([self.luck(variant, workload) for variant in (a, b)])
        estimate = paired_ratio(of_a, of_b, lucks)
        ends = (estimate.low, estimate.high)
        return Ratio(workload, phase, a, b, metric, estimate.value, ends, estimate.n, component)

    def ratios(self, component: str | None = None) -> list[Ratio]:
        """Return the ratio of every one of the `pairs`, for each phase and metric."""
        return [
            self.ratio(metric, workload, a, b, phase=phase, component=component)
            for workload in self.workloads
            for phase in self.phases(workload)
            for a, b in self.pairs
            if {(a, workload), (b, workload)} <= set(self.runs)
            for metric in self.metrics
        ]

    def headline(self, ratio: Ratio) -> str:
        """Return what a ratio says, as one sentence."""
        where = (
            ratio.workload if ratio.phase == ratio.workload else f"{ratio.workload} ({ratio.phase})"
        )
        verdict, spread = self.verdict(ratio)
        return f"{where}, {METRIC_TITLES[ratio.metric]}: {verdict} ({spread})"

    def verdict(self, ratio: Ratio) -> tuple[str, str]:
        """Return what a ratio says, and how sure that is (or why there is none)."""
        if not ratio.estimate.exists:
            reasons = [
                reason
                for variant in (ratio.a, ratio.b)
                if (reason := self._why_no(ratio.metric, variant, ratio.workload, ratio.phase))
            ]
            told = "; ".join(dict.fromkeys(reasons)) or "no positive throughput to compare"
            return "not comparable", told
        says = f"{ratio.a} is {times(ratio.ratio)} {ratio.b}"
        if ratio.estimate.has_interval and not ratio.estimate.excludes(1.0):
            says = f"no clear difference, {says}"
        return says, f"{confidence(ratio.estimate, times)}, {self.kind}"

    # -- accounting --------------------------------------------------------------------------

    def core_seconds(self, variant: str, workload: str) -> xr.DataArray:
        """Return where each core's time went: dims (core, bucket), s, mean over replications."""
        run = self.run(variant, workload)
        cores = run.sel(core=run.idle_seconds.notnull().any("replication"))
        return core_accounting(cores).mean("replication").transpose("core", "bucket")

    def component_shares(self, variant: str, workload: str) -> xr.DataArray:
        """Return how much of each core a component held and for what.

        Dims (component, core, bucket); parts of elapsed time, mean over replications.
        """
        run = self.run(variant, workload)
        shares: xr.DataArray = run.accounting_seconds / run.elapsed_seconds
        return shares.mean("replication").transpose("component", "core", "bucket")

    def accounting(
        self,
        variant: str,
        workload: str,
        *,
        component: str | None = None,
    ) -> dict[str, float]:
        """Return core-seconds by bucket, mean over replications; NaN where not measured.

        Of one component, or of all together with the cores' idle time.
        """
        if component is None:
            spent = self.core_seconds(variant, workload)
        else:
            run = self.run(variant, workload)
            spent = run.accounting_seconds.sel(component=component).mean("replication")
        spent = spent.sum("core", min_count=1)
        return {bucket: float(spent.sel(bucket=bucket)) for bucket in self.buckets}

    def accounting_of_each(
        self, variant: str, workload: str, *, component: str | None = None
    ) -> xr.DataArray:
        """Return core-seconds by (replication, bucket), as `accounting`; NaN where not measured."""
        one = self.dataset.sel(workload=workload, variant=variant)
        spent = (
            core_accounting(one)
            if component is None
            else one.accounting_seconds.sel(component=component)
        )
        return spent.sum("core", min_count=1).transpose("replication", "bucket")

    # -- for notebooks ---------------------------------------------------------------------

    def table(self) -> pd.DataFrame:
        """Return every throughput as one row: value, interval, unit, n, and where it comes from."""
        import pandas as pd  # noqa: PLC0415 - slow to import, and most callers need no table

        rows = []
        for variant, workload in self.runs:
            for component in (None, *self.components):
                for metric in METRICS:
                    estimate = self.throughput(metric, variant, workload, component=component)
                    rows.append(
                        {
                            "workload": workload,
                            "variant": variant,
                            "component": component or "all",
                            "metric": metric,
                            "mean": estimate.value,
                            "ci95_low": estimate.low,
                            "ci95_high": estimate.high,
                            "unit": UNIT,
                            "n": estimate.n,
                            "kind": self.kind,
                            "backend": self.backend,
                            "accelerator": self.accelerator,
                        }
                    )
        return pd.DataFrame(rows)

    @property
    def plot(self) -> Plots:
        """The plots of this comparison, for example ``comparison.plot.throughput()``."""
        from workbench.analysis.plots import Plots  # noqa: PLC0415 - plots are of comparisons

        return Plots(self)

    def _repr_html_(self) -> str:
        from workbench.analysis.tables import comparison_html  # noqa: PLC0415 - as above

        return comparison_html(self)


def _refuse_mixture(key: str, found: Any) -> None:
    if isinstance(found, (list, tuple)):
        raise InputError(
            f"These runs come from more than one {key}: {', '.join(map(str, found))}.",
            f"Compare runs of one {key} at a time; numbers of different ones are never pooled.",
        )


def _label(dataset: xr.Dataset, dim: str) -> Any:
    if dim in dataset.coords:
        return dataset.coords[dim].item()
    return 0 if dim == "replication" else dataset.attrs.get(dim, dim)
