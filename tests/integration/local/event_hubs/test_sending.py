"""Sending, frame by frame: assembly of deliveries, credit, windows, outcomes, faults."""

import logging

import pytest

from local.event_hubs import EventHubs, Serving
from local.event_hubs.amqp.encoding import encode
from local.event_hubs.amqp.values import Described, Symbol, UInt
from local.event_hubs.incoming_link import CREDIT
from local.event_hubs.session import INCOMING_WINDOW
from tests.integration.local.event_hubs.raw_client import (
    ATTACH,
    CLOSE,
    DETACH,
    DISPOSITION,
    END,
    FLOW,
    RawClient,
    batch,
    data,
)


def bodies(event_hubs: EventHubs, partition: int = 0) -> list[object]:
    return [event.body for event in event_hubs.read("events", partition)]


async def test_a_message_in_many_frames_is_stored_once_and_whole(
    client: RawClient, event_hubs: EventHubs
) -> None:
    await client.attach_sender(0, "events/Partitions/0")
    message = data(bytes(range(256)) * 40)
    for start in range(0, len(message), 1000):
        last = start + 1000 >= len(message)
        client.transfer(0, 5, message[start : start + 1000], more=not last)
    outcome = await client.expect(DISPOSITION)
    assert outcome.fields[1:4] == [5, 5, True]
    assert outcome.fields[4] == Described(0x24, [])
    assert bodies(event_hubs) == [bytes(range(256)) * 40]


async def test_a_connection_that_dies_within_a_message_stores_nothing_of_it(
    client: RawClient, server: Serving, event_hubs: EventHubs
) -> None:
    await client.attach_sender(0, "events/Partitions/0")
    client.transfer(0, 0, data(b"x" * 1000)[:500], more=True)
    await client.writer.drain()
    client.writer.transport.abort()
    other = await RawClient.connect(server.port)
    await other.begin()
    await other.attach_sender(0, "events/Partitions/0")
    other.transfer(0, 0, data(b"whole"))
    await other.expect(DISPOSITION)
    assert bodies(event_hubs) == [b"whole"]
    await other.close()


async def test_an_aborted_message_is_forgotten(client: RawClient, event_hubs: EventHubs) -> None:
    await client.attach_sender(0, "events/Partitions/0")
    client.transfer(0, 0, data(b"gone")[:4], more=True)
    client.transfer(0, 0, b"", aborted=True)
    client.transfer(0, 1, data(b"kept"))
    outcome = await client.expect(DISPOSITION)
    assert outcome.fields[1] == 1
    assert bodies(event_hubs) == [b"kept"]


async def test_a_message_sent_settled_is_stored_and_not_answered(
    client: RawClient, event_hubs: EventHubs
) -> None:
    await client.attach_sender(0, "events/Partitions/0")
    client.transfer(0, 0, data(b"quiet"), settled=True)
    client.transfer(0, 1, data(b"loud"))
    outcome = await client.expect(DISPOSITION)
    assert outcome.fields[1] == 1
    assert bodies(event_hubs) == [b"quiet", b"loud"]


async def test_events_are_in_the_order_of_their_sends(
    client: RawClient, event_hubs: EventHubs
) -> None:
    await client.attach_sender(0, "events/Partitions/0")
    for number in range(200):
        client.transfer(0, number, data(b"%d" % number))
    settled = [(await client.expect(DISPOSITION)).fields[1] for _ in range(200)]
    assert settled == list(range(200))
    assert bodies(event_hubs) == [b"%d" % number for number in range(200)]


async def test_credit_is_granted_again_at_half_and_counts_wrap(client: RawClient) -> None:
    last = 2**32 - 3
    granted = await client.attach_sender(0, "events/Partitions/0", initial_delivery_count=last)
    assert granted.fields[5:7] == [last, CREDIT]
    for number in range(CREDIT // 2):
        client.transfer(0, number, data(b""))
        await client.expect(DISPOSITION)
    again = await client.expect(FLOW)
    assert again.fields[5:7] == [(last + CREDIT // 2) % 2**32, CREDIT]


async def test_a_message_without_credit_detaches_the_link(
    client: RawClient, event_hubs: EventHubs
) -> None:
    await client.attach_sender(0, "events/Partitions/0")
    event_hubs.faults.delay(hub="events", seconds=3600, times=CREDIT)
    for number in range(CREDIT + 1):
        client.transfer(0, number, data(b""))
    assert (await client.expect(DETACH)).condition == "amqp:link:transfer-limit-exceeded"


async def test_the_session_window_is_opened_again_at_half(client: RawClient) -> None:
    await client.attach_sender(0, "events/Partitions/0")
    for _ in range(INCOMING_WINDOW // 2):
        client.transfer(0, 0, b"", more=True)
    window = await client.expect(FLOW)
    assert window.fields[0:2] == [INCOMING_WINDOW // 2, INCOMING_WINDOW]
    assert window.fields[4] is None


@pytest.mark.parametrize("batched", [False, True], ids=["event", "batch"])
async def test_more_than_a_megabyte_is_refused_and_the_link_lives_on(
    client: RawClient, event_hubs: EventHubs, batched: bool, caplog: pytest.LogCaptureFixture
) -> None:
    await client.attach_sender(0, "events/Partitions/0")
    message = data(data(b"x" * 1_048_576)) if batched else data(b"x" * 1_048_576)
    for start in range(0, len(message), 60_000):
        last = start + 60_000 >= len(message)
        client.transfer(0, 0, message[start : start + 60_000], more=not last, batch=batched)
    outcome = await client.expect(DISPOSITION)
    assert outcome.condition == "amqp:link:message-size-exceeded"
    client.transfer(0, 1, data(b"small"))
    assert (await client.expect(DISPOSITION)).condition is None
    assert bodies(event_hubs) == [b"small"]
    assert "Refused a send to hub 'events'" in caplog.text


async def test_exactly_a_megabyte_is_taken(client: RawClient, event_hubs: EventHubs) -> None:
    await client.attach_sender(0, "events/Partitions/0")
    message = data(b"x" * (1_048_576 - 8))
    assert len(message) == 1_048_576
    for start in range(0, len(message), 60_000):
        last = start + 60_000 >= len(message)
        client.transfer(0, 0, message[start : start + 60_000], more=not last)
    assert (await client.expect(DISPOSITION)).condition is None
    assert len(event_hubs.read("events", 0)) == 1


async def test_a_batch_is_one_append_with_its_key_on_every_event(
    client: RawClient, event_hubs: EventHubs
) -> None:
    await client.attach_sender(0, "events")
    client.transfer(0, 0, batch(data(b"a"), data(b"b"), key="customer-7"), batch=True)
    await client.expect(DISPOSITION)
    stored = event_hubs.read("events", 0) + event_hubs.read("events", 1)
    assert [(event.body, event.partition_key) for event in stored] == [
        (b"a", "customer-7"),
        (b"b", "customer-7"),
    ]
    assert [event.sequence_number for event in stored] == [0, 1]


async def test_a_batch_with_one_malformed_event_is_refused_whole(
    client: RawClient, event_hubs: EventHubs
) -> None:
    await client.attach_sender(0, "events/Partitions/0")
    client.transfer(0, 0, batch(data(b"good"), b"bad"), batch=True)
    assert (await client.expect(DISPOSITION)).condition == "amqp:decode-error"
    assert bodies(event_hubs) == []


async def test_an_empty_batch_is_accepted(client: RawClient, event_hubs: EventHubs) -> None:
    await client.attach_sender(0, "events/Partitions/0")
    client.transfer(0, 0, batch(), batch=True)
    assert (await client.expect(DISPOSITION)).condition is None
    assert bodies(event_hubs) == []


async def test_a_partition_key_that_is_no_string_is_refused(client: RawClient) -> None:
    await client.attach_sender(0, "events")
    annotations = encode(Described(0x72, {Symbol("x-opt-partition-key"): b"bytes"}))
    client.transfer(0, 0, annotations + data(b"x"))
    assert (await client.expect(DISPOSITION)).condition == "amqp:invalid-field"


@pytest.mark.parametrize(
    ("target", "condition", "named"),
    [
        ("nowhere", "amqp:not-found", "hubs: events, other"),
        ("events/Partitions/2", "com.microsoft:argument-out-of-range", "partitions 0 to 1"),
        ("events/publishers/me", "amqp:not-found", "expected <hub>"),
    ],
)
async def test_a_target_that_is_not_there_is_refused_and_logged(
    client: RawClient, caplog: pytest.LogCaptureFixture, target: str, condition: str, named: str
) -> None:
    client.attach(0, target=target, receiver=False)
    refused = await client.expect(ATTACH)
    assert refused.fields[5:7] == [None, None]
    assert (await client.expect(DETACH)).condition == condition
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert f"Refused to send to '{target}'" in record.getMessage()
    assert named in record.getMessage()


async def test_an_injected_rejection_carries_its_condition(
    client: RawClient, event_hubs: EventHubs
) -> None:
    event_hubs.faults.reject_sends(hub="events", condition="com.microsoft:server-busy")
    await client.attach_sender(0, "events/Partitions/0")
    client.transfer(0, 0, data(b"refused"))
    assert (await client.expect(DISPOSITION)).condition == "com.microsoft:server-busy"
    client.transfer(0, 1, data(b"stored"))
    assert (await client.expect(DISPOSITION)).condition is None
    assert bodies(event_hubs) == [b"stored"]


@pytest.mark.parametrize("stored", [False, True])
async def test_an_injected_drop_cuts_the_connection_before_or_after_storing(
    client: RawClient, event_hubs: EventHubs, stored: bool
) -> None:
    if stored:
        event_hubs.faults.drop_after_store(hub="events", partition=0)
    else:
        event_hubs.faults.drop_before_store(hub="events", partition=0)
    await client.attach_sender(0, "events/Partitions/0")
    client.transfer(0, 0, data(b"x"))
    assert await client.receive() is None
    assert bodies(event_hubs) == ([b"x"] if stored else [])


async def test_a_delayed_disposition_is_overtaken_by_the_next(
    client: RawClient, event_hubs: EventHubs
) -> None:
    event_hubs.faults.delay(hub="events", seconds=0.2)
    await client.attach_sender(0, "events/Partitions/0")
    client.transfer(0, 0, data(b"late"))
    client.transfer(0, 1, data(b"prompt"))
    assert (await client.expect(DISPOSITION)).fields[1] == 1
    assert (await client.expect(DISPOSITION)).fields[1] == 0


async def test_a_transfer_on_no_link_ends_the_session_only(client: RawClient) -> None:
    client.transfer(9, 0, data(b"x"))
    assert (await client.expect(END)).condition == "amqp:session:unattached-handle"
    client.send(1, DETACH, UInt(9))
    await client.begin()
    await client.attach_sender(0, "events")


async def test_a_handle_in_use_ends_the_session(client: RawClient) -> None:
    await client.attach_sender(0, "events")
    client.attach(0, target="other", receiver=False)
    assert (await client.expect(END)).condition == "amqp:session:handle-in-use"


async def test_detach_end_and_close_are_each_answered(client: RawClient) -> None:
    await client.attach_sender(0, "events")
    client.send(1, DETACH, UInt(0), True)
    assert (await client.expect(DETACH)).fields[:2] == [0, True]
    client.send(1, END, None)
    await client.expect(END)
    client.send(0, CLOSE, None)
    await client.expect(CLOSE)
    assert await client.receive() is None


async def test_a_malformed_frame_closes_its_own_connection_only(
    client: RawClient, server: Serving, event_hubs: EventHubs
) -> None:
    other = await RawClient.connect(server.port)
    await other.begin()
    await other.attach_sender(0, "events/Partitions/0")
    client.writer.write(b"\x00\x00\x00\x10\x02\x00\x00\x01garbage!")
    assert (await client.expect(CLOSE)).condition == "amqp:decode-error"
    assert await client.receive() is None
    other.transfer(0, 0, data(b"unharmed"))
    assert (await other.expect(DISPOSITION)).condition is None
    assert bodies(event_hubs) == [b"unharmed"]
    await other.close()
