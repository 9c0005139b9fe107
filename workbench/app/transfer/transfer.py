"""A place to drop or choose a file, and the way of a text to the user's downloads."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

from workbench.errors import InputError, Location

__all__ = ["LARGEST_BYTES", "Received", "Transfer", "received"]

_FOLDER = Path(__file__).parent

LARGEST_BYTES = 10 * 2**20
"""Largest file that is taken where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Received:
    """A file that the browser sent."""

    name: str
    data: bytes


class Transfer(JSComponent):  # type: ignore[misc]
    """Takes files and gives each to the callbacks of `on_file`.

    With `whole_page` a file may be dropped anywhere; the component itself shows nothing then.
    """

    whole_page = param.Boolean(default=False, doc="Whether to take what is dropped anywhere.")
    accept = param.String(default="", doc="File endings that the browser's dialog offers.")
    hint = param.String(default="", doc="What can be dropped.")
    several = param.Boolean(
        default=False, doc="Whether to take all files that are dropped at once."
    )
    largest = param.Integer(default=LARGEST_BYTES, doc="Largest file, in bytes.")

    _esm = (_FOLDER / "transfer.js").read_text(encoding="utf-8")
    _stylesheets = (_FOLDER / "transfer.css",)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._parts: list[Received] = []

    def on_file(self, callback: Callable[[Received], None]) -> None:
        """Call `callback` with every file; raises `InputError` in its place if it is refused."""

        def take(event: Any) -> None:
            if (file := self._whole(event.data)) is not None:
                callback(file)

        self.on_msg(take)

    def _whole(self, message: Any) -> Received | None:
        """Return the file that a message completes; large ones come in parts."""
        before, self._parts = self._parts, []
        part = received(message, self.largest)
        parts = [one for one in before if one.name == part.name] + [part]
        size = sum(len(one.data) for one in parts)
        if size > self.largest:
            raise _too_large(part.name, size, self.largest)
        if message.get("more"):
            self._parts = parts
            return None
        return Received(part.name, b"".join(one.data for one in parts))

    def download(self, name: str, text: str) -> None:
        """Give a text to the user's browser to keep under a name."""
        content = base64.b64encode(text.encode()).decode()
        self._send_msg({"name": name, "content": content})


def received(message: Any, largest: int = LARGEST_BYTES) -> Received:
    """Return the file of a browser's message, or a part of it.

    Raises
    ------
    workbench.errors.InputError
        If it is too large, or is not what the component sends.
    """
    name = str(message.get("name") or "file")
    place = Location(name)
    if message.get("size", 0) > largest:
        raise _too_large(name, message["size"], largest)
    try:
        return Received(name, base64.b64decode(message["data"], validate=True))
    except (KeyError, TypeError, binascii.Error):
        raise InputError(
            "The file could not be read.", "Drop a file, not a folder.", place
        ) from None


def _too_large(name: str, size: int, largest: int) -> InputError:
    return InputError(
        f"The file has {size / 2**20:.0f} MB.",
        f"At most {largest // 2**20} MB are taken; open it by its path instead.",
        Location(name),
    )
