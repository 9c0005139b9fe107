"""Drafts: complete, atomic, apart from each other, and what is said when there is none."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench import formats
from workbench.app.autosave import Autosave
from workbench.app.drafts import Draft, DraftFolder, new_id
from workbench.app.notice import NoticeBar
from workbench.app.state import AppState
from workbench.app.templates import empty_experiment, template
from workbench.errors import InputError
from workbench.scenario.experiment import Experiment, same


@pytest.fixture
def drafts(tmp_path: Path) -> Iterator[DraftFolder]:
    with DraftFolder(tmp_path / "drafts") as folder:
        yield folder


def renamed(experiment: Experiment, name: str) -> Experiment:
    return experiment.but(name=name)


def test_a_draft_brings_back_everything(drafts: DraftFolder, shared: Path, tmp_path: Path) -> None:
    path = tmp_path / "by-hand.xml"
    text = (shared / "samples" / "talk-by-hand.xml").read_text(encoding="utf-8")
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    document = formats.read(path)
    edited = document.experiment.but(seed=7, title="mine")
    id = new_id()
    drafts.keep(id, Draft(edited, document.experiment, document, "v"), lambda _: None)
    draft, _ = drafts.read(id)
    assert same(draft.experiment, edited)
    assert same(draft.saved, document.experiment)
    assert draft.document == document
    assert draft.variant == "v"
    # Saving goes on where it was: the file is known, and only the edit differs.
    formats.save(draft.saved.but(name="by-hand"), path, draft.document)
    assert path.read_bytes() == b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()


def test_edits_are_kept_without_being_asked_for(drafts: DraftFolder, tmp_path: Path) -> None:
    state = AppState(template("talk"))
    autosave = Autosave(state, drafts, NoticeBar())
    assert autosave.id == ""
    for seed in range(5):
        state.edit("Seed", lambda experiment, seed=seed: experiment.but(seed=seed + 100))
    file = tmp_path / "drafts" / f"{autosave.id}.json"
    deadline = time.monotonic() + 60
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "104" in file.read_text(encoding="utf-8")


def test_a_session_that_goes_on_with_a_draft_gets_its_own(drafts: DraftFolder) -> None:
    first = AppState(template("talk"))
    one = Autosave(first, drafts, NoticeBar())
    first.edit("Name", lambda experiment: renamed(experiment, "first"))
    second = AppState(drafts.read(one.id)[0].experiment)
    two = Autosave(second, drafts, NoticeBar(), one.id)
    assert two.id == one.id  # nothing was edited yet: a reload finds the same again
    second.edit("Name", lambda experiment: renamed(experiment, "second"))
    first.edit("Seed", lambda experiment: experiment.but(seed=9))
    assert two.id != one.id
    assert drafts.read(one.id)[0].experiment.name == "first"
    assert drafts.read(two.id)[0].experiment.name == "second"


def test_closing_writes_what_waits(tmp_path: Path) -> None:
    with DraftFolder(tmp_path) as drafts:
        drafts.keep("a-draft-of-mine", Draft(template("talk"), empty_experiment()), lambda _: None)
    with DraftFolder(tmp_path) as again:
        assert again.read("a-draft-of-mine")[0].experiment.name == "talk"


@pytest.mark.parametrize(
    "id", ["unknown-draft", "../../etc/passwd", "", "a" * 5000, "\0\0\0\0\0\0\0\0"]
)
def test_an_address_without_a_draft_is_refused(drafts: DraftFolder, id: str) -> None:
    with pytest.raises(InputError, match="no kept changes"):
        drafts.read(id)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"workbench-draft": 2}', '{"workbench-draft": 1}', "\udcff", "null"],
)
def test_a_damaged_draft_is_named_and_left(
    drafts: DraftFolder, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "drafts" / "damaged-draft.json"
    file.parent.mkdir()
    file.write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(InputError, match="cannot be read") as refusal:
        drafts.read("damaged-draft")
    assert "damaged-draft.json" in str(refusal.value)
    assert file.exists()


def test_a_folder_that_cannot_be_written_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "drafts").write_text("in the way", encoding="utf-8")
    with DraftFolder(tmp_path / "drafts") as drafts:
        notices = NoticeBar()
        state = AppState(template("talk"))
        autosave = Autosave(state, drafts, notices)
        state.edit("Name", lambda experiment: renamed(experiment, "one"))
        drafts.flush()
        assert notices.notice is not None
        assert "cannot be kept" in notices.notice.text
        notices.say(None)
        state.edit("Name", lambda experiment: renamed(experiment, "two"))
        drafts.flush()
        assert notices.notice is None
        (tmp_path / "drafts").unlink()
        state.edit("Name", lambda experiment: renamed(experiment, "three"))
        assert drafts.read(autosave.id)[0].experiment.name == "three"


def test_old_drafts_go(tmp_path: Path) -> None:
    with DraftFolder(tmp_path) as drafts:
        for id in ("old-draft", "new-draft"):
            drafts.keep(id, Draft(template("talk"), empty_experiment()), lambda _: None)
    then = time.time() - 91 * 86_400
    os.utime(tmp_path / "old-draft.json", (then, then))
    with DraftFolder(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == ["new-draft.json"]
    assert json.loads((tmp_path / "new-draft.json").read_text(encoding="utf-8"))
