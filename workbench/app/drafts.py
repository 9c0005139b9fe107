"""Drafts: what browser sessions edit, kept on disk so that no edit older than a second is lost.

A draft is one file, replaced in one step. Sessions never write into each other's: one that
goes on with a draft after a reload gets its own with its first edit.
"""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from workbench import formats
from workbench.errors import InputError, Location
from workbench.formats import Document
from workbench.formats.disk import Encoding
from workbench.scenario.experiment import Experiment, same

__all__ = ["Draft", "DraftFolder", "new_id"]

_log = logging.getLogger(__name__)

_VERSION = 1
_PAUSE_S = 0.4
"""Edits that follow within this time are written together."""
_KEPT_DAYS = 90
_ID = re.compile(r"[\w-]{8,40}")


@dataclass(frozen=True, slots=True)
class Draft:
    """What a session edits.

    Parameters
    ----------
    experiment
        With all edits.
    saved
        As it was read or saved last.
    document
        The file it came from, where there is one.
    variant
        Name of the shown variant; "" for none.
    """

    experiment: Experiment
    saved: Experiment
    document: Document | None = None
    variant: str = ""

    @property
    def unsaved(self) -> bool:
        """Whether there are edits that were not saved."""
        return not same(self.experiment, self.saved)


def new_id() -> str:
    """Return an id that nobody guesses."""
    return secrets.token_urlsafe(12)


class DraftFolder:
    """The drafts of all sessions; a thread of its own writes them.

    Parameters
    ----------
    folder
        Where they lie; made when the first one is written. Drafts that nobody has changed
        for 90 days are deleted.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: dict[str, tuple[Draft, Callable[[InputError | None], None]]] = {}
        self._news = threading.Condition()
        self._writing = threading.Lock()
        self._closed = False
        self._delete_old()
        self._thread = threading.Thread(target=self._work, name="drafts", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def keep(self, id: str, draft: Draft, told: Callable[[InputError | None], None]) -> None:
        """Have a draft written soon.

        Parameters
        ----------
        id
            See `new_id`.
        draft
            Replaces the one of that id.
        told
            Called in the writing thread with why it could not be written, or None.
        """
        with self._news:
            self._waiting[id] = draft, told
            self._news.notify()

    def flush(self) -> None:
        """Write at once what waits."""
        with self._writing:
            with self._news:
                waiting, self._waiting = self._waiting, {}
            for id, (draft, told) in waiting.items():
                try:
                    self._write(id, draft)
                except InputError as refusal:
                    told(refusal)
                except Exception as error:  # a defect must not end the thread for all sessions
                    _log.exception("A draft could not be written")
                    told(_not_kept(self._folder, f"{type(error).__name__}: {error}"))
                else:
                    told(None)

    def read(self, id: str) -> tuple[Draft, datetime]:
        """Return a draft and when it was written.

        Raises
        ------
        workbench.errors.InputError
            If there is none of that id, or it cannot be read.
        """
        self.flush()
        path = self._path(id)
        try:
            when = datetime.fromtimestamp(path.stat().st_mtime)
            return _read(path.read_text(encoding="utf-8")), when
        except FileNotFoundError:
            raise InputError(
                "There are no kept changes under this address.",
                f"They are deleted {_KEPT_DAYS} days after the last edit; open the file instead.",
            ) from None
        except (OSError, ValueError, KeyError, TypeError, InputError) as error:
            raise InputError(
                f"The kept changes cannot be read: {error}.",
                "The file stays where it is.",
                Location(str(path)),
            ) from None

    def close(self) -> None:
        """Write what waits, and end."""
        with self._news:
            self._closed = True
            self._news.notify()
        self._thread.join()
        self.flush()

    def _work(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                self._news.wait_for(lambda: self._closed, timeout=_PAUSE_S)
            self.flush()

    def _path(self, id: str) -> Path:
        # Anything may stand in an address; only ids become file names.
        return self._folder / f"{id if _ID.fullmatch(id) else 'none'}.json"

    def _write(self, id: str, draft: Draft) -> None:
        content = json.dumps(_plain(draft), ensure_ascii=False)
        path = self._path(id)
        part = path.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with part.open("w", encoding="utf-8") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(path)
        except OSError as error:
            raise _not_kept(path, error.strerror or str(error)) from None

    def _delete_old(self) -> None:
        oldest = time.time() - _KEPT_DAYS * 86_400
        for path in self._folder.glob("*.json"):
            try:
                if path.stat().st_mtime < oldest:
                    path.unlink()
            except OSError:
                _log.warning("the old draft %s cannot be deleted", path)


def _not_kept(path: Path, why: str) -> InputError:
    return InputError(
        f"Your changes cannot be kept for a reload: {why}.",
        "Save them, or make room; every edit tries again.",
        Location(str(path)),
    )


def _plain(draft: Draft) -> dict[str, Any]:
    document = draft.document
    written = formats.experiment_format()
    return {
        "workbench-draft": _VERSION,
        "experiment": formats.write(draft.experiment, written),
        "saved": formats.write(draft.saved, written) if draft.unsaved else None,
        "variant": draft.variant,
        "document": document
        and {
            "format": document.format,
            "text": document.text,
            "path": None if document.path is None else str(document.path),
            "encoding": document.encoding.name,
            "mark": document.encoding.mark.hex(),
        },
    }


def _read(text: str) -> Draft:
    data = json.loads(text)
    if data["workbench-draft"] != _VERSION:
        raise ValueError(f"they have version {data['workbench-draft']}, not {_VERSION}")
    written = formats.experiment_format()
    experiment = formats.read_text(data["experiment"], written).experiment
    saved = data["saved"]
    return Draft(
        experiment,
        experiment if saved is None else formats.read_text(saved, written).experiment,
        data["document"] and _document(data["document"]),
        data["variant"],
    )


def _document(data: dict[str, Any]) -> Document:
    path = None if data["path"] is None else Path(data["path"])
    name = path.name if path else "untitled"
    read = formats.read_text(data["text"], data["format"], name)
    encoding = Encoding(data["encoding"], bytes.fromhex(data["mark"]))
    return Document(read.experiment, data["format"], data["text"], path, encoding)
