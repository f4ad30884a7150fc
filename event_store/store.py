"""Streams in Cosmos DB: append in one atomic batch, read one stream in order."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from domain.aggregate import MAX_EVENTS_PER_COMMAND
from domain.events import Context, Event, Recorded
from event_store.archive import Archive
from event_store.chain import chained
from event_store.cosmos_errors import translated
from event_store.documents import Codec, Head, document_id, recorded
from event_store.errors import AppendFailed, EventTooLarge
from event_store.sealer import Sealer
from privacy.fields import bare
from telemetry import metrics
from telemetry.tracing import span, traceparent

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

MAX_EVENT_BYTES: Final = 256 * 1024
"""What an Event Hubs message holds in every tier ("Azure Event Hubs quotas and limits": 256 KB in Basic)."""
MOST_CORRELATED: Final = 100
MAX_BATCH_BYTES: Final = 1_900_000
"""A batch request holds 2 MB; the rest is for its own envelope ("Azure Cosmos DB service quotas")."""

FULL_PAGES: Final = -1
"""As many documents a page as 4 MB hold; without it, a query's page ends after 100."""


class EventStore(Protocol):
    """What the command handler and the read side need of a store of streams."""

    async def append(
        self,
        stream: str,
        head: Head,
        events: Sequence[Event],
        context: Context,
        subject: str | None = None,
    ) -> list[Recorded[Any]]:
        """Stores a command's events behind the head, all or none, and returns them as recorded.

        Sensitive fields are sealed under the key of the person that `subject` names; as recorded, events
        are without them.

        Raises VersionTaken, HeadAhead or OutcomeUnknown (the handler resolves these), EventTooLarge
        before anything is written, StoreUnavailable where Cosmos DB did not do the work, and
        KeysUnavailable.
        """

    def read(
        self,
        stream: str,
        after: int = 0,
        *,
        until: int | None = None,
        as_of: str | None = None,
        command_id: str | None = None,
    ) -> AsyncIterator[Recorded[Any]]:
        """The events behind a version, in order.

        Only those up to a version, or up to a moment (in the form of an event's timestamp), both
        included; with a command's id also the events that it stored, wherever they are.

        Raises UnreadableEvent, StoreUnavailable.
        """


class CosmosEventStore:
    """The `events` container: one document per event, the stream its partition.

    Where an event was archived its stub is found by what the event was found by; the event itself is
    then read from the archive.
    """

    def __init__(
        self,
        container: "ContainerProxy",
        codec: Codec,
        sealer: Sealer,
        clock: Callable[[], datetime],
        archive: Archive,
    ) -> None:
        self._container = container
        self._sealer = sealer
        self._codec = codec
        self._clock = clock
        self._archive = archive

    async def append(
        self,
        stream: str,
        head: Head,
        events: Sequence[Event],
        context: Context,
        subject: str | None = None,
    ) -> list[Recorded[Any]]:
        aggregate_type = self._codec.owner(events[0])
        with span("append", {"aggregate.type": aggregate_type, "aggregate.id": stream}) as current:
            context = msgspec.structs.replace(context, traceparent=traceparent(context.traceparent))
            recorded = await self._append(stream, head, events, context, subject)
            current.set_attribute("aggregate.version", recorded[-1].version)
        metrics.appended(aggregate_type, len(recorded))
        return recorded

    async def _append(
        self,
        stream: str,
        head: Head,
        events: Sequence[Event],
        context: Context,
        subject: str | None,
    ) -> list[Recorded[Any]]:
        plain = self._codec.encode(stream, head, events, context, self._clock())
        documents = await self._guarded(plain, events, head, subject)
        refuse_too_large(documents)
        batch: list[Any] = [("create", (document,), {}) for document in documents]
        if head.version:
            batch.insert(0, ("read", (document_id(head.version),), {}))
        try:
            with translated(f"append to '{stream}'", writing=True):
                await self._execute(batch, stream, documents[0]["aggregateType"])
        except AppendFailed as error:
            error.attempted = documents[0]["hash"]
            raise
        return [
            recorded(document, bare(event), bare(context))
            for document, event in zip(documents, events, strict=True)
        ]

    async def _execute(self, batch: list[Any], stream: str, aggregate_type: str) -> None:
        begun = time.perf_counter()
        try:
            await self._container.execute_item_batch(batch, partition_key=stream)
        finally:
            metrics.append_answered(aggregate_type, time.perf_counter() - begun)

    async def _guarded(
        self,
        plain: Sequence[dict[str, Any]],
        events: Sequence[Event],
        head: Head,
        subject: str | None,
    ) -> list[dict[str, Any]]:
        """Documents as they are stored: sealed, then chained."""
        await self._sealer.seal(plain, events, subject)
        return chained(plain, head.hash)

    async def read(
        self,
        stream: str,
        after: int = 0,
        *,
        until: int | None = None,
        as_of: str | None = None,
        command_id: str | None = None,
    ) -> AsyncIterator[Recorded[Any]]:
        wanted = [
            ("c.version > @after", "@after", after),
            ("AND c.version <= @until", "@until", until),
            ("AND c.timestamp <= @asOf", "@asOf", as_of),
            ("OR c.metadata.causationId = @command", "@command", command_id),
        ]
        given = [(clause, name, value) for clause, name, value in wanted if value is not None]
        where = " ".join(clause for clause, _, _ in given)
        parameters = {name: value for _, name, value in given}
        async for document in self._query(stream, where, parameters):
            yield self._codec.decode(document)

    async def documents(self, stream: str, first: int, last: int) -> list[dict[str, Any]]:
        """The stored documents of a range of versions, both ends included, not decoded."""
        where = "c.version >= @first AND c.version <= @last"
        found = self._query(stream, where, {"@first": first, "@last": last})
        return [document async for document in found]

    async def correlated(self, correlation_id: str) -> list[Recorded[Any]]:
        """The newest events of all streams that carry a correlation id, in order of time.

        At most MOST_CORRELATED. Raises UnreadableEvent, StoreUnavailable.
        """
        with translated("read the events of a correlation"):
            found = [
                self._codec.decode(await self._archive.original(document))
                async for document in self._container.query_items(
                    query="SELECT * FROM c WHERE c.metadata.correlationId = @id",
                    parameters=[{"name": "@id", "value": correlation_id}],
                )
            ]
        found.sort(key=attrgetter("timestamp", "aggregate_id", "version"))
        return found[-MOST_CORRELATED:]

    async def ping(self) -> None:
        """Returns when the container answers; raises StoreUnavailable when it does not."""
        await self.documents("ping", 1, 1)

    async def _query(
        self, stream: str, where: str, parameters: dict[str, Any]
    ) -> AsyncIterator[dict[str, Any]]:
        """A stream's documents in order of version: an index seek within one partition."""
        with translated(f"read '{stream}'"):
            async for document in self._container.query_items(
                query=f"SELECT * FROM c WHERE {where} ORDER BY c.version",
                parameters=[{"name": name, "value": value} for name, value in parameters.items()],
                partition_key=stream,
                max_item_count=FULL_PAGES,
            ):
                yield await self._archive.original(document)


def refuse_too_large(documents: Sequence[dict[str, Any]]) -> None:
    """Raises EventTooLarge for what could not be stored or published whole."""
    if len(documents) > MAX_EVENTS_PER_COMMAND:
        raise EventTooLarge(
            f"The command causes {len(documents)} events; at most {MAX_EVENTS_PER_COMMAND} "
            "can be stored in one transaction."
        )
    sizes = [len(msgspec.json.encode(document)) for document in documents]
    for document, size in zip(documents, sizes, strict=True):
        if size > MAX_EVENT_BYTES:
            raise EventTooLarge(
                f"{document['eventType']} takes {size} bytes; an event has room for {MAX_EVENT_BYTES}."
            )
    if sum(sizes) > MAX_BATCH_BYTES:
        raise EventTooLarge(
            f"The command's events take {sum(sizes)} bytes; "
            f"a transaction has room for {MAX_BATCH_BYTES}."
        )
