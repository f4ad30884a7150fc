"""The publisher: where an event goes, in which order, and what happens when the hub says no."""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_store.placement import place_of
from event_store.publisher import HubPublisher, Outgoing, outgoing
from event_store.settling import Interrupted
from tests.fakes.producer import FakeProducer

if TYPE_CHECKING:
    from azure.eventhub.aio import EventHubProducerClient


def publisher(producer: FakeProducer) -> HubPublisher:
    return HubPublisher(cast("EventHubProducerClient", producer))


def event(stream: str, version: int, **fields: Any) -> Outgoing:
    return outgoing(
        {
            "aggregateId": stream,
            "aggregateType": "Order",
            "version": version,
            "eventId": f"{stream}/{version}",
            "eventType": "OrderShipped",
            "schemaVersion": 1,
            **fields,
        }
    )


def arrived(events: Iterable[Any]) -> list[tuple[str, int]]:
    documents = [msgspec.json.decode(event.body_as_str()) for event in events]
    return [(document["aggregateId"], document["version"]) for document in documents]


def in_partition(partition: int, count: int) -> list[str]:
    """Streams that belong into one of four partitions."""
    names = (f"order-{index}" for index in range(1000))
    return [name for name in names if place_of(name, 4) == partition][:count]


@pytest.mark.parametrize(
    ("stream", "of_4", "of_32"),
    [("order-789", 3, 19), ("product-prod_001", 2, 6), ("order-1", 0, 12), ("order-é", 3, 3)],
)
def test_the_partition_of_a_stream_is_pinned_for_ever(stream: str, of_4: int, of_32: int) -> None:
    assert place_of(stream, 4) == of_4
    assert place_of(stream, 32) == of_32


@given(st.text(st.characters(codec="utf-8")), st.integers(1, 64))
def test_every_stream_has_a_partition(stream: str, partitions: int) -> None:
    assert 0 <= place_of(stream, partitions) < partitions


def test_streams_spread_over_all_partitions() -> None:
    counts = [0] * 4
    for index in range(1000):
        counts[place_of(f"order-{index}", 4)] += 1
    assert min(counts) > 200


async def test_an_event_goes_to_the_partition_of_its_stream() -> None:
    producer = FakeProducer()
    streams = [f"order-{index}" for index in range(20)]
    await publisher(producer).publish([event(stream, 1) for stream in streams])
    for partition, events in producer.sent.items():
        expected = [(s, 1) for s in streams if str(place_of(s, 4)) == partition]
        assert arrived(events) == expected


@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(1, 9)), max_size=40),
    st.integers(1, 5),
)
async def test_all_arrive_once_and_those_of_a_partition_in_the_order_given(
    keys: list[tuple[str, int]], room: int
) -> None:
    producer = FakeProducer(room=room)
    await publisher(producer).publish([event(f"order-{name}", version) for name, version in keys])
    for partition in producer.partitions:
        expected = [
            (f"order-{name}", version)
            for name, version in keys
            if str(place_of(f"order-{name}", 4)) == partition
        ]
        assert arrived(producer.sent[partition]) == expected
    assert all(0 < size <= room for size in producer.sends)


async def test_batches_that_are_full_are_sent_and_the_next_is_begun() -> None:
    producer = FakeProducer(room=3)
    (stream,) = in_partition(0, 1)
    await publisher(producer).publish([event(stream, version) for version in range(1, 8)])
    assert producer.sends == [3, 3, 1]


async def test_a_partition_has_one_stream_of_sends_and_all_partitions_send_at_once() -> None:
    producer = FakeProducer(room=1)
    one_publisher = publisher(producer)
    streams = [in_partition(partition, 1)[0] for partition in range(4)]
    calls = [
        one_publisher.publish([event(stream, version) for stream in streams])
        for version in range(1, 4)
    ]
    await asyncio.gather(*calls)
    assert producer.most_per_partition == 1
    assert producer.most_at_once == 4
    assert sum(map(len, producer.sent.values())) == 12


async def test_a_partition_that_refuses_fails_the_call_after_the_others_were_sent() -> None:
    producer = FakeProducer(room=1, failures={"2": ConnectionError("refused")})
    events = [event(stream, v) for p in range(4) for stream in in_partition(p, 2) for v in (1, 2)]
    with pytest.raises(ExceptionGroup, match="not accepted") as raised:
        await publisher(producer).publish(events)
    assert [str(error) for error in raised.value.exceptions] == ["refused"]
    assert {partition: len(sent) for partition, sent in producer.sent.items()} == {
        "0": 4,
        "1": 4,
        "2": 0,
        "3": 4,
    }


async def test_a_send_that_is_cancelled_from_within_is_not_taken_for_sent() -> None:
    producer = FakeProducer(failures={"1": asyncio.CancelledError()})
    with pytest.raises(ExceptionGroup, match="not accepted") as raised:
        await publisher(producer).publish([event(in_partition(1, 1)[0], 1)])
    assert [type(error) for error in raised.value.exceptions] == [Interrupted]


async def test_an_event_that_no_batch_can_hold_fails_the_call() -> None:
    producer = FakeProducer(room=0)
    with pytest.raises(ExceptionGroup) as raised:
        await publisher(producer).publish([event("order-1", 1)])
    assert isinstance(raised.value.exceptions[0], ValueError)
    assert not any(producer.sent.values())


async def test_after_a_failure_the_partition_takes_the_next_call() -> None:
    producer = FakeProducer(failures={"0": ConnectionError("refused")})
    one_publisher = publisher(producer)
    (stream,) = in_partition(0, 1)
    with pytest.raises(ExceptionGroup):
        await one_publisher.publish([event(stream, 1)])
    producer.failures.clear()
    await one_publisher.publish([event(stream, 1)])
    assert arrived(producer.sent["0"]) == [(stream, 1)]


async def test_the_partitions_are_asked_for_once() -> None:
    producer = FakeProducer()
    one_publisher = publisher(producer)
    await one_publisher.publish([event("order-1", 1)])
    await one_publisher.publish([event("order-1", 2)])
    assert producer.asked_for_partitions == 1


async def test_nothing_is_sent_for_nothing() -> None:
    producer = FakeProducer()
    await publisher(producer).publish([])
    assert producer.sends == []


async def test_a_message_says_what_it_is_without_being_opened() -> None:
    producer = FakeProducer()
    await publisher(producer).publish([event("order-1", 1, _ts=1)])
    (message,) = [message for sent in producer.sent.values() for message in sent]
    assert message.message_id == "order-1/1"
    assert message.content_type == "application/json"
    assert message.properties == {
        "eventType": "OrderShipped",
        "aggregateType": "Order",
        "schemaVersion": 1,
    }
    assert b"".join(message.body) == event("order-1", 1).body
