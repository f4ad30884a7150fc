"""The suite's client on `azure.eventhub`, in threads."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

from azure.eventhub import (
    EventData,
    EventHubConsumerClient,
    EventHubProducerClient,
    PartitionContext,
)

from tests.conformance.event_hubs.namespace import PATIENCE, Namespace, Start


class SyncClient:
    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._producer = self._producer_for(namespace.hub)
        # Closing a consumer takes a second, in which the next test can run.
        self._closing: list[asyncio.Future[None]] = []

    async def hub_properties(self, hub: str | None = None) -> dict[str, Any]:
        with self._producer_for(hub or self._namespace.hub) as producer:
            return await asyncio.to_thread(producer.get_eventhub_properties)

    async def partition_properties(self, partition: str) -> dict[str, Any]:
        return await asyncio.to_thread(self._producer.get_partition_properties, partition)

    async def send(
        self, events: Sequence[EventData], *, partition: str | None = None, key: str | None = None
    ) -> None:
        def send() -> None:
            batch = self._producer.create_batch(partition_id=partition, partition_key=key)
            for event in events:
                batch.add(event)
            self._producer.send_batch(batch)

        await asyncio.to_thread(send)

    async def receive(
        self, partition: str, start: Start, count: int, *, owner_level: int | None = None
    ) -> list[EventData]:
        received: list[EventData] = []
        complete = threading.Event()
        consumer = EventHubConsumerClient.from_connection_string(
            self._namespace.connection_string, "$Default", eventhub_name=self._namespace.hub
        )

        def on_event(_: PartitionContext, event: EventData | None) -> None:
            if event is not None:
                received.append(event)
            if len(received) >= count:
                complete.set()

        def receive() -> None:
            consumer.receive(
                on_event,
                partition_id=partition,
                owner_level=owner_level,
                starting_position=start.position,
                starting_position_inclusive=start.inclusive,
            )

        self._closing.append(asyncio.create_task(asyncio.to_thread(receive)))
        in_time = await asyncio.to_thread(complete.wait, PATIENCE)
        self._closing.append(asyncio.create_task(asyncio.to_thread(consumer.close)))
        assert in_time, f"{len(received)} of {count} events came in {PATIENCE} s"
        return received[:count]

    async def close(self) -> None:
        self._producer.close()
        await asyncio.gather(*self._closing)

    def _producer_for(self, hub: str) -> EventHubProducerClient:
        return EventHubProducerClient.from_connection_string(
            self._namespace.connection_string, eventhub_name=hub, retry_total=0
        )
