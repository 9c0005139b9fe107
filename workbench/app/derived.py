"""What follows from an experiment: applied variant, problems, predictions, text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from workbench import formats
from workbench.app.host import Host
from workbench.errors import InputError
from workbench.formats import genode_xml
from workbench.scenario import inside, placement, variants
from workbench.scenario.checks import check_inits
from workbench.scenario.experiment import Experiment
from workbench.scenario.explain import Explanation, explanations
from workbench.scenario.inside import Way
from workbench.scenario.model import Scenario
from workbench.scenario.nested import Init, label_path, tree
from workbench.scenario.problem import Problem
from workbench.scenario.quota import Purse
from workbench.scenario.release import DEFAULT_RELEASE, Release
from workbench.scenario.tree import Comment, Node, Text
from workbench.scenario.vocabulary import Syntax

if TYPE_CHECKING:
    from workbench.formats import Document

__all__ = ["AS_WRITTEN", "AsText", "Derived", "Found"]

AS_WRITTEN = ""
"""Name of the variant that is the scenario as written."""


class Found(NamedTuple):
    """A problem, and where its component is: the way to its scenario, and its id there."""

    way: Way
    component: str | None
    problem: Problem


class Derived:
    """What follows from an experiment, worked out when it is asked for."""

    def __init__(
        self, experiment: Experiment, variant: str, document: Document | None, format: str = ""
    ) -> None:
        self._format = format
        self._experiment = experiment
        self._variant = variant
        self._document = document
        self._seen: dict[Way, Scenario] = {}
        self._problems: tuple[Host, tuple[Found, ...]] | None = None
        self._explained: tuple[Host, Init, dict[str, Explanation]] | None = None

    @property
    def whole(self) -> Scenario:
        """The scenario with the variant applied, from the top."""
        return self._applied[0]

    def inside(self, way: Way) -> Scenario:
        """Return the scenario at the end of a way, read once."""
        if way not in self._seen:
            self._seen[way] = inside.seen(self.whole, way)
        return self._seen[way]

    def explained(self, host: Host) -> dict[str, Explanation]:
        """Return what becomes of every component on a machine, by label path."""
        return self._predicted(host)[1]

    def _predicted(self, host: Host) -> tuple[Init, dict[str, Explanation]]:
        """Return the tree of inits and what becomes of every component, worked out once."""
        if self._explained is None or self._explained[0] != host:
            self._explained = host, *_explained(self.whole, host, self.own_format)
        return self._explained[1:]

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

    def problems(self, host: Host) -> tuple[Found, ...]:
        """Return what the checks find for a machine, in the order of their places."""
        if self._problems is None or self._problems[0] != host:
            self._problems = host, self._checked(host)
        return self._problems[1]

    def _checked(self, host: Host) -> tuple[Found, ...]:
        path = self._document.path if self._document is not None else None
        file = None if path is None else str(path)
        problems = (
            *self._applied[1],
            *check_inits(*self._predicted(host), file),
        )
        if all(problem.path in ("", problem.component) for problem in problems):
            return tuple(Found((), problem.component, problem) for problem in problems)
        places = _places(self.whole)
        return tuple(
            Found(*places.get(problem.path, ((), problem.component)), problem)
            for problem in problems
        )

    @property
    def own_format(self) -> str:
        """The configuration's own format, or XML where it has none."""
        own = self._document.format if self._document else genode_xml.PROFILE
        return genode_xml.PROFILE if formats.formats()[own].holds_experiment else own

    def in_format(self, format: str) -> str:
        """Return the whole scenario as text.

        Raises
        ------
        workbench.errors.InputError
            If the format cannot say it.
        """
        if formats.formats()[format].holds_experiment:
            return formats.write(self._experiment, format, self._document)
        shown = self._experiment.but(scenario=placement.placed(self.whole))
        return formats.write(shown, format, self._document)

    @cached_property
    def _written(self) -> tuple[str, str]:
        """The format that is shown and the text in it; XML where another cannot say it."""
        format = self._format or self.own_format
        try:
            return format, self.in_format(format)
        except InputError:
            return genode_xml.PROFILE, self.in_format(genode_xml.PROFILE)

    @property
    def text_format(self) -> str:
        """Name of the format of `text`."""
        return self._written[0]

    @property
    def text(self) -> str:
        """The whole scenario as text."""
        return self._written[1]

    @cached_property
    def as_text(self) -> AsText:
        """The text, read again."""
        return AsText(self.text, self.text_format)

    @cached_property
    def as_own_text(self) -> AsText:
        """The text in the configuration's own format, read again; `init` gets that."""
        own = self.own_format
        return self.as_text if own == self.text_format else AsText(self.in_format(own), own)


@dataclass(frozen=True)
class AsText:
    """The text, read again: the lines of what was edited are those that the user sees.

    Parameters
    ----------
    text, format
        What is shown.
    """

    text: str
    format: str

    @cached_property
    def scenario(self) -> Scenario:
        """What the text says; ids are as reading gives them."""
        return formats.read_text(self.text, self.format).experiment.scenario

    def explained(self, host: Host) -> dict[str, Explanation]:
        """Return what becomes of every component, with the lines of the text."""
        return _explained(self.scenario, host, self.format)[1]

    def lines(self, way: Way, index: int) -> tuple[int, int] | None:
        """Return first and last line of a component inside others, by its place there."""
        try:
            component = inside.seen(self.scenario, way).components[index]
        except (KeyError, IndexError):
            return None
        if component.form is None or component.form.position is None:
            return None
        first, last = component.form.position.line, _last_line(component.form)
        rows = self.text.split("\n")
        indent = _indent(rows[first - 1])
        while last < len(rows) and rows[last].lstrip().startswith("</"):  # XML ends what it began
            last += 1
            if _indent(rows[last - 1]) == indent:
                break
        return first, last


def _places(scenario: Scenario) -> dict[str, tuple[Way, str | None]]:
    """Return where each component is, by label path."""
    found: dict[str, tuple[Way, str | None]] = {}
    for way, part in (((), scenario), *inside.nested(scenario)):
        names = inside.names(scenario, way)
        for component in part.components:
            found.setdefault(label_path((*names, component.label)), (way, component.id))
    return found


def _explained(scenario: Scenario, host: Host, format: str) -> tuple[Init, dict[str, Explanation]]:
    top = tree(
        scenario,
        Purse(host.ram_bytes, host.caps),
        release=_release(format),
        syntax=_syntax(format),
    )
    return top, explanations(top, host.machine(scenario))


def _syntax(format: str) -> Syntax:
    return "hid" if format == "hid" else "xml"


def _release(format: str) -> Release:
    return "22.02" if format == "run-22.02" else DEFAULT_RELEASE


def _last_line(item: Node | Comment | Text) -> int:
    """Return the last line on which something of a node starts."""
    own = item.position.line if item.position else 0
    parts = item.content if isinstance(item, Node) else ()
    return max([own, *map(_last_line, parts)])


def _indent(row: str) -> str:
    return row[: len(row) - len(row.lstrip())]
