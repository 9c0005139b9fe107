"""The schema of the run store, as the steps that led to it.

A store remembers in ``user_version`` how many steps it has taken. To change
the schema, append a step; never edit one that has been released.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from workbench.errors import InputError, Location

__all__ = ["MIGRATIONS", "migrate"]

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (  # 1: runs with their replications and log
        """
        CREATE TABLE runs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            experiment TEXT NOT NULL,
            variant TEXT NOT NULL,
            workload TEXT NOT NULL,
            backend TEXT NOT NULL,
            kind TEXT NOT NULL,
            status TEXT NOT NULL,
            seed INTEGER NOT NULL,
            replications INTEGER NOT NULL,
            done INTEGER NOT NULL DEFAULT 0,
            parameters TEXT NOT NULL,
            created REAL NOT NULL,
            started REAL,
            finished REAL,
            cause TEXT NOT NULL DEFAULT '',
            message TEXT NOT NULL DEFAULT '',
            experiment_yaml TEXT NOT NULL,
            configuration TEXT NOT NULL,
            versions TEXT NOT NULL,
            owner_pid INTEGER NOT NULL,
            owner_created REAL NOT NULL
        )
        """,
        """
        CREATE TABLE replications (
            run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            finished REAL NOT NULL,
            summary TEXT NOT NULL,
            dataset BLOB NOT NULL,
            PRIMARY KEY (run, number)
        )
        """,
        """
        CREATE TABLE log (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            time REAL NOT NULL,
            component TEXT NOT NULL,
            text TEXT NOT NULL
        )
        """,
    ),
    (  # 2: quick look-ups for a long history
        "CREATE INDEX log_of_run ON log (run, number)",
        "CREATE INDEX runs_of_experiment ON runs (experiment, id)",
        "CREATE INDEX runs_of_status ON runs (status)",
    ),
    (  # 3: owners told apart by a time that setting the clock does not move
        "ALTER TABLE runs ADD COLUMN owner_boot TEXT NOT NULL DEFAULT ''",
    ),
)


def migrate(
    connection: sqlite3.Connection,
    file: str,
    steps: Sequence[Sequence[str]] = MIGRATIONS,
) -> None:
    """Bring a store to the present schema, in one transaction.

    Raises
    ------
    workbench.errors.InputError
        If the store has taken more steps than this version knows.
    """
    if _version(connection) == len(steps):
        return
    with connection:
        connection.execute("BEGIN IMMEDIATE")  # two processes may open a new store at once
        version = _version(connection)
        if version > len(steps):
            raise InputError(
                f"The run store has schema version {version}; "
                f"this workbench knows versions up to {len(steps)}.",
                "Use the newer workbench that wrote it, or set WORKBENCH_HOME to another folder.",
                Location(file),
            )
        for step in steps[version:]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(steps)}")


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
