"""Stored events into Event Hubs: one stream of sends per partition, all partitions at once."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from event_store.canonical import canonical_json
from event_store.chain import stored_fields
from event_store.placement import place_of
from event_store.settling import settle

if TYPE_CHECKING:
    from azure.eventhub import EventData
    from azure.eventhub.aio import EventHubProducerClient

RETENTION_DAYS: Final = 7
"""How long the hub keeps events; what is younger may still be on its way to somebody."""
PROPERTIES: Final = ("eventType", "aggregateType", "schemaVersion")


def message_body(document: Mapping[str, Any]) -> bytes:
    """The hub message of a stored event, a public contract: its canonical JSON, `hash` included."""
    return canonical_json(stored_fields(document))


class HubPublisher:
    """Sends stored events with explicit batches: nothing is buffered behind the caller's back."""

    def __init__(self, producer: "EventHubProducerClient") -> None:
        self._producer = producer
        self._partition_ids: list[str] = []
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def publish(self, documents: Sequence[dict[str, Any]]) -> None:
        """Sends stored events; those of a stream keep their order.

        Returns when the hub has accepted all. Raises an ExceptionGroup of what the SDK raised when
        some partition did not; the others were still sent.
        """
        if not self._partition_ids:
            await self.ping()
        partitions: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for document in documents:
            index = place_of(document["aggregateId"], len(self._partition_ids))
            partitions[self._partition_ids[index]].append(document)
        await settle(
            "events were not accepted by Event Hubs",
            (self._send(partition, group) for partition, group in partitions.items()),
        )

    async def ping(self) -> None:
        """Returns when the hub answers, and what it has is known; raises what the SDK raises."""
        self._partition_ids = list(await self._producer.get_partition_ids())

    async def _send(self, partition: str, documents: Sequence[dict[str, Any]]) -> None:
        async with self._locks[partition]:
            batch = await self._producer.create_batch(partition_id=partition)
            for event in map(_event_data, documents):
                try:
                    batch.add(event)
                except ValueError:
                    await self._producer.send_batch(batch)
                    batch = await self._producer.create_batch(partition_id=partition)
                    batch.add(event)
            await self._producer.send_batch(batch)


def _event_data(document: dict[str, Any]) -> "EventData":
    from azure.eventhub import EventData

    event = EventData(message_body(document))
    event.message_id = document["eventId"]
    event.content_type = "application/json"
    event.properties = {name: document[name] for name in PROPERTIES}
    return event
