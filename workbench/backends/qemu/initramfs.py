"""An initial file system for Linux, written without any tools.

The format is "newc" of cpio, see Documentation/driver-api/early-userspace/buffer-format.rst
of the kernel: a header of hexadecimal numbers, the name, the content, each padded to 4 bytes.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

__all__ = ["archive"]

_FOLDERS = ("dev", "proc", "sys", "tmp", "modules")
_CONSOLE = (5, 1)
"""Device number of /dev/console, which the kernel opens for init."""


def archive(program: Path, plan: str, modules: Mapping[str, Path] | None = None) -> bytes:
    """Return the initial file system of a guest.

    Parameters
    ----------
    program
        The static guest program; becomes ``/init``.
    plan
        What its runner reads from ``/plan``.
    modules
        Kernel modules by file name, in the order in which to load them.
    """
    files = {
        "init": (stat.S_IFREG | 0o755, program.read_bytes()),
        "plan": (stat.S_IFREG | 0o644, plan.encode()),
    }
    for name, file in (modules or {}).items():
        files[f"modules/{name}"] = (stat.S_IFREG | 0o644, file.read_bytes())
    order = "".join(f"{name}\n" for name in modules or ())
    files["modules/order"] = (stat.S_IFREG | 0o644, order.encode())
    parts = [_entry(name, stat.S_IFDIR | 0o755) for name in _FOLDERS]
    parts.append(_entry("dev/console", stat.S_IFCHR | 0o600, device=_CONSOLE))
    parts += [_entry(name, mode, content) for name, (mode, content) in files.items()]
    parts.append(_entry("TRAILER!!!", 0))
    return b"".join(parts)


def _entry(name: str, mode: int, content: bytes = b"", device: tuple[int, int] = (0, 0)) -> bytes:
    """Return one file; all have the number 0, as none is linked to another."""
    links = 2 if stat.S_ISDIR(mode) else 1
    path = name.encode() + b"\0"
    fields = (0, mode, 0, 0, links, 0, len(content), 0, 0, *device, len(path), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return _padded(header + path) + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
