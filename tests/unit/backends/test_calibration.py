"""Calibration: the fit against synthetic caches, the profile, and one real run."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.backends.calibration.profile import (
    Figure,
    Hardware,
    calibrate,
    figures,
    hardware,
    settings,
)
from workbench.backends.machine import Machine, machine

KIB, MIB = 1024, 1024**2
HERE = Hardware(8, 1, 3.0, 512 * KIB, 16 * MIB, 4)


def chased(size: int) -> float:
    """Return the latency of an ideal machine: 4 ns private, 12 ns shared, 90 ns memory."""
    return 4.0 if size <= HERE.private_bytes else 12.0 if size <= HERE.l3_bytes else 90.0


def test_the_fit_finds_the_levels_of_a_known_machine() -> None:
    noise = (0.9, 1.0, 1.1)
    samples = {
        ("chase", 16 * KIB << step): [chased(16 * KIB << step) * by for by in noise]
        for step in range(13)
    }
    samples |= {("switch", 0): [2.0, 3.0, 10.0], ("refill", 524288): [-0.5, 20.0, 22.0]}
    found = figures(samples, HERE)
    assert found["l3_ns"].value == pytest.approx(12.0)
    assert found["memory_ns"].value == pytest.approx(90.0)
    assert found["switch_us"] == Figure(3.0, 2.0, 10.0, 3)
    assert found["refill_us"] == Figure(20.0, 0.0, 22.0, 3)
    small = {key: values for key, values in samples.items() if key[1] <= 16 * MIB}
    assert "memory_ns" not in figures(small, HERE), "never guessed from a cache"


def test_every_value_of_a_profile_has_its_source() -> None:
    values = settings(HERE, {"switch_us": Figure(3.0, 2.0, 10.0, 5)})
    assert values.keys() == machine("talk").values.keys()
    assert values["switch_us"]["value"] == 3.0
    assert "median of 5, 2 to 10" in values["switch_us"]["source"]
    assert values["l3_mib"]["value"] == 16.0
    assert values["quantum_ms"]["source"].startswith("Assumption: as the talk")
    Machine.model_validate({"machine": 1, "title": "x", "values": values})


def test_the_system_is_read(tmp_path: Path) -> None:
    import os

    cpu = min(os.sched_getaffinity(0))
    for index, (level, kind, size, shared) in enumerate(
        [("1", "Instruction", "32K", "0"), ("2", "Unified", "512K", "0-1"),
         ("3", "Unified", "16M", "0-3,8")]
    ):  # fmt: skip
        folder = tmp_path / f"cpu/cpu{cpu}/cache/index{index}"
        folder.mkdir(parents=True)
        parts = {"level": level, "type": kind, "size": size, "shared_cpu_list": shared}
        for name, text in parts.items():
            (folder / name).write_text(text + "\n")
    for node in range(2):
        (tmp_path / f"node/node{node}").mkdir(parents=True)
    found = hardware(tmp_path)
    assert (found.private_bytes, found.l3_bytes, found.l3_cores) == (512 * KIB, 16 * MIB, 5)
    assert found.numa_nodes == 2


@pytest.mark.slow
def test_a_quick_real_run_gives_a_usable_profile(tmp_path: Path) -> None:
    seen = []
    file = calibrate(
        1, most_bytes=MIB, progress=lambda done, of: seen.append((done, of)), folder=tmp_path
    )
    assert seen == [(0, 1), (1, 1)]
    values = machine(str(file)).values
    for name in ("switch_us", "memory_gb_per_s", "refill_us"):
        assert "Measured" in values[name].source
        assert float(values[name].value) >= 0
