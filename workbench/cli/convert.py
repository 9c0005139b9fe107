"""``workbench convert``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.failures import INPUT, explained
from workbench.cli.output import complain, print_json, say

if TYPE_CHECKING:
    from workbench.errors import InputError
    from workbench.scenario.experiment import Experiment

__all__ = ["convert"]

# ruff: noqa: PLC0415 - what is slow to import is imported when it is asked for


def convert(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="IN... [OUT]",
            help="File to read (or a sample's name) and file to write; "
            "with --out-dir only files to read.",
        ),
    ],
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="FORMAT", help="Format to write; else by OUT's ending."),
    ] = None,
    out_dir: Annotated[
        Path | None, typer.Option("--out-dir", help="Write every file into this folder.")
    ] = None,
    variant: Annotated[
        str | None, typer.Option("--variant", help="Write the scenario of this variant.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over existing files.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one object per file.")] = False,
) -> None:
    """Write experiments or configurations in another format.

    Exit code 0: all written; 2: a file cannot be read, or the format cannot hold it.
    """
    from workbench.errors import InputError

    failed = False
    for source, target in _pairs(files, to, out_dir):
        report: dict[str, Any] = {
            "file": str(source),
            "output": None,
            "format": None,
            "left_out": [],
            "notes": [],
            "remarks": [],
            "error": None,
        }
        try:
            report |= _converted(source, target, to, variant, force=force)
        except InputError as refusal:
            failed = True
            refusal = refusal if refusal.location.file else refusal.in_file(str(source))
            report["error"] = _error(refusal)
            if not json:
                complain(explained(refusal))
        else:
            if not json:
                _say(report, has_variants=variant is None)
        if json:
            print_json(report)
    if failed:
        raise typer.Exit(INPUT)


def _pairs(files: list[Path], to: str | None, out_dir: Path | None) -> list[tuple[Path, Path]]:
    """Return what to read and where to write it."""
    from workbench import formats
    from workbench.errors import InputError

    known = formats.formats()
    if to is not None and to not in known:
        raise InputError(f'There is no format "{to}".', f"Choose one of: {', '.join(known)}.")
    if out_dir is None:
        if len(files) != 2:
            raise InputError(
                f"Without --out-dir convert takes two files, IN and OUT; {len(files)} were named.",
                "Name both, or say --to FORMAT --out-dir DIR.",
            )
        return [(files[0], files[1])]
    if to is None:
        raise InputError("--out-dir needs the format to write.", "Add --to FORMAT.")
    if not out_dir.is_dir():
        raise InputError(f"There is no folder {out_dir}.", "Make it, or name another one.")
    return [(file, out_dir / (file.stem + known[to].endings[0])) for file in files]


def _converted(
    source: Path, target: Path, to: str | None, variant: str | None, *, force: bool
) -> dict[str, Any]:
    """Write one file and return what there is to say about it."""
    from workbench import formats
    from workbench.errors import InputError
    from workbench.experiments.samples import file_or_sample

    document = formats.read(file_or_sample(source))
    experiment = document.experiment
    if variant is not None:
        experiment = _as_variant(experiment, variant)
    try:
        written = formats.save(experiment, target, document, overwrite=force, format=to)
    except formats.ChangedOnDisk as refusal:
        raise InputError(
            refusal.what, "Choose another name, or say --force to overwrite it.", refusal.location
        ) from None
    return {
        "output": str(target),
        "format": written.format,
        "left_out": list(formats.left_out(experiment, written.format)),
        "notes": list(document.notes),
        "remarks": list(formats.remarks(experiment, written.format)),
    }


def _say(report: dict[str, Any], *, has_variants: bool) -> None:
    source, target = report["file"], report["output"]
    if lost := report["left_out"]:
        hint = (
            " --variant NAME writes one of them." if has_variants and "variants" in lost[0] else ""
        )
        say(f"{target} holds the scenario only; what stays in {source}: {', '.join(lost)}.{hint}")
    for note in report["notes"]:
        say(f"{source}: could not be resolved and was left as it is: {note}.")
    for remark in report["remarks"]:
        say(f"{target}: kept, though init makes nothing of it: {remark}.")


def _error(refusal: InputError) -> dict[str, Any]:
    place = refusal.location
    return {
        "message": refusal.what,
        "remedy": refusal.remedy,
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "element": place.element,
    }


def _as_variant(experiment: Experiment, name: str) -> Experiment:
    from workbench.experiments.plan import chosen
    from workbench.scenario import variants

    chosen([name], [variant.name for variant in experiment.runnable_variants], "variant")
    return experiment.but(
        scenario=variants.apply(experiment, name),
        parameters=variants.parameters(experiment, name),
        variants=(),
    )
