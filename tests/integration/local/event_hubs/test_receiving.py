"""Receiving, frame by frame: credit, windows, drain, positions, owners, back-pressure."""

import asyncio
import logging

import pytest

from local.event_hubs import EventHubs, HubSpec, Serving, serve
from local.event_hubs.amqp.encoding import encode
from local.event_hubs.amqp.messages import draft, section_map, section_value
from local.event_hubs.amqp.values import Described, Symbol, UInt
from tests.integration.local.event_hubs.raw_client import (
    ATTACH,
    DETACH,
    DISPOSITION,
    FLOW,
    TRANSFER,
    RawClient,
    Received,
    data,
)

SOURCE = "events/ConsumerGroups/$Default/Partitions/0"


async def store(event_hubs: EventHubs, *bodies: bytes) -> None:
    partition = event_hubs.hubs[0].partitions[0]
    await event_hubs.log.append(partition, [draft(data(body), without=()) for body in bodies])


def numbers(start: int, end: int) -> list[bytes]:
    return [b"%d" % number for number in range(start, end)]


async def received(client: RawClient, count: int) -> list[object]:
    """The bodies of the next transfers, each of one frame."""
    return [section_value((await client.expect(TRANSFER)).payload, 0x75) for _ in range(count)]


async def test_no_more_is_sent_than_the_credit_allows(
    client: RawClient, event_hubs: EventHubs
) -> None:
    await store(event_hubs, *numbers(0, 10))
    await client.attach_receiver(0, SOURCE)
    await client.nothing_more_than()
    client.flow(0, credit=3)
    assert await received(client, 3) == numbers(0, 3)
    await client.nothing_more_than()


async def test_credit_counts_from_the_delivery_count_that_the_client_knew(
    client: RawClient, event_hubs: EventHubs
) -> None:
    await store(event_hubs, *numbers(0, 10))
    await client.attach_receiver(0, SOURCE)
    client.flow(0, credit=4)
    assert await received(client, 4) == numbers(0, 4)
    # Written when the client had seen two of the four: five from there on are three more.
    client.flow(0, credit=5, delivery_count=2, next_incoming_id=4)
    assert await received(client, 3) == numbers(4, 7)
    await client.nothing_more_than()


async def test_the_session_window_counts_frames_and_cuts_a_message_in_two(
    client: RawClient, event_hubs: EventHubs, server: Serving
) -> None:
    small = await RawClient.connect(server.port, max_frame_size=512)
    await small.begin(window=2)
    body = bytes(range(256)) * 5
    await store(event_hubs, body, b"second")
    await small.attach_receiver(0, SOURCE)
    small.flow(0, credit=10, window=2)
    parts = [await small.expect(TRANSFER) for _ in range(2)]
    small.flow(echo=True, next_incoming_id=2, window=0)
    assert (await small.expect(FLOW)).fields[2] == 2
    small.flow(next_incoming_id=2, window=100)
    while parts[-1].fields[5]:
        parts.append(await small.expect(TRANSFER))
    assert section_value(b"".join(part.payload for part in parts), 0x75) == body
    assert {part.fields[1] for part in parts} == {0}
    assert await received(small, 1) == [b"second"]
    await small.close()


async def test_frames_that_the_client_had_not_seen_count_against_its_window(
    client: RawClient, event_hubs: EventHubs
) -> None:
    await store(event_hubs, *numbers(0, 10))
    await client.attach_receiver(0, SOURCE)
    client.flow(0, credit=10, window=4)
    assert await received(client, 4) == numbers(0, 4)
    # Written when the client had seen one of the four: a window of five from there leaves room for two.
    client.flow(next_incoming_id=1, window=5)
    assert await received(client, 2) == numbers(4, 6)
    client.flow(echo=True, next_incoming_id=6, window=0)
    assert (await client.expect(FLOW)).fields[2] == 6


async def test_no_frame_exceeds_what_the_client_takes(
    event_hubs: EventHubs, server: Serving
) -> None:
    small = await RawClient.connect(server.port, max_frame_size=512)
    await small.begin()
    await store(event_hubs, b"x" * 3000)
    await small.attach_receiver(0, SOURCE)
    small.flow(0, credit=1)
    parts = [await small.expect(TRANSFER)]
    while parts[-1].fields[5]:
        parts.append(await small.expect(TRANSFER))
    sizes = [part.size for part in parts]
    assert max(sizes) == 512
    assert len(sizes) > 6
    await small.close()


async def test_drain_uses_up_the_credit_that_is_left(
    client: RawClient, event_hubs: EventHubs
) -> None:
    await store(event_hubs, b"only")
    await client.attach_receiver(0, SOURCE)
    client.flow(0, credit=100, drain=True)
    assert await received(client, 1) == [b"only"]
    drained = await client.expect(FLOW)
    assert drained.fields[4:9] == [0, 100, 0, None, True]
    await store(event_hubs, b"later")
    await client.nothing_more_than()
    client.flow(0, credit=1, delivery_count=100, next_incoming_id=1)
    assert await received(client, 1) == [b"later"]


async def test_an_echo_tells_the_state_of_the_link(client: RawClient) -> None:
    await client.attach_receiver(0, SOURCE)
    client.flow(0, credit=7, echo=True)
    assert (await client.expect(FLOW)).fields[4:7] == [0, 0, 7]


async def test_a_waiting_reader_gets_a_new_event_at_once(
    client: RawClient, event_hubs: EventHubs
) -> None:
    await client.attach_receiver(0, SOURCE, selector="amqp.annotation.x-opt-offset > '@latest'")
    client.flow(0, credit=10)
    await client.nothing_more_than()
    await store(event_hubs, b"new")
    assert await received(client, 1) == [b"new"]


@pytest.mark.parametrize(
    ("selector", "first"),
    [
        ("amqp.annotation.x-opt-offset > '-1'", 0),
        ("amqp.annotation.x-opt-offset > '6'", 7),
        ("amqp.annotation.x-opt-offset >= '6'", 6),
        ("amqp.annotation.x-opt-sequence-number > '2'", 3),
        ("amqp.annotation.x-opt-sequence-number >= '2'", 2),
        ("amqp.annotation.x-opt-enqueued-time > '0'", 0),
    ],
)
async def test_a_selector_says_where_to_start(
    client: RawClient, event_hubs: EventHubs, selector: str, first: int
) -> None:
    await store(event_hubs, *numbers(0, 10))
    await client.attach_receiver(0, SOURCE, selector=selector)
    client.flow(0, credit=100)
    assert await received(client, 10 - first) == numbers(first, 10)


async def test_events_carry_sequence_number_offset_time_and_key(
    client: RawClient, event_hubs: EventHubs
) -> None:
    await client.attach_sender(0, "events/Partitions/0")
    annotations = encode(Described(0x72, {Symbol("x-opt-partition-key"): "k"}))
    client.transfer(0, 0, annotations + data(b"x"))
    await client.expect(DISPOSITION)
    await client.attach_receiver(1, SOURCE)
    client.flow(1, credit=1)
    stamps = section_map((await client.expect(TRANSFER)).payload, 0x72)
    (stored,) = event_hubs.read("events", 0)
    assert stamps == {
        "x-opt-partition-key": "k",
        "x-opt-sequence-number": 0,
        "x-opt-offset": "0",
        "x-opt-enqueued-time": stored.enqueued_at,
    }


async def test_a_reader_that_asks_for_it_is_told_where_the_partition_ends(
    client: RawClient, event_hubs: EventHubs
) -> None:
    await store(event_hubs, *numbers(0, 3))
    capability = "com.microsoft:enable-receiver-runtime-metric"
    client.attach(0, source=SOURCE, receiver=True, desired=capability)
    await client.expect(ATTACH)
    client.flow(0, credit=1)
    metrics = section_map((await client.expect(TRANSFER)).payload, 0x71)
    assert metrics["last_enqueued_sequence_number"] == 2
    assert metrics["last_enqueued_offset"] == "2"
    assert metrics["last_enqueued_time_utc"] == event_hubs.read("events", 0)[2].enqueued_at


async def test_a_higher_epoch_steals_the_link(client: RawClient, event_hubs: EventHubs) -> None:
    await client.attach_receiver(0, SOURCE, epoch=1)
    client.attach(1, source=SOURCE, receiver=True, epoch=2)
    stolen = await client.expect(DETACH)
    assert (stolen.fields[0], stolen.condition) == (0, "amqp:link:stolen")
    await client.expect(ATTACH)
    # What the loser still sends before it has seen the DETACH is ignored.
    client.flow(0, credit=10)
    client.send(1, DETACH, UInt(0), True)
    client.flow(1, credit=10)
    await store(event_hubs, b"for the winner")
    assert (await client.expect(TRANSFER)).fields[0] == 1


async def test_a_lower_epoch_is_refused(client: RawClient) -> None:
    await client.attach_receiver(0, SOURCE, epoch=2)
    client.attach(1, source=SOURCE, receiver=True, epoch=1)
    assert (await client.expect(ATTACH)).fields[5:7] == [None, None]
    assert (await client.expect(DETACH)).condition == "amqp:link:stolen"


async def test_the_sixth_reader_is_refused_until_one_has_left(client: RawClient) -> None:
    for handle in range(5):
        await client.attach_receiver(handle, SOURCE)
    client.attach(5, source=SOURCE, receiver=True)
    await client.expect(ATTACH)
    assert (await client.expect(DETACH)).condition == "amqp:resource-limit-exceeded"
    client.send(1, DETACH, UInt(2), True)
    await client.expect(DETACH)
    await client.attach_receiver(6, SOURCE)


async def test_a_lost_connection_frees_its_readers(client: RawClient, server: Serving) -> None:
    await client.attach_receiver(0, SOURCE, epoch=5)
    client.writer.transport.abort()
    other = await RawClient.connect(server.port)
    await other.begin()
    await other.attach_receiver(0, SOURCE)
    await other.close()


@pytest.mark.parametrize(
    ("source", "selector", "condition", "named"),
    [
        ("nowhere/ConsumerGroups/g/Partitions/0", None, "amqp:not-found", "hubs: events, other"),
        (
            "events/ConsumerGroups/missing/Partitions/0",
            None,
            "amqp:not-found",
            "it has: $Default, readers",
        ),
        (
            "events/ConsumerGroups/readers/Partitions/2",
            None,
            "com.microsoft:argument-out-of-range",
            "partitions 0 to 1",
        ),
        (SOURCE, "1 = 1", "amqp:invalid-field", "is not understood"),
        (
            SOURCE,
            "amqp.annotation.x-opt-offset > '77'",
            "com.microsoft:argument-error",
            "The last offset in the system is '-1'",
        ),
    ],
)
async def test_a_source_that_is_not_there_is_refused_and_logged(
    client: RawClient,
    caplog: pytest.LogCaptureFixture,
    source: str,
    selector: str | None,
    condition: str,
    named: str,
) -> None:
    client.attach(0, source=source, receiver=True, selector=selector)
    refused = await client.expect(ATTACH)
    assert refused.fields[5:7] == [None, None]
    assert (await client.expect(DETACH)).condition == condition
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert f"Refused to receive from '{source}'" in record.getMessage()
    assert named in record.getMessage()


async def test_a_stale_position_is_clamped_to_what_is_left() -> None:
    now = 1_000_000
    hubs = [HubSpec("events", 1, retention_hours=1)]
    with EventHubs(hubs, now=lambda: now) as event_hubs:
        async with serve(event_hubs) as server:
            await store(event_hubs, *numbers(0, 5))
            now += 3_600_000
            await store(event_hubs, *numbers(5, 7))
            now += 1
            event_hubs.trim()
            await store(event_hubs, b"7")
            client = await RawClient.connect(server.port)
            await client.begin()
            await client.attach_receiver(0, SOURCE, selector="amqp.annotation.x-opt-offset > '2'")
            client.flow(0, credit=10)
            assert await received(client, 3) == numbers(5, 8)
            await client.close()


async def test_a_client_that_does_not_read_holds_up_nobody_and_costs_little_memory(
    client: RawClient, server: Serving, event_hubs: EventHubs
) -> None:
    body = b"x" * 100_000
    for _ in range(200):
        await store(event_hubs, body)
    slow = await RawClient.connect(server.port)
    await slow.begin(window=2**31)
    await slow.attach_receiver(0, SOURCE)
    slow.flow(0, credit=1000, window=2**31)
    await client.attach_receiver(
        0,
        "events/ConsumerGroups/readers/Partitions/0",
        selector="amqp.annotation.x-opt-offset > '197'",
    )
    client.flow(0, credit=10)
    await whole_message(client)
    # Sockets and buffers took what they could; the rest waits in the log.
    await asyncio.sleep(0.05)
    assert event_hubs.stats().events_delivered < 150
    for _ in range(200):
        assert section_value(await whole_message(slow), 0x75) == body
    await slow.close()


async def whole_message(client: RawClient) -> bytes:
    parts: list[Received] = [await client.expect(TRANSFER)]
    while parts[-1].fields[5]:
        parts.append(await client.expect(TRANSFER))
    return b"".join(part.payload for part in parts)
