"""The forwarder on full batches of the change feed, beside `send_batch` alone with the same messages."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from typing import Final

import azure.functions as func
import msgspec
from azure.eventhub import EventData, EventDataBatch
from azure.eventhub.aio import EventHubProducerClient
from azure.eventhub.amqp import AmqpAnnotatedMessage

from bench.event_batches import EVENTS_EACH, Document, order_history
from bench.figures import Aim, Effort, Figure, at_least
from bench.measuring import alternately
from bench.stack import local_stack
from event_store.placement import place_of
from event_store.publisher import event_data, outgoing
from ops.in_process import disconnected_application
from ops.resources import HUB, PARTITIONS
from wiring import Application

DOCUMENTS: Final = 1000
"""The most that the trigger hands over at once (functions/change_feed.py)."""
SYSTEM_FIELDS: Final[Document] = {
    "_rid": "W1pPAIxq8wABAAAAAAAAAA==",
    "_self": "dbs/W1pPAA==/colls/W1pPAIxq8wA=/docs/W1pPAIxq8wABAAAAAAAAAA==/",
    "_etag": '"0000d826-0000-0700-0000-65a5f3b50000"',
    "_attachments": "attachments/",
    "_ts": 1705374645,
    "_lsn": 12,
}
"""What Cosmos DB adds to every document."""


type Messages = list[EventData | AmqpAnnotatedMessage]


class Prepared(msgspec.Struct, frozen=True):
    """The messages of a feed batch by partition: as the SDK takes them, and as it has encoded them."""

    events: dict[str, Messages]
    batches: Sequence[EventDataBatch]


class Ways:
    """The ways of a feed batch to the hub: the forwarder's, and those that only send."""

    def __init__(
        self,
        application: Application,
        producer: EventHubProducerClient,
        prepared: Sequence[Prepared],
    ) -> None:
        application.producer = producer
        self._forwarder = application.forwarder
        self._producer = producer
        self._prepared = prepared
        self._handed_over = func.DocumentList(
            func.Document(d | SYSTEM_FIELDS) for d in _documents()
        )

    async def forward(self, _: int) -> None:
        await self._forwarder.forward(document.data for document in self._handed_over)

    async def send_events(self, number: int) -> None:
        sends = self._prepared[number].events.items()
        await asyncio.gather(
            *(self._producer.send_batch(events, partition_id=to) for to, events in sends)
        )

    async def send_batches(self, number: int) -> None:
        await asyncio.gather(*map(self._producer.send_batch, self._prepared[number].batches))


async def run(effort: Effort) -> list[Figure]:
    """Feed batches of 1,000 events of 200 orders; in turns, the best round of each."""
    rounds = effort.of(60, 15)
    async with local_stack(functions=False) as stack:
        producer = EventHubProducerClient.from_connection_string(
            stack.event_hubs, eventhub_name=HUB
        )
        async with producer:
            prepared = [await _prepared(producer) for _ in range(rounds)]
            ways = Ways(disconnected_application(), producer, prepared)
            taken = await alternately(rounds, ways.forward, ways.send_events, ways.send_batches)
    forwarded, events, batches = (DOCUMENTS / min(times) for times in taken)
    return [
        _figure(forwarded, "send_batch of the same EventData", events, at_least(0.7)),
        _figure(forwarded, "send_batch of what the SDK has encoded before", batches),
    ]


def _figure(value: float, beside: str, beside_value: float, *aims: Aim) -> Figure:
    return Figure(
        what=f"the forwarder, {DOCUMENTS:,} events of the feed",
        value=value,
        unit="events/s",
        beside=beside,
        beside_value=beside_value,
        aims=aims,
    )


def _documents() -> list[Document]:
    """The first events of all orders, then the second ones, as a feed has them."""
    streams = map(order_history, range(DOCUMENTS // EVENTS_EACH))
    return list(chain(*zip(*streams, strict=True)))


async def _prepared(producer: EventHubProducerClient) -> Prepared:
    events: defaultdict[str, Messages] = defaultdict(list)
    encoded: defaultdict[str, Messages] = defaultdict(list)
    for document in _documents():
        partition = str(place_of(document["aggregateId"], PARTITIONS))
        for messages in (events, encoded):
            messages[partition].append(event_data(outgoing(document)))
    batches = [await _batch(producer, partition, group) for partition, group in encoded.items()]
    return Prepared(events, batches)


async def _batch(
    producer: EventHubProducerClient, partition: str, events: Messages
) -> EventDataBatch:
    """One that holds them all: they take less than the megabyte that a batch may have."""
    batch = await producer.create_batch(partition_id=partition)
    for event in events:
        batch.add(event)
    return batch
