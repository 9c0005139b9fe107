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
"""Largest file that is taken; in base64 it fits into one message of Bokeh's (20 MiB)."""


@dataclass(frozen=True, slots=True)
class Received:
    """A file that the browser sent."""

    name: str
    data: bytes


class Transfer(JSComponent):  # type: ignore[misc]
    """Takes one file at a time and gives it to the callbacks of `on_file`.

    With `whole_page` a file may be dropped anywhere; the component itself shows nothing then.
    """

    whole_page = param.Boolean(default=False, doc="Whether to take what is dropped anywhere.")
    accept = param.String(default="", doc="File endings that the browser's dialog offers.")
    hint = param.String(default="", doc="What can be dropped.")
    largest = param.Integer(default=LARGEST_BYTES, constant=True, doc="Largest file, in bytes.")

    _esm = (_FOLDER / "transfer.js").read_text(encoding="utf-8")
    _stylesheets = (_FOLDER / "transfer.css",)

    def on_file(self, callback: Callable[[Received], None]) -> None:
        """Call `callback` with every file; raises `InputError` in its place if it is refused."""
        self.on_msg(lambda event: callback(received(event.data)))

    def download(self, name: str, text: str) -> None:
        """Give a text to the user's browser to keep under a name."""
        content = base64.b64encode(text.encode()).decode()
        self._send_msg({"name": name, "content": content})


def received(message: Any) -> Received:
    """Return the file of a browser's message.

    Raises
    ------
    workbench.errors.InputError
        If it is too large, or is not what the component sends.
    """
    name = str(message.get("name") or "file")
    place = Location(name)
    if message.get("size", 0) > LARGEST_BYTES:
        raise InputError(
            f"The file has {message['size'] / 2**20:.0f} MB.",
            f"At most {LARGEST_BYTES // 2**20} MB are taken; open it by its path instead.",
            place,
        )
    try:
        return Received(name, base64.b64decode(message["data"], validate=True))
    except (KeyError, TypeError, binascii.Error):
        raise InputError(
            "The file could not be read.", "Drop a file, not a folder.", place
        ) from None
