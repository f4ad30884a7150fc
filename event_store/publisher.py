"""Stored events into Event Hubs: one stream of sends per partition, all partitions at once."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

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
    return outgoing(document).body


class Outgoing(msgspec.Struct, frozen=True):
    """A stored event on its way to the hub: its fields, and the body of its message."""

    event: Mapping[str, Any]
    body: bytes


def outgoing(document: Mapping[str, Any]) -> Outgoing:
    fields = stored_fields(document)
    return Outgoing(fields, canonical_json(fields))


class HubPublisher:
    """Sends stored events with explicit batches: nothing is buffered behind the caller's back."""

    def __init__(self, producer: "EventHubProducerClient") -> None:
        self._producer = producer
        self._partition_ids: list[str] = []
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def publish(self, events: Sequence[Outgoing]) -> None:
        """Sends events; those of a stream keep their order.

        Returns when the hub has accepted all. Raises an ExceptionGroup of what the SDK raised when
        some partition did not; the others were still sent.
        """
        if not self._partition_ids:
            await self.ping()
        partitions: defaultdict[str, list[Outgoing]] = defaultdict(list)
        for one in events:
            index = place_of(one.event["aggregateId"], len(self._partition_ids))
            partitions[self._partition_ids[index]].append(one)
        await settle(
            "events were not accepted by Event Hubs",
            (self._send(partition, group) for partition, group in partitions.items()),
        )

    async def ping(self) -> None:
        """Returns when the hub answers, and what it has is known; raises what the SDK raises."""
        self._partition_ids = list(await self._producer.get_partition_ids())

    async def _send(self, partition: str, events: Sequence[Outgoing]) -> None:
        async with self._locks[partition]:
            batch = await self._producer.create_batch(partition_id=partition)
            for event in map(event_data, events):
                try:
                    batch.add(event)
                except ValueError:
                    await self._producer.send_batch(batch)
                    batch = await self._producer.create_batch(partition_id=partition)
                    batch.add(event)
            await self._producer.send_batch(batch)


def event_data(outgoing: Outgoing) -> "EventData":
    """The message as the SDK takes it."""
    from azure.eventhub import EventData

    message = EventData(outgoing.body)
    message.message_id = outgoing.event["eventId"]
    message.content_type = "application/json"
    message.properties = {name: outgoing.event[name] for name in PROPERTIES}
    return message
