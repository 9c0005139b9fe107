"""The virtual machine: QEMU's command line for a number of cores and NUMA nodes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.backends.qemu.clock import tsc_khz
from workbench.errors import InputError

__all__ = ["INSTALL", "MULTI_THREADED", "VirtualMachine", "program"]

INSTALL = "apt-get install --no-install-recommends qemu-system-x86"
"""The command that installs QEMU on Debian, as root."""

MULTI_THREADED = 8
"""Above so many cores TCG runs in one thread: boots are faster, and nothing measured there
means more than where what was placed."""

_NAME = "qemu-system-x86_64"


@dataclass(frozen=True, slots=True)
class VirtualMachine:
    """A machine to boot.

    Parameters
    ----------
    cores
        Virtual CPUs.
    memory_mb
        RAM, in MiB.
    accelerator
        ``tcg`` or ``kvm``.
    nodes
        NUMA nodes; cores and memory are dealt to them evenly, in order.
    distances
        Distance from node to node as in the ACPI SLIT (10 is local); empty for
        `far` everywhere.
    far
        Distance between two nodes where `distances` is empty.
    """

    cores: int
    memory_mb: int
    accelerator: str
    nodes: int = 1
    distances: tuple[tuple[int, ...], ...] = ()
    far: int = 20

    @property
    def one_thread(self) -> bool:
        """Whether all cores take turns in one thread of this machine."""
        return self.accelerator == "tcg" and self.cores > MULTI_THREADED

    @property
    def label(self) -> str:
        """The accelerator as results name it."""
        if self.one_thread:
            return "tcg, one thread: placement and topology only"
        return self.accelerator

    def arguments(self) -> list[str]:
        """Return the options that describe the machine."""
        threads = "single" if self.one_thread else "multi"
        accel = f"tcg,thread={threads}" if self.accelerator == "tcg" else self.accelerator
        words = [
            "-machine", "q35", "-accel", accel,
            "-cpu", "host" if self.accelerator == "kvm" else "max",
            "-smp", str(self.cores), "-m", f"{self.memory_mb}M",
        ]  # fmt: skip
        return words + (self._numa() if self.nodes > 1 else [])

    def _numa(self) -> list[str]:
        words: list[str] = []
        first_mb = 0
        for node in range(self.nodes):
            last_mb = (node + 1) * self.memory_mb // self.nodes
            first, last = (self.cores * n // self.nodes for n in (node, node + 1))
            words += ["-object", f"memory-backend-ram,id=node{node},size={last_mb - first_mb}M"]
            cpus = f",cpus={first}-{last - 1}" if last > first else ""
            words += ["-numa", f"node,nodeid={node},memdev=node{node}{cpus}"]
            first_mb = last_mb
        for a in range(self.nodes):
            for b in range(self.nodes):
                if a != b:
                    far = self.distances[a][b] if self.distances else self.far
                    words += ["-numa", f"dist,src={a},dst={b},val={far}"]
        return words

    def command(
        self, kernel: Path, initramfs: Path, *, qmp: int, results: int, log_level: int = 4
    ) -> Sequence[str]:
        """Return the whole command.

        Parameters
        ----------
        kernel, initramfs
            What to boot.
        qmp, results
            File descriptors of connected sockets: for QEMU's control protocol, and
            for the port on which the guest reports.
        log_level
            Of the kernel; 7 is everything.
        """
        append = [
            "console=ttyS0", "panic=-1", "tsc=reliable", "cpu_init_udelay=0",
            "no_timer_check", f"loglevel={log_level}",
        ]  # fmt: skip
        if self.accelerator == "tcg" and (khz := tsc_khz()):
            append.append(f"tsc_early_khz={khz}")
        return [
            program(), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            *self.arguments(),
            "-kernel", str(kernel), "-initrd", str(initramfs), "-append", " ".join(append),
            "-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
            "-chardev", f"socket,id=qmp,fd={qmp}", "-mon", "chardev=qmp,mode=control",
            "-device", "virtio-serial-pci", "-chardev", f"socket,id=results,fd={results}",
            "-device", "virtserialport,chardev=results,name=results",
        ]  # fmt: skip


def program() -> str:
    """Return the path of QEMU.

    Raises
    ------
    workbench.errors.InputError
        If it is not installed.
    """
    found = shutil.which(_NAME)
    if found is None:
        raise InputError(f"QEMU ({_NAME}) is not installed.", f"On Debian, as root: {INSTALL}")
    return found
