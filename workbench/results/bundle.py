"""Runs in one file, to be opened on another machine.

A bundle is a zip archive with ``bundle.json`` (what each run is, and where its data lie)
and one member per replication, a blob of `workbench.results.serial`.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import __version__
from workbench.errors import InputError, Location
from workbench.results import serial
from workbench.results.records import RunSpec
from workbench.results.store import RunStore

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["open_bundle", "write_bundle"]

_FORMAT = 1
_LARGEST_BYTES = 2**31  # of one member, unpacked


def write_bundle(
    store: RunStore, run_ids: Sequence[str], file: Path, texts: Mapping[str, str] | None = None
) -> None:
    """Write runs with all their data.

    Parameters
    ----------
    store
        That has the runs.
    run_ids
        Which.
    file
        Of the archive.
    texts
        Further members by name, such as ``report.html``.

    Raises
    ------
    workbench.errors.InputError
        If there is no such run, or the file cannot be written.
    """
    runs = []
    members: dict[str, bytes] = {name: text.encode() for name, text in (texts or {}).items()}
    for run_id in dict.fromkeys(run_ids):
        record = store.run(run_id)
        spec = {one.name: getattr(record, one.name) for one in fields(RunSpec)}
        numbers = list(store.summaries(run_id))
        for number in numbers:
            blob = serial.to_bytes(store.replication(run_id, number))
            members[f"runs/{run_id}/{number}.awd"] = blob
        times = {"created": record.created.isoformat()}
        runs.append({"id": run_id, "spec": spec, "replications": numbers, **times})
    manifest = {"workbench_bundle": _FORMAT, "workbench_version": __version__, "runs": runs}
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("bundle.json", json.dumps(manifest, indent=1, default=dict))
            for name, data in members.items():
                archive.writestr(name, data)
    except OSError as problem:
        raise InputError(
            f"The bundle cannot be written: {problem.strerror}.", "Choose another file.",
            Location(str(file)),
        ) from None  # fmt: skip


def open_bundle(store: RunStore, file: Path) -> dict[str, str]:
    """Record the runs of a bundle in a store, all or none.

    Returns
    -------
    dict
        New id by the id on the machine that it comes from.

    Raises
    ------
    workbench.errors.InputError
        If it is no bundle, damaged, or of a newer workbench.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = json.loads(_member(archive, "bundle.json"))
            if manifest["workbench_bundle"] != _FORMAT:
                raise InputError(
                    f"This bundle has format {manifest['workbench_bundle']}; known is {_FORMAT}.",
                    "Open it with the newer workbench that wrote it.",
                    Location(str(file)),
                )
            found = [_run(archive, run, file) for run in manifest["runs"]]
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError) as problem:
        raise InputError(
            f"This is no complete bundle of runs ({problem}).",
            "`workbench report RUN... --zip FILE` writes one; copy it again if it was cut off.",
            Location(str(file)),
        ) from None
    old = [str(run["id"]) for run in manifest["runs"]]
    return dict(zip(old, store.add_finished(found), strict=True))


def _run(
    archive: zipfile.ZipFile, run: Mapping[str, Any], file: Path
) -> tuple[RunSpec, dict[int, xr.Dataset], str]:
    spec = RunSpec(**run["spec"])
    blobs = {
        int(number): _member(archive, f"runs/{run['id']}/{number}.awd")
        for number in run["replications"]
    }
    datasets = {number: serial.from_bytes(blob) for number, blob in blobs.items()}
    note = f"Opened from {file.name}: run {run['id']} of another store, made {run['created']}."
    return spec, datasets, note


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _LARGEST_BYTES:
        raise ValueError(f"{name} is too large")
    return archive.read(name)
