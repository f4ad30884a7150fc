"""Copies old events of a stream into the archive and leaves stubs: the only thing that replaces events.

An event is replaced only after its copy was read back, and only if it still is what was copied. A process
that dies in between leaves a copy that nothing names, and the event: the next run copies it again.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import batched, takewhile
from typing import TYPE_CHECKING, Any, Final

import msgspec

from event_store.archive import Archive, is_stub, stub
from event_store.chain import is_intact
from event_store.cosmos_errors import translated
from event_store.errors import DamagedEvent, StoreUnavailable

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

EVENTS_PER_BLOB: Final = 500
OPERATIONS_PER_BATCH: Final = 100
"""A transactional batch holds so many ("Azure Cosmos DB service quotas")."""
ATTEMPTS: Final = 5

type Document = dict[str, Any]


class Old(msgspec.Struct, frozen=True):
    """What is old: events whose timestamp is not after `recorded`, of documents written to Cosmos DB not
    after `written` (seconds since the epoch). The two differ after a restore."""

    recorded: str
    written: float

    def includes(self, document: Document) -> bool:
        return bool(document["timestamp"] <= self.recorded and document["_ts"] <= self.written)


class Archived(msgspec.Struct, frozen=True):
    """What became of a stream: events replaced by stubs, blobs written for them."""

    events: int = 0
    blobs: int = 0

    def __add__(self, other: "Archived") -> "Archived":
        return Archived(self.events + other.events, self.blobs + other.blobs)


class Archiver:
    """Archives streams. `events` is a container's client that may replace."""

    def __init__(
        self, events: "ContainerProxy", snapshots: "ContainerProxy", archive: Archive
    ) -> None:
        self._events = events
        self._snapshots = snapshots
        self._archive = archive

    async def archive(
        self, stream: str, old: Old, keep_last: int | None = None, *, dry_run: bool = False
    ) -> Archived:
        """Archives a stream's old events; with `keep_last` all but so many of the newest, and only what
        lies behind its snapshot.

        Raises DamagedEvent where an event is not what was appended, StoreUnavailable.
        """
        last = await self._last(stream, keep_last)
        first, archived = 1, Archived()
        while first <= last:
            until = min(last, first + EVENTS_PER_BLOB - 1)
            done, more = await self._window(stream, first, until, old, dry_run)
            archived += done
            if not more:
                break
            first = until + 1
        return archived

    async def _last(self, stream: str, keep_last: int | None) -> int:
        """The newest version that may go."""
        newest = await self._newest(self._events, stream)
        if keep_last is None:
            return newest
        return min(newest - keep_last, await self._newest(self._snapshots, stream) - 1)

    async def _newest(self, container: "ContainerProxy", stream: str) -> int:
        """The newest version in a stream's partition, 0 where it is empty."""
        with translated(f"read the newest version of '{stream}'"):
            found: AsyncIterator[Any] = container.query_items(
                "SELECT VALUE MAX(c.version) FROM c", partition_key=stream
            )
            return max([version async for version in found if isinstance(version, int)], default=0)

    async def _window(
        self, stream: str, first: int, last: int, old: Old, dry_run: bool
    ) -> tuple[Archived, bool]:
        """Archives what is old of a range of versions; whether all of it is in the archive now."""
        archived = Archived()
        for _ in range(ATTEMPTS):
            documents = await self._documents(stream, first, last)
            gone = list(takewhile(lambda one: is_stub(one) or old.includes(one), documents))
            due = [document for document in gone if not is_stub(document)]
            if not due or dry_run:
                runs = len(list(_runs(due)))
                return archived + Archived(len(due), runs), len(gone) == len(documents)
            for run in _runs(due):
                archived += await self._replaced(stream, run)
        raise StoreUnavailable(
            f"'{stream}' was changed by others during each of {ATTEMPTS} attempts."
        )

    async def _documents(self, stream: str, first: int, last: int) -> list[Document]:
        with translated(f"read '{stream}'"):
            found = self._events.query_items(
                "SELECT * FROM c WHERE c.version >= @first AND c.version <= @last ORDER BY c.version",
                parameters=[{"name": "@first", "value": first}, {"name": "@last", "value": last}],
                partition_key=stream,
                max_item_count=-1,
            )
            return [document async for document in found]

    async def _replaced(self, stream: str, documents: Sequence[Document]) -> Archived:
        """What was replaced; less than all where somebody else was faster."""
        for document in documents:
            if not is_intact(document):
                raise DamagedEvent(
                    f"event {document['version']} of '{stream}' is not what was appended and stays "
                    "where it is: run 'python -m ops verify'"
                )
        blob = await self._archive.store(documents)
        events = 0
        for part in batched(documents, OPERATIONS_PER_BATCH, strict=False):
            if not await self._replace(stream, part, blob):
                break
            events += len(part)
        return Archived(events, 1)

    async def _replace(self, stream: str, documents: Sequence[Document], blob: str) -> bool:
        """Leaves stubs, all or none; none where a document is not what was copied any more."""
        from azure.cosmos.exceptions import CosmosBatchOperationError

        batch: list[Any] = [
            ("replace", (one["id"], stub(one, blob)), {"if_match_etag": one["_etag"]})
            for one in documents
        ]
        with translated(f"archive events of '{stream}'"):
            try:
                await self._events.execute_item_batch(batch, partition_key=stream)
            except CosmosBatchOperationError as error:
                if error.status_code != 412:
                    raise
                return False
        return True


def _runs(documents: Sequence[Document]) -> Iterator[list[Document]]:
    """Documents in runs of successive versions."""
    run: list[Document] = []
    for document in documents:
        if run and document["version"] != run[-1]["version"] + 1:
            yield run
            run = []
        run.append(document)
    if run:
        yield run
