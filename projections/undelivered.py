"""Events that some projection had not got when reconcile came by: whoever reads the hub may have missed them.

Each is marked before it is healed, sent to the hub once more, and only then unmarked; until then it is not
archived. So whatever kept an event from the hub (a forwarder that stood still, a position that was lost),
every reader of the hub gets it at least once.
"""

import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from domain.events import Recorded
from event_store.cosmos_errors import translated
from event_store.forwarder import Publisher, StoredDocuments
from event_store.publisher import outgoing
from projections.documents import MAX_OPERATIONS, Document, query_documents

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

OWNER: Final = "undelivered"


class Undelivered:
    """Marks in `projection_state`, one for each event."""

    def __init__(
        self, container: "ContainerProxy", store: StoredDocuments, publisher: Publisher
    ) -> None:
        self._container = container
        self._store = store
        self._publisher = publisher

    async def mark(self, events: Iterable[Recorded[Any]]) -> None:
        """Marks events; those that are marked stay so. Raises StoreUnavailable."""
        upserts: list[tuple[str, tuple[Document], dict[str, Any]]] = [
            ("upsert", (_mark(event),), {}) for event in events
        ]
        for start in range(0, len(upserts), MAX_OPERATIONS):
            with translated("mark events as undelivered"):
                await self._container.execute_item_batch(
                    upserts[start : start + MAX_OPERATIONS], partition_key=OWNER
                )

    async def streams(self) -> set[str]:
        """The streams with marked events. Raises StoreUnavailable."""
        return {mark["stream"] for mark in await self._marks()}

    async def forward(self, deadline: float) -> None:
        """Sends what is marked to the hub and unmarks it, stream by stream, until a moment of the
        monotonic clock at the latest. Raises StoreUnavailable, and what the hub's SDK raises: then the
        marks that are left stay."""
        streams: defaultdict[str, set[int]] = defaultdict(set)
        for mark in await self._marks():
            streams[mark["stream"]].add(mark["version"])
        for stream, versions in streams.items():
            documents = await self._store.documents(stream, min(versions), max(versions))
            marked = [document for document in documents if document["version"] in versions]
            await self._publisher.publish([outgoing(document) for document in marked])
            for version in versions:
                await self._unmark(stream, version)
            if time.monotonic() > deadline:
                return

    async def _marks(self) -> list[Document]:
        query = "SELECT c.stream, c.version FROM c"
        return [
            mark async for mark in query_documents(self._container, OWNER, query, {}, fresh=True)
        ]

    async def _unmark(self, stream: str, version: int) -> None:
        from azure.cosmos.exceptions import CosmosResourceNotFoundError

        with translated("unmark an event"), suppress(CosmosResourceNotFoundError):
            await self._container.delete_item(_id(stream, version), OWNER)


def _mark(event: Recorded[Any]) -> Document:
    stream, version = event.aggregate_id, event.version
    return {"id": _id(stream, version), "projection": OWNER, "stream": stream, "version": version}


def _id(stream: str, version: int) -> str:
    return f"{stream}:{version}"
