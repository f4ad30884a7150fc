"""What a host remembers between runs: leases, checkpoints, timers, keys, in one SQLite file."""

import sqlite3
from pathlib import Path
from typing import Literal, Self

from local.functions_host.errors import DataFolderInUse

type Kind = Literal["lease", "checkpoint", "timer", "key"]


class State:
    """Small texts by kind, owner and part; a write is durable against the end of the process.

    SQLite's exclusive lock is held while it is open: a second host on the folder is refused.
    """

    def __init__(self, folder: Path) -> None:
        """Open, or make, the file in `folder`. Raises DataFolderInUse."""
        folder.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(folder / "functions.db", isolation_level=None, timeout=0)
        try:
            self._lock_and_prepare()
        except sqlite3.DatabaseError as error:
            self._file.close()
            raise DataFolderInUse(
                f"{folder / 'functions.db'}: {error}. Another Functions host has it open "
                "(or it is not this host's file): stop that one, or give another --data"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the lock go. A second call does nothing."""
        self._file.close()

    def read(self, kind: Kind, owner: str) -> dict[str, str]:
        """Every part that `owner` keeps, with its text."""
        rows = self._file.execute(
            "SELECT part, text FROM remembered WHERE kind = ? AND owner = ? ORDER BY part",
            (kind, owner),
        )
        return dict(rows.fetchall())

    def write(self, kind: Kind, owner: str, part: str, text: str) -> None:
        """Keep `text`, in place of what was there."""
        self._file.execute(
            "INSERT OR REPLACE INTO remembered VALUES (?, ?, ?, ?)", (kind, owner, part, text)
        )

    def _lock_and_prepare(self) -> None:
        self._file.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = NORMAL")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS remembered (kind TEXT, owner TEXT, part TEXT, text TEXT, "
            "PRIMARY KEY (kind, owner, part)) WITHOUT ROWID"
        )
        self._file.execute("BEGIN EXCLUSIVE")
        self._file.execute("COMMIT")
