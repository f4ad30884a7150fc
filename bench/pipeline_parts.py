"""What the pipeline is made of, each part alone: a batch, a message through the hub, a write."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from azure.cosmos.aio import ContainerProxy
from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient, PartitionContext

from bench.histories import receipts
from bench.measuring import alternately, percentile
from bench.stack import Stack, local_stack
from ops.resources import DATABASE, HUB

type Work = Callable[[int], Awaitable[None]]


class Parts(msgspec.Struct, frozen=True):
    """Seconds of each time that a part was done."""

    batch: Sequence[float]
    message: Sequence[float]
    write: Sequence[float]

    def sum(self, share: float) -> float:
        """The sum of the parts' percentiles."""
        return sum(percentile(part, share) for part in (self.batch, self.message, self.write))


async def measure_parts(times: int) -> Parts:
    """With bare SDKs against the same local servers, on which no app runs."""
    async with local_stack(functions=False) as stack, stack.client() as client:
        database = client.get_database_client(DATABASE)
        batch = _batch(database.get_container_client("events"))
        write = _write(database.get_container_client("order_read_model"))
        async with _message(stack) as message:
            taken = await alternately(times, batch, message, write)
    warm = times // 10
    return Parts(*(part[warm:] for part in taken))


def _batch(events: ContainerProxy) -> Work:
    documents = receipts("prod_001")

    async def append(_: int) -> None:
        document = next(documents)
        operations: list[Any] = [("create", (document,), {})]
        await events.execute_item_batch(operations, document["aggregateId"])

    return append


def _write(views: ContainerProxy) -> Work:
    async def create(number: int) -> None:
        await views.create_item({"id": str(number), "pk": str(number), "text": "x" * 500})

    return create


@asynccontextmanager
async def _message(stack: Stack) -> AsyncIterator[Work]:
    """Sends one event and waits until it is received; the links stay open."""
    namespace = stack.event_hubs
    producer = EventHubProducerClient.from_connection_string(namespace, eventhub_name=HUB)
    consumer = EventHubConsumerClient.from_connection_string(
        namespace, "$Default", eventhub_name=HUB
    )
    arrived: asyncio.Queue[None] = asyncio.Queue()

    async def on_event(_: PartitionContext, __: EventData | None) -> None:
        arrived.put_nowait(None)

    async def send_and_receive(_: int) -> None:
        batch = await producer.create_batch(partition_id="0")
        batch.add(EventData(b"x" * 1000))
        await producer.send_batch(batch)
        await arrived.get()

    async with producer, consumer:
        receiving = asyncio.create_task(consumer.receive(on_event, starting_position="-1"))
        yield send_and_receive
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)
