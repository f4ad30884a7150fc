"""The streams as the page lists them, and their events."""

from contextlib import closing

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.page.streams import PAGE, Streams
from tests.unit.local.page.store import EventStore


@pytest.fixture
def streams(store: EventStore) -> Streams:
    return Streams(store.account.cosmos, "d")


async def listed(streams: Streams, text: str = "", limit: int = 100) -> list[tuple[str, int]]:
    found = await streams.listing(text, limit)
    return [(stream.id, stream.version) for stream in found.streams]


async def test_a_store_without_events_has_no_streams(streams: Streams) -> None:
    listing = await streams.listing("", 10)
    assert (listing.total, listing.events, listing.streams) == (0, 0, [])


async def test_a_stream_is_told_by_its_newest_event(store: EventStore, streams: Streams) -> None:
    store.append("order-1", 0, 3)
    (stream,) = (await streams.listing("", 10)).streams
    assert msgspec.to_builtins(stream) == {
        "id": "order-1",
        "version": 3,
        "eventType": "Happened3",
        "timestamp": "2026-11-23T18:46:03.000000Z",
    }


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(1, 5), st.booleans()), min_size=1, max_size=15
    )
)
async def test_the_list_is_in_the_order_of_the_newest_events_whenever_somebody_looks(
    appends: list[tuple[str, int, bool]],
) -> None:
    store = EventStore()
    with closing(store.account.cosmos):
        streams = Streams(store.account.cosmos, "d")
        versions: dict[str, int] = {}
        for stream, count, somebody_looks in appends:
            before = versions.pop(stream, 0)
            store.append(stream, before, count)
            versions[stream] = before + count
            if somebody_looks:
                assert await listed(streams) == list(reversed(versions.items()))
        assert await listed(streams) == list(reversed(versions.items()))
        listing = await streams.listing("", 1)
        assert (listing.total, listing.events) == (len(versions), sum(versions.values()))


async def test_more_than_is_read_at_once_is_all_there(store: EventStore, streams: Streams) -> None:
    for start in range(0, PAGE + 100, 50):
        store.append("order-1", start, 50)
    assert await listed(streams) == [("order-1", PAGE + 100)]


async def test_what_takes_an_events_place_is_no_news_of_its_stream(
    store: EventStore, streams: Streams
) -> None:
    store.append("old", 0, 2)
    store.append("new", 0)
    assert await listed(streams) == [("new", 1), ("old", 2)]
    store.replace("old", 1, eventType="Happened1", blob="elsewhere")
    assert await listed(streams) == [("new", 1), ("old", 2)]
    assert await listed(Streams(store.account.cosmos, "d")) == [("new", 1), ("old", 2)]


async def test_streams_are_found_by_a_part_of_their_ids_in_any_case(
    store: EventStore, streams: Streams
) -> None:
    for stream in ("order-Ada", "order-bob", "product-ada"):
        store.append(stream, 0)
    assert await listed(streams, "ADA") == [("product-ada", 1), ("order-Ada", 1)]
    assert await listed(streams, "order", limit=1) == [("order-bob", 1)]
    assert await listed(streams, "nobody") == []


def test_events_come_in_order_after_a_version_without_the_accounts_own_fields(
    store: EventStore, streams: Streams
) -> None:
    store.append("order-1", 0, 12)
    store.append("order-2", 0)
    history = streams.history("order-1", after=9, limit=2)
    assert [event["version"] for event in history.events] == [10, 11]
    assert history.events[0]["hash"] == "hash of 10"
    assert not [name for event in history.events for name in event if name.startswith("_")]
    assert streams.history("order-3", after=0, limit=2).events == []


async def test_looking_costs_nothing_and_is_not_counted(
    store: EventStore, streams: Streams
) -> None:
    store.append("order-1", 0)
    before = store.account.cosmos.stats.snapshot()
    await streams.listing("", 10)
    streams.history("order-1", 0, 10)
    assert store.account.cosmos.stats.snapshot() == before
