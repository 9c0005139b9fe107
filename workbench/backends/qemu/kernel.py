"""The kernel of the virtual machine: given, fetched before, or installed on this machine.

Debian's cloud kernel is fetched without installing it and without root: ``apt-get
download`` of the package that the meta-package stands for, unpacked with ``dpkg``.
"""

from __future__ import annotations

import lzma
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.errors import InputError
from workbench.folders import cache_folder

__all__ = ["FETCH", "Kernel", "fetch", "find"]

FETCH = "workbench doctor --fix"
"""The command that fetches a kernel."""

_META = "linux-image-cloud-amd64"
_WANTED = ("virtio_pci", "virtio_console")
"""Drivers of the port that brings the results."""
_LABEL = re.compile(r"vmlinuz-(.+)")
_FETCH_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel that can be booted.

    Parameters
    ----------
    image
        The file for QEMU's ``-kernel``.
    release
        As ``uname -r`` will say; the file's name where that does not tell.
    modules
        The drivers that are not built in, by file name in the order to load them.
    """

    image: Path
    release: str
    modules: Mapping[str, Path] = field(default_factory=dict)


def find(given: str = "") -> Kernel:
    """Return the kernel to use.

    Parameters
    ----------
    given
        Path of an image; modules are looked for in ``lib/modules`` beside its folder,
        and where there are none its drivers have to be built in. "" means one that was
        fetched, else one that is installed.

    Raises
    ------
    workbench.errors.InputError
        If there is none; the message says how to get one.
    """
    if given:
        image = Path(given).expanduser()
        if not image.is_file():
            raise InputError(
                f"There is no kernel {given}.", f"Give the path of a bzImage, or run: {FETCH}"
            )
        return _kernel(image)
    for image in _candidates():
        if os.access(image, os.R_OK):
            return _kernel(image)
    raise InputError(
        "There is no kernel for the virtual machine.",
        f"Run: {FETCH} (it needs apt-get; or give your own by --set kernel=PATH)",
    )


def fetch() -> Kernel:
    """Fetch Debian's kernel into the cache and return it.

    Raises
    ------
    workbench.errors.InputError
        If this is no Debian, or the packages cannot be had.
    """
    if platform.machine() != "x86_64":
        raise InputError(
            f"No kernel can be fetched for {platform.machine()}.",
            "Give your own by --set kernel=PATH.",
        )
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        raise InputError(
            "A kernel can be fetched on Debian and its relatives only.",
            "Give your own by --set kernel=PATH.",
        )
    package = _real_package()
    place = _fetched()
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place, prefix=".") as name:
        folder = Path(name)
        _command("apt-get", "download", package, folder=folder)
        archive = next(folder.glob("*.deb"))
        _unpack(archive, folder)
        image = next((folder / "boot").glob("vmlinuz-*"))
        kernel = _kernel(image)
        target = place / kernel.release
        _keep(kernel, folder / "kept")
        shutil.rmtree(target, ignore_errors=True)
        (folder / "kept").rename(target)
    return find(str(target / "boot" / image.name))


def _fetched() -> Path:
    return cache_folder() / "kernel"


def _candidates() -> Iterator[Path]:
    yield from sorted(_fetched().glob("*/boot/vmlinuz-*"), reverse=True)
    yield from sorted(Path("/boot").glob("vmlinuz-*cloud*"), reverse=True)


def _kernel(image: Path) -> Kernel:
    label = _LABEL.fullmatch(image.name)
    if label is None:
        return Kernel(image, image.name)
    release = label.group(1)
    for root in (image.parent.parent, Path("/")):
        folder = next(
            (f for f in (root / "lib/modules" / release, root / "usr/lib/modules" / release)
             if f.is_dir()),
            None,
        )  # fmt: skip
        if folder is not None:
            return Kernel(image, release, _modules(folder))
    return Kernel(image, release)


def _modules(folder: Path) -> dict[str, Path]:
    """Return the wanted drivers that are not built in, dependencies first."""
    present = {_name(file): file for file in folder.rglob("*.ko*")}
    found: dict[str, Path] = {}

    def take(name: str) -> None:
        file = present.get(name)
        if file is None or f"{name}.ko" in found:
            return  # built in, or not there: the boot will tell
        for needed in _needs(file):
            take(needed)
        found[f"{name}.ko"] = file

    for name in _WANTED:
        take(name)
    return found


def _name(file: Path) -> str:
    return file.name.partition(".ko")[0].replace("-", "_")


def _needs(file: Path) -> list[str]:
    """Return the names of the modules that a module says it depends on."""
    told = re.search(rb"\0depends=([^\0]*)\0", _content(file))
    names = told.group(1).decode("ascii").replace("-", "_") if told else ""
    return [name for name in names.split(",") if name]


def _content(file: Path) -> bytes:
    data = file.read_bytes()
    return lzma.decompress(data) if file.suffix == ".xz" else data


def _keep(kernel: Kernel, folder: Path) -> None:
    """Copy a kernel with nothing but the modules it needs, unpacked."""
    (folder / "boot").mkdir(parents=True)
    modules = folder / "lib/modules" / kernel.release
    modules.mkdir(parents=True)
    shutil.copyfile(kernel.image, folder / "boot" / kernel.image.name)
    for name, file in kernel.modules.items():
        (modules / name).write_bytes(_content(file))


def _real_package() -> str:
    told = _command("apt-cache", "depends", "--important", _META)
    for line in told.splitlines():
        kind, _, name = line.strip().partition(": ")
        if kind == "Depends" and name.startswith("linux-image-"):
            return name
    raise InputError(
        f"apt does not know the package {_META}.",
        "Run: apt-get update (as root), then this again.",
    )


def _command(*words: str, folder: Path | None = None) -> str:
    try:
        told = subprocess.run(
            words, cwd=folder, capture_output=True, text=True, check=False,
            timeout=_FETCH_SECONDS, env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise InputError(f"{words[0]} failed: {problem}.", _give_own()) from problem
    if told.returncode != 0:
        last = (told.stderr.strip().splitlines() or ["no message"])[-1]
        raise InputError(f"{' '.join(words)} failed: {last}", _give_own())
    return told.stdout


def _give_own() -> str:
    return "Look at the network and apt's sources, or give a kernel by --set kernel=PATH."


def _unpack(archive: Path, folder: Path) -> None:
    with subprocess.Popen(["dpkg", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as tar:
        unpacked = subprocess.run(
            ["tar", "-x", "-C", folder], stdin=tar.stdout, capture_output=True, check=False
        )
    if tar.returncode or unpacked.returncode:
        raise InputError(f"{archive.name} cannot be unpacked.", _give_own())
