"""One transaction on a container: its number, its time, the place of each document in it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from local.cosmos.catalog import Catalog
from local.cosmos.container import Container
from local.cosmos.database import Database
from local.cosmos.documents import Documents, Row
from local.cosmos.history import Change, History


@dataclass
class Transaction:
    """What the writes inside share; `positions` is the order of its documents in the feed."""

    container: Container
    lsn: int
    now: float
    positions: Iterator[int]
    change: Change

    def remember(self, key: str, id_: str, before: Row | None) -> None:
        self.change.before.setdefault((key, id_), before)


class Transactions:
    """Begins transactions; the feed order inside one is shuffled, as the service's is arbitrary."""

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        documents: Documents,
        history: History,
        clock: Callable[[], float],
        random: Random,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._documents = documents
        self._history = history
        self._clock = clock
        self._random = random

    @contextmanager
    def begin(self, container: Container, writes: int = 1) -> Iterator[Transaction]:
        """A transaction of so many writes; an exception inside undoes all of them."""
        now = self._clock()
        positions = list(range(writes))
        self._random.shuffle(positions)
        with self._database.transaction():
            if container.default_ttl is not None:
                self._documents.purge(container, now)
            lsn = self._catalog.next_lsn(container)
            transaction = Transaction(container, lsn, now, iter(positions), Change(lsn))
            yield transaction
        self._history.record(container.number, transaction.change)

    @contextmanager
    def undone(
        self, container: Container, key: str | None, transactions: int, seen: int
    ) -> Iterator[None]:
        """See the container as it was before its last transactions, for as long as this lasts."""
        with self._database.rolled_back():
            for change in self._history.last(container.number, key, transactions, seen):
                for (partition, id_), before in change.before.items():
                    self._restore(container, partition, id_, before)
                self._catalog.set_lsn(container, change.lsn - 1)
            yield

    def _restore(self, container: Container, key: str, id_: str, before: Row | None) -> None:
        current = self._documents.find(container, key, id_, 0)
        if current is not None:
            self._documents.delete(current.number)
        if before is not None:
            self._documents.update(before.number, before)
