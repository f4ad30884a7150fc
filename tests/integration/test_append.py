"""Appending to a stream: all of a command's events or none, behind the head that the caller saw."""

from dataclasses import dataclass

import pytest

from domain.events import Context
from domain.product import StockReceived
from event_store.documents import Head, head_of
from event_store.errors import EventTooLarge, HeadAhead, VersionTaken
from event_store.store import CosmosEventStore
from tests.stack.in_process import Account
from tests.stack.streams import assert_sound

STREAM = "product-p"


@dataclass
class Stream:
    """One stream of one store."""

    account: Account
    store: CosmosEventStore

    async def append(self, head: Head, count: int, command: str) -> Head:
        context = Context(correlation_id="c", causation_id=command, command_hash="0" * 64)
        events = [StockReceived(product_id="p", quantity=n + 1) for n in range(count)]
        return head_of((await self.store.append(STREAM, head, events, context))[-1])

    async def length(self) -> int:
        documents = await self.account.stream(STREAM)
        assert_sound(documents)
        return len(documents)


@pytest.fixture
async def stream(account: Account) -> Stream:
    return Stream(account, (await account.instance()).event_store)


async def test_the_events_of_a_command_lie_in_the_stream_in_its_order(stream: Stream) -> None:
    head = await stream.append(Head(), 3, "one")
    await stream.append(head, 99, "two")
    assert [event.data.quantity async for event in stream.store.read(STREAM)] == [
        *range(1, 4),
        *range(1, 100),
    ]
    assert await stream.length() == 102


async def test_a_version_that_is_taken_takes_the_whole_command_with_it(stream: Stream) -> None:
    first = await stream.append(Head(), 1, "one")
    await stream.append(first, 1, "two")
    with pytest.raises(VersionTaken):
        await stream.append(first, 3, "three")
    with pytest.raises(VersionTaken):
        await stream.append(Head(), 3, "four")
    assert await stream.length() == 2


async def test_a_head_that_is_ahead_of_the_stream_leaves_no_gap(stream: Stream) -> None:
    first = await stream.append(Head(), 1, "one")
    ahead = Head(first.version + 1, first.timestamp, first.hash)
    with pytest.raises(HeadAhead):
        await stream.append(ahead, 2, "two")
    assert await stream.length() == 1


async def test_a_command_is_not_stored_twice_at_another_version(stream: Stream) -> None:
    head = await stream.append(Head(), 1, "one")
    with pytest.raises(VersionTaken):
        await stream.append(head, 1, "one")
    assert await stream.length() == 1


async def test_two_streams_may_hold_the_same_command_id(stream: Stream) -> None:
    context = Context(correlation_id="c", causation_id="k", command_hash="0" * 64)
    for name in ("product-a", "product-b"):
        await stream.store.append(
            name, Head(), [StockReceived(product_id="p", quantity=1)], context
        )
        assert len(await stream.account.stream(name)) == 1


async def test_a_command_of_a_hundred_events_is_refused_before_anything_is_written(
    stream: Stream,
) -> None:
    stream.account.requests()
    with pytest.raises(EventTooLarge, match="100 events; at most 99"):
        await stream.append(Head(), 100, "one")
    assert stream.account.requests() == {}


async def test_time_never_goes_back_within_a_stream_although_the_clock_does(
    stream: Stream,
) -> None:
    future = "2999-01-01T00:00:00.000000Z"
    head = await stream.append(Head(0, future), 1, "one")
    await stream.append(head, 1, "two")
    documents = await stream.account.stream(STREAM)
    assert [document["timestamp"] for document in documents] == [future, future]
