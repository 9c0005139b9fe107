"""Every parameter by its documented name; wrong names and values are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation import run, scenario, talk, tree
from workbench.backends.base import Job, backend, backend_names
from workbench.errors import InputError
from workbench.scenario.experiment import Parameter
from workbench.scenario.model import AffinitySpace, Rectangle, Scenario

SMALL = talk("time-share", cores=5)


def messages(job: Job) -> list[str]:
    return [problem.message for problem in backend("simulated").validate(job)]


def test_the_backend_is_registered() -> None:
    assert "simulated" in backend_names()
    assert backend("simulated").kind == "simulation"
    assert "insert" in backend("simulated").workloads()


def test_documented_parameters() -> None:
    infos = {info.name: info for info in backend("simulated").parameters("insert", {})}
    assert {
        "machine", "policy", "quantum_ms", "switch_us", "refill_us", "slice_spread", "sync",
        "window", "operations", "serial_gap_ms", "start_skew_ms", "descend_ns", "write_ns",
        "bytes_per_key", "base_bytes", "raster_ms",
    } <= set(infos)  # fmt: skip
    assert infos["quantum_ms"].default == 10.0
    assert infos["window"].default == 1500
    assert infos["operations"].default >= 1_000_000
    assert infos["sync"].choices == (
        "queue", "exclusive", "latched", "spinlock", "olfit", "sync4me"
    )  # fmt: skip
    assert set(infos["policy"].choices) >= {"nova", "gang"}
    assert infos["serial_gap_ms"].default == infos["start_skew_ms"].default == 0.0
    assert infos["serial_gap_ms"].source.startswith("Assumption")
    assert all(info.doc and info.source for info in infos.values())
    groups = {info.group for info in infos.values()}
    assert groups == {"machine", "workload", "policy", "backend"}


def test_every_default_is_accepted_when_given() -> None:
    for workload in backend("simulated").workloads():
        defaults = {
            info.name: info.default for info in backend("simulated").parameters(workload, {})
        }
        said = messages(Job(SMALL, workload, 1, defaults))
        assert [text for text in said if "being built" not in text] == []


def test_a_default_follows_from_the_machine(tmp_path: Path) -> None:
    import workbench

    text = (Path(workbench.__path__[0]) / "data/machines/talk.yaml").read_text()
    file = tmp_path / "late-2022.yaml"
    file.write_text(text.replace("value: 10.0", "value: 1.5"))
    infos = backend("simulated").parameters("insert", {"machine": str(file)})
    assert {info.name: info.default for info in infos}["quantum_ms"] == 1.5


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("quantum", 3, 'Did you mean "quantum_ms"?'),
        ("sync", "olfitt", 'Did you mean "olfit"?'),
        ("policy", "none", "Choose one of"),
        ("window", "many", "give a number"),
        ("window", 0, "from 1 to 1e+06"),
        ("write_ns", 1e30, "from 0 to 1e+12"),
        ("write_ns", 1e12, "s of simulated time"),
        ("start_skew_ms", 1e12, "s of simulated time"),
        ("operations", 10**15, "to 1e+09"),
        ("quantum_ms", 1e9, "to 1e+06"),
        ("raster_ms", 1e9, "to 1e+06"),
        ("slice_spread", 1.5, "from 0 to 1"),
        ("keys_per_leaf", 0.0, "from 1 to"),
        ("fanout", 1.0, "from 2 to"),
        ("window", 1.5, "whole number"),
        ("operations", True, "give a number"),
        ("quantum_ms", -1, "give a number from"),
        ("quantum_ms", float("nan"), "give a number from"),
        ("machine", "talks", 'Did you mean "talk"?'),
    ],
)
def test_a_wrong_parameter_is_an_error(name: str, value: Parameter, said: str) -> None:
    job = Job(SMALL, "insert", 1, {name: value})
    (problem,) = backend("simulated").validate(job)
    assert problem.severity == "error"
    assert said in problem.message
    with pytest.raises(InputError):
        backend("simulated").start(job)


def test_a_wrong_workload_is_an_error() -> None:
    assert 'Did you mean "insert"?' in messages(Job(SMALL, "inserts", 1))[0]


def test_a_scenario_that_cannot_be_simulated_is_an_error() -> None:
    assert "runs a workload" in messages(Job(scenario(), "insert", 1))[0]
    whole_rack = scenario(tree("a"), width=300)
    assert "300 cores" in messages(Job(whole_rack, "insert", 1))[0]
    nothing = Scenario(space=AffinitySpace(width=0), components=SMALL.components)
    assert "0 cores" in messages(Job(nothing, "insert", 1))[0]


def test_whole_numbers_may_be_written_as_floats() -> None:
    result = run(scenario(tree("a", Rectangle())), operations=1e3, quantum_ms=2)
    assert result.operations.values.tolist() == [[1000]]
