"""The one editing state of a browser session: an experiment and its history.

The experiment is immutable; every edit makes a new one and keeps the old one
for undo. What views show (the scenario of the chosen variant, what is inside one
of its components, problems, predictions, text) is derived from it and cached.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import param

from workbench import formats
from workbench.analysis.selection import Selection
from workbench.app import changes
from workbench.app.derived import AS_WRITTEN, AsText, Derived, Found
from workbench.app.host import Host
from workbench.scenario import inside
from workbench.scenario.children import cut
from workbench.scenario.experiment import Experiment, same
from workbench.scenario.explain import Explanation
from workbench.scenario.inside import Way
from workbench.scenario.model import Component, Scenario
from workbench.scenario.nested import label_path

if TYPE_CHECKING:
    from workbench.experiments.jobs import JobManager
    from workbench.formats import Document
    from workbench.results.store import RunStore

__all__ = ["AS_WRITTEN", "AppState", "Found"]

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
    inside: Way
    origin: _Origin


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
    inside: Way = param.Parameter(
        default=(),
        doc="Ids of the components that were opened, outer ones first; change by `enter`.",
    )
    host: Host = param.ClassSelector(
        class_=Host, default=Host(), doc="The machine that predictions are for."
    )
    document: Document | None = param.Parameter(default=None, doc="The file read last, if any.")
    selected: str | None = param.String(
        default=None, allow_None=True, doc="Id of the selected component."
    )
    line: int | None = param.Integer(
        default=None, allow_None=True, doc="Line of the text that was asked for, from 1."
    )
    format: str = param.String(default="", doc='Format in which the text is shown; "" for its own.')
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
        self.param.watch(self._derive, ["experiment", "variant", "document", "format"])
        self.param.watch(self._name_selected, "selected")
        self.selection.param.watch(self._select_named, "component")

    # -- what follows from the experiment --------------------------------------------------------

    @property
    def whole(self) -> Scenario:
        """The written scenario or that of the chosen variant, from the top."""
        return self._derived.whole

    @property
    def shown(self) -> Scenario:
        """The scenario that the grid shows: `whole`, or what is inside the opened component."""
        return self._derived.inside(self.inside)

    @property
    def here(self) -> Experiment:
        """What edits of the shown scenario start from: the experiment, or the scenario inside.

        Inside a component there are no variants: they place top-level components.
        """
        if not self.inside:
            return self.experiment
        scenario = inside.seen(self.experiment.scenario, self.inside)
        return Experiment(name=self.experiment.name, scenario=scenario)

    @property
    def variant_here(self) -> str:
        """Name of the variant that placing a component changes."""
        return AS_WRITTEN if self.inside else self.variant

    @property
    def leave_here(self) -> int:
        """Columns of the shown space left to the system."""
        return 0 if self.inside else self.leave

    @property
    def explained(self) -> dict[str, Explanation]:
        """What becomes of every component that is switched on, by label path."""
        return self._derived.explained(self.host)

    def outcome(self, component: Component) -> Explanation | None:
        """Return what becomes of a shown component; None if it is switched off."""
        return self.outcome_at(self.inside, component)

    def outcome_at(self, way: Way, component: Component) -> Explanation | None:
        """Return what becomes of a component at the end of a way; see `outcome`."""
        names = inside.names(self.whole, way)
        found = self.explained.get(label_path((*names, cut(component.name or ""))))
        return found if component.enabled else None

    @property
    def problems(self) -> tuple[Found, ...]:
        """What the checks find in the whole scenario, in the order of their places."""
        return self._derived.problems(self.host)

    @property
    def text(self) -> str:
        """The whole scenario in `text_format`."""
        return self._derived.text

    @property
    def text_format(self) -> str:
        """Name of the format of `text`: the chosen one, else that of the file, else XML."""
        return self._derived.text_format

    def in_format(self, format: str) -> str:
        """Return the whole scenario as text; `InputError` if the format cannot say it."""
        return self._derived.in_format(format)

    @property
    def own_format(self) -> str:
        """Name of the format of the file, or XML: what `init` is thought to get."""
        return self._derived.own_format

    @property
    def as_text(self) -> AsText:
        """The text, read again."""
        return self._derived.as_text

    @property
    def as_own_text(self) -> AsText:
        """The text in the own format, read again."""
        return self._derived.as_own_text

    @property
    def opened(self) -> object:
        """Stands for the opening that the experiment goes back to; compare by identity."""
        return self._origin

    @property
    def unsaved(self) -> bool:
        """Whether there are edits that were not saved."""
        return self.experiment is not self.saved

    def _derive(self, *_: Any) -> None:
        self._derived = Derived(self.experiment, self.variant, self.document, self.format)

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

    def edit_here(
        self, label: str, change: Callable[[Experiment], Experiment], *, continues: bool = False
    ) -> None:
        """Replace what is `here` by ``change(here)``; otherwise as `edit`."""
        way = self.inside
        if not way:
            self.edit(label, change, continues=continues)
            return
        if inside.known_part(self.experiment.scenario, way) != way:
            names = inside.names(self.whole, way[:1])
            raise changes.only_in_variant(names[0], self.variant)
        after = change(self.here).scenario

        def within(experiment: Experiment) -> Experiment:
            written = inside.edited(experiment.scenario, way, lambda _: after)
            return experiment.but(scenario=written)

        at = _index(after, self.selected)
        self.edit(label, within, continues=continues)
        if at is not None:  # ids inside follow the names
            self.selected = self.shown.components[at].id

    def enter(self, way: Way) -> None:
        """Show what is inside a component; () shows the top again.

        Raises
        ------
        KeyError
            If nothing is there.
        """
        self._derived.inside(way)
        left = self.inside[len(way) :] if self.inside[: len(way)] == way else ()
        self.param.update(inside=way, selected=left[0] if left else None)
        self._going_on = False

    def _last_is(self, label: str) -> bool:
        """Whether the last edit has this label and was made in the variant that is shown."""
        last = self._undo[-1] if self._undo else None
        return last is not None and (last.label, last.variant) == (label, self.variant)

    def open(
        self,
        experiment: Experiment,
        document: Document | None = None,
        *,
        saved: Experiment | None = None,
    ) -> None:
        """Go on with another experiment; undo brings the present one back.

        Parameters
        ----------
        experiment, document
            What to edit, and the file it was read from.
        saved
            What of it is saved; None means all.
        """
        origin = _Origin(document, experiment if saved is None else saved)
        self._replace(experiment, origin, f"Open {experiment.name}")
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
            self._undo.append(self._moment(label))
            del self._undo[:-_UNDO_LIMIT]
        self._redo.clear()
        self._show(experiment, self.variant, self.inside, origin)

    def _moment(self, label: str) -> _Moment:
        return _Moment(label, self.experiment, self.variant, self.inside, self._origin)

    def _travel(self, back: list[_Moment], forth: list[_Moment]) -> bool:
        if not back:
            return False
        moment = back.pop()
        forth.append(replace(self._moment(moment.label), inside=moment.inside))
        self._going_on = False
        self._show(moment.experiment, moment.variant, moment.inside, moment.origin)
        return True

    def _show(self, experiment: Experiment, variant: str, way: Way, origin: _Origin) -> None:
        known = {named.name for named in experiment.variants}
        variant = variant if variant in known else AS_WRITTEN
        self._origin = origin
        self.param.update(
            experiment=experiment,
            variant=variant,
            inside=inside.known_part(experiment.scenario, way),
            line=None,
            document=origin.document,
            saved=origin.saved,
        )
        if self.selected is not None and self.selected not in self._shown_ids():
            self.selected = None

    def _shown_ids(self) -> set[str]:
        return {component.id for component in self.shown.components}

    # -- selection: ids here, names in plots -----------------------------------------------------

    def _name_selected(self, _event: Any) -> None:
        self.line = None
        self.selection.component = self._labels().get(self.selected or "")

    def _select_named(self, event: param.parameterized.Event) -> None:
        if self.inside:
            return
        labels = self._labels()
        if labels.get(self.selected or "") != event.new:
            self.selected = next((id for id, label in labels.items() if label == event.new), None)

    def _labels(self) -> dict[str, str]:
        """Names of the components by id; plots know those of the top only."""
        shown = () if self.inside else self.shown.components
        return {component.id: component.label for component in shown}

    # -- files -----------------------------------------------------------------------------------

    def read(self, path: Path) -> None:
        """Open a file; raises `workbench.errors.InputError` and keeps everything if it cannot."""
        document = formats.read(path)
        self.open(document.experiment, document)


def _index(scenario: Scenario, id: str | None) -> int | None:
    ids = [component.id for component in scenario.components]
    return ids.index(id) if id in ids else None
