"""Printing: results on stdout, everything said about the work on stderr."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from workbench.errors import InputError, Location

__all__ = ["complain", "print_json", "say", "stderr", "stdout", "write_page"]


def stdout() -> Console:
    """Return a console on stdout; wide when that is no terminal, so that nothing is cut."""
    return _console(sys.stdout)


def stderr() -> Console:
    """Return a console on stderr."""
    return _console(sys.stderr)


def _console(stream: Any) -> Console:
    # Made anew, because tests and notebooks replace the streams.
    return Console(file=stream, highlight=False, width=None if stream.isatty() else 200)


def say(text: str) -> None:
    """Print a line about the work on stderr."""
    typer.echo(text, err=True)


def complain(text: str) -> None:
    """Print why something does not work on stderr."""
    typer.secho(f"workbench: {text}", err=True, fg="red" if sys.stderr.isatty() else None)


def print_json(value: Any) -> None:
    """Print one object on one line of stdout, strictly JSON."""
    typer.echo(json.dumps(value, allow_nan=False, ensure_ascii=False))


def write_page(file: Path, text: str) -> None:
    """Write an HTML page and say where it is.

    Raises
    ------
    workbench.errors.InputError
        If it cannot be written.
    """
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise InputError(
            f"The page cannot be written: {problem.strerror}.",
            "Choose another file with -o.",
            Location(str(file)),
        ) from None
    say(f"Written to {file} ({file.stat().st_size / 2**20:.1f} MiB).")
