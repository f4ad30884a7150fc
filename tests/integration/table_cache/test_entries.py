"""Entries of the read-model cache on Azurite: whom they serve, and that the cache may fail."""

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from azure.core.exceptions import HttpResponseError
from azure.data.tables.aio import TableClient

from projections.advance import Cursor
from projections.order_read_model import ORDER_READ_MODEL
from projections.product_read_model import PRODUCT_READ_MODEL, ProductView
from projections.table_cache import MOST_CHARACTERS, REST, TableCache

ID = "product-lamp"


@pytest.fixture
async def table(storage: str) -> AsyncIterator[TableClient]:
    """A table that is not there yet."""
    name = f"t{uuid.uuid4().hex}"
    async with TableClient.from_connection_string(storage, name, retry_total=0) as client:
        yield client


@pytest.fixture
def cache(table: TableClient) -> TableCache:
    return patient(table)


def patient(table: TableClient) -> TableCache:
    """A cache that gives a slow machine time."""
    return TableCache(table, patience=30)


def lamp(on_hand: int) -> ProductView:
    return ProductView("lamp", on_hand, 0, on_hand)


async def put(cache: TableCache, version: int, on_hand: int = 0, generation: int = 1) -> None:
    await cache.put(PRODUCT_READ_MODEL, generation, ID, Cursor(version, lamp(on_hand)))


async def get(
    cache: TableCache, least: int = 1, generation: int = 1
) -> tuple[int, ProductView | None] | None:
    found = await cache.get(PRODUCT_READ_MODEL, generation, ID, least)
    return (found.version, found.view) if found else None


async def test_what_was_cached_is_found_by_who_asks_for_no_more(cache: TableCache) -> None:
    await put(cache, 3, on_hand=7)
    for least in (1, 2, 3):
        assert await get(cache, least) == (3, lamp(7))
    assert await get(cache, 4) is None


async def test_where_nothing_was_cached_nothing_is_found(
    cache: TableCache, caplog: pytest.LogCaptureFixture
) -> None:
    assert await get(cache) is None
    await put(cache, 3)
    assert await cache.get(PRODUCT_READ_MODEL, 1, "product-other", 1) is None
    assert await cache.get(ORDER_READ_MODEL, 1, ID, 1) is None
    assert caplog.records == []


async def test_a_newer_version_takes_the_place_of_an_older_one_and_never_the_other_way(
    cache: TableCache,
) -> None:
    for version in (2, 5, 4, 5, 1):
        await put(cache, version, on_hand=version)
    assert await get(cache) == (5, lamp(5))


async def test_the_same_version_folded_anew_takes_the_place_of_the_first(
    cache: TableCache,
) -> None:
    await put(cache, 5, on_hand=1)
    await put(cache, 5, on_hand=2)
    assert await get(cache) == (5, lamp(2))


@pytest.mark.parametrize("order", [(1, 2, 3, 4, 5), (5, 4, 3, 2, 1), (3, 5, 1, 4, 2)])
async def test_of_writers_at_the_same_time_the_newest_stays(
    cache: TableCache, order: tuple[int, ...]
) -> None:
    await put(cache, 1)
    await asyncio.gather(*(put(cache, version, on_hand=version) for version in order))
    assert await get(cache) == (5, lamp(5))


class Overtaken:
    """A table that another writer gets at between the first reading and the writing behind it."""

    def __init__(self, table: TableClient, rival: int) -> None:
        self._table = table
        self._rival: int | None = rival

    async def get_entity(self, *key: str) -> Any:
        try:
            return await self._table.get_entity(*key)
        finally:
            if self._rival:
                version, self._rival = self._rival, None
                await put(patient(self._table), version, on_hand=version)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize(("version", "stays"), [(2, 4), (9, 9)])
async def test_a_writer_that_was_overtaken_looks_again(
    table: TableClient, cache: TableCache, there: bool, version: int, stays: int
) -> None:
    if there:
        await put(cache, 1)
    overtaken = cast("TableClient", Overtaken(table, rival=4))
    await put(patient(overtaken), version, on_hand=version)
    assert await get(cache) == (stays, lamp(stays))


async def test_generations_lie_beside_each_other(cache: TableCache) -> None:
    await put(cache, 3, on_hand=3)
    await put(cache, 1, on_hand=1, generation=2)
    assert await get(cache) == (3, lamp(3))
    assert await get(cache, generation=2) == (1, lamp(1))


async def test_generations_before_one_are_cleared(table: TableClient, cache: TableCache) -> None:
    """More of them than a transaction takes."""
    for generation in (1, 2, 3, 11):
        await put(cache, 1, generation=generation)
        key = {"PartitionKey": f"product_read_model|{generation}"}
        for numbers in (range(100), range(100, 150)):
            others = [{**key, "RowKey": f"product-{n}"} for n in numbers]
            await table.submit_transaction([("create", other) for other in others])
    await cache.clear(PRODUCT_READ_MODEL, before=3)
    left = Counter([entity["PartitionKey"] async for entity in table.list_entities()])
    assert left == {"product_read_model|3": 151, "product_read_model|11": 151}


async def test_clearing_what_was_never_written_is_fine(
    cache: TableCache, caplog: pytest.LogCaptureFixture
) -> None:
    await cache.clear(PRODUCT_READ_MODEL, before=3)
    assert caplog.records == []


async def test_a_view_that_is_too_large_is_not_cached(
    cache: TableCache, caplog: pytest.LogCaptureFixture
) -> None:
    async def cached(length: int) -> bool:
        generation = length
        view = ProductView("\N{GRINNING FACE}" * (length // 2))
        await cache.put(PRODUCT_READ_MODEL, generation, ID, Cursor(1, view))
        return await get(cache, generation=generation) is not None

    around = len('{"productId":"","onHand":0,"reserved":0,"available":0}')
    assert await cached(MOST_CHARACTERS - around)
    assert not await cached(MOST_CHARACTERS - around + 2)
    assert caplog.records == []


async def test_versions_are_as_large_as_versions_get(cache: TableCache) -> None:
    await put(cache, 999_999_999_999)
    assert await get(cache, 999_999_999_999) == (999_999_999_999, lamp(0))


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"Version": "9", "Body": "{}"},
        {"Version": 9, "Body": "{"},
        {"Version": 9, "Body": '{"productId": 1}'},
        {"Version": 9},
    ],
)
async def test_an_entity_that_is_none_of_ours_is_not_served(
    table: TableClient, cache: TableCache, content: dict[str, Any]
) -> None:
    await table.create_table()
    await table.create_entity({"PartitionKey": "product_read_model|1", "RowKey": ID, **content})
    assert await get(cache) is None
    await put(cache, 9, on_hand=9)
    assert await get(cache) == (9, lamp(9))


class Broken:
    """A table that only fails, or never answers."""

    def __init__(self, failure: Exception | None) -> None:
        self.failure = failure
        self.asked = 0

    async def get_entity(self, *args: Any) -> None:
        self.asked += 1
        if self.failure:
            raise self.failure
        await asyncio.Event().wait()


FAULTS = [HttpResponseError("throttled"), ConnectionError("away"), None]


@pytest.mark.parametrize("failure", FAULTS, ids=["status", "connection", "silence"])
async def test_a_fault_is_logged_once_and_the_cache_left_alone_for_a_while(
    failure: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    now = 0.0
    table = Broken(failure)
    cache = TableCache(cast("TableClient", table), lambda: now, patience=0.02)
    with caplog.at_level(logging.WARNING):
        await asyncio.gather(get(cache), put(cache, 1), get(cache))
        asked = table.asked
        assert await get(cache) is None
        await put(cache, 1)
        await cache.clear(PRODUCT_READ_MODEL, before=2)
    assert table.asked == asked > 0
    assert len(caplog.records) == 1
    now = REST
    assert await get(cache) is None
    assert table.asked == asked + 1
