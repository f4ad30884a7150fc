"""The application with a read-model cache: who is served from it, and that nobody needs it."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from domain.order import ORDER, CancelOrder, ShipOrder
from domain.product import PRODUCT, ReceiveStock
from projections.advance import Cursor
from projections.order_read_model import ORDER_READ_MODEL, OrderView
from projections.product_read_model import PRODUCT_READ_MODEL
from projections.rebuild import Rebuilder
from projections.table_cache import TableCache
from projections.view_reader import Answer, VersionNotReached
from tests.stack.commanding import an_order, execute
from tests.stack.in_process import Account
from wiring import Application


class Cached:
    """An instance of the application with a cache, and an order in it."""

    def __init__(self, account: Account, application: Application) -> None:
        self.account = account
        self.application = application

    async def project(self, view: Any = ORDER_READ_MODEL, stream: str = "order-1") -> None:
        events = [event async for event in self.application.event_store.read(stream)]
        await self.application.engine.catch_up(view, events)

    async def read(self, least: int = 0) -> Answer[OrderView]:
        return await self.application.view_reader.read(ORDER_READ_MODEL, "1", least)

    @property
    def cache(self) -> TableCache:
        assert self.application.cache
        return self.application.cache

    async def entry(self, generation: int = 1) -> Cursor[OrderView] | None:
        return await self.cache.get(ORDER_READ_MODEL, generation, "order-1", 1)

    async def falsify(self, version: int) -> OrderView:
        """Puts a view into the cache that no fold leads to."""
        view = msgspec.structs.replace((await self.read()).view, customer_id="falsified")
        await self.cache.put(ORDER_READ_MODEL, 1, "order-1", Cursor(version, view))
        return view

    async def rebuilder(self) -> Rebuilder:
        """The application's, without pauses."""
        application = self.application
        return Rebuilder(
            await self.account.container("projection_state"),
            application.feed_reader,
            application.positions,
            application.codec,
            application.engine,
            application.keepers,
            application.generations,
            application.dead_letters,
            pause_seconds=0,
        )

    def reads(self) -> dict[str, int]:
        """The requests for the read model since the last call."""
        return self.account.requests_to(ORDER_READ_MODEL.container)


async def patient(account: Account, storage: str) -> Application:
    """An instance whose cache gives a slow machine time."""
    application = await account.instance(READ_MODEL_CACHE=storage)
    application.cache = TableCache(application.table, patience=30)
    return application


@pytest.fixture
async def cached(account: Account, storage: str) -> AsyncIterator[Cached]:
    application = await patient(account, storage)
    await execute(application, ORDER, "1", an_order())
    cached = Cached(account, application)
    yield cached
    for view in (ORDER_READ_MODEL, PRODUCT_READ_MODEL):
        await cached.cache.clear(view, before=9)
    await application.table.close()


async def test_the_projector_caches_what_is_served(cached: Cached) -> None:
    assert await cached.entry() is None
    await cached.project()
    found = await cached.entry()
    assert found is not None
    assert (found.version, found.view) == (1, (await cached.read()).view)


async def test_who_names_a_version_is_served_without_the_read_model(cached: Cached) -> None:
    await cached.project()
    plain = await cached.read()
    cached.reads()
    answer = await cached.read(1)
    assert answer == plain
    assert answer.source == "read-model"
    assert cached.reads() == {}


async def test_who_names_none_gets_what_cosmos_has(cached: Cached) -> None:
    await cached.project()
    await cached.falsify(version=9)
    cached.reads()
    assert (await cached.read()).version == 1
    assert cached.reads() == {"point_read": 1}


async def test_an_entry_that_is_too_old_serves_nobody_who_asks_for_more(cached: Cached) -> None:
    await cached.project()
    await execute(cached.application, ORDER, "1", ShipOrder(tracking_number="1Z"))
    assert (await cached.read(1)).version == 1
    answer = await cached.read(2)
    assert (answer.version, answer.source, answer.view.status) == (2, "event-log", "shipped")
    with pytest.raises(VersionNotReached):
        await cached.read(3)
    await cached.project()
    answer = await cached.read(2)
    assert (answer.version, answer.source) == (2, "read-model")


async def test_views_that_are_not_served_by_id_are_not_cached(cached: Cached) -> None:
    application = cached.application
    await execute(application, PRODUCT, "lamp", ReceiveStock(quantity=1))
    for projection in application.projections:
        await cached.project(projection, "product-lamp")
        await cached.project(projection, "order-1")
    entities = [entity async for entity in application.table.list_entities()]
    assert {(entity["PartitionKey"], entity["RowKey"]) for entity in entities} == {
        ("order_read_model|1", "order-1"),
        ("product_read_model|1", "product-lamp"),
    }


async def test_a_rebuild_serves_the_new_generation_and_clears_the_old_one(
    cached: Cached, storage: str
) -> None:
    await cached.project()
    assert await cached.falsify(version=1) == (await cached.read(1)).view

    rebuilder = await cached.rebuilder()
    await rebuilder.start(ORDER_READ_MODEL)
    phases = [await rebuilder.step(ORDER_READ_MODEL, seconds=60) for _ in range(3)]
    assert [phase.phase for phase in phases if phase] == ["settling", "clearing", "done"]

    anew = await patient(cached.account, storage)
    cached.reads()
    answer = await anew.view_reader.read(ORDER_READ_MODEL, "1", 1)
    await anew.table.close()
    assert cached.reads() == {}
    assert answer.view.customer_id != "falsified"
    assert await cached.entry(generation=1) is None


async def test_a_cache_that_is_away_costs_nobody_anything(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = "AccountName=a;AccountKey=a2V5;TableEndpoint=http://127.0.0.1:1/a;"
    application = await account.instance(READ_MODEL_CACHE=nowhere)
    await execute(application, ORDER, "1", an_order())
    cached = Cached(account, application)
    with caplog.at_level(logging.WARNING, logger="projections"):
        await cached.project()
        assert (await cached.read(1)).source == "read-model"
        await execute(application, ORDER, "1", CancelOrder(reason="late"))
        await cached.project()
        assert (await cached.read(2)).version == 2
    assert len(caplog.records) == 1
    await application.table.close()


async def test_storage_is_reached_with_an_identity_where_an_address_is_given(
    account: Account,
) -> None:
    address = "https://a.table.core.windows.net"
    application = await account.instance(READ_MODEL_CACHE__tableServiceUri=address)
    assert application.cache
    assert (application.table.url, application.table.table_name) == (address, "readmodels")


async def test_without_the_setting_there_is_none(account: Account) -> None:
    application = await account.instance()
    assert application.cache is None
    await execute(application, ORDER, "1", an_order())
    await Cached(account, application).project()
    assert "table" not in vars(application)
