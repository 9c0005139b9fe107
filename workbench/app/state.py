"""The one editing state of a browser session: an experiment and its history.

The experiment is immutable; every edit makes a new one and keeps the old one
for undo. What views show (the scenario of the chosen variant, its problems, its
text) is derived from it and cached.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import param

from workbench import formats
from workbench.analysis.selection import Selection
from workbench.errors import InputError
from workbench.formats import genode_xml
from workbench.scenario import placement, variants
from workbench.scenario.checks import check
from workbench.scenario.experiment import Experiment, same
from workbench.scenario.model import Scenario
from workbench.scenario.problem import Problem

if TYPE_CHECKING:
    from workbench.experiments.jobs import JobManager
    from workbench.formats import Document
    from workbench.results.store import RunStore

__all__ = ["AS_WRITTEN", "AppState"]

AS_WRITTEN = ""
"""Value of `AppState.variant` for the scenario without any variant applied."""

_UNDO_LIMIT = 500


@dataclass(eq=False, slots=True)
class _Origin:
    """The file of everything since one opening; saving moves all of it on to the new text."""

    document: Document | None
    saved: Experiment


@dataclass(frozen=True, slots=True)
class _Moment:
    """What undo brings back."""

    label: str
    experiment: Experiment
    variant: str
    origin: _Origin


class _Derived:
    """What follows from an experiment, worked out when it is asked for."""

    def __init__(self, experiment: Experiment, variant: str, document: Document | None) -> None:
        self._experiment = experiment
        self._variant = variant
        self._document = document

    @property
    def shown(self) -> Scenario:
        return self._applied[0]

    @cached_property
    def _applied(self) -> tuple[Scenario, tuple[Problem, ...]]:
        """The scenario with the variant applied; as written, and why, where it cannot be."""
        scenario = self._experiment.scenario
        if self._variant == AS_WRITTEN:
            return scenario, ()
        try:
            return variants.apply(self._experiment, self._variant), ()
        except InputError as refusal:
            consequence = f"The variant cannot be run. {refusal.remedy}"
            problem = Problem("variant", "error", refusal.what, consequence=consequence)
            return scenario, (problem,)

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        path = self._document.path if self._document is not None else None
        return (*self._applied[1], *check(self.shown, None if path is None else str(path)))

    @cached_property
    def text(self) -> str:
        shown = Experiment(name=self._experiment.name, scenario=placement.placed(self.shown))
        return formats.write(shown, genode_xml.PROFILE, self._document)


class AppState(param.Parameterized):  # type: ignore[misc]
    """What one browser session (or one notebook view) edits.

    Parameters
    ----------
    experiment
        What to start with.
    store, jobs
        Of the process; None where nothing is to be run.
    document
        The file the experiment was read from, where there is one.
    """

    experiment: Experiment = param.ClassSelector(
        class_=Experiment, doc="What is edited; replace it through `edit`."
    )
    variant: str = param.String(default=AS_WRITTEN, doc='Name of the shown variant; "" for none.')
    document: Document | None = param.Parameter(default=None, doc="The file read last, if any.")
    selected: str | None = param.String(
        default=None, allow_None=True, doc="Id of the selected component."
    )
    leave: int = param.Integer(default=1, bounds=(0, None), doc="Columns left to the system.")
    saved: Experiment = param.ClassSelector(
        class_=Experiment, doc="The experiment as it was read or saved last."
    )

    def __init__(
        self,
        experiment: Experiment,
        *,
        store: RunStore | None = None,
        jobs: JobManager | None = None,
        document: Document | None = None,
    ) -> None:
        super().__init__(experiment=experiment, document=document, saved=experiment)
        self.store = store
        self.jobs = jobs
        self.selection = Selection()
        self._undo: list[_Moment] = []
        self._redo: list[_Moment] = []
        self._origin = _Origin(document, experiment)
        self._going_on = False
        self._derive()
        # First in line, so that no other watcher meets what was derived before.
        self.param.watch(self._derive, ["experiment", "variant", "document"])
        self.param.watch(self._name_selected, "selected")
        self.selection.param.watch(self._select_named, "component")

    # -- what follows from the experiment --------------------------------------------------------

    @property
    def shown(self) -> Scenario:
        """The scenario that the grid shows: the written one or that of the chosen variant."""
        return self._derived.shown

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What the checks find in the shown scenario."""
        return self._derived.problems

    @property
    def text(self) -> str:
        """The shown scenario as Genode XML."""
        return self._derived.text

    @property
    def opened(self) -> object:
        """Stands for the opening that the experiment goes back to; compare by identity."""
        return self._origin

    @property
    def unsaved(self) -> bool:
        """Whether there are edits that were not saved."""
        return self.experiment is not self.saved

    def _derive(self, *_: Any) -> None:
        self._derived = _Derived(self.experiment, self.variant, self.document)

    # -- edits -----------------------------------------------------------------------------------

    def edit(
        self, label: str, change: Callable[[Experiment], Experiment], *, continues: bool = False
    ) -> None:
        """Replace the experiment by ``change(experiment)``.

        Parameters
        ----------
        label
            What the edit does, for the undo button: ``Move blinktree1``.
        change
            A pure function. What it raises leaves everything as it was.
        continues
            Whether this goes on with the edit before it, if that has the same
            label: both are undone in one step.
        """
        changed = change(self.experiment)
        if same(changed, self.experiment):
            return
        joins = continues and self._going_on and self._last_is(label)
        self._replace(changed, self._origin, "" if joins else label)
        self._going_on = True

    def _last_is(self, label: str) -> bool:
        """Whether the last edit has this label and was made in the variant that is shown."""
        last = self._undo[-1] if self._undo else None
        return last is not None and (last.label, last.variant) == (label, self.variant)

    def open(self, experiment: Experiment, document: Document | None = None) -> None:
        """Go on with another experiment; undo brings the present one back."""
        self._replace(experiment, _Origin(document, experiment), f"Open {experiment.name}")
        self._going_on = False

    def saved_as(self, document: Document, *, complete: bool = True) -> None:
        """Note that the experiment is now in a file; `complete` unless that left something out."""
        self._origin.document = document
        if complete:
            self._origin.saved = self.experiment
        self._going_on = False
        self.param.update(document=document, saved=self._origin.saved)

    def undo(self) -> bool:
        """Take back the last edit; False if there is none."""
        return self._travel(self._undo, self._redo)

    def redo(self) -> bool:
        """Do again what was undone last; False if there is nothing."""
        return self._travel(self._redo, self._undo)

    @property
    def undo_label(self) -> str:
        """What `undo` would take back; "" if nothing."""
        return self._undo[-1].label if self._undo else ""

    @property
    def redo_label(self) -> str:
        """What `redo` would do; "" if nothing."""
        return self._redo[-1].label if self._redo else ""

    def _replace(self, experiment: Experiment, origin: _Origin, label: str) -> None:
        if label:
            self._undo.append(_Moment(label, self.experiment, self.variant, self._origin))
            del self._undo[:-_UNDO_LIMIT]
        self._redo.clear()
        self._show(experiment, self.variant, origin)

    def _travel(self, back: list[_Moment], forth: list[_Moment]) -> bool:
        if not back:
            return False
        moment = back.pop()
        forth.append(_Moment(moment.label, self.experiment, self.variant, self._origin))
        self._going_on = False
        self._show(moment.experiment, moment.variant, moment.origin)
        return True

    def _show(self, experiment: Experiment, variant: str, origin: _Origin) -> None:
        known = {named.name for named in experiment.variants}
        variant = variant if variant in known else AS_WRITTEN
        self._origin = origin
        self.param.update(
            experiment=experiment, variant=variant, document=origin.document, saved=origin.saved
        )
        if self.selected is not None and self.selected not in self._shown_ids():
            self.selected = None

    def _shown_ids(self) -> set[str]:
        return {component.id for component in self.shown.components}

    # -- selection: ids here, names in plots -----------------------------------------------------

    def _name_selected(self, _event: Any) -> None:
        labels = {component.id: component.label for component in self.shown.components}
        self.selection.component = labels.get(self.selected or "")

    def _select_named(self, event: param.parameterized.Event) -> None:
        labels = {component.id: component.label for component in self.shown.components}
        if labels.get(self.selected or "") != event.new:
            self.selected = next((id for id, label in labels.items() if label == event.new), None)

    # -- files -----------------------------------------------------------------------------------

    def read(self, path: Path) -> None:
        """Open a file; raises `workbench.errors.InputError` and keeps everything if it cannot."""
        document = formats.read(path)
        self.open(document.experiment, document)
