"""New run scripts: a complete one for a scenario, in the style of a release.

What the scenario does not say is derived: the boot modules and build targets from
the binaries, QEMU's CPUs from the affinity space. Where a target lies in Genode's
source tree cannot be known; it is guessed, and the script says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workbench.formats import hid_layout, xml_patch
from workbench.formats.tcl_edits import braced
from workbench.scenario.boot import ARTIFACTS, Boot
from workbench.scenario.catalogue import catalogue
from workbench.scenario.model import Scenario
from workbench.scenario.release import Release
from workbench.scenario.tree import Node

__all__ = ["script"]

_BASE = {"core", "init", "timer"}
"""Components whose target is called like them."""

_C_LIBRARIES = ("libc", "libm", "vfs")


def script(config: Node, scenario: Scenario, release: Release) -> str:
    """Return a run script.

    Parameters
    ----------
    config
        The configuration as it is spelled in the release's syntax.
    scenario
        What it configures.
    release
        22.02: XML and a list of boot modules; 26.02: HID, and what was built is booted.
    """
    boot = scenario.boot or Boot()
    binaries = list(dict.fromkeys(_binaries(config)))
    libraries = _C_LIBRARIES if _needs_c(config) else ()
    files = list(dict.fromkeys(_files(config)))
    text = xml_patch.rendered(config) if release == "22.02" else hid_layout.rendered(config)
    lines = [
        *_build(boot, binaries, libraries, release),
        "",
        "create_boot_directory",
        "",
        f"install_config {braced(chr(10) + text)}",
        "",
        f"build_boot_image {_modules(boot, binaries, libraries, files, release)}",
        "",
        f'append qemu_args " {boot.qemu_args or _qemu_args(scenario)} "',
        "",
        _end(boot),
    ]
    return "\n".join(lines) + "\n"


def _build(
    boot: Boot, binaries: list[str], libraries: tuple[str, ...], release: Release
) -> list[str]:
    if boot.build:
        return [f"build {_list(boot.build)}"]
    targets = ["core", "init"]
    guessed = False
    for binary in binaries:
        guessed |= binary not in _BASE
        targets.append(binary if binary in _BASE else _target(binary))
    if release == "26.02":
        targets += ["lib/ld", *(f"lib/{library}" for library in libraries)]
    line = f"build {_list(dict.fromkeys(targets))}"
    if not guessed:
        return [line]
    return ["# The paths of the targets are guessed from the binaries' names.", line]


def _list(words: Iterable[str]) -> str:
    return braced(f" {' '.join(words)} ")


def _target(binary: str) -> str:
    entry = catalogue().entry(binary)
    is_system = entry is not None and entry.role in ("system", "driver", "timer")
    return binary if is_system else f"app/{binary}"


def _modules(
    boot: Boot,
    binaries: list[str],
    libraries: tuple[str, ...],
    files: list[str],
    release: Release,
) -> str:
    if boot.modules is not None and (ARTIFACTS in boot.modules) == (release == "26.02"):
        modules = [module for module in boot.modules if module != ARTIFACTS]
    elif release == "26.02":
        modules = files
    else:
        objects = ["ld.lib.so", *(f"{library}.lib.so" for library in libraries)]
        modules = list(dict.fromkeys(["core", *objects, "init", *binaries, *files]))
    if release == "22.02":
        return _list(modules)
    return f"[list {{*}}{ARTIFACTS} {' '.join(modules)}]" if modules else ARTIFACTS


def _qemu_args(scenario: Scenario) -> str:
    space = scenario.effective_space
    cpus = space.width * space.height
    if cpus <= 1:
        return "-nographic"
    threads = f",threads={space.height}" if space.height > 1 else ""
    return f"-nographic -smp {cpus},cores={space.width}{threads}"


def _end(boot: Boot) -> str:
    if boot.stop_pattern is None:
        return "run_genode_until forever"
    timeout = f" {boot.timeout_s}" if boot.timeout_s is not None else ""
    return f"run_genode_until {braced(boot.stop_pattern)}{timeout}"


def _binaries(config: Node) -> Iterator[str]:
    """Yield the programs of a configuration and of the inits in it."""
    for start in config.nodes("start"):
        binary = start.first("binary")
        yield (binary.get("name") if binary else None) or start.get("name") or ""
        if (inside := start.first("config")) is not None:
            yield from _binaries(inside)


def _files(node: Node, *, in_vfs: bool = False) -> Iterator[str]:
    """Yield the boot modules that virtual file systems show as files."""
    for child in node.nodes():
        if in_vfs and child.type == "rom":
            yield child.get("label") or child.get("name") or ""
        yield from _files(child, in_vfs=in_vfs or child.type == "vfs")


def _needs_c(node: Node) -> bool:
    return any(child.type == "libc" or _needs_c(child) for child in node.nodes())
