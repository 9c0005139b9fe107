"""Links that carry an experiment: its YAML, compressed, behind the ``#`` of an address.

Browsers do not send what is behind the ``#``; the app's page hands it on itself.
"""

from __future__ import annotations

import base64
import binascii
import zlib

from workbench.errors import InputError, Location
from workbench.formats.disk import LARGEST_BYTES

__all__ = ["LONGEST", "is_link", "packed", "unpacked"]

_MARK = "scenario=1."
"""What a fragment with an experiment begins with; the number is that of this way to pack."""

LONGEST = 3 * 2**19
"""Characters of the longest link that is taken; Chromium refuses addresses of 2 MB."""


def is_link(text: str) -> bool:
    """Whether a text is a link with an experiment; any start of an address may precede."""
    return text.partition("#")[2].startswith("scenario=")


def packed(text: str) -> str:
    """Return the fragment, without its ``#``, for a text."""
    data = zlib.compress(text.encode(), level=9)
    return _MARK + base64.urlsafe_b64encode(data).decode().rstrip("=")


def unpacked(link: str) -> str:
    """Return the text in a link.

    Nothing is unpacked beyond the size that a file may have.

    Raises
    ------
    workbench.errors.InputError
        If the link is too long, would become too large, is cut off, or is of another kind.
    """
    place = Location("link")
    if len(link) > LONGEST:
        raise InputError(
            f"The link has {len(link) / 2**20:.1f} MB; the longest one that is taken has "
            f"{LONGEST / 2**20:.1f} MB.",
            "Send the experiment as a file instead.",
            place,
        )
    fragment = link.partition("#")[2]
    if not fragment.startswith(_MARK):
        raise InputError(
            "The link was made by a later workbench, or is none of the workbench.",
            "Upgrade affinity-workbench, or ask for the experiment as a file.",
            place,
        )
    code = fragment.removeprefix(_MARK)
    unpacking = zlib.decompressobj()
    try:
        data = base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True)
        content = unpacking.decompress(data, LARGEST_BYTES + 1)
        text = content[:LARGEST_BYTES].decode()
    except (binascii.Error, ValueError, zlib.error):
        raise _damaged(place) from None
    if len(content) > LARGEST_BYTES:
        raise InputError(
            f"The link becomes larger than {LARGEST_BYTES // 2**20} MB; it was not unpacked.",
            "Ask its sender for the experiment as a file.",
            place,
        )
    if not unpacking.eof:
        raise _damaged(place)
    return text


def _damaged(place: Location) -> InputError:
    return InputError("The link is damaged.", "Copy the whole link, to its last letter.", place)
