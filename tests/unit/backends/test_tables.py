"""Machine profiles and workload tables: the shipped ones, one's own, and faulty ones."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

import workbench.backends.workload
from tests.simulation import run, scenario, tree
from workbench.backends.machine import machine, machine_names
from workbench.backends.workload import workload, workload_names
from workbench.errors import InputError
from workbench.scenario.model import Rectangle


def example_of(documentation: str | None) -> str:
    """Return the indented block that ends a module's documentation."""
    assert documentation is not None
    lines = documentation.rsplit("::\n", 1)[1].rstrip().splitlines()
    return textwrap.dedent("\n".join(lines)).strip() + "\n"


def test_shipped_tables_load_and_name_their_sources() -> None:
    assert "talk" in machine_names()
    assert {"insert", "lookup", "insert-lookup", "machine-repair"} <= set(workload_names())
    for name in machine_names():
        assert all(setting.source for setting in machine(name).values.values())
    for name in workload_names():
        assert all(setting.source for setting in workload(name).parameters.values())


def test_the_talks_machine() -> None:
    values = machine("talk").values
    assert (values["cores"].value, values["numa_nodes"].value) == (64, 8)
    assert values["clock_ghz"].value == 2.0
    assert values["quantum_ms"].value == 10.0


def test_insert_and_lookup_agree_on_the_tree() -> None:
    for name in ("descend_ns", "bytes_per_key", "keys_per_leaf", "fanout", "window", "base_bytes"):
        values = {workload(w).parameters[name].value for w in ("insert", "lookup", "insert-lookup")}
        assert len(values) == 1


def test_the_documented_workload_runs_from_ones_own_folder(home: Path) -> None:
    folder = home / "workloads"
    folder.mkdir()
    (folder / "echo.yaml").write_text(example_of(workbench.backends.workload.__doc__))
    assert "echo" in workload_names()
    result = run(
        scenario(tree("a", Rectangle(width=4))), "echo", operations=4_000, window=4, reply_ns=100
    )
    assert result.phase.values.tolist() == ["echo"]
    assert result.operations.values.tolist() == [[4_000]]
    share = float(result.delegated_tasks.sum() / result.operations.sum())
    assert share == pytest.approx(3 / 4, abs=0.03)


def test_a_table_by_its_path_and_ones_own_before_the_shipped_one(
    home: Path, tmp_path: Path
) -> None:
    shipped = Path(workbench.__path__[0]) / "data" / "machines" / "talk.yaml"
    text = shipped.read_text().replace("value: 10.0", "value: 1.5")
    assert "value: 1.5" in text
    elsewhere = tmp_path / "late-2022.yaml"
    elsewhere.write_text(text)
    assert machine(str(elsewhere)).values["quantum_ms"].value == 1.5
    (home / "machines").mkdir()
    (home / "machines" / "talk.yaml").write_text(text)
    assert machine("talk").values["quantum_ms"].value == 1.5


@pytest.mark.parametrize(
    ("change", "what", "element"),
    [
        (("window: window\n", ""), "window", None),
        (("operations: operations", "operations: operation"), "operation", None),
        (("tasks: 2", "tasks: many"), ".", "phases.0.chain.0.tasks"),
        (("where: local", "where: moon"), ".", "phases.0.chain.0.where"),
        (("workload: 1", "workload: 2"), ".", "workload"),
        (("window: window\n", "window: window\nwindows: 3\n"), ".", "windows"),
        (("phases:", "phases: ]"), "YAML", None),
    ],
)
def test_a_faulty_table_is_refused(
    tmp_path: Path, change: tuple[str, str], what: str, element: str | None
) -> None:
    text = example_of(workbench.backends.workload.__doc__).replace("local,", "local, tasks: 2,")
    assert change[0] in text
    faulty = tmp_path / "faulty.yaml"
    faulty.write_text(text.replace(*change))
    with pytest.raises(InputError, match=what) as refusal:
        workload(str(faulty))
    assert refusal.value.location.file == str(faulty)
    assert refusal.value.location.element == element


@pytest.mark.parametrize("name", ["inserts", "../machines/talk", "no/such/file.yaml", ""])
def test_a_missing_table_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        workload(name)
    with pytest.raises(InputError, match='Did you mean "insert"'):
        workload("inserts")
