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
    (  # 4: sweeps; one small record of numbers per point instead of a run
        """
        CREATE TABLE sweeps (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            experiment TEXT NOT NULL,
            digest TEXT NOT NULL UNIQUE,
            spec TEXT NOT NULL,
            tasks INTEGER NOT NULL,
            created REAL NOT NULL
        )
        """,
        """
        CREATE TABLE sweep_records (
            sweep INTEGER NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE,
            task INTEGER NOT NULL,
            key BLOB NOT NULL,
            record BLOB NOT NULL,
            PRIMARY KEY (sweep, task)
        )
        """,
        """
        CREATE TABLE sweep_failures (
            sweep INTEGER NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE,
            task INTEGER NOT NULL,
            message TEXT NOT NULL,
            PRIMARY KEY (sweep, task)
        )
        """,
        "CREATE INDEX sweep_records_by_key ON sweep_records (key)",
    ),
    (  # 5: long texts once each, so that a history of 100 000 runs is looked through at once
        "CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)",
        "INSERT OR IGNORE INTO texts (text) "
        "SELECT experiment_yaml FROM runs UNION SELECT configuration FROM runs",
        "ALTER TABLE runs ADD COLUMN experiment_text INTEGER REFERENCES texts (id)",
        "ALTER TABLE runs ADD COLUMN configuration_text INTEGER REFERENCES texts (id)",
        "UPDATE runs SET "
        "experiment_text = (SELECT id FROM texts WHERE text = experiment_yaml), "
        "configuration_text = (SELECT id FROM texts WHERE text = configuration)",
        "ALTER TABLE runs DROP COLUMN experiment_yaml",
        "ALTER TABLE runs DROP COLUMN configuration",
        "ALTER TABLE runs ADD COLUMN searched TEXT NOT NULL DEFAULT ''",
        "UPDATE runs SET searched = lower(experiment || ' ' || variant || ' ' || workload "
        "|| ' ' || backend || ' ' || parameters || ' ' || seed)",
        """
        CREATE VIEW run_records AS
        SELECT runs.*, one.text AS experiment_yaml, other.text AS configuration FROM runs
        JOIN texts AS one ON one.id = experiment_text
        JOIN texts AS other ON other.id = configuration_text
        """,
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
