"""Unique keys: a combination of values may exist once in a partition."""

import sqlite3
from typing import Any

from local.cosmos.container import Container
from local.cosmos.database import Database
from local.cosmos.errors import conflict
from local.cosmos.paths import value_at
from local.cosmos.sql import UNDEFINED
from local.cosmos.wire import encode_json


class UniqueKeys:
    """The values that documents hold; a missing value counts as null, and null as a value."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, container: Container, key: str, document: dict[str, Any], number: int) -> None:
        """Hold the document's values in place of those it held; raises 409."""
        self.release(container, number)
        for index, paths in enumerate(container.unique_keys):
            values = [value_at(document, path) for path in paths]
            held = [None if value is UNDEFINED else value for value in values]
            self._insert(container, key, encode_json([index, *held]).decode(), number)

    def _insert(self, container: Container, key: str, value: str, number: int) -> None:
        try:
            self._database.execute(
                "INSERT INTO unique_value VALUES (?, ?, ?, ?)",
                (container.number, key, value, number),
            )
        except sqlite3.IntegrityError:
            raise conflict("Unique index constraint violation.") from None

    def release(self, container: Container, number: int) -> None:
        if container.unique_keys:
            self._database.execute("DELETE FROM unique_value WHERE document = ?", (number,))
