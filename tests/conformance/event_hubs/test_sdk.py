"""What the application relies on, seen through the Python SDK, sync and aio."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from azure.eventhub import EventData
from azure.eventhub.exceptions import EventHubError

from tests.conformance.event_hubs.namespace import Client, Namespace, Start

# One event loop for all, because one producer serves all: to open its link takes half a second.
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def end_of(client: Client, partition: str) -> int:
    """The sequence number of the last event that is there."""
    properties = await client.partition_properties(partition)
    return int(properties["last_enqueued_sequence_number"])


def unique(count: int) -> list[str]:
    return [f"{uuid.uuid4()}" for _ in range(count)]


def _bytes(event: EventData) -> bytes:
    """The body, which the SDK gives as an iterable of pieces."""
    pieces: Any = event.body
    return b"".join(pieces)


def texts(events: list[EventData]) -> list[str]:
    return [event.body_as_str() for event in events]


async def test_a_hub_and_its_partitions_are_described(client: Client, namespace: Namespace) -> None:
    hub = await client.hub_properties()
    assert hub["eventhub_name"].lower() == namespace.hub.lower()
    assert hub["created_at"] <= datetime.now(UTC) + timedelta(minutes=5)
    assert {"0", "1"} <= set(hub["partition_ids"])
    await client.send([EventData("x")], partition="1")
    partition = await client.partition_properties("1")
    assert partition["id"] == "1"
    assert partition["is_empty"] is False
    assert 0 <= partition["beginning_sequence_number"] <= partition["last_enqueued_sequence_number"]


async def test_an_event_arrives_as_it_was_sent(client: Client) -> None:
    after = await end_of(client, "0")
    event = EventData(b"\x00\xff" * 1000)
    event.properties = {"eventType": "OrderPlaced", "schemaVersion": 2, "flag": True, "ü": "ß"}
    event.content_type = "application/json"
    event.message_id = str(uuid.uuid4())
    event.correlation_id = "correlation"
    event.raw_amqp_message.annotations = {"x-mine": "kept"}
    await client.send([event], partition="0")
    (received,) = await client.receive("0", Start(after), 1)
    assert _bytes(received) == b"\x00\xff" * 1000
    assert {_text(name): _text(value) for name, value in received.properties.items()} == {
        "eventType": "OrderPlaced",
        "schemaVersion": 2,
        "flag": True,
        "ü": "ß",
    }
    assert received.content_type == "application/json"
    assert received.message_id == event.message_id
    assert received.correlation_id == "correlation"
    assert received.sequence_number == after + 1
    assert received.enqueued_time is not None
    assert abs(received.enqueued_time - datetime.now(UTC)) < timedelta(minutes=5)
    annotations = received.raw_amqp_message.annotations or {}
    assert annotations[b"x-mine"] in ("kept", b"kept")


def _text(value: object) -> object:
    return value.decode() if isinstance(value, bytes) else value


async def test_events_of_one_key_are_in_one_partition_in_order(client: Client) -> None:
    partitions = (await client.hub_properties())["partition_ids"]
    ends = {partition: await end_of(client, partition) for partition in partitions}
    key, bodies = str(uuid.uuid4()), unique(6)
    await client.send([EventData(body) for body in bodies[:3]], key=key)
    await client.send([EventData(body) for body in bodies[3:]], key=key)
    moved = [partition for partition, end in ends.items() if await end_of(client, partition) > end]
    (partition,) = moved
    received = await client.receive(partition, Start(ends[partition]), 6)
    assert texts(received) == bodies
    assert {_text(event.partition_key) for event in received} == {key}


async def test_reading_starts_where_it_is_told(client: Client) -> None:
    before = await end_of(client, "1")
    bodies = unique(3)
    await client.send([EventData(body) for body in bodies], partition="1")
    first, second, _ = await client.receive("1", Start(before), 3)
    assert second.offset is not None
    assert second.sequence_number is not None
    read = partial(client.receive, "1")
    by_offset, by_number, by_time = await asyncio.gather(
        read(Start(second.offset), 1),
        read(Start(second.sequence_number, inclusive=True), 2),
        read(Start(_just_before(first.enqueued_time)), 3),
    )
    assert texts(by_offset) == bodies[2:]
    assert texts(by_number) == bodies[1:]
    assert texts(by_time)[-3:] == bodies


def _just_before(time: datetime | None) -> datetime:
    assert time is not None
    return time - timedelta(milliseconds=1)


async def test_a_reader_at_the_end_gets_only_what_comes(client: Client) -> None:
    await client.send([EventData("before")], partition="0")
    reading = asyncio.create_task(client.receive("0", Start("@latest"), 1))
    sent: list[str] = []
    while not reading.done():
        sent += unique(1)
        await client.send([EventData(sent[-1])], partition="0")
        await asyncio.sleep(0.2)
    (received,) = await reading
    assert received.body_as_str() in sent


async def test_a_batch_of_a_megabyte_arrives(client: Client) -> None:
    after = await end_of(client, "0")
    bodies = [bytes([number]) * 100_000 for number in range(10)]
    await client.send([EventData(body) for body in bodies], partition="0")
    received = await client.receive("0", Start(after), 10)
    assert [_bytes(event) for event in received] == bodies


async def test_a_hub_that_is_not_there_is_an_error(client: Client) -> None:
    with pytest.raises(EventHubError):
        await client.hub_properties("no-such-hub")
