"""Deliveries that come twice, in any order or never: the views in Cosmos DB are right all the same."""

import asyncio
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import Recorded
from domain.order import ORDER, DeliverOrder, ShipOrder
from domain.product import PRODUCT
from local.cosmos import On
from projections.advance import Cursor, advance
from projections.generations import FIRST
from projections.order_read_model import ORDER_READ_MODEL
from projections.product_read_model import PRODUCT_READ_MODEL
from tests.stack.commanding import an_order, execute
from tests.stack.histories import receive_often
from tests.stack.in_process import Account
from tests.stack.in_process import account as open_account
from wiring import Application

LENGTH = 8

type Deliveries = list[list[tuple[int, int]]]

deliveries = st.lists(
    st.lists(st.tuples(st.integers(0, 1), st.integers(1, LENGTH)), min_size=1, max_size=6),
    min_size=1,
    max_size=6,
)
"""Batches of (product, version)."""


class World:
    """One account for all examples, each of which has products of its own."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self.run = runner.run
        self._opening = open_account()
        self.account: Account = self.run(self._opening.__aenter__())
        self.application = self.run(self.account.instance())
        self.numbers = count()

    def close(self) -> None:
        self.run(self._opening.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with asyncio.Runner() as runner:
        world = World(runner)
        yield world
        world.close()


async def products(world: World) -> list[list[Recorded[Any]]]:
    """Two products with a history each, as recorded."""
    recorded = []
    for _ in range(2):
        name = f"p{next(world.numbers)}"
        await receive_often(world.account, world.application.codec, name, LENGTH)
        store = world.application.event_store
        recorded.append([event async for event in store.read(f"product-{name}")])
    return recorded


async def cursor(application: Application, stream: str) -> Cursor[Any]:
    keeper = application.keepers.of(PRODUCT_READ_MODEL, FIRST)
    stored = await keeper.load(keeper.partition(stream), [stream])
    found: Cursor[Any] = stored[stream].cursor
    return found


async def deliver(world: World, batches: Deliveries, *, at_once: bool) -> None:
    histories = await products(world)
    newest = [0, 0]
    engine = world.application.engine
    work = []
    for batch in batches:
        events = [histories[product][version - 1] for product, version in batch]
        work.append(engine.catch_up(PRODUCT_READ_MODEL, events))
        for product, version in batch:
            newest[product] = max(newest[product], version)
    if at_once:
        await asyncio.gather(*work)
    else:
        for one in work:
            await one
    for history, version in zip(histories, newest, strict=True):
        found = await cursor(world.application, history[0].aggregate_id)
        assert version <= found.version <= LENGTH
        assert found == advance(PRODUCT_READ_MODEL.evolve, Cursor(), history[: found.version])
        if version == LENGTH:
            assert found.version == LENGTH


@settings(max_examples=40)
@given(deliveries)
def test_each_view_is_the_fold_up_to_the_newest_event_delivered(
    world: World, batches: Deliveries
) -> None:
    world.run(deliver(world, batches, at_once=False))


@settings(max_examples=40)
@given(deliveries)
def test_so_it_is_when_the_deliveries_run_side_by_side(world: World, batches: Deliveries) -> None:
    world.run(deliver(world, batches, at_once=True))


POINTER = 1
"""A batch reads the pointer to the generations once."""
PARKED = 1
"""And asks once in a while which aggregates are parked."""


async def history(application: Application) -> list[Recorded[Any]]:
    await execute(application, ORDER, "o", an_order())
    await execute(application, ORDER, "o", ShipOrder(tracking_number="t"))
    await execute(application, ORDER, "o", DeliverOrder())
    return [event async for event in application.event_store.read("order-o")]


async def test_a_batch_costs_one_read_and_one_write_per_view(account: Account) -> None:
    application = await account.instance()
    events = await history(application)
    account.requests()
    await application.engine.catch_up(ORDER_READ_MODEL, events)
    first = {"point_read": POINTER + 1, "create": 1, "query": PARKED}
    assert account.requests() == first
    await application.engine.catch_up(ORDER_READ_MODEL, events)
    assert account.requests() == {"point_read": POINTER + 1}, "a repeat writes nothing"


async def test_a_gap_is_read_from_the_event_store(account: Account) -> None:
    application = await account.instance()
    events = await history(application)
    account.requests()
    await application.engine.catch_up(ORDER_READ_MODEL, events[2:])
    missing = 1
    assert account.requests() == {
        "point_read": POINTER + 1,
        "query": PARKED + missing,
        "create": 1,
    }
    read = await application.view_reader.read(ORDER_READ_MODEL, "o")
    assert (read.version, read.view.status) == (3, "delivered")


@pytest.mark.parametrize("kind", ["point_read", "create", "replace"])
@pytest.mark.parametrize("effect", ["drop_before", "drop_after"])
async def test_a_connection_that_breaks_on_the_way_changes_nothing(
    account: Account, kind: Any, effect: str
) -> None:
    application = await account.instance()
    events = await history(application)
    fault = getattr(account.cosmos.faults, effect)(On(kind, "order_read_model"))
    await application.engine.catch_up(ORDER_READ_MODEL, events[:1])
    await application.engine.catch_up(ORDER_READ_MODEL, events)
    assert fault.hits == 1
    read = await application.view_reader.read(ORDER_READ_MODEL, "o")
    assert (read.version, read.view.status) == (3, "delivered")


async def test_a_view_that_fails_keeps_no_other_from_catching_up(account: Account) -> None:
    application = await account.instance()
    for product in ("a", "b"):
        await receive_often(account, application.codec, product, 2)
    events = [
        event
        for product in ("a", "b")
        async for event in application.event_store.read(f"product-{product}")
    ]
    fails = On("create", "product_read_model", when=lambda request: b"product-a" in request.body)
    account.cosmos.faults.throttle(fails, times=None)
    with pytest.raises(ExceptionGroup, match="could not catch up"):
        await application.engine.catch_up(PRODUCT_READ_MODEL, events)
    account.cosmos.faults.clear()
    assert (await cursor(application, "product-a")).version == 0
    assert (await cursor(application, "product-b")).version == 2
    await application.engine.catch_up(PRODUCT_READ_MODEL, events)
    assert (await cursor(application, "product-a")).version == 2


async def test_events_of_another_aggregate_change_no_view(account: Account) -> None:
    application = await account.instance()
    await execute(application, ORDER, "same", an_order())
    events = [event async for event in application.event_store.read("order-same")]
    await application.engine.catch_up(ORDER_READ_MODEL, events)
    assert (await cursor(application, PRODUCT.stream("same"))).version == 0
