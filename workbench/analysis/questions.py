"""What `attribution.attribute` is asked: of a file, of a run, of what a comparison shows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from workbench import formats
from workbench.analysis.attribution import attribute
from workbench.analysis.comparison import Comparison
from workbench.analysis.explanation import Attribution
from workbench.backends.base import backend
from workbench.errors import InputError
from workbench.experiments.basis import experiment_of
from workbench.experiments.plan import chosen
from workbench.experiments.samples import file_or_sample
from workbench.results.schema import METRICS
from workbench.results.store import RunStore
from workbench.scenario.experiment import Experiment

__all__ = ["Progress", "answer", "answers", "asked", "metrics_named"]

Progress = Callable[[float, str], object]
"""Called with the finished part, from 0 to 1, and what is going on."""


def metrics_named(names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the metrics that short names mean (``self``), by default all.

    Raises
    ------
    workbench.errors.InputError
        If there is none of a name.
    """
    short = {metric.removeprefix("throughput_"): metric for metric in METRICS}
    whole = [name.removeprefix("throughput_") for name in names or ()]
    return tuple(short[name] for name in chosen(whole, list(short), "metric"))


def asked(
    store: RunStore, what: str | Experiment, between: tuple[str, str] | None, workload: str | None
) -> tuple[Experiment, tuple[str, str], str]:
    """Return experiment, variants and workload of a question about a run or a file.

    Parameters
    ----------
    store
        Where runs are.
    what
        Id of a run, the path of a file, the name of a sample, or an experiment.
    between, workload
        None for the first two variants, and the run's or first workload. A run's own
        variant is always one of the two.

    Raises
    ------
    workbench.errors.InputError
        If there is no such thing, or fewer than two variants.
    """
    variant = ""
    if isinstance(what, Experiment):
        experiment = what
    elif what.isdigit():
        record = store.run(what)
        experiment, variant = experiment_of(record), record.variant
        workload = workload or record.workload
    else:
        experiment = formats.read(file_or_sample(what)).experiment
    if backend(experiment.backend).kind != "simulation":
        experiment = experiment.but(backend="simulated")
    names = [one.name for one in experiment.runnable_variants]
    if between is None:
        if len(names) < 2:
            raise InputError(
                f'"{experiment.name}" has one variant only.', "Add a second one to it."
            )
        first, second = names[:2] if variant in {"", *names[:2]} else (names[0], variant)
        between = first, second
    return experiment, between, workload or experiment.workloads[0]


def answer(
    store: RunStore,
    comparison: Comparison,
    workload: str,
    between: tuple[str, str],
    *,
    replications: int = 4,
    progress: Progress = lambda _fraction, _message: None,
    cancelled: threading.Event | None = None,
) -> Attribution:
    """Return why two variants of a comparison differ in a workload.

    Parameters
    ----------
    store
        Where their runs are.
    comparison, workload, between
        What is asked about; what is explained is the second variant over the first.
    replications, progress, cancelled
        As for `workbench.analysis.attribution.attribute`.

    Raises
    ------
    workbench.errors.InputError
        If they do not differ, or the simulator cannot run them.
    workbench.backends.base.Cancelled
        If it was stopped.
    """
    runs = [comparison.run_id(label, workload) for label in between]
    first, second = (store.run(run).variant for run in runs)
    experiment, pair, workload = asked(store, runs[0], (first, second), workload)
    return attribute(
        experiment, pair, workload,
        replications=replications, progress=progress, cancelled=cancelled,
    )  # fmt: skip


def answers(
    store: RunStore,
    comparison: Comparison,
    *,
    replications: int = 4,
    progress: Progress = lambda _fraction, _message: None,
) -> list[Attribution]:
    """Return an `answer` for every workload and pair of variants of a simulation.

    A measurement gets none: what it would have been without a mechanism nobody knows.
    """
    if comparison.kind != "simulation":
        return []
    questions = [
        (workload, (b, a))
        for workload in comparison.workloads
        for a, b in comparison.pairs
        if {(a, workload), (b, workload)} <= set(comparison.runs)
        and len({store.run(comparison.run_id(one, workload)).variant for one in (a, b)}) == 2
    ]

    def so_far(number: int) -> Progress:
        def told(part: float, message: str) -> None:
            progress((number + part) / len(questions), f"{questions[number][0]}, {message}")

        return told

    return [
        answer(
            store, comparison, workload, between,
            replications=replications, progress=so_far(number),
        )
        for number, (workload, between) in enumerate(questions)
    ]  # fmt: skip
