"""One experiment in Python: read, look at, change, save.

The runs of experiments are in `workbench.api`, which hands this on.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from workbench import formats
from workbench.backends.tables import did_you_mean
from workbench.errors import InputError
from workbench.experiments.asked import known_machine, known_release, ram_amount
from workbench.experiments.plan import chosen
from workbench.experiments.readiness import problems, readiness
from workbench.experiments.samples import file_or_sample
from workbench.formats.syntax import init_syntax
from workbench.scenario import variants as scenario_variants
from workbench.scenario.experiment import Experiment
from workbench.scenario.explain import Explanation, explain
from workbench.scenario.machine_cpus import Kernel
from workbench.scenario.model import PlacementRule, Rectangle, Scenario
from workbench.scenario.problem import Problem
from workbench.scenario.quota import Purse
from workbench.scenario.release import DEFAULT_RELEASE, Release
from workbench.scenario.vocabulary import Syntax

if TYPE_CHECKING:
    from workbench.app.editor import ScenarioEditor

__all__ = ["Project", "load", "refused"]


@dataclass(frozen=True)
class Project:
    """An experiment and the file it came from.

    Parameters
    ----------
    experiment
        What is described.
    document
        What was read, with its text; None for one made in Python.
    """

    experiment: Experiment
    document: formats.Document | None = field(default=None, repr=False)

    @property
    def scenario(self) -> Scenario:
        """The scenario as written."""
        return self.experiment.scenario

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What `init` would do otherwise than written, in the scenario and its variants."""
        return readiness(self.experiment, self._file).problems

    def check(
        self,
        *,
        profile: Release = DEFAULT_RELEASE,
        ram: int | str | None = None,
        caps: int | None = None,
    ) -> tuple[Problem, ...]:
        """Return what an `init` of that release would do otherwise than written.

        Parameters
        ----------
        profile
            Release of Genode, ``"22.02"`` or ``"26.02"``.
        ram, caps
            What `init` is given, for example ``"1008M"``; None means ample.

        Raises
        ------
        workbench.errors.InputError
            If the release is unknown or `ram` is no amount.
        """
        return problems(
            self.experiment,
            self._file,
            purse=Purse(ram_amount(ram), caps),
            release=known_release(profile),
            syntax=self._syntax,
        )

    def explain(
        self,
        cpus: int,
        *,
        kernel: Kernel = "hw",
        threads: int | None = None,
        ram: int | str | None = None,
        caps: int | None = None,
        profile: Release = DEFAULT_RELEASE,
    ) -> dict[str, Explanation]:
        """Return what becomes of every component, by label path: ``outer -> inner``.

        Parameters
        ----------
        cpus, kernel, threads
            The machine: its logical CPUs, ``"hw"``, ``"nova"`` or ``"linux"``, and the
            hardware threads of a core, by default as a run script says.
        ram, caps, profile
            See `check`.

        Raises
        ------
        workbench.errors.InputError
            If the machine or the release is unknown, or `ram` is no amount.
        """
        return explain(
            self.scenario,
            known_machine(cpus, kernel, self._threads if threads is None else threads),
            ram_bytes=ram_amount(ram),
            caps=caps,
            release=known_release(profile),
            syntax=self._syntax,
        )

    def variant(self, name: str) -> Scenario:
        """Return the scenario of a variant, all placement rules replaced by rectangles."""
        names = [variant.name for variant in self.experiment.runnable_variants]
        chosen([name], names, "variant")
        return scenario_variants.apply(self.experiment, name)

    def with_(self, **changes: Any) -> Project:
        """Return a project with some of the experiment's fields replaced.

        For example ``project.with_(replications=30, parameters={"sync": "olfit"})``.

        Raises
        ------
        workbench.errors.InputError
            If there is no such field or it cannot have that value.
        """
        known = tuple(Experiment.model_fields)
        for name in changes:
            if name not in known:
                raise InputError(f'An experiment has no "{name}".', did_you_mean(name, known))
        try:
            return Project(self.experiment.but(**changes), self.document)
        except ValidationError as error:
            raise refused(error) from None

    def edit(self, change: Callable[[Scenario], Scenario]) -> Project:
        """Return a project with the scenario ``change(scenario)``.

        The functions of `workbench.scenario.edits` make such changes.
        """
        return self.with_(scenario=change(self.scenario))

    def mended(self) -> Project:
        """Return a project with every offered fix of its problems applied."""
        return Project(readiness(self.experiment, self._file).mended, self.document)

    def to_xml(self, variant: str | None = None) -> str:
        """Return the configuration of `init`, as written or of a variant."""
        experiment = self.experiment
        if variant is not None:
            experiment = experiment.but(scenario=self.variant(variant))
        return formats.write(experiment, "xml-classic", self.document)

    def to_yaml(self) -> str:
        """Return the experiment as a workbench file."""
        return formats.write(self.experiment, "yaml", self.document)

    def link(self, address: str = "http://127.0.0.1:5006/") -> str:
        """Return a link that carries the experiment, for the app at an address; `load` takes it."""
        return formats.shared(self.experiment, address)

    def save(self, path: str | Path | None = None, *, overwrite: bool = False) -> Project:
        """Write to a file, by default the one it came from; return the saved project.

        What was not edited keeps its text, comments included. What the format
        cannot hold, such as variants in XML, is named in a warning.

        Raises
        ------
        workbench.formats.ChangedOnDisk
            If the file is no longer what was read, unless `overwrite`.
        """
        if path is None and self.document is not None:
            path = self.document.path
        if path is None:
            raise InputError("This project has no file yet.", "Give save() a path.")
        saved = formats.save(self.experiment, path, self.document, overwrite=overwrite)
        if lost := formats.left_out(self.experiment, saved.format):
            warnings.warn(f"{path} is without {', '.join(lost)}.", stacklevel=2)
        return Project(self.experiment, saved)

    def grid(self) -> ScenarioEditor:
        """Return the affinity grid with the XML beside it, to be edited in a notebook.

        Its ``experiment`` is the edited one: ``Project(grid.experiment)``.
        """
        from workbench.app.editor import ScenarioEditor  # noqa: PLC0415 - Panel is slow to import

        return ScenarioEditor(self.experiment)

    @property
    def _threads(self) -> int:
        return self.scenario.boot.threads if self.scenario.boot else 1

    @property
    def _syntax(self) -> Syntax:
        return init_syntax(self.document) if self.document else "xml"

    @property
    def _file(self) -> str | None:
        return str(self.document.path) if self.document and self.document.path else None

    def _repr_html_(self) -> str:
        return project_html(self)


def load(source: str | Path) -> Project:
    """Read an experiment or a configuration.

    Parameters
    ----------
    source
        Path of a file, name of a shipped sample (``talk``), a shared link, or the text itself
        (YAML or XML; at least one line end or an opening ``<`` tells it from a path).

    Raises
    ------
    workbench.errors.InputError
        If it cannot be used; the message says where and why.
    """
    if isinstance(source, str) and ("\n" in source or source.lstrip().startswith("<")):
        format = formats.format_of(Path("text"), source)
        document = formats.read_text(source, format)
    else:
        document = formats.read(file_or_sample(source))
    return Project(document.experiment, document)


def refused(error: ValidationError) -> InputError:
    """Return what a user is told about a value that a model refuses."""
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    return InputError(
        f"{where or 'This'} cannot be {first['input']!r}: {first['msg']}.", "Change it."
    )


def project_html(project: Project) -> str:
    """Return a project as a small table: components by variant, then problems."""
    experiment, space = project.experiment, project.scenario.effective_space
    placed = {
        variant.name: {
            component.id: component.affinity
            for component in project.variant(variant.name).components
        }
        for variant in experiment.runnable_variants
    }
    head = "".join(f"<th>{escape(name)}</th>" for name in placed)
    rows = "".join(
        f"<tr><td>{escape(component.label)}</td><td>{escape(component.program)}</td>"
        + "".join(f"<td>{_where(at.get(component.id))}</td>" for at in placed.values())
        + "</tr>"
        for component in project.scenario.components
    )
    problems = "".join(
        f"<li>{problem.severity}: {escape(problem.message)}</li>" for problem in project.problems
    )
    return (
        f"<strong>{escape(experiment.title or experiment.name)}</strong>: "
        f"{space.width}×{space.height} cores; workloads {escape(', '.join(experiment.workloads))}; "
        f"{experiment.replications} replications on {escape(experiment.backend)}"
        f"<table><thead><tr><th>component</th><th>binary</th>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table>" + (f"<ul>{problems}</ul>" if problems else "")
    )


def _where(affinity: Rectangle | PlacementRule | None) -> str:
    """Return a placement for people: ``cores 1 to 63``, ``columns 0 to 3, rows 1 to 1``."""
    if not isinstance(affinity, Rectangle):
        return "everywhere"
    columns = f"{affinity.x} to {affinity.x + affinity.width - 1}"
    if affinity.y == 0 and affinity.height == 1:
        return f"cores {columns}"
    return f"columns {columns}, rows {affinity.y} to {affinity.y + affinity.height - 1}"
