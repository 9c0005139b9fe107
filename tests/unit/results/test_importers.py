"""Imported files say what their writer knew; damaged ones say where, and nothing is invented."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.measurements import Point, console, genode_log, json_lines, points
from workbench.errors import InputError
from workbench.results.importers import (
    DamagedFileError,
    Measurement,
    import_files,
    import_readings,
    read_text,
)
from workbench.results.store import RunStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore(tmp_path / "home") as opened:
        yield opened


def written(tmp_path: Path, name: str, text: str) -> Path:
    file = tmp_path / name
    file.write_bytes(text.encode())
    return file


# -- sound files -------------------------------------------------------------------------------


def test_json_lines_become_a_run_per_core_count(store: RunStore, tmp_path: Path) -> None:
    data = points([1, 2, 4], iterations=3)
    file = written(tmp_path, "queue.json", json_lines(data, llc_miss=2.5, instr=830.0))
    made = import_files(store, [file], phases=["insert", "lookup"])
    assert [one.variant for one in made] == [
        f"queue, {n}" for n in ("1 core", "2 cores", "4 cores")
    ]
    for one in made:
        record, dataset = store.run(one.run), store.dataset(one.run)
        (cores,) = one.cores.values()
        assert (record.kind, record.backend, record.status) == ("measurement", "imported", "done")
        assert record.parameters["cores"] == str(cores)
        assert record.workload == "insert-lookup"
        assert dataset.replication.values.tolist() == [1, 2, 3]
        for point in (p for p in data if p.cores == cores):
            cell = dataset.sel(replication=point.iteration).isel(phase=point.phase, component=0)
            assert float(cell.throughput_self) == point.throughput  # every digit
            assert float(cell.counters_per_operation.sel(counter="llc-miss")) == 2.5
            assert np.isnan(float(cell.operations))  # such a file does not tell
        assert dataset.attrs["source"] == str(file)
        assert len(dataset.attrs["source_sha256"]) == 64


def test_a_console_also_tells_spans_and_operations(store: RunStore, tmp_path: Path) -> None:
    data = points([2], iterations=2)
    text = "\n".join(console(data, figures="\t1.21887 writer/op\t4 reader/op")) + "\n"
    (one,) = import_files(store, [written(tmp_path, "run.txt", text)])
    dataset = store.dataset(one.run)
    assert dataset.phase.values.tolist() == ["insert", "lookup"]
    assert one.variant == "run"
    for point in data:
        cell = dataset.sel(replication=point.iteration).isel(phase=point.phase, component=0)
        assert float(cell.reported_seconds) == point.milliseconds / 1e3
        # Printed with six digits.
        assert float(cell.operations) == pytest.approx(point.operations, rel=5e-6)
        assert float(cell.counters_per_operation.sel(counter="writer")) == 1.21887
    assert dataset.total_window.isnull().all()
    assert dataset.total_makespan.isnull().all()


def test_a_genode_log_joins_its_instances_to_one_run(store: RunStore, tmp_path: Path) -> None:
    cells = {"blinktree1": 21, "blinktree2": 21, "blinktree3": 20}  # unequal partitions
    data = {f"init -> {n}": points([c], 3, 150 + c) for n, c in cells.items()}
    (one,) = import_files(store, [written(tmp_path, "partitioned.log", genode_log(data))])
    assert dict(one.cores) == cells
    dataset = store.dataset(one.run)
    assert dataset.component.values.tolist() == list(cells)
    for label, measured in data.items():
        for point in measured:
            cell = dataset.sel(component=label[8:], replication=point.iteration)
            printed = float(f"{point.throughput:g}")
            assert float(cell.throughput_self.isel(phase=point.phase)) == printed
    together = [
        sum(float(f"{p.throughput:g}") for ps in data.values() for p in ps
            if (p.iteration, p.phase) == (2, phase))
        for phase in (0, 1)
    ]  # fmt: skip
    assert dataset.total_self.sel(replication=2).values.tolist() == pytest.approx(together)


def test_instances_of_the_same_name_keep_their_labels(store: RunStore, tmp_path: Path) -> None:
    labels = ["init -> organism1 -> blinktree", "init -> organism2 -> blinktree"]
    log = genode_log({label: points([4], 1) for label in labels})
    (one,) = import_files(store, [written(tmp_path, "two.log", log)])
    assert list(one.cores) == labels


def test_time_stamps_of_a_terminal_are_no_labels(store: RunStore, tmp_path: Path) -> None:
    log = genode_log({"init -> blinktree1": points([4], 1)})
    stamped = "".join(f"[  12.{i:03}] {line}\n" for i, line in enumerate(log.splitlines()))
    (one,) = import_files(store, [written(tmp_path, "stamped.log", stamped)])
    assert dict(one.cores) == {"blinktree1": 4}


def test_results_appended_to_a_file_are_runs_of_their_own(store: RunStore, tmp_path: Path) -> None:
    first, second = points([2], 2), points([2], 2, base_ms=400)
    file = written(tmp_path, "appended.json", json_lines(first) + json_lines(second))
    made = import_files(store, [file])
    assert [one.variant for one in made] == ["appended, 2 cores", "appended, 2 cores (2)"]
    for one, data in zip(made, (first, second), strict=True):
        assert float(store.dataset(one.run).total_self[0, 0]) == data[0].throughput


def test_phases_keep_the_words_of_the_file(store: RunStore, tmp_path: Path) -> None:
    text = "\n".join(console(points([2], 1), second="mixed")) + "\n"
    (one,) = import_files(store, [written(tmp_path, "a.txt", text)])
    assert one.workload == "insert-mixed"


# -- damaged files -----------------------------------------------------------------------------

_DATA = points([1, 2], iterations=2)
_FILES = {
    "json": json_lines(_DATA, llc_miss=2.5),
    "console": "\n".join(console(_DATA, figures="\t1.5 writer/op")) + "\n",
    "log": genode_log({f"init -> blinktree{i}": points([i, 2 * i], 2) for i in (1, 2)}),
}


def key(one: object) -> tuple[object, ...]:
    return tuple(getattr(one, n) for n in ("label", "cores", "iteration", "phase", "throughput"))


@pytest.mark.parametrize("kind", _FILES)
def test_every_truncation_is_refused_or_a_prefix(kind: str, tmp_path: Path) -> None:
    """Whatever is missing, no number is read that the whole file does not have."""
    whole = _FILES[kind].encode()
    truth = [key(one) for one in read_text(whole, "whole").measurements]
    with RunStore(tmp_path) as store:
        outcomes = [_outcome(whole[:length], store) for length in range(len(whole))]
    for found, problem in outcomes:
        assert [key(one) for one in found] == truth[: len(found)]
        if problem is None:
            # Complete iterations, equally many of each core count; all of them where the core
            # counts were announced.
            per_cores = Counter((one.label, one.cores) for one in found)
            assert len(set(per_cores.values())) == 1
            assert len(found) % len({one.phase for one in found}) == 0
            assert kind == "json" or len(found) == len(truth)
        elif found:
            assert problem.location.file == "cut"
            assert f"{len(found)} measurements" in problem.remedy
    assert sum(problem is not None for _, problem in outcomes) > 0.9 * len(whole)


def _outcome(data: bytes, store: RunStore) -> tuple[tuple[Measurement, ...], InputError | None]:
    """Return what was read of a file, and why it was refused if it was."""
    found: tuple[Measurement, ...] = ()
    try:
        reading = read_text(data, "cut")
        found = reading.measurements
        import_readings(store, [reading])
    except InputError as problem:
        return found, problem
    return found, None


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_damaged_bytes_never_end_in_a_traceback(data: st.DataObject) -> None:
    whole = bytearray(_FILES[data.draw(st.sampled_from(sorted(_FILES)))].encode())
    for _ in range(data.draw(st.integers(1, 5))):
        position = data.draw(st.integers(0, len(whole) - 1))
        whole[position] = data.draw(st.integers(0, 255))
    with suppress(InputError):
        reading = read_text(bytes(whole), "damaged")
        assert all(0 < one.throughput < float("inf") for one in reading.measurements)


def test_a_cut_line_is_named_with_what_could_be_read(tmp_path: Path, store: RunStore) -> None:
    text = json_lines(points([2], 3))
    file = written(tmp_path, "cut.json", text[:-9])
    with pytest.raises(DamagedFileError) as refusal:
        import_files(store, [file])
    assert refusal.value.location.line == 6
    assert "ends in the middle" in refusal.value.what
    assert "Readable up to line 5: 5 measurements" in refusal.value.remedy
    assert store.runs() == []
    (one,) = import_files(store, [file], partial=True)
    assert one.replications == 2
    assert "Only complete iterations" in store.log_lines(one.run)[0].text


def test_mixed_formats_are_refused(tmp_path: Path, store: RunStore) -> None:
    text = "\n".join(console(_DATA)) + "\n" + json_lines(_DATA)
    with pytest.raises(InputError, match="mixes formats") as refusal:
        import_files(store, [written(tmp_path, "both.txt", text)])
    assert refusal.value.location.line == len(console(_DATA)) + 1


def test_two_lines_run_into_each_other(tmp_path: Path, store: RunStore) -> None:
    log = genode_log({f"init -> blinktree{i}": points([2], 2) for i in (1, 2)})
    a, _, b = log.partition(" ms\t")
    with pytest.raises(DamagedFileError, match="is damaged"):
        import_files(store, [written(tmp_path, "torn.log", f"{a} m[init -> other] x\r\ns\t{b}")])


def test_an_instance_that_never_finished_is_named(tmp_path: Path, store: RunStore) -> None:
    log = genode_log({f"init -> blinktree{i}": points([2], 2) for i in (1, 2)})
    head, _, tail = log.rpartition("[init -> blinktree2] Finished.")
    with pytest.raises(DamagedFileError, match=r"blinktree2 never said .Finished"):
        import_files(store, [written(tmp_path, "crash.log", head + tail)])


@pytest.mark.parametrize(
    "change",
    [
        {"throughput": float("nan")},
        {"throughput": 0},
        {"throughput": -1.0},
        {"throughput": "fast"},
        {"throughput": 10**400},
        {"cores": 0},
        {"cores": True},
        {"cores": 1.5},
        {"iteration": None},
        {"phase": -1},
        {"llc-miss": "many"},
    ],
)
def test_values_that_cannot_be_are_refused(
    change: dict[str, object], tmp_path: Path, store: RunStore
) -> None:
    line = json.dumps({"cores": 2, "iteration": 1, "phase": 0, "throughput": 1e6} | change)
    with pytest.raises(DamagedFileError):
        import_files(store, [written(tmp_path, "odd.json", line + "\n")])


def test_a_phase_of_no_time_says_nothing(tmp_path: Path, store: RunStore) -> None:
    with pytest.raises(DamagedFileError, match="says nothing"):
        import_files(store, [written(tmp_path, "a.txt", "2\t1\t0\t0 ms\tinf op/s\n")])


def test_all_files_are_recorded_or_none(tmp_path: Path, store: RunStore) -> None:
    good = written(tmp_path, "good.json", json_lines(points([2], 2)))
    bad = written(tmp_path, "bad.json", json_lines(points([2], 2))[:-4])
    with pytest.raises(DamagedFileError):
        import_files(store, [good, bad])
    assert store.runs() == []
    with pytest.raises(InputError, match="both become"):
        import_files(store, [good, good])
    assert len(import_files(store, [good, good], variants=["a", "b"])) == 2


def test_a_file_without_measurements_names_the_formats(tmp_path: Path, store: RunStore) -> None:
    with pytest.raises(InputError, match="no measurement") as refusal:
        import_files(store, [written(tmp_path, "boot.log", "kernel initialized\n")])
    assert "JSON Lines" in refusal.value.remedy
    with pytest.raises(InputError, match="cannot be read"):
        import_files(store, [tmp_path / "absent.log"])


def test_a_point_is_what_the_benchmark_would_print() -> None:
    assert Point(2, 1, 0, 160).throughput == 6.25e6
