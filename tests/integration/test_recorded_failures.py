"""Each way in which a real run fails is recorded as one status, with cause and message.

A stand-in for QEMU is enough where nothing has to boot; what takes a guest is provoked in
``test_qemu_backend.py``, killed workbenches in ``test_killed_workbench.py``.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real_runs import nothing_is_left, small
from workbench.backends.guest import build
from workbench.backends.qemu import kernel, machine
from workbench.errors import InputError
from workbench.experiments.jobs import JobManager
from workbench.results.records import RunRecord
from workbench.results.store import RunStore
from workbench.scenario.experiment import Parameter

__all__ = ["nothing_is_left"]


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[JobManager]:
    with RunStore(tmp_path / "store") as store, JobManager(store) as manager:
        yield manager


def ended(jobs: JobManager, backend: str, **parameters: Parameter) -> RunRecord:
    """One replication, to its end in the store."""
    experiment = small(backend=backend, replications=1)
    chosen = {"operations": 1000, **parameters}
    (run,) = jobs.submit(
        experiment, variants=["partitioned"], workloads=["insert"], parameters=chosen
    )
    jobs.wait([run])
    return jobs.store.run(run)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in place of QEMU, first on the PATH; a kernel lies beside it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "vmlinuz").write_bytes(b"kernel")
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder / "qemu-system-x86_64"


@pytest.mark.parametrize(
    ("does", "cause", "words"),
    [
        ("exec sleep 600", "boot-timeout", "boot_deadline_s"),
        ("(setsid sleep 600 &) ; exec sleep 600", "boot-timeout", "within 1 s"),
        ("echo 'cannot set up guest memory' >&2; exit 1", "qemu-failed", "cannot set up guest"),
        ("kill -9 $$", "qemu-killed", "SIGKILL"),
        ("kill -15 $$", "qemu-killed", "SIGTERM"),
        ("exit 0", "guest-ended", "before it had reported anything"),
    ],
)
def test_a_machine_that_fails(
    jobs: JobManager, stand_in: Path, does: str, cause: str, words: str
) -> None:
    stand_in.write_text(f'#!/bin/sh\n[ "$1" = --version ] && exec echo QEMU stand-in\n{does}\n')
    stand_in.chmod(0o755)
    kernel_file = str(stand_in.parent / "vmlinuz")
    run = ended(jobs, "qemu", kernel=kernel_file, accelerator="tcg", boot_deadline_s=1)
    assert (run.status, run.cause) == ("failed", cause)
    assert words in run.message


@pytest.mark.parametrize("backend", ["native", "qemu"])
def test_a_full_disk(
    jobs: JobManager, stand_in: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    stand_in.write_text("#!/bin/sh\nexec echo QEMU stand-in\n")
    stand_in.chmod(0o755)

    def full(self: Path, *_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    of_qemu = {"kernel": str(stand_in.parent / "vmlinuz"), "accelerator": "tcg"}
    build.guest()  # in the cache already, or made before the disk is full
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        patch.setattr(Path, "write_bytes", full)
        run = ended(jobs, backend, **(of_qemu if backend == "qemu" else {}))
    assert (run.status, run.cause) == ("failed", "disk-full")
    assert "Free some space" in run.message


@pytest.mark.parametrize(
    ("lacking", "command"),
    [("qemu", "apt-get install"), ("kernel", "workbench doctor --fix")],
)
def test_what_a_machine_lacks_is_said_with_the_command_and_nothing_is_recorded(
    jobs: JobManager,
    stand_in: Path,
    monkeypatch: pytest.MonkeyPatch,
    lacking: str,
    command: str,
) -> None:
    stand_in.write_text("#!/bin/sh\nexec echo QEMU stand-in\n")
    stand_in.chmod(0o755)
    if lacking == "qemu":
        monkeypatch.setattr(machine, "_NAME", "qemu-of-nobody")
    else:
        monkeypatch.setattr(kernel, "_candidates", lambda: iter(()))
    with pytest.raises(InputError) as refusal:
        ended(jobs, "qemu")
    assert command in str(refusal.value)
    assert list(jobs.store.runs()) == []


def test_a_cancel_is_a_status_of_its_own(jobs: JobManager) -> None:
    experiment = small(backend="native", replications=1, workloads=("lookup",))
    endless = {"operations": 20_000_000, "keys": 2000}
    (run,) = jobs.submit(experiment, variants=["time-shared"], parameters=endless)
    while jobs.state(run).progress == 0:
        jobs.wait([run], 0.05)
    jobs.cancel(run)
    jobs.wait([run])
    assert jobs.store.run(run).status == "cancelled"
