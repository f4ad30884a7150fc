"""Throughput of the local Event Hubs, beside the SDK's ceiling: the time that its own code takes."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient, PartitionContext

from bench.figures import Effort, Figure
from bench.processes import running

HUB: Final = "bench"
PARTITIONS: Final = 4
BODY: Final = b"x" * 1000


class Measured(msgspec.Struct, frozen=True):
    """Events per second of time, and per second that this process, the SDK's, was at work."""

    rate: float
    ceiling: float


class Stopwatch:
    """Measures from its making to `stop`."""

    def __init__(self) -> None:
        self._begun, self._worked = time.perf_counter(), time.process_time()

    def stop(self, events: int) -> Measured:
        taken, worked = time.perf_counter() - self._begun, time.process_time() - self._worked
        return Measured(events / taken, events / worked)


async def run(effort: Effort) -> list[Figure]:
    """Events of 1 KB, in batches as large as they may be, into and out of four partitions at once."""
    events = effort.of(40_000, 8_000)
    async with _hub() as connection_string:
        sent = await _send(connection_string, events)
        received = await _receive(connection_string, events)
    return [_figure("in", sent), _figure("out", received)]


def _figure(direction: str, measured: Measured) -> Figure:
    return Figure(
        what=f"local Event Hubs, {direction}",
        value=measured.rate,
        unit="events/s",
        beside="the SDK's processor time alone",
        beside_value=measured.ceiling,
    )


@asynccontextmanager
async def _hub() -> AsyncIterator[str]:
    with TemporaryDirectory(prefix="bench-") as data:
        hub = ("--hub", f"{HUB}:{PARTITIONS}", "--data", data)
        says = [r"Event Hubs: (?P<connection>\S+)"]
        async with running("-m", "local.event_hubs", "--port", "0", *hub, says=says) as found:
            yield found["connection"]


async def _send(connection_string: str, events: int) -> Measured:
    producer = EventHubProducerClient.from_connection_string(connection_string, eventhub_name=HUB)
    async with producer:
        partitions = await producer.get_partition_ids()
        for partition in partitions:
            await _send_to(producer, partition, 1)
        stopwatch = Stopwatch()
        share = events // len(partitions)
        await asyncio.gather(*(_send_to(producer, partition, share) for partition in partitions))
        return stopwatch.stop(events)


async def _send_to(producer: EventHubProducerClient, partition: str, events: int) -> None:
    batch = await producer.create_batch(partition_id=partition)
    for _ in range(events):
        try:
            batch.add(EventData(BODY))
        except ValueError:
            await producer.send_batch(batch)
            batch = await producer.create_batch(partition_id=partition)
            batch.add(EventData(BODY))
    await producer.send_batch(batch)


async def _receive(connection_string: str, events: int) -> Measured:
    """Timed from the first batch to the last: opening links takes the SDK half a second."""
    consumer = EventHubConsumerClient.from_connection_string(
        connection_string, "$Default", eventhub_name=HUB
    )
    received, stopwatch = 0, Stopwatch()
    measured = asyncio.get_running_loop().create_future()

    async def on_batch(_: PartitionContext, batch: list[EventData]) -> None:
        nonlocal received, stopwatch
        if not received:
            stopwatch = Stopwatch()
        received += len(batch)
        if received >= events and not measured.done():
            measured.set_result(stopwatch.stop(received))

    async with consumer:
        receiving = asyncio.create_task(
            consumer.receive_batch(on_batch, starting_position="-1", prefetch=3000)
        )
        result: Measured = await measured
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)
    return result
