"""The suite's client on `azure.eventhub.aio`."""

import asyncio
from collections.abc import Sequence
from typing import Any

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient, PartitionContext

from tests.conformance.event_hubs.namespace import PATIENCE, Namespace, Start


class AioClient:
    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._producer = self._producer_for(namespace.hub)
        # Closing a consumer takes a second, in which the next test can run.
        self._closing: list[asyncio.Task[None]] = []

    async def hub_properties(self, hub: str | None = None) -> dict[str, Any]:
        async with self._producer_for(hub or self._namespace.hub) as producer:
            return await producer.get_eventhub_properties()

    async def partition_properties(self, partition: str) -> dict[str, Any]:
        return await self._producer.get_partition_properties(partition)

    async def send(
        self, events: Sequence[EventData], *, partition: str | None = None, key: str | None = None
    ) -> None:
        batch = await self._producer.create_batch(partition_id=partition, partition_key=key)
        for event in events:
            batch.add(event)
        await self._producer.send_batch(batch)

    async def receive(
        self, partition: str, start: Start, count: int, *, owner_level: int | None = None
    ) -> list[EventData]:
        received: list[EventData] = []
        complete = asyncio.Event()

        async def on_event(_: PartitionContext, event: EventData | None) -> None:
            if event is not None:
                received.append(event)
            if len(received) >= count:
                complete.set()

        consumer = self._consumer()
        receiving = asyncio.create_task(
            consumer.receive(
                on_event,
                partition_id=partition,
                owner_level=owner_level,
                starting_position=start.position,
                starting_position_inclusive=start.inclusive,
            )
        )
        try:
            await asyncio.wait_for(complete.wait(), PATIENCE)
        finally:
            self._closing.append(asyncio.create_task(_stop(consumer, receiving)))
        return received[:count]

    async def close(self) -> None:
        await asyncio.gather(self._producer.close(), *self._closing)

    def _producer_for(self, hub: str) -> EventHubProducerClient:
        return EventHubProducerClient.from_connection_string(
            self._namespace.connection_string, eventhub_name=hub, retry_total=0
        )

    def _consumer(self) -> EventHubConsumerClient:
        return EventHubConsumerClient.from_connection_string(
            self._namespace.connection_string, "$Default", eventhub_name=self._namespace.hub
        )


async def _stop(consumer: EventHubConsumerClient, receiving: asyncio.Task[None]) -> None:
    await consumer.close()
    # Of itself `receive` would come back when its load balancing wakes up, after 30 s.
    receiving.cancel()
