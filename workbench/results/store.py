"""The run store: every run with its configuration, parameters, log and data.

One SQLite file per data folder, in write-ahead-log mode, so that the command
line can read while a server writes. Each replication is committed on its own:
a process that dies loses at most those it had not finished. A run names the
process that owns it; `RunStore.recover` marks the runs of dead owners as
interrupted and leaves those of living ones alone.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from workbench.errors import InputError, Location
from workbench.results import serial
from workbench.results.migrations import migrate
from workbench.results.owner import Owner
from workbench.results.records import LIVE, LogLine, RunRecord, RunSpec, Status
from workbench.results.schema import METRICS, join

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["RunStore"]

_BUSY_SECONDS = 30.0
_SEARCHED = ("experiment", "variant", "workload", "backend", "seed")
_HAS_WORD = "({}) > 0".format(
    " + ".join(f"instr({column}, :{{0}})" for column in ("searched", "status", "cause", "id"))
)
_FILTERS = ("experiment", "variant", "workload", "backend", "kind", "status")


class RunStore:
    """The runs of one data folder; may be used from any thread.

    Parameters
    ----------
    folder
        Where ``runs.sqlite`` lies or is made.

    Raises
    ------
    workbench.errors.InputError
        If the folder cannot be written, or the store is damaged or newer than
        this workbench.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / "runs.sqlite"
        self._owner = Owner.this_process()
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with self.connection() as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                migrate(connection, str(self.file))
        except (sqlite3.DatabaseError, OSError) as problem:
            raise InputError(
                f"The run store cannot be opened: {problem}.",
                "Make its folder writable or set WORKBENCH_HOME to another one; "
                "a damaged store can be moved away, a new one is made then.",
                Location(str(self.file)),
            ) from problem

    # -- what a run writes -----------------------------------------------------

    def create(self, spec: RunSpec) -> str:
        """Record a new run of this process as queued and return its id."""
        return self.create_all([spec])[0]

    def create_all(
        self, specs: Sequence[RunSpec], notes: Sequence[Sequence[str]] = ()
    ) -> tuple[str, ...]:
        """Record new runs as queued, all of them or none, and return their ids.

        Parameters
        ----------
        specs
            What is to run.
        notes
            First lines of the log of each run, if there are any.
        """
        with self.transaction() as connection:
            keys = [self._insert(connection, spec) for spec in specs]
            connection.executemany(
                "INSERT INTO log (run, time, component, text) VALUES (?, ?, '', ?)",
                [
                    (key, time.time(), text)
                    for key, lines in zip(keys, notes, strict=False)
                    for text in lines
                ],
            )
        return tuple(map(str, keys))

    def _insert(self, connection: sqlite3.Connection, spec: RunSpec) -> int:
        row = {
            "experiment": spec.experiment,
            "variant": spec.variant,
            "workload": spec.workload,
            "backend": spec.backend,
            "kind": spec.kind,
            "status": "queued",
            "seed": spec.seed,
            "replications": spec.replications,
            "parameters": json.dumps(dict(spec.parameters)),
            "created": time.time(),
            "experiment_text": _text(connection, spec.experiment_yaml),
            "configuration_text": _text(connection, spec.configuration),
            "versions": json.dumps(dict(spec.versions)),
            "owner_pid": self._owner.pid,
            "owner_created": self._owner.created,
            "owner_boot": self._owner.boot,
        }
        told = [
            *(row[name] for name in _SEARCHED),
            *(f"{k}={v}" for k, v in spec.parameters.items()),
        ]
        row["searched"] = " ".join(map(str, told)).lower()
        columns, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        cursor = connection.execute(f"INSERT INTO runs ({columns}) VALUES ({marks})", row)
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def add_finished(
        self, runs: Sequence[tuple[RunSpec, Mapping[int, xr.Dataset], str]]
    ) -> tuple[str, ...]:
        """Record runs that happened elsewhere, all of them or none, and return their ids.

        Parameters
        ----------
        runs
            Of each what it is, its replications by number, and a line for its log.
        """
        now = time.time()
        rows = [
            [
                (number, now, json.dumps(_summary(dataset)), serial.to_bytes(dataset))
                for number, dataset in datasets.items()
            ]
            for _, datasets, _ in runs
        ]
        with self.transaction() as connection:
            keys = [self._insert(connection, spec) for spec, _, _ in runs]
            for key, (_, datasets, note), replications in zip(keys, runs, rows, strict=True):
                connection.executemany(
                    "INSERT INTO replications (run, number, finished, summary, dataset) "
                    "VALUES (?, ?, ?, ?, ?)",
                    [(key, *replication) for replication in replications],
                )
                connection.execute(
                    "UPDATE runs SET status = 'done', done = ?, started = ?, finished = ? "
                    "WHERE id = ?",
                    (len(datasets), now, now, key),
                )
                connection.execute(
                    "INSERT INTO log (run, time, component, text) VALUES (?, ?, '', ?)",
                    (key, now, note),
                )
        return tuple(map(str, keys))

    def start(self, run_id: str) -> None:
        """Record that a queued run has started."""
        with self.connection() as connection:
            connection.execute(
                "UPDATE runs SET status = 'running', started = ? "
                "WHERE id = ? AND status = 'queued'",
                (time.time(), _key(run_id)),
            )

    def extend(self, run_id: str, replications: int) -> None:
        """Record that so many replications are planned now."""
        with self.connection() as connection:
            connection.execute(
                "UPDATE runs SET replications = ? WHERE id = ?", (replications, _key(run_id))
            )

    def add_replication(self, run_id: str, index: int, dataset: xr.Dataset) -> None:
        """Record the result of one replication, in one transaction."""
        blob, summary = serial.to_bytes(dataset), json.dumps(_summary(dataset))
        with self.transaction() as connection:
            connection.execute(
                "INSERT INTO replications (run, number, finished, summary, dataset) "
                "VALUES (?, ?, ?, ?, ?)",
                (_key(run_id), index, time.time(), summary, blob),
            )
            connection.execute("UPDATE runs SET done = done + 1 WHERE id = ?", (_key(run_id),))

    def finish(self, run_id: str, status: Status, cause: str = "", message: str = "") -> None:
        """Record how a run ended; a run that has ended already stays as it is."""
        with self.connection() as connection:
            connection.execute(
                "UPDATE runs SET status = ?, cause = ?, message = ?, finished = ? "
                "WHERE id = ? AND status IN ('queued', 'running')",
                (status, cause, message, time.time(), _key(run_id)),
            )

    def log(self, run_id: str, text: str, component: str = "") -> None:
        """Add a line to a run's log."""
        with self.connection() as connection:
            connection.execute(
                "INSERT INTO log (run, time, component, text) VALUES (?, ?, ?, ?)",
                (_key(run_id), time.time(), component, text),
            )

    # -- what others read ------------------------------------------------------

    def run(self, run_id: str) -> RunRecord:
        """Return one run.

        Raises
        ------
        workbench.errors.InputError
            If there is none with this id.
        """
        with self.connection() as connection:
            row = connection.execute(
                "SELECT * FROM run_records WHERE id = ?", (_key(run_id),)
            ).fetchone()
        if row is None:
            raise _unknown(run_id)
        return _record(row)

    def runs(
        self, *, limit: int | None = None, words: Sequence[str] = (), **filters: str
    ) -> list[RunRecord]:
        """Return runs, newest first.

        Parameters
        ----------
        limit
            At most so many.
        words
            All of them must stand in what a list shows of a run: its names, status, cause,
            parameters and so on; capitals count as small letters.
        filters
            Values of ``experiment``, ``variant``, ``workload``, ``backend``,
            ``kind`` or ``status`` that a run must have.
        """
        if unknown := set(filters) - set(_FILTERS):
            raise TypeError(f"runs cannot be filtered by {', '.join(sorted(unknown))}")
        conditions = [f"{name} = :{name}" for name in filters]
        given = {f"word_{number}": word.lower() for number, word in enumerate(words)}
        conditions += [_HAS_WORD.format(name) for name in given]
        with self.connection() as connection:
            # First the ids, by rows that are short; only then the long texts of the few.
            rows = connection.execute(
                "SELECT * FROM run_records WHERE id IN (SELECT id FROM runs "
                f"WHERE {' AND '.join(conditions) or 'TRUE'} ORDER BY id DESC LIMIT :limit) "
                "ORDER BY id DESC",
                {**filters, **given, "limit": -1 if limit is None else limit},
            ).fetchall()
        return [_record(row) for row in rows]

    def dataset(self, run_id: str) -> xr.Dataset:
        """Return a run's finished replications, joined along ``replication``.

        Raises
        ------
        workbench.errors.InputError
            If there is no such run or no finished replication.
        """
        record = self.run(run_id)
        with self.connection() as connection:
            rows = connection.execute(
                "SELECT number, dataset FROM replications WHERE run = ? ORDER BY number",
                (_key(run_id),),
            ).fetchall()
        if not rows:
            raise InputError(
                f"Run {run_id} ({record.status}) has no finished replication.",
                "Wait for its first one, or choose another run.",
            )
        parts = [serial.from_bytes(row["dataset"]) for row in rows]
        return join(parts, replication=[row["number"] for row in rows])

    def replication(self, run_id: str, number: int) -> xr.Dataset:
        """Return one finished replication with all it has, its timeline too.

        Raises
        ------
        workbench.errors.InputError
            If there is no such run or replication.
        """
        with self.connection() as connection:
            row = connection.execute(
                "SELECT dataset FROM replications WHERE run = ? AND number = ?",
                (_key(run_id), number),
            ).fetchone()
        if row is None:
            record = self.run(run_id)
            raise InputError(
                f"Run {run_id} ({record.status}) has no finished replication {number}.",
                f"It has {record.done} of {record.replications}, counted from 0.",
            )
        return serial.from_bytes(row["dataset"])

    def summaries(self, run_id: str) -> dict[int, dict[str, Any]]:
        """Return what `_summary` kept of each finished replication, by number."""
        with self.connection() as connection:
            rows = connection.execute(
                "SELECT number, summary FROM replications WHERE run = ? ORDER BY number",
                (_key(run_id),),
            ).fetchall()
        return {row["number"]: json.loads(row["summary"]) for row in rows}

    def log_lines(self, run_id: str, after: int = 0) -> list[LogLine]:
        """Return the lines of a run's log whose number is greater than `after`."""
        with self.connection() as connection:
            rows = connection.execute(
                "SELECT * FROM log WHERE run = ? AND number > ? ORDER BY number",
                (_key(run_id), after),
            ).fetchall()
        return [
            LogLine(row["number"], _utc(row["time"]), row["component"], row["text"]) for row in rows
        ]

    # -- housekeeping ----------------------------------------------------------

    def delete(self, run_id: str) -> None:
        """Delete a run with everything that belongs to it.

        Raises
        ------
        workbench.errors.InputError
            If there is none, or if a living process still runs it.
        """
        record = self.run(run_id)
        if not record.ended and record.owner.lives():
            raise InputError(
                f"Run {run_id} is still {record.status} (process {record.owner.pid}).",
                "Cancel it first.",
            )
        with self.connection() as connection:
            connection.execute("DELETE FROM runs WHERE id = ?", (_key(run_id),))

    def recover(self) -> tuple[str, ...]:
        """Mark the unfinished runs of dead processes as interrupted; return their ids."""
        with self.transaction() as connection:
            rows = connection.execute(
                "SELECT id, owner_pid, owner_created, owner_boot FROM runs WHERE status IN (?, ?)",
                LIVE,
            ).fetchall()
            lost = [
                row["id"]
                for row in rows
                if not Owner(row["owner_pid"], row["owner_created"], row["owner_boot"]).lives()
            ]
            connection.executemany(
                "UPDATE runs SET status = 'interrupted', finished = ?, message = "
                "'The process that ran it (' || owner_pid || ') ended before the run did.' "
                "WHERE id = ?",
                [(time.time(), key) for key in lost],
            )
        return tuple(map(str, lost))

    def close(self) -> None:
        """Close the store's connections; it opens new ones when used again."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection to one thread at a time; statements commit on their own."""
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        connection = connection or self._open()
        try:
            yield connection
        except BaseException:
            with closing(connection):
                raise
        with self._lock:
            self._idle.append(connection)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        try:
            # With a write-ahead log, NORMAL survives the death of the process.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
        except sqlite3.DatabaseError:
            connection.close()
            raise
        return connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection for statements that count all together or not at all."""
        with self.connection() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection


def _text(connection: sqlite3.Connection, text: str) -> int:
    """Return the id of a text, which is kept once."""
    connection.execute("INSERT OR IGNORE INTO texts (text) VALUES (?)", (text,))
    (key,) = connection.execute("SELECT id FROM texts WHERE text = ?", (text,)).fetchone()
    return int(key)


def _key(run_id: str) -> int:
    """Return the row of a run's id."""
    if not (run_id.isascii() and run_id.isdigit() and len(run_id) < 19):
        raise _unknown(run_id)
    return int(run_id)


def _unknown(run_id: str) -> InputError:
    return InputError(
        f'There is no run "{run_id}".', "See `workbench runs list` for those there are."
    )


def _record(row: sqlite3.Row) -> RunRecord:
    fields: dict[str, Any] = dict(zip(row.keys(), row, strict=True))
    owner = Owner(*(fields.pop(f"owner_{part}") for part in ("pid", "created", "boot")))
    for name in ("experiment_text", "configuration_text", "searched"):
        del fields[name]
    for name in ("parameters", "versions"):
        fields[name] = json.loads(fields[name])
    for name in ("created", "started", "finished"):
        fields[name] = None if fields[name] is None else _utc(fields[name])
    return RunRecord(**fields | {"id": str(fields["id"]), "owner": owner})


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _summary(dataset: xr.Dataset) -> dict[str, Any]:
    """Return what lists show of a replication, so that they need not open its data.

    The totals in op/s by phase, the exit reasons by component, and the luck, if known.
    """
    totals: dict[str, Mapping[str, float | None]] = {}
    phases = dataset.phase.values.tolist()
    for metric in METRICS:
        total = dataset[metric.replace("throughput", "total")].values.tolist()
        totals[metric] = dict(zip(phases, map(_or_none, total), strict=True))
    exits = zip(dataset.component.values.tolist(), dataset.exit_reason.values.tolist(), strict=True)
    luck = {"slice_luck": dataset.slice_luck.item()} if "slice_luck" in dataset else {}
    return {**totals, "exits": dict(exits), **luck}


def _or_none(value: float) -> float | None:
    return None if value != value else value  # noqa: PLR0124 - only NaN differs from itself
