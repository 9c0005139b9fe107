"""The tests notice faults: each one put into the interpreted engine makes a check fail."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation import run, scenario, tree
from workbench.scenario.model import Rectangle

CHECKOUT = Path(__file__).parents[2]


def interpreted(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.interpreted", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=CHECKOUT,
    )
    assert done.stdout, done.stderr
    return done.returncode, done.stdout.strip()


def test_without_a_fault_all_checks_hold() -> None:
    assert interpreted() == (0, "all checks hold")


@pytest.mark.parametrize(
    ("fault", "noticed_by"),
    [
        ("free_switches", "switches cost"),
        ("leaked_lock", "invariants, latched"),
        ("lost_wake_up", "invariants, blocking"),
        ("unseen_message", ""),
        ("lost_time", ""),
    ],
)
def test_a_fault_is_noticed(fault: str, noticed_by: str) -> None:
    code, said = interpreted(fault)
    assert code == 1
    assert said.startswith(noticed_by)


def test_interpreted_and_compiled_are_the_same_to_the_last_digit() -> None:
    shared = scenario(tree("a", Rectangle(width=2)), tree("b", Rectangle(width=2)), width=2)
    result = run(
        shared, "ycsb-a", 5, sync="olfit", zipf=0.9, operations=150, quantum_ms=0.02, window=7
    )
    figures = [float(result.elapsed_seconds), *result.accounting_seconds.values.ravel().tolist()]
    assert json.loads(interpreted("--fingerprint")[1]) == figures
