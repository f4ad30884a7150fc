"""Connections: limits that are announced and kept, heartbeats both ways, ports and folders."""

import asyncio
import contextlib
import socket
import threading

import pytest

from local.event_hubs import EventHubs, HubSpec, Serving, serve
from local.event_hubs.amqp import frames
from local.event_hubs.amqp.messages import draft
from local.event_hubs.amqp.values import UInt
from local.event_hubs.connection import MAX_FRAME_SIZE
from local.event_hubs.database import Database
from local.event_hubs.intake import HELD_BYTES
from tests.integration.local.event_hubs.raw_client import (
    BEGIN,
    CLOSE,
    DISPOSITION,
    OPEN,
    RawClient,
    data,
)


async def test_a_frame_above_the_announced_size_closes_the_connection(client: RawClient) -> None:
    client.writer.write((MAX_FRAME_SIZE + 1).to_bytes(4) + b"\x02\x00\x00\x01")
    assert (await client.expect(CLOSE)).condition == "amqp:connection:framing-error"


async def test_a_max_frame_size_below_512_is_refused(server: Serving) -> None:
    client = RawClient(*await asyncio.open_connection("127.0.0.1", server.port))
    client.writer.write(frames.AMQP_HEADER)
    client.send(0, OPEN, "raw", None, UInt(511))
    await client.reader.readexactly(8)
    await client.expect(OPEN)
    assert (await client.expect(CLOSE)).condition == "amqp:invalid-field"
    await client.close()


async def test_a_channel_above_the_announced_maximum_closes_the_connection(
    client: RawClient,
) -> None:
    client.send(5000, BEGIN, None, UInt(0), UInt(1), UInt(1))
    assert (await client.expect(CLOSE)).condition == "amqp:connection:framing-error"


async def test_a_second_session_on_a_channel_closes_the_connection(client: RawClient) -> None:
    client.send(1, BEGIN, None, UInt(0), UInt(1), UInt(1))
    assert (await client.expect(CLOSE)).condition == "amqp:not-allowed"


async def test_a_client_that_asks_for_heartbeats_gets_them(server: Serving) -> None:
    client = await RawClient.connect(server.port, idle_time_out=100)
    beats = [await client.receive() for _ in range(3)]
    assert [beat.code if beat else None for beat in beats] == [0, 0, 0]
    await client.close()


async def test_a_silent_client_is_given_up_and_one_with_heartbeats_is_not(
    event_hubs: EventHubs,
) -> None:
    async with serve(event_hubs, idle_timeout=0.3) as server:
        silent = await RawClient.connect(server.port)
        beating = await RawClient.connect(server.port)

        async def beat() -> None:
            while True:
                beating.writer.write(frames.EMPTY_FRAME)
                await asyncio.sleep(0.05)

        beats = asyncio.create_task(beat())
        assert (await silent.expect(CLOSE)).condition == "amqp:connection:forced"
        await beating.begin()
        beats.cancel()
        await silent.close()
        await beating.close()


async def test_the_server_says_how_long_it_waits(event_hubs: EventHubs) -> None:
    async with serve(event_hubs, idle_timeout=60) as server:
        client = RawClient(*await asyncio.open_connection("127.0.0.1", server.port))
        client.writer.write(frames.AMQP_HEADER)
        client.send(0, OPEN, "raw")
        await client.reader.readexactly(8)
        opened = await client.expect(OPEN)
        assert opened.fields[2:5] == [MAX_FRAME_SIZE, 4999, 30_000]
        await client.close()


async def test_sasl_is_offered_and_always_succeeds(server: Serving) -> None:
    client = RawClient(*await asyncio.open_connection("127.0.0.1", server.port))
    client.writer.write(frames.SASL_HEADER)
    assert await client.reader.readexactly(8) == frames.SASL_HEADER
    offered = await client.expect(0x40)
    assert offered.fields == [["MSSBCBS", "PLAIN", "ANONYMOUS", "EXTERNAL"]]
    init = b"\x00\x53\x41\xc0\x0c\x01\xa3\x09ANONYMOUS"
    client.writer.write(frames.frame(0, init, kind=frames.SASL_TYPE))
    assert (await client.expect(0x44)).fields[0] == 0
    client.writer.write(frames.AMQP_HEADER)
    assert await client.reader.readexactly(8) == frames.AMQP_HEADER
    await client.close()


async def test_clients_are_told_when_the_server_stops(event_hubs: EventHubs) -> None:
    async with serve(event_hubs) as server:
        client = await RawClient.connect(server.port)
    assert (await client.expect(CLOSE)).condition == "amqp:connection:forced"
    assert await client.receive() is None
    await client.close()


async def test_a_client_that_does_not_read_does_not_hold_up_the_stop() -> None:
    with EventHubs([HubSpec("events", 1)]) as event_hubs:
        event = draft(data(b"x" * 500_000), without=())
        for _ in range(40):
            await event_hubs.log.append(event_hubs.hubs[0].partitions[0], [event])
        async with asyncio.timeout(10):
            async with serve(event_hubs) as server:
                client = await RawClient.connect(server.port)
                await client.begin()
                await client.attach_receiver(0, "events/ConsumerGroups/$Default/Partitions/0")
                client.flow(0, credit=100)
                await client.reader.readexactly(1000)
        client.writer.transport.abort()


async def test_a_flood_of_sends_is_read_no_faster_than_it_is_stored(
    client: RawClient, event_hubs: EventHubs, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk_is_free = threading.Event()
    commit = Database.commit

    def slow_commit(database: Database) -> None:
        disk_is_free.wait()
        commit(database)

    monkeypatch.setattr(Database, "commit", slow_commit)
    await client.attach_sender(0, "events/Partitions/0")
    message = data(b"x" * 60_000)
    count = 2 * HELD_BYTES // len(message)
    for number in range(count):
        client.transfer(0, number, message)
    try:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.writer.drain(), 0.5)
    finally:
        disk_is_free.set()
    settled = 0
    while settled < count:
        received = await client.receive()
        assert received is not None
        settled += received.code == DISPOSITION
    assert len(event_hubs.read("events", 0)) == count


async def test_a_taken_port_is_named(event_hubs: EventHubs) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=rf"port {port} of 127\.0\.0\.1 is taken"):
            async with serve(event_hubs, port):
                pass


async def test_the_same_broker_can_be_served_again_after_a_stop() -> None:
    with EventHubs([HubSpec("events", 1)]) as event_hubs:
        for expected in (1, 2):
            async with serve(event_hubs) as server:
                client = await RawClient.connect(server.port)
                await client.begin()
                await client.attach_sender(0, "events/Partitions/0")
                client.transfer(0, 0, data(b"x"))
                await client.expect(DISPOSITION)
                with contextlib.suppress(ConnectionError):
                    await client.close()
            assert len(event_hubs.read("events", 0)) == expected
