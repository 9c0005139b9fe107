"""The built wheel, installed alone into an empty environment, with the network off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

import pytest

# Loaded by every Python of the fresh environment: any way out of the machine fails.
_NO_NETWORK = """
import socket

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex
_resolve = socket.getaddrinfo


def _refuse(address):
    if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise OSError(f"no network in this test: {address}")


def connect(self, address):
    _refuse(address)
    return _connect(self, address)


def connect_ex(self, address):
    _refuse(address)
    return _connect_ex(self, address)


def getaddrinfo(host, *rest, **named):
    if host not in (None, "", "127.0.0.1", "::1", "localhost", b"127.0.0.1", b"localhost"):
        raise OSError(f"no network in this test: {host}")
    return _resolve(host, *rest, **named)


socket.socket.connect = connect
socket.socket.connect_ex = connect_ex
socket.getaddrinfo = getaddrinfo
"""


def _run(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command} exited with {done.returncode}:\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _run(
        sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", folder, checkout,
        cwd=checkout,
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` folder of an environment that holds the wheel and its dependencies alone."""
    folder = tmp_path_factory.mktemp("empty")
    _run(sys.executable, "-m", "venv", folder / "env", cwd=folder)
    binaries = folder / "env" / "bin"
    _run(
        binaries / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check",
        "-c", checkout / "constraints.txt", wheel,
        cwd=folder,
    )  # fmt: skip
    (folder / "no-network").mkdir()
    (folder / "no-network" / "sitecustomize.py").write_text(_NO_NETWORK)
    return binaries


def test_the_wheel_holds_what_it_needs_and_no_more(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    package = [name for name in names if ".dist-info/" not in name]
    assert all(name.startswith("workbench/") for name in package)
    assert "workbench/py.typed" in package
    assert "workbench/data/templates/talk.yaml" in package
    assert any(name.endswith(".js") for name in package)


@pytest.fixture
def alone(installed: Path, tmp_path: Path) -> dict[str, str]:
    blocked = installed.parent.parent / "no-network"
    # A compile cache of its own: nothing of the checkout may be needed.
    return {
        "PYTHONPATH": str(blocked),
        "WORKBENCH_HOME": str(tmp_path / "home"),
        "WORKBENCH_CACHE": str(installed.parent.parent / "cache"),
    }


@pytest.mark.slow
def test_the_installed_wheel_runs_the_talk_without_network(
    installed: Path, alone: dict[str, str], tmp_path: Path
) -> None:
    where = _run(installed / "python", "-c", "import workbench; print(workbench.__file__)",
                 cwd=tmp_path, **alone)  # fmt: skip
    assert str(installed.parent) in where, "another installation was imported"
    printed = _run(
        installed / "workbench", "run", "talk", "--replications", "2", "--json",
        cwd=tmp_path, **alone,
    )  # fmt: skip
    runs = json.loads(printed)["runs"]
    assert {(run["variant"], run["workload"]) for run in runs} == {
        (variant, workload)
        for variant in ("time-shared", "partitioned")
        for workload in ("insert", "lookup")
    }
    assert all(run["status"] == "done" for run in runs)


def test_the_installed_wheel_serves_the_app_without_network(
    installed: Path, alone: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "server.log"
    with log.open("w") as stream:
        server = subprocess.Popen(
            [str(installed / "workbench"), "serve", "--no-browser", "--port", "0"],
            cwd=tmp_path,
            env=os.environ | alone,
            stdout=stream,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        url = _printed_url(server, log)
        with urllib.request.urlopen(url, timeout=60) as answer:
            page = answer.read().decode()
        assert answer.status == 200
        assert "Affinity workbench" in page
    finally:
        server.terminate()
        server.wait(timeout=30)
    assert "Traceback" not in log.read_text()


def _printed_url(server: subprocess.Popen[str], log: Path) -> str:
    for _ in range(600):
        for word in log.read_text().split():
            if word.startswith("http://127.0.0.1:"):
                return word.rstrip(".,")
        assert server.poll() is None, f"the server ended:\n{log.read_text()}"
        time.sleep(0.1)
    raise AssertionError(f"the server printed no URL:\n{log.read_text()}")
