"""Sweeps in the run store: what was asked for, and one record of numbers per task.

A task is one replication of one workload and variant at one point of the sweep. Its
record is a row of float64 numbers (little-endian), laid out by whoever made it. A
record's *key* names all that its numbers follow from, so that a sweep can take over
what another one has found out already.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.errors import InputError
from workbench.results.store import RunStore

__all__ = ["SweepRecord", "SweepStore", "TaskRecord"]

_ADOPT = """
INSERT OR IGNORE INTO sweep_records (sweep, task, key, record)
SELECT ?, ?, key, record FROM sweep_records WHERE key = ? LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """What a task gave: its numbers, or why there are none."""

    task: int
    key: bytes
    numbers: bytes = b""
    failure: str = ""


@dataclass(frozen=True)
class SweepRecord:
    """A sweep as it stands in the store.

    Parameters
    ----------
    id
        Short text that names it in this store.
    experiment
        Name of the experiment.
    digest
        Of everything that was asked for; asking again finds the same sweep.
    spec
        What was asked for, as plain values.
    tasks, done, failed
        How many there are; have their numbers; failed when they were tried last.
    created
        In UTC.
    """

    id: str
    experiment: str
    digest: str
    spec: Mapping[str, Any]
    tasks: int
    done: int
    failed: int
    created: datetime


class SweepStore:
    """The sweeps of a run store; may be used from any thread."""

    def __init__(self, store: RunStore) -> None:
        self._store = store

    def create(self, experiment: str, digest: str, spec: Mapping[str, Any], tasks: int) -> str:
        """Record a sweep and return its id; that of the one with the same digest if there is."""
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO sweeps (experiment, digest, spec, tasks, created) "
                "VALUES (?, ?, ?, ?, ?)",
                (experiment, digest, json.dumps(spec), tasks, time.time()),
            )
            (key,) = connection.execute(
                "SELECT id FROM sweeps WHERE digest = ?", (digest,)
            ).fetchone()
        return str(key)

    def sweep(self, sweep_id: str) -> SweepRecord:
        """Return one sweep; `InputError` if there is none of that id."""
        found = self._sweeps("WHERE id = ?", (sweep_id,)) if sweep_id.isdigit() else []
        if not found:
            raise InputError(
                f'There is no sweep "{sweep_id}".',
                "See `workbench sweeps list` for those there are.",
            )
        return found[0]

    def sweeps(self) -> list[SweepRecord]:
        """Return all sweeps, newest first."""
        return self._sweeps("", ())

    def _sweeps(self, where: str, values: Sequence[object]) -> list[SweepRecord]:
        with self._store.connection() as connection:
            rows = connection.execute(
                f"SELECT * FROM sweeps {where} ORDER BY id DESC", values
            ).fetchall()
            counts = [
                [
                    connection.execute(
                        f"SELECT count(*) FROM {table} WHERE sweep = ?", (row["id"],)
                    ).fetchone()[0]
                    for table in ("sweep_records", "sweep_failures")
                ]
                for row in rows
            ]
        return [
            SweepRecord(
                id=str(row["id"]),
                experiment=row["experiment"],
                digest=row["digest"],
                spec=json.loads(row["spec"]),
                tasks=row["tasks"],
                done=done,
                failed=failed,
                created=datetime.fromtimestamp(row["created"], UTC),
            )
            for row, (done, failed) in zip(rows, counts, strict=True)
        ]

    def adopt(self, sweep_id: str, keys: Iterable[tuple[int, bytes]]) -> int:
        """Take over the records of other sweeps that have these keys; return how many.

        Parameters
        ----------
        sweep_id
            Of the sweep that lacks them.
        keys
            Task and key.
        """
        with self._store.transaction() as connection:
            before = connection.total_changes
            connection.executemany(_ADOPT, ((int(sweep_id), task, key) for task, key in keys))
            adopted = connection.total_changes - before
            connection.execute(
                "DELETE FROM sweep_failures WHERE sweep = :sweep AND task IN "
                "(SELECT task FROM sweep_records WHERE sweep = :sweep)",
                {"sweep": int(sweep_id)},
            )
            return adopted

    def known(self, sweep_id: str) -> set[int]:
        """Return the tasks that have their numbers."""
        with self._store.connection() as connection:
            rows = connection.execute(
                "SELECT task FROM sweep_records WHERE sweep = ?", (int(sweep_id),)
            )
            return {task for (task,) in rows}

    def add(self, sweep_id: str, records: Sequence[TaskRecord]) -> None:
        """Record what tasks gave, in one transaction; what is known already stays."""
        key = int(sweep_id)
        with self._store.transaction() as connection:
            good = [r for r in records if not r.failure]
            connection.executemany(
                "INSERT OR IGNORE INTO sweep_records (sweep, task, key, record) "
                "VALUES (?, ?, ?, ?)",
                [(key, r.task, r.key, r.numbers) for r in good],
            )
            connection.executemany(
                "DELETE FROM sweep_failures WHERE sweep = ? AND task = ?",
                [(key, r.task) for r in good],
            )
            connection.executemany(
                "INSERT OR REPLACE INTO sweep_failures (sweep, task, message) VALUES (?, ?, ?)",
                [(key, r.task, r.failure) for r in records if r.failure],
            )

    def numbers(self, sweep_id: str, width: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the tasks that have numbers (n), in order, and their records (n, width)."""
        with self._store.connection() as connection:
            rows = connection.execute(
                "SELECT task, record FROM sweep_records WHERE sweep = ? ORDER BY task",
                (int(sweep_id),),
            ).fetchall()
        tasks = np.fromiter((row[0] for row in rows), np.int64, len(rows))
        numbers = np.frombuffer(b"".join(row[1] for row in rows), "<f8")
        return tasks, numbers.reshape(len(rows), width)

    def failures(self, sweep_id: str) -> dict[int, str]:
        """Return why tasks have no numbers, by task."""
        with self._store.connection() as connection:
            rows = connection.execute(
                "SELECT task, message FROM sweep_failures WHERE sweep = ? ORDER BY task",
                (int(sweep_id),),
            )
            return dict(rows.fetchall())

    def delete(self, sweep_id: str) -> None:
        """Delete a sweep with all its records; `InputError` if there is none."""
        self.sweep(sweep_id)
        with self._store.connection() as connection:
            connection.execute("DELETE FROM sweeps WHERE id = ?", (int(sweep_id),))
