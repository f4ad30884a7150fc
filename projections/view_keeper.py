"""Views in Cosmos DB: one document per aggregate, in a partition of its own or in one of the shards."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from domain.values import from_json, to_json
from event_store.placement import place_of
from projections.advance import Cursor, Evolve
from projections.documents import Document, Write, batches, read_documents, write_documents
from projections.keeper import Change, Stored
from projections.projection import View

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy


class ViewKeeper[V]:
    """Keeps a view in one generation."""

    def __init__(
        self, view: View[V], container: "ContainerProxy", generation: int, shards: int
    ) -> None:
        self._view = view
        self._container = container
        self._generation = generation
        self._shards = shards
        self.evolve: Evolve[V] = view.evolve

    def partition(self, aggregate_id: str) -> str:
        if self._view.sharded:
            return f"{self._generation}|{place_of(aggregate_id, self._shards)}"
        return f"{self._generation}|{aggregate_id}"

    async def load(self, partition: str, ids: Sequence[str]) -> Mapping[str, Stored[V]]:
        found = await read_documents(self._container, partition, ids)
        return {id_: stored_view(self._view, found.get(id_)) for id_ in ids}

    async def save(self, partition: str, changes: Sequence[Change[V]]) -> bool:
        writes = [Write(view_document(partition, c), c.stored.etag) for c in changes]
        for batch in batches(writes):
            if await write_documents(self._container, partition, batch) is None:
                return False
        return True


def stored_view[V](view: View[V], document: Document | None) -> Stored[V]:
    """A view from its document. One that its type has outgrown starts again from the event store."""
    if document is None:
        return Stored()
    if not document["version"]:
        return Stored(Cursor(), document["_etag"], document)
    try:
        folded = msgspec.convert(document["view"], view.shape, dec_hook=from_json)
    except msgspec.ValidationError:
        return Stored(Cursor(), document["_etag"], document)
    return Stored(Cursor(document["version"], folded), document["_etag"], document)


def view_document(partition: str, change: Change[Any]) -> Document:
    """What is stored of a view: `version` is that of the newest event in it."""
    return {
        "id": change.aggregate_id,
        "pk": partition,
        "version": change.cursor.version,
        "view": msgspec.to_builtins(change.cursor.view, enc_hook=to_json),
    }
