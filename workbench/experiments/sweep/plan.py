"""A sweep as it is asked for: its tasks, by number, and what each of them follows from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from typing import Any

from workbench import __version__, formats
from workbench.backends.base import Backend, Job, ParameterInfo, backend
from workbench.errors import InputError, Location
from workbench.experiments.plan import adjusted, chosen, meant_for
from workbench.experiments.seeds import replication_seed
from workbench.experiments.settings import parameter_value, parse_settings
from workbench.experiments.sweep.axes import CORES, INSTANCES, Axis, Design, axis, points, split
from workbench.scenario import variants
from workbench.scenario.experiment import Experiment, Parameter
from workbench.scenario.model import AffinitySpace, PlacementRule, Rectangle, Scenario

__all__ = ["SweepPlan", "SweepTask", "plan_of", "sweep_plan"]

_STRUCTURE = (CORES, INSTANCES)


@dataclass(frozen=True, slots=True)
class SweepTask:
    """One replication of one workload and variant at one point: its place along each dim."""

    number: int
    point: int
    workload: int
    variant: int
    replication: int


@dataclass(frozen=True)
class SweepPlan:
    """Everything a sweep is to run.

    Parameters
    ----------
    experiment
        With backend, replications and seed as they are used.
    axes
        What is varied.
    design
        How the points were chosen.
    points
        One value per axis.
    workloads, variants
        Names.
    parameters
        For all points; the axes win.
    """

    experiment: Experiment
    axes: tuple[Axis, ...]
    design: Design
    points: tuple[tuple[Parameter, ...], ...]
    workloads: tuple[str, ...]
    variants: tuple[str, ...]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Numbers of points, workloads, variants and replications."""
        return (
            len(self.points),
            len(self.workloads),
            len(self.variants),
            self.experiment.replications,
        )

    @property
    def size(self) -> int:
        """Number of tasks."""
        points, workloads, names, replications = self.shape
        return points * workloads * names * replications

    def order(self) -> list[SweepTask]:
        """Return the tasks in the order to run them: a replication of everything, then the next."""
        n_points, n_workloads, n_variants, n_replications = self.shape
        return [
            SweepTask(((p * n_workloads + w) * n_variants + v) * n_replications + r, p, w, v, r)
            for r in range(n_replications)
            for p in range(n_points)
            for w in range(n_workloads)
            for v in range(n_variants)
        ]

    def job(self, task: SweepTask) -> Job:
        """Return the job of a task.

        Raises
        ------
        workbench.errors.InputError
            If the point's scenario cannot be made, for example because a component's
            rectangle is its own where the number of cores varies.
        """
        values = dict(zip((one.name for one in self.axes), self.points[task.point], strict=True))
        variant = self.variants[task.variant]
        structure = tuple(values.pop(name, None) for name in _STRUCTURE)
        scenario, _ = self._structure(variant, *structure)
        workload = self.workloads[task.workload]
        understood = self._understood[workload]
        of_file = meant_for(understood, self._of_file, self._base[variant])
        asked = meant_for(understood, self._known, {**self.parameters, **values})
        return Job(
            scenario=scenario,
            workload=workload,
            seed=replication_seed(self.experiment.seed, task.replication),
            parameters=of_file | asked,
            variant=variant,
            replication=task.replication,
        )

    def key(self, job: Job, task: SweepTask) -> bytes:
        """Return what the numbers of a task follow from, as a digest."""
        values = dict(zip((one.name for one in self.axes), self.points[task.point], strict=True))
        structure = tuple(values.get(name) for name in _STRUCTURE)
        _, text = self._structure(job.variant, *structure)
        told = [
            __version__,
            self.experiment.backend,
            self.phases,
            job.workload,
            text,
            sorted(job.parameters.items()),
            job.seed,
        ]
        return hashlib.sha256(json.dumps(told).encode()).digest()[:16]

    @cached_property
    def phases(self) -> tuple[str, ...]:
        """The phases of all workloads, in order; of a result's dims."""
        from workbench.backends.workload import workload  # noqa: PLC0415

        return tuple(
            dict.fromkeys(phase.name for name in self.workloads for phase in workload(name).phases)
        )

    @cached_property
    def spec(self) -> dict[str, Any]:
        """The plan as plain values; `plan_of` makes it of them again."""
        return {
            "experiment": formats.write(self.experiment, "yaml"),
            "backend": self.experiment.backend,
            "axes": [one.name for one in self.axes],
            "design": self.design,
            "points": [list(point) for point in self.points],
            "workloads": list(self.workloads),
            "variants": list(self.variants),
            "parameters": dict(self.parameters),
            "phases": list(self.phases),
            "workbench_version": __version__,
        }

    @cached_property
    def digest(self) -> str:
        """Of all that was asked for: asking again continues the same sweep."""
        return hashlib.sha256(json.dumps(self.spec, sort_keys=True).encode()).hexdigest()

    # -- what is shared by many tasks ------------------------------------------------------------

    @cached_property
    def _base(self) -> dict[str, dict[str, Parameter]]:
        return {name: variants.parameters(self.experiment, name) for name in self.variants}

    @cached_property
    def _understood(self) -> dict[str, set[str]]:
        runner = backend(self.experiment.backend)
        given = {**self.experiment.parameters, **self.parameters}
        swept = {one.name: one.at(0.0) for one in self.axes if one.name not in _STRUCTURE}
        return {
            name: {info.name for info in runner.parameters(name, given | swept)}
            for name in self.workloads
        }

    @cached_property
    def _of_file(self) -> set[str]:
        """What any workload of the sweep or of the experiment understands."""
        runner = backend(self.experiment.backend)
        given = self.experiment.parameters
        others = set(self.experiment.workloads).difference(self.workloads)
        infos = (info for name in others for info in runner.parameters(name, given))
        return self._known.union(info.name for info in infos)

    @cached_property
    def _known(self) -> set[str]:
        return set().union(*self._understood.values())

    @cached_property
    def _structure(self) -> Any:
        @cache
        def structure(
            variant: str, cores: int | None, instances: int | None
        ) -> tuple[Scenario, str]:
            scenario = _scenario(self.experiment, variant, cores, instances)
            bare = self.experiment.but(scenario=scenario, variants=(), parameters={})
            return scenario, formats.write(bare, "xml-classic")

        return structure


def sweep_plan(  # noqa: PLR0913 - all but the first two by name
    experiment: Experiment,
    over: Mapping[str, str | Sequence[Parameter]] | Sequence[str],
    *,
    design: Design = "grid",
    count: int | None = None,
    variant_names: Sequence[str] | None = None,
    workloads: Sequence[str] | None = None,
    replications: int | None = None,
    seed: int | None = None,
    backend_name: str | None = None,
    parameters: Mapping[str, Parameter] | Sequence[str] | None = None,
) -> SweepPlan:
    """Return a checked plan.

    Parameters
    ----------
    experiment
        What is varied.
    over
        Texts ``NAME=VALUES``, or values (a sequence, or their text) by name.
    design, count
        See `axes.points`.
    variant_names, workloads
        Which of the experiment's; None means all.
    replications, seed, backend_name
        In place of the experiment's.
    parameters
        For all points: values by name, or texts ``NAME=VALUE``.

    Raises
    ------
    workbench.errors.InputError
        If something is unknown or does not suit; the first point of every variant and
        workload has been accepted by the backend.
    """
    experiment = adjusted(experiment, backend=backend_name, replications=replications, seed=seed)
    runner = backend(experiment.backend)
    named = tuple(dict.fromkeys(workloads or experiment.workloads))
    chosen(named, runner.workloads(), "workload")
    names = [variant.name for variant in experiment.runnable_variants]
    texts = _texts(over)
    if not texts:
        raise InputError("There is nothing to sweep over.", "Say --over NAME=VALUES.")
    fixed = _fixed(experiment, runner, named, parameters)
    axes = _axes(experiment, runner, named, texts, design, fixed)
    plan = SweepPlan(
        experiment=experiment,
        axes=axes,
        design=design,
        points=tuple(points(axes, design, count, experiment.seed)),
        workloads=named,
        variants=chosen(variant_names, names, "variant"),
        parameters=fixed,
    )
    _refuse_bad_points(plan, runner)
    return plan


def plan_of(spec: Mapping[str, Any]) -> SweepPlan:
    """Return the plan that a store's sweep was made of; of its axes only the names are known."""
    experiment = formats.read_text(spec["experiment"], "yaml").experiment
    return SweepPlan(
        experiment=experiment,
        axes=tuple(Axis(name) for name in spec["axes"]),
        design=spec["design"],
        points=tuple(map(tuple, spec["points"])),
        workloads=tuple(spec["workloads"]),
        variants=tuple(spec["variants"]),
        parameters=spec["parameters"],
    )


def _texts(over: Mapping[str, str | Sequence[Parameter]] | Sequence[str]) -> dict[str, str]:
    if isinstance(over, Mapping):
        return {
            name: values if isinstance(values, str) else ",".join(map(_text, values))
            for name, values in over.items()
        }
    pairs = [split(text) for text in over]
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InputError("Something is swept over twice.", "Name each axis once.")
    return found


def _text(value: Parameter) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fixed(
    experiment: Experiment,
    runner: Backend,
    workloads: Sequence[str],
    parameters: Mapping[str, Parameter] | Sequence[str] | None,
) -> dict[str, Parameter]:
    if not parameters:
        return {}
    if isinstance(parameters, Mapping):
        return dict(parameters)
    return parse_settings(
        parameters,
        lambda given: (
            info
            for workload in workloads
            for info in runner.parameters(workload, {**experiment.parameters, **given})
        ),
    )


def _axes(
    experiment: Experiment,
    runner: Backend,
    workloads: Sequence[str],
    texts: Mapping[str, str],
    design: Design,
    fixed: Mapping[str, Parameter],
) -> tuple[Axis, ...]:
    infos: dict[str, ParameterInfo] = {}
    for workload in workloads:
        for info in runner.parameters(workload, {**experiment.parameters, **fixed}):
            infos.setdefault(info.name, info)
    made = []
    for name, values in texts.items():
        if name in _STRUCTURE:  # a machine's parameter "cores" is the size of the same space
            made.append(axis(name, values, design, _count(name), whole=True))
            continue
        chosen([name], [*_STRUCTURE, *infos], "parameter")
        info = infos[name]
        whole = isinstance(info.default, int) and not isinstance(info.default, bool)
        parse = partial(parameter_value, info=info)
        made.append(axis(name, values, design, parse, whole=whole))
    return tuple(made)


def _count(name: str) -> Any:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or int(text) < 1:
            raise InputError(
                f'"{text}" is no number of {name}.',
                "Write a whole number from 1 on.",
                Location("--over", element=name),
            )
        return int(text)

    return parse


def _refuse_bad_points(plan: SweepPlan, runner: Backend) -> None:
    """Refuse a sweep that cannot work: every structure, and one job of each kind, is tried."""
    seen = set()
    for task in plan.order():
        if task.replication:
            break
        values = dict(zip((one.name for one in plan.axes), plan.points[task.point], strict=True))
        structure = (*(values.get(name) for name in _STRUCTURE), task.variant, task.workload)
        if structure in seen:
            continue
        seen.add(structure)
        for problem in runner.validate(plan.job(task)):
            if problem.severity == "error":
                raise InputError(
                    problem.message,
                    problem.consequence or "Change what is swept over.",
                    Location(plan.experiment.name),
                )


def _scenario(
    experiment: Experiment, variant_name: str, cores: int | None, instances: int | None
) -> Scenario:
    """Return the scenario of a variant with so many cores and instances; every rule anew."""
    variant = experiment.variant(variant_name)
    if cores is not None:
        space = _space(experiment.scenario.effective_space, cores)
        experiment = experiment.but(scenario=experiment.scenario.but(space=space))
    if instances is not None:
        variant = variant.but(instances=instances)
    experiment = experiment.but(variants=(variant,))
    scenario = variants.apply(experiment, variant_name)
    if cores is not None or instances is not None:
        _refuse_stale(experiment, scenario, cores is not None)
    return scenario


def _space(space: AffinitySpace, cores: int) -> AffinitySpace:
    height = max(space.height, 1)
    if cores % height:
        raise InputError(
            f"{cores} cores do not make whole columns of {height} rows.",
            f"Name multiples of {height}.",
            Location("--over", element=CORES),
        )
    return AffinitySpace(width=cores // height, height=height)


def _refuse_stale(experiment: Experiment, scenario: Scenario, resized: bool) -> None:
    """Refuse rectangles that were drawn for another number of cores or instances."""
    (variant,) = experiment.variants
    measured = {component.id for component in variants.measured(scenario)}
    ruled = {c.id for c in experiment.scenario.components if isinstance(c.affinity, PlacementRule)}
    if variant.placement is not None:
        ruled |= measured if variant.components is None else set(variant.components)
    known = {component.id for component in experiment.scenario.components}
    # Copies of a component are placed as it is.
    last = next((c for c in reversed(variants.measured(experiment.scenario))), None)
    if last is not None and last.id in ruled:
        ruled |= measured - known
    ruled -= set(variant.affinity)
    for component in scenario.components:
        own = isinstance(component.affinity, Rectangle) and component.id not in ruled
        if component.enabled and own and (resized or component.id in measured):
            raise InputError(
                f"{component.label} has a rectangle of its own in the variant {variant.name}; "
                "it would not follow the number of cores or instances.",
                "Give it a placement rule, such as time-share or partition-evenly.",
                Location(experiment.name, element=component.label),
            )
