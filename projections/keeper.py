"""How the engine keeps a projection's state: read what a batch needs of one partition, write it back."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from projections.advance import Cursor, Evolve


class Stored[V](msgspec.Struct, frozen=True):
    """A cursor as it is stored; without an etag there is none yet. `document` is as it was read."""

    cursor: Cursor[V] = Cursor()
    etag: str | None = None
    document: Mapping[str, Any] = {}

    @property
    def reached(self) -> int:
        """The version that is stored, also of a view that its type has outgrown: it never goes back."""
        reached: int = self.document.get("version", 0)
        return reached


class Change[V](msgspec.Struct, frozen=True):
    """A cursor that moved on from what is stored."""

    aggregate_id: str
    stored: Stored[V]
    cursor: Cursor[V]


class Refused(Exception):
    """Cosmos DB will not store it as it is: too large, or not valid (400, 413). Trying again is no use."""


class Keeper[V](Protocol):
    """Keeps one projection in one generation. What it raises but Refused passes with time."""

    evolve: Evolve[V]

    def partition(self, aggregate_id: str) -> str:
        """The partition key under which an aggregate's state lies."""

    async def load(self, partition: str, ids: Sequence[str]) -> Mapping[str, Stored[V]]:
        """What is stored of some aggregates of a partition, in one read. Every id is in the answer."""

    async def save(self, partition: str, changes: Sequence[Change[V]]) -> bool:
        """Writes changes of a partition over what was loaded, each all or none.

        False when another writer was faster somewhere: load again. Raises Refused.
        """
