"""The SQLite file of the log: its schema and its statements. Knows no threads and no memory of its own."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from local.event_hubs.events import StoredEvent

_SCHEMA = """
CREATE TABLE IF NOT EXISTS hubs (
    name TEXT PRIMARY KEY, created_at INTEGER NOT NULL, partitions INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS partitions (
    hub TEXT NOT NULL, partition INTEGER NOT NULL,
    next_sequence INTEGER NOT NULL, last_enqueued_at INTEGER NOT NULL,
    PRIMARY KEY (hub, partition)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    hub TEXT NOT NULL, partition INTEGER NOT NULL, sequence INTEGER NOT NULL,
    enqueued_at INTEGER NOT NULL, message BLOB NOT NULL,
    PRIMARY KEY (hub, partition, sequence)
) WITHOUT ROWID;
"""
_READ = """
SELECT sequence, enqueued_at, message FROM events
WHERE hub = ? AND partition = ? AND sequence > ? AND sequence < ? ORDER BY sequence LIMIT ?
"""


class Database:
    """One connection. Transactions are the caller's: `begin`, `commit`, `roll_back`."""

    def __init__(self, path: Path | None) -> None:
        """Open or create the file; None keeps everything in memory."""
        # Used from the writer's thread and from the loop's: SQLite itself serializes the calls.
        self._connection = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False
        )
        # FULL, not NORMAL: a commit that was acknowledged survives a power cut too.
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_SCHEMA)

    def begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._connection.execute("COMMIT")

    def roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()

    def hub(self, name: str) -> tuple[int, int] | None:
        """When a hub was created (milliseconds since 1970) and how many partitions it has."""
        query = "SELECT created_at, partitions FROM hubs WHERE name = ?"
        row: tuple[int, int] | None = self._connection.execute(query, (name,)).fetchone()
        return row

    def put_hub(self, name: str, created_at: int, partitions: int) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO hubs VALUES (?, ?, ?)", (name, created_at, partitions)
        )

    def head(self, hub: str, partition: int) -> tuple[int, int]:
        """The next sequence number and the time of the last event, 0 and 0 for a new partition."""
        query = (
            "SELECT next_sequence, last_enqueued_at FROM partitions WHERE hub = ? AND partition = ?"
        )
        row: tuple[int, int] | None = self._connection.execute(query, (hub, partition)).fetchone()
        return row or (0, 0)

    def put_head(self, hub: str, partition: int, next_: int, last_enqueued_at: int) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO partitions VALUES (?, ?, ?, ?)",
            (hub, partition, next_, last_enqueued_at),
        )

    def first(self, hub: str, partition: int) -> int | None:
        """The oldest sequence number, None in an empty partition."""
        query = "SELECT MIN(sequence) FROM events WHERE hub = ? AND partition = ?"
        row: tuple[int | None] = self._connection.execute(query, (hub, partition)).fetchone()
        return row[0]

    def insert(self, hub: str, partition: int, events: Sequence[StoredEvent]) -> None:
        self._connection.executemany(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?)",
            [
                (hub, partition, event.sequence_number, event.enqueued_at, event.message)
                for event in events
            ],
        )

    def delete_before(self, hub: str, partition: int, sequence: int) -> None:
        self._connection.execute(
            "DELETE FROM events WHERE hub = ? AND partition = ? AND sequence < ?",
            (hub, partition, sequence),
        )

    def enqueued_at(self, hub: str, partition: int, sequence: int) -> int:
        """When an event was stored, milliseconds since 1970; 0 for one that retention has deleted."""
        query = "SELECT enqueued_at FROM events WHERE hub = ? AND partition = ? AND sequence = ?"
        row: tuple[int] | None = self._connection.execute(
            query, (hub, partition, sequence)
        ).fetchone()
        return row[0] if row else 0

    def read(
        self, hub: str, partition: int, *, after: int, before: int, most: int
    ) -> Iterator[StoredEvent]:
        """Events between two sequence numbers, both exclusive, oldest first."""
        for row in self._connection.execute(_READ, (hub, partition, after, before, most)):
            yield StoredEvent(*row)
