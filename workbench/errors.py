"""What a user is told when an input cannot be used.

The lowest floor of the package: it imports nothing of the workbench, so that
every floor above can refuse bad input in the same words.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["InputError", "Location"]


@dataclass(frozen=True, slots=True)
class Location:
    """A place in something the user wrote.

    Parameters
    ----------
    file
        Name of the file as the user gave it, or None for text without a file.
    line, column
        Position, both counted from 1; None where unknown.
    element
        What stands there in the words of the file, for example
        ``start "timer"`` or ``components[2].ram``.
    """

    file: str | None = None
    line: int | None = None
    column: int | None = None
    element: str | None = None

    def __str__(self) -> str:
        place = self.file or "input"
        if self.line is not None:
            place += f":{self.line}"
            if self.column is not None:
                place += f":{self.column}"
        return f"{place}: {self.element}" if self.element else place


class InputError(Exception):
    """Input that cannot be used: where it is, what is wrong, how to mend it.

    Parameters
    ----------
    what
        One sentence saying what is wrong.
    remedy
        One sentence saying what to do about it.
    location
        Where; see `Location`.
    """

    def __init__(self, what: str, remedy: str, location: Location | None = None) -> None:
        self.what = what
        self.remedy = remedy
        self.location = location or Location()
        super().__init__(f"{self.location}: {what} {remedy}")

    def in_file(self, file: str) -> InputError:
        """Return the same error with the file's name filled in."""
        place = self.location
        return InputError(
            self.what, self.remedy, Location(file, place.line, place.column, place.element)
        )
