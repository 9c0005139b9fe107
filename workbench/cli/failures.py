"""What a user sees when something goes wrong: one message, never a traceback."""

from __future__ import annotations

import platform
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from workbench import __version__
from workbench.cli.output import complain
from workbench.errors import InputError, Location
from workbench.folders import data_folder

__all__ = ["CANCELLED", "DEFECT", "INPUT", "PROBLEMS", "Guarded", "explained"]

PROBLEMS, INPUT, DEFECT, CANCELLED = 1, 2, 3, 130
"""Exit codes; 0 is success."""


class Guarded(TyperGroup):
    """The group of all commands; turns every exception into a message and an exit code."""

    def invoke(self, context: Any) -> Any:
        """Run the chosen command."""
        try:
            return super().invoke(context)
        except InputError as refusal:
            complain(explained(refusal))
            raise typer.Exit(INPUT) from None
        except BrokenPipeError:  # the reader had enough; typer ends quietly
            raise
        except Exception as defect:
            if type(defect).__module__.startswith(("typer.", "click.")):
                raise  # a wrong call, which typer explains
            report = _write_report(defect)
            first_line = str(defect).partition("\n")[0]
            complain(
                f"The workbench has a defect ({type(defect).__name__}: {first_line}). "
                f"Please report it with the file {report}."
            )
            raise typer.Exit(DEFECT) from None


def explained(refusal: InputError) -> str:
    """Return what is wrong and what to do, with the place where there is one."""
    says = f"{refusal.what} {refusal.remedy}"
    return says if refusal.location == Location() else f"{refusal.location}: {says}"


def _write_report(defect: Exception) -> Path | str:
    text = (
        f"workbench {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"{' '.join(sys.argv)}\n\n{''.join(traceback.format_exception(defect))}"
    )
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 10**6:06}.txt"
    try:
        folder = data_folder() / "crash"
        folder.mkdir(exist_ok=True)
        report = folder / name
        report.write_text(text, encoding="utf-8")
    except OSError as problem:
        return f"(which could not be written: {problem})"
    return report
