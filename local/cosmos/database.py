"""The SQLite database under the server: its schema and its transactions.

Write-ahead log with synchronous=NORMAL: what was committed survives the death of the process. What was
overwritten or deleted does not stay in the file (`PRAGMA secure_delete`), nor for long in the log.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from local.cosmos.folder import FolderLock

_SCHEMA: Final = """
PRAGMA page_size = 16384;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS database (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    properties TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS container (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    database INTEGER NOT NULL REFERENCES database,
    name TEXT NOT NULL,
    properties TEXT NOT NULL,
    lsn INTEGER NOT NULL DEFAULT 0,
    throughput INTEGER NOT NULL,
    UNIQUE (database, name)
);
CREATE TABLE IF NOT EXISTS document (
    number INTEGER PRIMARY KEY,
    container INTEGER NOT NULL,
    partition_key TEXT NOT NULL,
    id TEXT NOT NULL,
    hash TEXT NOT NULL,
    lsn INTEGER NOT NULL,
    position INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    expires INTEGER,
    etag TEXT NOT NULL,
    rid TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (container, partition_key, id)
);
CREATE INDEX IF NOT EXISTS document_partition ON document (container, partition_key);
CREATE INDEX IF NOT EXISTS document_container ON document (container);
CREATE INDEX IF NOT EXISTS document_feed ON document (container, lsn, position);
CREATE INDEX IF NOT EXISTS document_expiry ON document (container, expires)
    WHERE expires IS NOT NULL;
CREATE TABLE IF NOT EXISTS unique_value (
    container INTEGER NOT NULL,
    partition_key TEXT NOT NULL,
    value TEXT NOT NULL,
    document INTEGER NOT NULL,
    PRIMARY KEY (container, partition_key, value)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS unique_value_document ON unique_value (document);
"""


class Database:
    """One connection; `folder` None keeps everything in memory."""

    def __init__(self, folder: Path | None) -> None:
        self._lock = None if folder is None else FolderLock(folder)
        file = ":memory:" if folder is None else str(folder / "cosmos.db")
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._connection.executescript(_SCHEMA)
        self._tidied_at = -1
        self.tidy()

    def execute(self, sql: str, parameters: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        return self._connection.execute(sql, parameters)

    def row(self, sql: str, parameters: tuple[Any, ...] = ()) -> Any:
        """The first row, or None."""
        return self._connection.execute(sql, parameters).fetchone()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit at the end, roll back on any exception."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    @contextmanager
    def rolled_back(self) -> Iterator[None]:
        """A transaction whose changes are only seen inside it."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            self._connection.execute("ROLLBACK")

    def tidy(self) -> None:
        """Bring what was written from the log into the file and cut the log, which still shows what was
        overwritten; not within a transaction."""
        if self._connection.total_changes != self._tidied_at:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._tidied_at = self._connection.total_changes

    def close(self) -> None:
        self._connection.close()
        if self._lock is not None:
            self._lock.release()
