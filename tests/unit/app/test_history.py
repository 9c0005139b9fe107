"""Any sequence of edits, undos, redos and steps through nesting keeps all views equal."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.unit.app.test_nested import TEXT
from workbench import formats
from workbench.app import changes
from workbench.app.configuration import Configuration
from workbench.app.drafts import Draft, DraftFolder
from workbench.app.editor import apply_gesture, grid_of, source_of
from workbench.app.grid import Gesture
from workbench.app.notice import NoticeBar
from workbench.app.quotas import quotas_of
from workbench.app.sessions import sessions_of
from workbench.app.state import AppState
from workbench.scenario import edits, init_config
from workbench.scenario.experiment import Experiment
from workbench.scenario.model import Rectangle
from workbench.scenario.placement import placed, requested

_COLUMN = st.integers(0, 3)
_PICK = st.integers(0, 10)


class History(RuleBasedStateMachine):
    """A user of the Build page, and a list of all that the experiment has been."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = 0
        self.temporary = TemporaryDirectory()
        self.folder = Path(self.temporary.name)
        self.drafts = DraftFolder(self.folder / "drafts")

    def teardown(self) -> None:
        self.drafts.close()
        self.temporary.cleanup()

    @initialize()
    def open(self) -> None:
        document = formats.read_text(TEXT, "xml-classic")
        self.state = AppState(document.experiment, document=document)
        self.grid = grid_of(self.state)
        self.source = source_of(self.state)
        self.sessions = sessions_of(self.state)
        self.quotas = quotas_of(self.state)
        self.configuration = Configuration(self.state, NoticeBar())
        self.past: list[Experiment] = []
        self.future: list[Experiment] = []

    # -- what a user does ------------------------------------------------------------------------

    def pick(self, number: int) -> str | None:
        ids = [component.id for component in self.state.shown.components]
        return ids[number % len(ids)] if ids else None

    def gesture(self, kind: Any, **details: Any) -> None:
        self.act(lambda: apply_gesture(self.state, Gesture(kind, **details)))

    def act(self, action: Any) -> None:
        before = self.state.experiment
        action()
        if self.state.experiment is not before:
            self.past.append(before)
            self.future = []

    @rule(number=_PICK, x=_COLUMN, width=st.integers(1, 4))
    def place(self, number: int, x: int, width: int) -> None:
        if id := self.pick(number):
            self.gesture("place", component=id, rectangle=Rectangle(x=x, width=width))

    @rule(number=_PICK)
    def free(self, number: int) -> None:
        if id := self.pick(number):
            self.gesture("free", component=id)

    @rule(number=_PICK)
    def switch(self, number: int) -> None:
        if id := self.pick(number):
            self.gesture("switch", component=id)

    @rule(binary=st.sampled_from(["blinktree", "timer", "init"]), x=_COLUMN)
    def add(self, binary: str, x: int) -> None:
        self.gesture("add", binary=binary, rectangle=Rectangle(x=x))

    @rule(number=_PICK)
    def duplicate(self, number: int) -> None:
        if id := self.pick(number):
            self.gesture("duplicate", component=id)

    @rule(number=_PICK)
    def remove(self, number: int) -> None:
        if id := self.pick(number):
            self.gesture("remove", component=id)

    @rule(number=_PICK, amount=st.sampled_from([2**20, 80 * 2**20]))
    def quota(self, number: int, amount: int) -> None:
        id = self.pick(number)
        if id is None:
            return

        def change(experiment: Experiment) -> Experiment:
            return changes.changed(
                experiment, lambda scenario: edits.set_quota(scenario, id, ram_bytes=amount)
            )

        self.act(lambda: self.state.edit_here("RAM", change))

    @rule(format=st.sampled_from(sorted(formats.formats())))
    def choose_format(self, format: str) -> None:
        self.act(lambda: setattr(self.state, "format", format))
        assert self.state.text_format == format

    @rule(caps=st.integers(50, 60))
    def write_by_hand(self, caps: int) -> None:
        """Another number wherever the text has one of its caps, if it has any."""
        before = self.state.text
        text = re.sub(r"(caps(?:=|: )\"?)\d+", rf"\g<1>{caps}", before)
        self.act(lambda: self.configuration.take(text))
        if formats.formats()[self.state.text_format].holds_experiment:
            return  # forms, which YAML holds too, say numbers a second time
        assert self.state.text == text

    @rule(number=_PICK)
    def enter(self, number: int) -> None:
        if id := self.pick(number):
            self.gesture("enter", component=id)

    @precondition(lambda self: self.state.inside)
    @rule()
    def leave(self) -> None:
        self.gesture("leave", depth=0)

    @rule()
    def undo(self) -> None:
        now = self.state.experiment
        assert self.state.undo() == bool(self.past)
        if self.past:
            self.future.append(now)
            assert self.state.experiment is self.past.pop()

    @rule()
    def redo(self) -> None:
        now = self.state.experiment
        assert self.state.redo() == bool(self.future)
        if self.future:
            self.past.append(now)
            assert self.state.experiment is self.future.pop()

    # -- what must always hold -------------------------------------------------------------------

    @invariant()
    def text_says_what_the_experiment_says(self) -> None:
        state = self.state
        assert self.source.text == state.text
        assert state.text == state.in_format(state.text_format)

    @invariant()
    def every_format_says_the_same(self) -> None:
        """One after the other, all of them at every step takes too long."""
        self.turn += 1
        name = [*formats.formats()][self.turn % len(formats.formats())]
        read = formats.read_text(self.state.in_format(name), name).experiment
        read = read.but(scenario=placed(read.scenario))
        # Profiles spell quotas differently, in configurations of children, too.
        classic = formats.write(read, "xml-classic")
        again = formats.read_text(classic, "xml-classic").experiment.scenario
        assert init_config.plain(again) == init_config.plain(placed(self.state.whole)), name

    @invariant()
    def the_file_says_the_same(self) -> None:
        """As saved, and as kept for a reload."""
        if self.turn % 4:
            return
        state = self.state
        saved = formats.save(
            state.experiment, self.folder / "file.xml", state.document, overwrite=True
        )
        again = formats.read(self.folder / "file.xml").experiment.scenario
        assert saved.text == formats.write(state.experiment, "xml-classic", state.document)
        assert init_config.plain(again) == init_config.plain(placed(state.experiment.scenario))
        draft = Draft(state.experiment, state.saved, state.document, state.variant)
        self.drafts.keep("draft-of-the-test", draft, lambda _: None)
        assert self.drafts.read("draft-of-the-test")[0] == draft

    @invariant()
    def views_show_the_same_components(self) -> None:
        state = self.state
        ids = [component.id for component in state.shown.components]
        assert [block["id"] for block in self.grid.components] == ids
        places = requested(state.shown)
        for block, component in zip(self.grid.components, state.shown.components, strict=True):
            assert block["enabled"] == component.enabled
            if block["x"] is not None:
                place = places[component.id]
                assert (block["x"], block["w"]) == (place.x, place.width)
        on = [c.id for c in state.shown.components if c.enabled]
        ram, caps = self.quotas.resources
        assert [row["id"] for row in ram["rows"]] == [row["id"] for row in caps["rows"]] == on
        assert state.selected is None or state.selected in ids
        assert len(self.grid.crumbs) == 1 + len(state.inside)

    @invariant()
    def routes_are_those_of_every_component_that_is_on(self) -> None:
        top = [c.label for c in self.state.whole.components if c.enabled]
        shown = [g["name"] for g in self.sessions.groups if " -> " not in g["name"]]
        assert shown == top


TestHistory = History.TestCase
TestHistory.settings = settings(max_examples=10, stateful_step_count=12, deadline=None)
