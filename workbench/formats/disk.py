"""Text files on disk: read with a limit, written back in their own encoding, atomically."""

from __future__ import annotations

import codecs
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import InputError, Location

__all__ = ["LARGEST_BYTES", "ChangedOnDisk", "Encoding", "load", "store"]

LARGEST_BYTES = 2**20
"""Larger files are refused unread; the largest real configuration has 17 KB."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.-]+)["']""")


class ChangedOnDisk(InputError):  # noqa: N818 - it names what happened
    """The file to be written is not the one that was read."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a text becomes bytes: a codec, and the byte order mark before it."""

    name: str = "utf-8"
    mark: bytes = b""

    def encode(self, text: str) -> bytes:
        """Return the bytes of a text.

        Raises
        ------
        InputError
            If the encoding has no bytes for a character.
        """
        try:
            return self.mark + text.encode(self.name)
        except UnicodeEncodeError as error:
            raise InputError(
                f"The character {error.object[error.start]!r} has no bytes in {self.name}.",
                "Use other characters, or convert the file to UTF-8.",
            ) from None


def load(path: Path, file: str) -> tuple[str, Encoding]:
    """Return the text of a file, line ends as they are, and its encoding.

    Parameters
    ----------
    path
        Where it is.
    file
        Its name in messages.

    Raises
    ------
    InputError
        If there is no such file, if it is too large (it is not read then), or
        if it is not text.
    """
    place = Location(file)
    try:
        if path.is_dir():
            raise InputError("This is a folder.", "Name a file in it.", place)
        with path.open("rb") as stream:
            data = stream.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise InputError("There is no such file.", "Check the name.", place) from None
    except OSError as error:
        raise InputError(
            f"The file cannot be read: {error.strerror}.", "Check its permissions.", place
        ) from None
    if len(data) > LARGEST_BYTES:
        raise InputError(
            f"The file is larger than {LARGEST_BYTES // 2**20} MB; it was not read.",
            "Name a configuration, not an image or a log.",
            place,
        )
    return _decoded(data, file)


def _decoded(data: bytes, file: str) -> tuple[str, Encoding]:
    encoding = Encoding()
    for mark, name in _MARKS:
        if data.startswith(mark):
            encoding = Encoding(name, mark)
    if not encoding.mark and (declared := _DECLARED.match(data)):
        encoding = Encoding(declared[1].decode("ascii"))
    body = data[len(encoding.mark) :]
    try:
        text = body.decode(encoding.name)
    except LookupError:
        raise InputError(
            f'There is no text encoding called "{encoding.name}".',
            "Save the file as UTF-8.",
            Location(file, 1),
        ) from None
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"This is not text in {encoding.name}: {error.reason}.",
            "Name a configuration file, or save it as UTF-8.",
            Location(file, line),
        ) from None
    return text, encoding


def store(path: Path, data: bytes, *, expected: bytes | None, overwrite: bool = False) -> None:
    """Replace a file in one step, if it still is what was read.

    Parameters
    ----------
    path
        Where to write; links are followed.
    data
        What to write.
    expected
        What the file held when it was read; None where it was not read. A file
        that has gone meanwhile is written anew.
    overwrite
        Write whatever is there now.

    Raises
    ------
    ChangedOnDisk
        If something else stands there now; nothing is written then.
    InputError
        If the place cannot be written to.
    """
    place = Location(str(path))
    path = path.resolve()
    try:
        current = path.read_bytes() if path.exists() else None
        if not overwrite and current is not None and current != expected:
            raise _changed(place, known=expected is not None)
        mode = path.stat().st_mode if current is not None else None
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        draft = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            draft.chmod(0o666 & ~_umask() if mode is None else mode)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"The file cannot be written: {error.strerror}.",
            "Choose another place; nothing was changed.",
            place,
        ) from None


def _changed(place: Location, *, known: bool) -> ChangedOnDisk:
    if known:
        return ChangedOnDisk(
            "The file was changed by someone else since it was opened.",
            "Save under another name, overwrite it, or open it again; nothing was written.",
            place,
        )
    return ChangedOnDisk(
        "There is such a file already.",
        "Save under another name, or overwrite it; nothing was written.",
        place,
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
