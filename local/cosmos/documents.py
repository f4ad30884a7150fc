"""The table of documents: rows in, rows out, no rules."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from local.cosmos.container import Container
from local.cosmos.database import Database
from local.cosmos.partition_key import KeyRange

_COLUMNS: Final = (
    "container, partition_key, id, hash, lsn, position, timestamp, expires, etag, rid, body"
)
_UNEXPIRED: Final = "(expires IS NULL OR expires > ?)"
SAMPLE: Final = 1000
"""Documents by which the size of a container is estimated."""


@dataclass(frozen=True, slots=True)
class Row:
    """A stored document; `body` is its JSON text with the service's own properties."""

    container: int
    partition_key: str
    id: str
    hash: str
    lsn: int
    position: int
    timestamp: int
    expires: int | None
    etag: str
    rid: str
    body: str
    number: int = 0

    @property
    def size(self) -> int:
        """Bytes of the JSON text."""
        return len(self.body) if self.body.isascii() else len(self.body.encode())

    @property
    def columns(self) -> tuple[Any, ...]:
        return (
            *(self.container, self.partition_key, self.id, self.hash, self.lsn, self.position),
            *(self.timestamp, self.expires, self.etag, self.rid, self.body),
        )


@dataclass(frozen=True)
class Scope:
    """Which documents of a container a request ranges over."""

    container: Container = field(hash=False)
    partition_key: str | None = None
    hashes: KeyRange | None = None


class Documents:
    """Reads see what has not expired at the time they are given."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, container: Container, key: str, id_: str, now: float) -> Row | None:
        row = self._database.row(
            f"SELECT {_COLUMNS}, number FROM document WHERE container = ? AND partition_key = ? "
            f"AND id = ? AND {_UNEXPIRED}",
            (container.number, key, id_, now),
        )
        return row and Row(*row)

    def insert(self, row: Row) -> int:
        """Store a new document and return its number."""
        cursor = self._database.execute(
            f"INSERT INTO document ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row.columns,
        )
        return int(cursor.lastrowid or 0)

    def update(self, number: int, row: Row) -> None:
        """Put a new state under a document's number, which keeps its place in queries."""
        self._database.execute(
            f"INSERT OR REPLACE INTO document ({_COLUMNS}, number) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row.columns, number),
        )

    def delete(self, number: int) -> None:
        self._database.execute("DELETE FROM document WHERE number = ?", (number,))

    def purge(self, container: Container, now: float) -> None:
        """Remove what has expired, so that its ids and unique values are free again."""
        expired = "SELECT number FROM document WHERE container = ? AND expires <= ?"
        parameters = (container.number, now)
        self._database.execute(
            f"DELETE FROM unique_value WHERE document IN ({expired})", parameters
        )
        self._database.execute(
            "DELETE FROM document WHERE container = ? AND expires <= ?", parameters
        )

    def set_expiry(self, container: Container) -> None:
        """Compute every document's expiry anew, after the container's default has changed."""
        default = container.default_ttl
        self._database.execute(
            "UPDATE document SET expires = CASE WHEN ?1 IS NULL THEN NULL "
            "WHEN coalesce(json_extract(body, '$.ttl'), ?1) > 0 "
            "THEN timestamp + coalesce(json_extract(body, '$.ttl'), ?1) END WHERE container = ?2",
            (default, container.number),
        )

    def in_partition(self, container: Container, key: str, now: float) -> list[Row]:
        return list(self.scan(Scope(container, key), now))

    def count(self, container: Container, now: float) -> int:
        """Two counts that indexes answer alone, where one would read every document's row."""
        all_of_them = "SELECT count(*) FROM document WHERE container = ?1"
        row = self._database.row(
            f"SELECT ({all_of_them}) - ({all_of_them} AND expires <= ?2)", (container.number, now)
        )
        return int(row[0])

    def size(self, container: Container, now: float) -> int:
        """Bytes of a container's JSON texts, estimated by a sample: to add up all would read all."""
        row = self._database.row(
            "SELECT coalesce(avg(length(CAST(body AS BLOB))), 0) FROM "
            "(SELECT body FROM document WHERE container = ? LIMIT ?)",
            (container.number, SAMPLE),
        )
        return int(row[0] * self.count(container, now))

    def after(
        self, container: Container, key: str, id_: str, now: float, limit: int
    ) -> Iterator[Row]:
        """At most `limit` documents of a partition whose ids come after one, in the order of their ids."""
        cursor = self._database.execute(
            f"SELECT {_COLUMNS}, number FROM document WHERE container = ? AND partition_key = ? "
            f"AND id > ? AND {_UNEXPIRED} ORDER BY id LIMIT ?",
            (container.number, key, id_, now, limit),
        )
        return (Row(*row) for row in cursor)

    def scan(
        self, scope: Scope, now: float, condition: str = "", parameters: tuple[Any, ...] = ()
    ) -> Iterator[Row]:
        """Documents in the order of their creation, narrowed by an SQL condition."""
        where, values = _where(scope, now)
        narrowed = f"{where} AND ({condition})" if condition else where
        cursor = self._database.execute(
            f"SELECT {_COLUMNS}, number FROM document WHERE {narrowed} ORDER BY number",
            (*values, *parameters),
        )
        return (Row(*row) for row in cursor)

    def changes(self, scope: Scope, now: float, after: int, since: float, limit: int) -> list[Row]:
        """At most `limit` documents in the order of their last change, after a transaction."""
        where, values = _where(scope, now)
        # The plus keeps SQLite on the index by partition key instead of the one by transaction.
        order = "lsn, position" if scope.partition_key is None else "+lsn, position"
        cursor = self._database.execute(
            f"SELECT {_COLUMNS}, number FROM document WHERE {where} AND lsn > ? "
            f"AND timestamp >= ? ORDER BY {order} LIMIT ?",
            (*values, after, since, limit),
        )
        return [Row(*row) for row in cursor]


def _where(scope: Scope, now: float) -> tuple[str, tuple[Any, ...]]:
    """The container's number is written out: only so can SQLite use its partial indexes."""
    where = f"container = {scope.container.number} AND {_UNEXPIRED}"
    values: tuple[Any, ...] = (now,)
    if scope.partition_key is not None:
        where, values = f"{where} AND partition_key = ?", (*values, scope.partition_key)
    if scope.hashes is not None:
        where = f"{where} AND hash >= ? AND hash < ?"
        values = (*values, scope.hashes.start, scope.hashes.end)
    return where, values
