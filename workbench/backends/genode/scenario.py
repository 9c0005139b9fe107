"""The run script of a job, and where in a build directory it goes."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from workbench import formats
from workbench.backends.base import Job
from workbench.backends.instances import Instance
from workbench.errors import InputError
from workbench.scenario.boot import Boot
from workbench.scenario.experiment import Experiment

__all__ = ["NAME", "installed", "repositories", "run_script"]

NAME = "affinity_workbench"
"""Name of the run script while a replication runs, as in ``make run/NAME``."""

_PRINT = "workbench-print:\n\t@echo REPOSITORIES=$(REPOSITORIES)\n"


def run_script(job: Job, instances: Sequence[Instance], *, timeout_s: int, release: str) -> str:
    """Return the run script of a job.

    Parameters
    ----------
    job
        One replication; what its scenario says of building and booting is kept.
    instances
        Those whose end is waited for.
    timeout_s
        After which the run tool gives up.
    release
        Of the build directory; before 25.08 the configuration is XML and the boot
        modules are listed.

    Raises
    ------
    workbench.errors.InputError
        If the scenario came from a script whose configuration cannot be edited.
    """
    boot = (job.scenario.boot or Boot()).but(stop_pattern=_end(instances), timeout_s=timeout_s)
    experiment = Experiment(name=NAME, scenario=job.scenario.but(boot=boot))
    return formats.write(experiment, "run-26.02" if release >= "25.08" else "run-22.02")


def repositories(build_dir: Path) -> tuple[Path, ...]:
    """Return the source repositories of a build directory, as its configuration names them.

    Raises
    ------
    workbench.errors.InputError
        If it is no build directory of Genode.
    """
    if not (build_dir / "etc" / "build.conf").is_file():
        raise InputError(
            f"{build_dir} is no build directory of Genode: it has no etc/build.conf.",
            "Make one with Genode's tool/create_builddir, and name it by --set build_dir=PATH.",
        )
    words = [
        "make",
        "-s",
        "-C",
        str(build_dir),
        "-f",
        "etc/build.conf",
        "-f",
        "-",
        "workbench-print",
    ]
    try:
        told = subprocess.run(
            words, input=_PRINT, capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise InputError(f"make failed: {problem}.", "Install make and try again.") from problem
    line = next((one for one in told.stdout.splitlines() if one.startswith("REPOSITORIES=")), "")
    found = [Path(build_dir, word) for word in line.partition("=")[2].split()]
    if not found:
        why = told.stderr.strip().splitlines()
        raise InputError(
            f"{build_dir}/etc/build.conf names no repositories: {why[-1] if why else 'none'}.",
            "Enable some there, as create_builddir's comments say.",
        )
    return tuple(found)


@contextmanager
def installed(build_dir: Path, script: str) -> Iterator[None]:
    """Keep a run script in the last repository of a build directory while the context lasts."""
    *_, repository = repositories(build_dir)
    file = repository / "run" / f"{NAME}.run"
    made_folder = not file.parent.exists()
    try:
        file.parent.mkdir(exist_ok=True)
        file.write_text(script, encoding="utf-8")
    except OSError as problem:
        raise InputError(
            f"The run script cannot be written to {file}: {problem.strerror}.",
            "Make that repository writable, or enable one of your own last in etc/build.conf.",
        ) from problem
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
        if made_folder and not any(file.parent.iterdir()):
            file.parent.rmdir()


def _end(instances: Sequence[Instance]) -> str:
    """Return a pattern of the run tool that matches once all instances have ended."""
    each = [re.escape(one.label) for one in instances]
    return f"(?:.*?(?:{'|'.join(each)})\\] Finished\\.[^\\n]*\\n){{{len(each)}}}"
