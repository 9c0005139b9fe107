"""Compiled code: kept outside the package, found again, and never another engine's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import workbench
from workbench.backends.simulated import cache, compiled, loading
from workbench.errors import InputError
from workbench.experiments.jobs import JobManager
from workbench.folders import cache_folder
from workbench.results.store import RunStore

PACKAGE = Path(workbench.__path__[0])


def in_new_process(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
        cwd=PACKAGE.parent,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_setting_up_compiles_everything_once() -> None:
    lines = in_new_process("-m", "workbench.backends.simulated.compile").splitlines()
    assert [line.split(" ...")[0].strip() for line in lines[1:]] == [
        "event loop",
        "phases",
        "policy base_hw",
        "policy gang",
        "policy linux_fair",
        "policy nova",
        "fluid preview",
    ]
    assert compiled()
    asked = (
        "from workbench.backends.simulated.loading import engine_loop, scheduling_policy;"
        "loops = [engine_loop(), scheduling_policy('nova').pick];"
        "print([sum(loop.stats.cache_misses.values()) for loop in loops])"
    )
    assert in_new_process("-c", asked).strip() == "[0, 0]"


def test_the_cache_lies_outside_the_package() -> None:
    in_new_process("-c", "from workbench.backends.simulated import draws, engine")
    assert cache.cache().is_relative_to(cache_folder() / "engine")
    assert not list(PACKAGE.rglob("*.nbi"))
    assert not list(PACKAGE.rglob("*.nbc"))


def test_another_engine_has_another_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    present = cache.cache()
    sources = []
    for source in cache._SOURCES:
        copy = tmp_path / source.name
        copy.write_bytes(source.read_bytes())
        sources.append(copy)
    monkeypatch.setattr(cache, "_SOURCES", sources)
    assert cache.cache() == present
    for copy in sources:
        text = copy.read_bytes()
        copy.write_bytes(text + b"\n# changed\n")
        assert cache.cache() != present
        copy.write_bytes(text)


def test_numbas_own_cache_setting_is_left_alone() -> None:
    import numba

    before = numba.config.CACHE_DIR
    loading.engine_loop()
    assert before == numba.config.CACHE_DIR


def test_asking_whether_it_is_compiled_does_not_load_numba() -> None:
    asked = (
        "import sys; from workbench.backends.simulated import compiled; compiled();"
        "import workbench.backends.base; print('numba' in sys.modules)"
    )
    assert in_new_process("-c", asked).strip() == "False"


def test_without_a_place_for_compiled_code_nothing_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("WORKBENCH_CACHE", str(file))
    with RunStore(tmp_path / "home") as store, JobManager(store) as jobs:
        with pytest.raises(InputError, match="folder cannot be made"):
            jobs.submit(workbench.load("small").experiment)
        assert store.runs() == []
