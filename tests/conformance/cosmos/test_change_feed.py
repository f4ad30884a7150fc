"""The change feed through azure-cosmos."""

from datetime import UTC, datetime, timedelta
from typing import Any

from azure.cosmos.aio import ContainerProxy


async def _feed(container: ContainerProxy, **options: Any) -> list[str]:
    options.setdefault("start_time", "Beginning")
    return [item["id"] async for item in container.query_items_change_feed(**options)]


async def test_the_feed_gives_every_item_once_in_the_order_of_its_last_change(
    container: ContainerProxy,
) -> None:
    for id_ in ("1", "2", "3"):
        await container.create_item({"id": id_, "pk": id_})
    await container.upsert_item({"id": "1", "pk": "1", "n": 1})
    await container.delete_item("2", "2")
    assert await _feed(container, partition_key="1") == ["1"]
    assert sorted(await _feed(container)) == ["1", "3"]


def _continuation(container: ContainerProxy) -> str:
    """Where the feed that was read last has got to, as the SDK's documentation says to take it."""
    return str(container.client_connection.last_response_headers["etag"])


async def _feed_after(container: ContainerProxy, continuation: str) -> list[str]:
    feed = container.query_items_change_feed(continuation=continuation)
    return [item["id"] async for item in feed]


async def test_the_feed_goes_on_from_a_continuation(container: ContainerProxy) -> None:
    await container.create_item({"id": "1", "pk": "a"})
    assert await _feed(container) == ["1"]
    continuation = _continuation(container)
    await container.create_item({"id": "2", "pk": "a"})
    assert await _feed_after(container, continuation) == ["2"]


async def test_the_feed_from_now_gives_what_comes_later(container: ContainerProxy) -> None:
    await container.create_item({"id": "1", "pk": "a"})
    assert await _feed(container, start_time="Now") == []
    continuation = _continuation(container)
    await container.create_item({"id": "2", "pk": "a"})
    assert await _feed_after(container, continuation) == ["2"]


async def test_the_feed_starts_at_a_time(container: ContainerProxy) -> None:
    await container.create_item({"id": "1", "pk": "a"})
    hour = timedelta(hours=1)
    assert await _feed(container, start_time=datetime.now(UTC) - hour) == ["1"]
    assert await _feed(container, start_time=datetime.now(UTC) + hour) == []


async def test_the_feeds_of_all_ranges_are_the_whole_feed(container: ContainerProxy) -> None:
    for number in range(5):
        await container.create_item({"id": str(number), "pk": str(number)})
    seen: list[str] = []
    async for feed_range in container.read_feed_ranges():
        seen += await _feed(container, feed_range=feed_range)
    assert sorted(seen) == ["0", "1", "2", "3", "4"]


async def test_the_items_of_a_batch_come_on_one_page(container: ContainerProxy) -> None:
    for stream in ("a", "b"):
        await container.execute_item_batch(
            [("create", ({"id": str(n), "pk": stream},)) for n in range(30)], stream
        )
    pages = container.query_items_change_feed(start_time="Beginning", max_item_count=10).by_page()
    sizes = [len([item async for item in page]) async for page in pages]
    assert [size for size in sizes if size] == [30, 30]


async def test_items_carry_the_number_of_their_transaction(container: ContainerProxy) -> None:
    await container.execute_item_batch(
        [("create", ({"id": str(n), "pk": "a"},)) for n in range(3)], "a"
    )
    await container.create_item({"id": "later", "pk": "a"})
    feed = container.query_items_change_feed(start_time="Beginning")
    numbers = [item["_lsn"] async for item in feed]
    assert len(set(numbers)) == 2
    assert numbers == sorted(numbers)
