"""The command line as a real process: terminals, interrupts, pipes."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import fake_backend
from workbench import formats
from workbench.results.store import RunStore
from workbench.scenario.model import Rectangle

SOON = 60.0
_PROGRAM = """
import sys
from tests import fake_backend
fake_backend.install()
from workbench.cli import main
main()
"""
COMMAND = [sys.executable, "-c", _PROGRAM]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    file = tmp_path / "small.yaml"
    formats.save(fake_backend.experiment(), file)
    return file


def test_an_interrupt_cancels_and_keeps_what_is_finished(
    small: Path, home: Path, checkout: Path
) -> None:
    process = subprocess.Popen(
        [*COMMAND, "run", str(small), "--json", "--set", "seconds=0.2", "--replications", "500"],
        cwd=checkout,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A shell that runs the tests in the background ignores interrupts, and so would this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    try:
        with RunStore(home) as store:
            end = time.monotonic() + SOON
            while len(runs := store.runs()) < 4 or not all(run.done for run in runs):
                assert time.monotonic() < end
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=SOON)
            assert process.returncode == 130, errors
            assert b"Traceback" not in errors
            outcome = json.loads(output)
            assert {run["status"] for run in outcome["runs"]} == {"cancelled"}
            for run in outcome["runs"]:
                assert run["replications"] == len(store.dataset(run["id"]).replication) >= 1
    finally:
        process.kill()
        process.communicate()


def test_a_reader_that_leaves_early_is_no_defect(small: Path, home: Path, checkout: Path) -> None:
    subprocess.run([*COMMAND, "run", str(small)], cwd=checkout, check=True, capture_output=True)
    read, write = os.pipe()
    os.close(read)
    result = subprocess.run(
        [*COMMAND, "runs", "list"], cwd=checkout, stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert b"Traceback" not in result.stderr
    assert b"defect" not in result.stderr
    assert not (home / "crash").exists()


@pytest.mark.parametrize(("answer", "status"), [("i", 0), ("m", 0), ("", 1)])
def test_on_a_terminal_a_faulty_scenario_is_asked_about(
    tmp_path: Path, home: Path, checkout: Path, answer: str, status: int
) -> None:
    good = fake_backend.experiment()
    scenario = good.scenario.replaced(
        "blinktree2", lambda c: c.but(affinity=Rectangle(x=6, width=7))
    )
    file = tmp_path / "faulty.yaml"
    formats.save(good.but(scenario=scenario, variants=()), file)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "run", str(file), "--json"],
        cwd=checkout,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        seen = b""
        while b"ancel?" not in seen:
            seen += os.read(ours, 4096)
        os.write(ours, answer.encode() + b"\n")
        output = drained(process, ours)
        assert process.wait(SOON) == status
        with RunStore(home) as store:
            runs = store.runs()
        assert bool(runs) == (status == 0)
        assert bool(output) == (status == 0)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def drained(process: subprocess.Popen[bytes], terminal: int) -> bytes:
    """Read what a process says to its terminal until it has ended; return its output."""
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:  # the terminal is gone with its process
        pass
    assert process.stdout is not None
    with process.stdout:
        return process.stdout.read()


def _loaded_by(checkout: Path, program: str, *arguments: str) -> set[str]:
    """Return the packages, and their modules, that a program has imported at its end."""
    shown = "import sys, atexit; atexit.register(lambda: print(*sys.modules)); "
    return set(
        subprocess.run(
            [sys.executable, "-c", shown + program, *arguments],
            cwd=checkout,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
    )


def test_listing_runs_needs_no_datasets(checkout: Path) -> None:
    loaded = _loaded_by(checkout, "from workbench.cli import main; main()", "runs", "list")
    assert "workbench.results.store" in loaded
    assert not loaded & {"xarray", "pandas", "scipy", "numba", "panel"}


def test_a_simulation_needs_neither_dask_nor_linear_algebra(checkout: Path) -> None:
    loaded = _loaded_by(
        checkout,
        "from tests.simulation import run, talk; run(talk('time-share', cores=4), operations=10)",
    )
    assert {"xarray", "numba"} <= loaded
    assert not loaded & {"dask", "scipy.linalg"}


def test_help_needs_nothing_heavy(checkout: Path) -> None:
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, workbench.cli; print(*{name.split('.')[0] for name in sys.modules})",
        ],
        cwd=checkout,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    heavy = {
        "numpy",
        "xarray",
        "pandas",
        "numba",
        "panel",
        "holoviews",
        "bokeh",
        "pydantic",
        "scipy",
    }
    assert heavy.isdisjoint(loaded)
