"""What an account holds, for people who look: authorized by nobody, counted and charged nowhere."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from local.cosmos.catalog import Catalog
from local.cosmos.change_feed import LARGEST_TRANSACTION, whole_transactions
from local.cosmos.container import Container
from local.cosmos.documents import Documents, Scope
from local.cosmos.partition_key import partition_key


@dataclass(frozen=True, slots=True)
class Contents:
    """A container, the paths of its partition key, and how many documents it holds."""

    name: str
    partition_key: tuple[str, ...]
    documents: int


@dataclass(frozen=True, slots=True)
class Change:
    """A document's JSON text, and the number of the transaction that wrote it last."""

    lsn: int
    body: str


class Inspection:
    """Looks past the protocol, between two requests. Everything raises ServiceError for what is not there."""

    def __init__(
        self,
        one_at_a_time: threading.Lock,
        catalog: Catalog,
        documents: Documents,
        clock: Callable[[], float],
    ) -> None:
        self._one_at_a_time = one_at_a_time
        self._catalog = catalog
        self._documents = documents
        self._clock = clock

    def contents(self, database: str) -> list[Contents]:
        """The containers of a database, in the order of their making."""
        with self._one_at_a_time:
            return [self._contents_of(one) for one in self._catalog.containers(database)]

    def changes(self, database: str, container: str, after: int, limit: int) -> list[Change]:
        """The documents that were written after a transaction, in that order: whole transactions, as many
        as have `limit` documents, one at least."""
        with self._one_at_a_time:
            scope = Scope(self._catalog.container(database, container))
            most = limit + LARGEST_TRANSACTION
            rows = self._documents.changes(scope, self._clock(), after, 0, most)
        return [Change(row.lsn, row.body) for row in whole_transactions(rows, limit)]

    def partition(
        self, database: str, container: str, key: str, after: str, limit: int
    ) -> list[str]:
        """The JSON texts of a partition's documents whose ids come after one, in the order of their ids."""
        with self._one_at_a_time:
            found = self._catalog.container(database, container)
            text = partition_key([key]).text
            return [
                row.body for row in self._documents.after(found, text, after, self._clock(), limit)
            ]

    def _contents_of(self, container: Container) -> Contents:
        paths = tuple(container.properties["partitionKey"]["paths"])
        documents = self._documents.count(container, self._clock())
        return Contents(container.name, paths, documents)
