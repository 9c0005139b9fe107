"""``make guest-stress``: the guest under sanitizers, and long random runs.

Minutes, not seconds; no part of ``make test``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.guest import CPUS, plan, run, sanitizing, stress
from tests.linearizability import first_violation

MODES = ("queue", "exclusive", "latched", "spinlock", "olfit", "sync4me")
BOTH = ",".join(map(str, CPUS[:2]))
ON = f"cpus {' '.join(map(str, CPUS[:2]))}"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sanitizer", ["thread", "address,undefined"])
@pytest.mark.parametrize("entries", [4, 60])
def test_the_tree_under_a_sanitizer(sanitizer: str, mode: str, entries: int) -> None:
    for seed in range(3):
        history, check = stress(
            sanitizing(sanitizer),
            entries,
            sync=mode,
            workers=2,
            window=32,
            operations=6000,
            keys=100 * entries,
            seed=seed,
            cpus=BOTH,
        )
        assert first_violation(history) is None
        assert check.endswith("check ok")


@pytest.mark.parametrize("sanitizer", ["thread", "address,undefined"])
def test_a_whole_run_under_a_sanitizer(tmp_path: Path, sanitizer: str) -> None:
    instances = [
        f"{mode}\nprogram blinktree\n{ON}\ntimer timer\nlog log\nset sync {mode}\n"
        "phase insert operations=20000 mix=insert\n"
        "phase mixed operations=20000 mix=ycsb-a pick=zipf"
        for mode in MODES
    ]
    others = ["timer\nprogram timer", "log\nprogram log", f"enemy\nprogram antagonist\n{ON}"]
    told = run(plan(*others, *instances), tmp_path, sanitizing(sanitizer), timeout=900)
    assert set(told.exits().values()) == {"finished"}
    # A sanitizer speaks on the standard error of a component.
    assert {one["text"].partition("] ")[2] for one in told.of("log")} == {"Finished."}
    assert told.errors == ""
    assert {one["ok"] for one in told.of("check")} == {True}


@pytest.mark.parametrize("mode", MODES)
def test_many_histories(mode: str) -> None:
    for seed in range(100, 130):
        history, check = stress(
            sync=mode, workers=2, window=16, keys=60, operations=2000, seed=seed, cpus=BOTH
        )
        assert first_violation(history) is None
        assert check.endswith("check ok")
