"""Journals in Cosmos DB: a document per event beside the cursor of its aggregate, written together."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from event_store.documents import document_id
from projections.advance import Cursor, Evolve, Unseen, collect
from projections.documents import (
    MAX_OPERATIONS,
    Document,
    Write,
    batches,
    read_documents,
    write_documents,
)
from projections.keeper import Change, Refused, Stored
from projections.projection import Journal

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

    from domain.events import Recorded

MAX_ENTRIES: Final = MAX_OPERATIONS - 1


class JournalKeeper:
    """Keeps a journal in one generation. The partition is the aggregate's, in every generation."""

    def __init__(self, journal: Journal, container: "ContainerProxy", generation: int) -> None:
        self._journal = journal
        self._container = container
        self._generation = generation
        self._cursor_id = f"{generation}|cursor"
        self.evolve: Evolve[Unseen] = collect

    def partition(self, aggregate_id: str) -> str:
        return aggregate_id

    async def load(self, partition: str, ids: Sequence[str]) -> Mapping[str, Stored[Unseen]]:
        (id_,) = ids
        found = (await read_documents(self._container, partition, [self._cursor_id])).get(
            self._cursor_id
        )
        return {id_: Stored(Cursor(found["version"]), found["_etag"], found) if found else Stored()}

    async def save(self, partition: str, changes: Sequence[Change[Unseen]]) -> bool:
        """In batches of events; the cursor moves with each."""
        (change,) = changes
        etag = change.stored.etag
        entries = [Write(self._entry(event), None) for event in change.cursor.view or ()]
        for batch in batches(entries, MAX_ENTRIES):
            cursor = {
                "id": self._cursor_id,
                "aggregateId": partition,
                "version": batch[-1].document["version"],
            }
            etags = await write_documents(self._container, partition, [Write(cursor, etag), *batch])
            if etags is None:
                return False
            etag = etags[0]
        return True

    def _entry(self, event: "Recorded[Any]") -> Document:
        try:
            entry = self._journal.entry(event)
        except Exception as error:
            raise Refused(f"{self._journal.name}: the entry of an event") from error
        return {
            **entry,
            "id": f"{self._generation}|{document_id(event.version)}",
            "aggregateId": event.aggregate_id,
            "version": event.version,
            "generation": self._generation,
        }
